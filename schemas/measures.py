"""What a delivery looks like in numbers; no cell is among them."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import polars as pl

from schemas.columns import Column, Date
from schemas.contract import Feed
from schemas.decode import judged_columns
from schemas.table import Judged


@dataclass(frozen=True)
class Measures:
    """Counts of rows, and shares of 0 to 1.

    ``accepted_share``: rows that are accepted or repeat an accepted one, of those received (1 where none is).
    ``filled``: column → share of the accepted rows that have a value (1 where none is accepted). ``latest``:
    date column of the content → its latest date, None where it has none; birth dates are not content. ``faults``:
    column → rule → rows that break it there; what is about a row as a whole stands under ``""``.
    """

    received: int
    accepted: int
    rejected: int
    duplicates: int
    accepted_share: float
    filled: Mapping[str, float]
    latest: Mapping[str, dt.date | None]
    faults: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def share_without(self, rule: str, column: str | None = None) -> float:
        """The share of the rows received that do not break a rule, in one column or in any; 1 where none came."""
        columns = self.faults.values() if column is None else [self.faults.get(column, {})]
        return _share(self.received - sum(rules.get(rule, 0) for rules in columns), self.received)

    def to_json(self) -> dict[str, Any]:
        """The same as values of JSON, dates as ISO text."""
        latest = {name: date and date.isoformat() for name, date in self.latest.items()}
        return {**asdict(self), "latest": latest}

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> Self:
        """What `to_json` wrote, by this or an earlier version."""
        latest = {name: date and dt.date.fromisoformat(date) for name, date in written["latest"].items()}
        return cls(**{**written, "latest": latest})


def measure(feed: Feed, judged: Judged) -> Measures:
    """Count and share out a judged delivery."""
    names = [column.name for column in judged_columns(feed)]
    dated = [column.name for column in feed.columns if _dates_content(column)]
    empty, latest = judged.batches.empty, judged.batches.latest
    accepted, received = judged.accepted_rows, judged.received
    sound = accepted + len(judged.duplicates)
    return Measures(
        received=received,
        accepted=accepted,
        rejected=judged.rejected_rows,
        duplicates=len(judged.duplicates),
        accepted_share=_share(sound, received),
        filled={name: _share(accepted - empty[name], accepted) for name in names},
        latest={name: latest[name] for name in dated},
        faults=_faults(judged.rejected),
    )


def _faults(rejected: pl.DataFrame) -> dict[str, dict[str, int]]:
    counted: dict[str, dict[str, int]] = {}
    for column, rule, rows in rejected.group_by("column", "rule").len().sort("column", "rule").iter_rows():
        counted.setdefault(column or "", {})[rule] = rows
    return counted


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def _dates_content(column: Column) -> bool:
    return isinstance(column.type, Date) and column.keep is not None and not column.identifies
