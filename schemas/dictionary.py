"""The dictionary of what agencies send: one entry a column, from the contracts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from schemas.catalogue import feeds
from schemas.columns import Code, Column
from schemas.contract import Feed
from schemas.words import type_in_words, uses_in_words


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


def page() -> str:
    """The dictionary as one markdown page: a table a feed, in the order of their names."""
    return "\n".join(["# What agencies send", "", *(line for feed in feeds().values() for line in _section(feed))])


def _section(feed: Feed) -> list[str]:
    head = ("Column", "Meaning", "Type", "Unit", "What becomes of it", "Their text → our code")
    lines = [_line(head), _line(["---"] * len(head))]
    for entry in describe(feed):
        codes = ", ".join(f"{text} → {code}" for text, code in entry.codes.items())
        kind = "code" if entry.codes else entry.type
        lines.append(_line((f"`{entry.column}`", entry.meaning, kind, entry.unit or "", entry.uses, codes)))
    return [
        f"## {feed.title}",
        "",
        f"`{feed.name}`, agency `{feed.agency}`, agreement `{feed.agreement}`",
        "",
        *lines,
        "",
    ]


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _entry(feed: Feed, column: Column) -> Entry:
    return Entry(
        feed=feed.name,
        column=column.name,
        type=type_in_words(column.type),
        unit=column.unit,
        codes=dict(column.type.codes) if isinstance(column.type, Code) else {},
        meaning=column.meaning,
        uses=uses_in_words(feed, column),
        source=f"{feed.title}: agreement {feed.agreement}, contract version {feed.version}",
    )
