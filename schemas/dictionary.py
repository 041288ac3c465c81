"""The dictionary of what agencies send: one entry a column, from the contracts."""

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.catalogue import feeds
from schemas.columns import Code, Column
from schemas.contract import Feed
from schemas.words import type_in_words, use_in_words


@dataclass(frozen=True)
class Entry:
    """One column of one feed; ``codes``: the agency's text → our code; ``source``: who says so."""

    feed: str
    column: str
    type: str
    unit: str | None
    codes: Mapping[str, str]
    meaning: str
    uses: str
    source: str


def describe_feeds() -> list[Entry]:
    """Every declared column of every feed, in the order declared."""
    return [entry for feed in feeds().values() for entry in describe(feed)]


def describe(feed: Feed) -> list[Entry]:
    """Every declared column of a feed."""
    return [_entry(feed, column) for column in feed.columns]


def _entry(feed: Feed, column: Column) -> Entry:
    return Entry(
        feed=feed.name,
        column=column.name,
        type=type_in_words(column.type),
        unit=column.unit,
        codes=dict(column.type.codes) if isinstance(column.type, Code) else {},
        meaning=column.meaning,
        uses="; ".join(use_in_words(use) for use in column.uses),
        source=f"{feed.title}: agreement {feed.agreement}, contract version {feed.version}",
    )
