"""Parts of pages that were made before: what would be made of the same tables is not made again.

The parts are as they may be shown, but each stands under a digest of exact numbers, by which one could try out guesses:
so they are kept beside the snapshot, which is restricted, and never in the report.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl
from markupsafe import Markup

from warehouse.provenance import computed_by

FILE: Final = "report.json"


class Kept:
    """Parts of pages by what they were made of; those that are not asked for any more are dropped."""

    def __init__(self, path: Path | None = None) -> None:
        """Read what is kept at ``path``: nothing where there is no such file, or none that can be read."""
        self._path = path
        self._before: dict[str, Any] = {}
        self._now: dict[str, Any] = {}
        if path is not None and path.is_file():
            try:
                self._before = json.loads(path.read_text(encoding="utf-8"))
            except ValueError:
                self._before = {}

    def part(self, name: str, facts: Sequence[object], make: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
        """What ``make`` gives, unless it was made before; it must follow from ``name`` and ``facts`` alone.

        It may consist of text, markup, numbers, lists and mappings. Tables among the facts count by their content.
        """
        key = hashlib.sha256("\n".join((computed_by(), name, *map(_told, facts))).encode()).hexdigest()
        self._now[key] = self._before[key] if key in self._before else _plain(make())
        return dict(_whole(self._now[key]))

    def write(self) -> None:
        """Keep what was asked for, in one step."""
        if self._path is not None and self._now.keys() != self._before.keys():
            draft = self._path.with_suffix(".part")
            draft.write_text(json.dumps(self._now), encoding="utf-8")
            draft.replace(self._path)


def _told(fact: object) -> str:
    if isinstance(fact, pl.DataFrame):
        return f"{fact.schema} {hashlib.sha256(fact.write_csv().encode()).hexdigest()}"
    return repr(fact)


def _plain(value: object) -> object:
    """The value as JSON can hold it; markup stays apart from text, or it would be escaped."""
    if isinstance(value, Markup):
        return {"markup": str(value)}
    if isinstance(value, Mapping):
        return {"parts": {str(name): _plain(part) for name, part in value.items()}}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"a part of a page cannot hold {type(value).__name__}")


def _whole(value: Any) -> Any:  # noqa: ANN401 -- whatever JSON holds
    if isinstance(value, list):
        return [_whole(part) for part in value]
    if not isinstance(value, dict):
        return value
    return (
        Markup(value["markup"]) if "markup" in value else {name: _whole(part) for name, part in value["parts"].items()}
    )
