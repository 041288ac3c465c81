"""One row of the ledger, and the sums over it."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from warehouse.store.ledger_tables import TERMINAL_STATES, extract


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What became of the records of a file; the database checks that they add up to ``received``."""

    received: int = 0
    loaded: int = 0
    rejected: int = 0
    duplicate: int = 0
    quarantined: int = 0


@dataclass(frozen=True, kw_only=True)
class Extract:
    """One row of the ledger: one delivered file of one feed. ``digest`` is of the delivered bytes."""

    extract_id: int
    feed: str
    agency: str
    digest: str
    size_bytes: int
    arrived_at: dt.datetime
    state: str
    code: str | None
    counts: Counts
    repeats: int | None
    sequence: int | None
    stated: str | None
    apart: str
    content_digest: str | None
    as_of: dt.date | None
    covered_from: dt.date | None
    covered_until: dt.date | None
    delivery: str | None
    supersedes: int | None
    contract_version: int | None
    attempts: int
    fence: int
    verdict: Any
    measures: Any
    difference: Any
    receipt: Any
    finished_at: dt.datetime | None
    expunged_at: dt.datetime | None

    @property
    def finished(self) -> bool:
        """Whether the extract has reached its one terminal state."""
        return self.state in TERMINAL_STATES


@dataclass(frozen=True, kw_only=True)
class Tally:
    """The ledger of one feed in sums: number of extracts by state, and of records by what became of them."""

    feed: str
    agency: str
    extracts: Mapping[str, int]
    counts: Counts
    latest_as_of: dt.date | None


COUNTS: Final = tuple(field.name for field in fields(Counts))


def read(connection: Connection, extract_id: int) -> Extract:
    """The extract as it stands; LookupError where there is none."""
    row = connection.execute(select(extract).filter_by(extract_id=extract_id)).one_or_none()
    if row is None:
        raise LookupError(f"no extract {extract_id}")
    return from_row(row)


def from_row(row: Row[Any]) -> Extract:
    """A row of the table as an `Extract`."""
    values = row._asdict()
    named = {field.name for field in fields(Extract)} - {"counts"}
    return Extract(counts=Counts(**{name: values[name] for name in COUNTS}), **{name: values[name] for name in named})


def tallies(extracts: Iterable[Extract]) -> tuple[Tally, ...]:
    """The sums, one a feed and agency, in that order."""
    groups: dict[tuple[str, str], list[Extract]] = {}
    for one in extracts:
        groups.setdefault((one.feed, one.agency), []).append(one)
    return tuple(_tally(feed, agency, groups[feed, agency]) for feed, agency in sorted(groups))


def _tally(feed: str, agency: str, extracts: list[Extract]) -> Tally:
    dates = [one.as_of for one in extracts if one.as_of is not None and one.state == "loaded"]
    return Tally(
        feed=feed,
        agency=agency,
        extracts=Counter(one.state for one in extracts),
        counts=Counts(**{name: sum(getattr(one.counts, name) for one in extracts) for name in COUNTS}),
        latest_as_of=max(dates, default=None),
    )
