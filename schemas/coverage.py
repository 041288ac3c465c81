"""For what a delivery is complete: its as-of date and the interval that it covers."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Final

import polars as pl

from schemas.contract import Feed
from schemas.errors import DeliveryRefused
from schemas.terms import Every, FileDate, Fixed, Full, Kind, LatestOf

_PERIODS: Final[Mapping[Every, str | None]] = {
    "day": "1d", "week": "1w", "month": "1mo", "quarter": "3mo", "half_year": "6mo", "once": None,
}  # fmt: skip


def as_of(
    feed: Feed,
    file_name_date: dt.date | None,
    accepted: pl.DataFrame | Iterable[pl.DataFrame],
    stated: dt.date | None = None,
) -> dt.date:
    """The date as of which a delivery tells the truth: as its manifest states, else by the contract's rule.

    ``accepted``: the accepted rows, as one frame or in batches; ``stated``: the date in the manifest. Raises
    `DeliveryRefused`: ``no_as_of_date`` where neither has a date, or one before coverage starts (without a date a
    delivery cannot be put in order with the others), ``as_of_conflict`` where manifest and file name differ.
    """
    date = stated or _by_contract(feed, file_name_date, accepted)
    if date is None or date < feed.coverage.since:
        raise DeliveryRefused("no_as_of_date")
    if stated is not None and file_name_date not in (None, stated):
        raise DeliveryRefused("as_of_conflict")
    return date


def covered(feed: Feed, as_of: dt.date, delivery: Kind | None = None) -> tuple[dt.date, dt.date]:
    """From when until when the delivery is complete for the kinds of its timeline; the end is exclusive.

    A delta speaks for one period of its rhythm: what came before it is for the deliveries before to cover.
    ``delivery``: what this delivery is, where a manifest says so. A correction (a delta of a feed that delivers in
    full) makes nothing complete that was not: it covers an empty interval, (as-of date, as-of date). A full delivery
    of a feed that delivers deltas covers all from the start.
    """
    since = feed.coverage.since
    if delivery == "delta" and isinstance(feed.delivery, Full):
        return as_of, as_of
    if isinstance(feed.delivery, Full) or delivery == "full":
        return since, as_of
    period = _PERIODS[feed.delivery.every]
    if period is None:
        return since, as_of
    start: dt.date = pl.select(pl.lit(as_of).dt.offset_by(f"-{period}")).item()
    return max(since, start), as_of


def next_due(feed: Feed, as_of: dt.date) -> dt.date | None:
    """The day of which the delivery after one as of ``as_of`` tells, by the feed's rhythm; None where none follows."""
    period = _PERIODS[feed.delivery.every]
    if period is None:
        return None
    due: dt.date = pl.select(pl.lit(as_of).dt.offset_by(period)).item()
    return due


def _by_contract(
    feed: Feed, file_name_date: dt.date | None, accepted: pl.DataFrame | Iterable[pl.DataFrame]
) -> dt.date | None:
    match feed.coverage.date:
        case FileDate():
            return file_name_date
        case Fixed(date=date):
            return date
        case LatestOf(column=column):
            batches = [accepted] if isinstance(accepted, pl.DataFrame) else accepted
            days = [day for batch in batches if isinstance(day := batch[column].max(), dt.date)]
            return max(days, default=None)
