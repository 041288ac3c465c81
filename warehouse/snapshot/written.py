"""What a publication writes back into the warehouse: rows that stand there as they were published are left alone."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import duckdb
from sqlalchemy import Engine

from warehouse.snapshot.partitions import Manifest
from warehouse.store.engine import connect
from warehouse.store.outcomes import REFRESHED, Replaced, replace, stand

FILE: Final = "written_back.json"
"""Beside the snapshot: which files' rows stand in the warehouse, and which transactions wrote them."""
_LARGE: Final = ("outcome",)
"""A row a person and more: worth asking whether they stand. The others are written each time."""


def write_back(warehouse_url: str, database: Path, folder: Path, manifest: Manifest) -> dict[str, Any]:
    """Put outcomes, rates and dictionary from the snapshot into the warehouse, in the columns that it has.

    Returns what `note` keeps for the next publication.
    """
    known, found = _known(folder / FILE), {}
    engine = connect(warehouse_url)
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            for name, (table, whose) in REFRESHED.items():
                digests = [part.sha256 for part in manifest.of(name)] if name in _LARGE else []
                before = known.get(name)
                if not (digests and before and _stands(engine, name, digests, before)):
                    columns = ", ".join(column.name for column in table.columns)
                    rows = connection.execute(f"SELECT {columns} FROM {name} WHERE {whose}").pl()
                    before = {"files": digests, **asdict(replace(engine, name, rows))}
                found[name] = before
    finally:
        engine.dispose()
    return {name: found[name] for name in _LARGE}


def _stands(engine: Engine, name: str, digests: list[str], before: Mapping[str, Any]) -> bool:
    if before["files"] != digests:
        return False
    return stand(engine, name, Replaced(before["transaction"], before["rows"], before["table"]))


def _known(path: Path) -> dict[str, Any]:
    """What was noted; nothing where there is no such file, or none that can be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def note(folder: Path, written: Mapping[str, Any]) -> None:
    """Keep what `write_back` returned; where that is lost, the rows are written again."""
    draft = (folder / FILE).with_suffix(".part")
    draft.write_text(json.dumps(written), encoding="utf-8")
    draft.replace(folder / FILE)
