"""For what a delivery is complete: its as-of date and the interval that it covers."""

import datetime as dt

import polars as pl

from schemas.contract import Feed
from schemas.errors import DeliveryRefused
from schemas.terms import FileDate, Fixed, LatestOf


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
    """From when until when the delivery is complete for the kinds of its timeline; the end is exclusive."""
    return feed.coverage.since, as_of


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
