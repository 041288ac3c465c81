"""What a delivery looks like in numbers; no cell is among them."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass

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
    date column of the content → its latest date, None where it has none; birth dates are not content.
    """

    received: int
    accepted: int
    rejected: int
    duplicates: int
    accepted_share: float
    filled: Mapping[str, float]
    latest: Mapping[str, dt.date | None]

    def to_json(self) -> dict[str, object]:
        """The same as values of JSON, dates as ISO text."""
        latest = {name: date and date.isoformat() for name, date in self.latest.items()}
        return {**asdict(self), "latest": latest}


def measure(feed: Feed, judged: Judged) -> Measures:
    """Count and share out a judged delivery."""
    accepted, received = judged.accepted, judged.received
    names = [column.name for column in judged_columns(feed)]
    nulls = accepted.select(names).null_count().row(0)
    sound = accepted.height + len(judged.duplicates)
    return Measures(
        received=received,
        accepted=accepted.height,
        rejected=judged.rejected_rows,
        duplicates=len(judged.duplicates),
        accepted_share=_share(sound, received),
        filled={
            name: _share(accepted.height - empty, accepted.height) for name, empty in zip(names, nulls, strict=True)
        },
        latest={column.name: _latest(accepted[column.name]) for column in feed.columns if _dates_content(column)},
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def _latest(dates: pl.Series) -> dt.date | None:
    latest = dates.max()
    assert latest is None or isinstance(latest, dt.date)
    return latest


def _dates_content(column: Column) -> bool:
    return isinstance(column.type, Date) and column.keep is not None and not column.identifies
