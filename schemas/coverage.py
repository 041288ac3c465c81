"""For what a delivery is complete: its as-of date and the interval that it covers."""

import datetime as dt
from collections.abc import Mapping
from typing import Final

import polars as pl

from schemas.contract import Feed
from schemas.errors import DeliveryRefused
from schemas.terms import Delta, Every, FileDate, Fixed, LatestOf

_PERIODS: Final[Mapping[Every, str | None]] = {
    "day": "1d", "week": "1w", "month": "1mo", "quarter": "3mo", "half_year": "6mo", "once": None,
}  # fmt: skip


def as_of(feed: Feed, file_name_date: dt.date | None, accepted: pl.DataFrame) -> dt.date:
    """The date as of which a delivery tells the truth, by the contract's rule.

    Raises `DeliveryRefused` (``no_as_of_date``) where the file's name or the column has no date, or one before
    coverage starts: without a date a delivery cannot be put in order with the others.
    """
    date = _stated(feed, file_name_date, accepted)
    if date is None or date < feed.coverage.since:
        raise DeliveryRefused("no_as_of_date")
    return date


def covered(feed: Feed, as_of: dt.date) -> tuple[dt.date, dt.date]:
    """From when until when the delivery is complete for the kinds of its timeline; the end is exclusive.

    A delta speaks for one period of its rhythm: what came before it is for the deliveries before to cover.
    """
    since = feed.coverage.since
    period = _PERIODS[feed.delivery.every] if isinstance(feed.delivery, Delta) else None
    if period is None:
        return since, as_of
    start: dt.date = pl.select(pl.lit(as_of).dt.offset_by(f"-{period}")).item()
    return max(since, start), as_of


def _stated(feed: Feed, file_name_date: dt.date | None, accepted: pl.DataFrame) -> dt.date | None:
    match feed.coverage.date:
        case FileDate():
            return file_name_date
        case Fixed(date=date):
            return date
        case LatestOf(column=column):
            latest = accepted[column].max()
            assert latest is None or isinstance(latest, dt.date)
            return latest
