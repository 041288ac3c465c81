"""Made-up rows of a feed, as the agency would write them and as the contract accepts them; about nobody."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from random import Random
from typing import Final

import polars as pl

from schemas.codes import SCALES
from schemas.columns import Code, Column, Date, Decimal, Integer, Text
from schemas.contract import Feed
from schemas.patterns import maker
from schemas.terms import Filled, Fixed, InScale, Ordered

_NULL_SHARE: Final = 0.1
_OPEN_SHARE: Final = 0.2
_DELETED_SHARE: Final = 0.05
_SPARE: Final = 50
"""Rows made beyond what is asked for, since keys that fall together are left out."""

_DAYS: Final = 700
"""Width of the period from which dates are drawn where the contract names no end."""

_WIDTH: Final = 1000
"""Width of the range of numbers where the contract names no end."""

_BORN: Final = (dt.date(1950, 1, 1), dt.date(2004, 12, 31))

_EXAMPLES: Final[Mapping[str, tuple[str, ...]]] = {
    "given_name": ("Alex", "Maria", "Sam", "Chidi", "Yuki"),
    "middle_name": ("Lee", "Ann", "J", "Ray"),
    "surname": ("Example", "Sample", "Specimen", "Null", "O'Test"),
    "suffix": ("JR", "SR", "II", "III"),
    "full_name": ("EXAMPLE, ALEX LEE", "SAMPLE, MARIA", "SPECIMEN, SAM JR"),
    "alias": ("Lex Example", "Sammy"),
    "address": ("1 Nowhere Street", "22 Imaginary Avenue"),
    "city": ("Sampleton", "Exampleville"),
    "phone": ("555-0100", "555-0199"),
    "email": ("nobody@example.org", "someone@example.com"),
}

Cell = dt.date | str | None
"""A cell before it is written: a date still as a date, so that rules between dates can be met."""


def rows(feed: Feed, n: int, seed: int) -> pl.DataFrame:
    """``n`` rows: ``row_number`` from 2 and one String column per declared header, null where empty.

    Raises `ValueError` where the contract's key has fewer than ``n`` different values.
    """
    random = Random(seed)
    cells = {column.name: _column(feed, column, n + n + _SPARE, random) for column in feed.columns}
    for _ in feed.conditions:
        for rule in feed.conditions:
            _meet(feed, rule, cells, random)
    texts = {column.name: _written(column, cells[column.name], random) for column in feed.columns}
    made = pl.DataFrame(texts, schema=dict.fromkeys(texts, pl.String()))
    made = made.unique(feed.key, keep="first", maintain_order=True).head(n)
    if made.height < n:
        raise ValueError(f"feed {feed.name}: its key has too few values for {n} rows")
    return made.with_row_index("row_number", offset=2).cast({"row_number": pl.Int64()})


def _column(feed: Feed, column: Column, n: int, random: Random) -> list[Cell]:
    draw = _drawn(feed, column)
    expected = {expectation.column for expectation in feed.expects if isinstance(expectation, Filled)}
    empty = _NULL_SHARE if column.null and column.name not in expected else 0.0
    if column.null and feed.deleted is not None and feed.deleted.column == column.name:
        empty = 1 - _DELETED_SHARE
    return [None if random.random() < empty else draw(random) for _ in range(n)]


def _drawn(feed: Feed, column: Column) -> Callable[[Random], Cell]:
    match column.type:
        case Text():
            return _text(column, column.type)
        case Integer(low=low, high=high):
            lowest = low if low is not None else min(0, high or 0)
            return lambda random: str(random.randint(lowest, lowest + _WIDTH if high is None else high))
        case Decimal(low=least, high=most):
            start = least if least is not None else min(0.0, most or 0.0)
            return lambda random: f"{random.uniform(start, start + _WIDTH if most is None else most):.2f}"
        case Date():
            first, last = _BORN if column.identifies else _period(feed)
            return lambda random: first + dt.timedelta(days=random.randint(0, (last - first).days))
        case Code(codes=codes):
            listed = sorted(codes)
            return lambda random: random.choice(listed)


def _text(column: Column, type: Text) -> Callable[[Random], str]:
    fields = [use.field for use in column.identifies]
    if examples := [text for field in fields for text in _EXAMPLES.get(field, ()) if _fits(text, type)]:
        return lambda random: random.choice(examples)
    if type.pattern is not None:
        make = maker(type.pattern)
        return lambda random: make(random)[: type.max_length]
    if column.keys or fields:
        width = min(type.max_length, 9)
        return lambda random: f"{random.randrange(10**width):0{width}}"
    return lambda random: f"text {random.randint(1, 99)}"[: type.max_length]


def _fits(text: str, type: Text) -> bool:
    return len(text) <= type.max_length and re.fullmatch(type.pattern or ".*", text) is not None


def _period(feed: Feed) -> tuple[dt.date, dt.date]:
    since = feed.coverage.since
    end = feed.coverage.date.date if isinstance(feed.coverage.date, Fixed) else since + dt.timedelta(days=_DAYS)
    return since, end - dt.timedelta(days=1)


def _meet(feed: Feed, rule: Ordered | InScale, cells: dict[str, list[Cell]], random: Random) -> None:
    """Move the second date up to the first, or the score into its scale."""
    if isinstance(rule, Ordered):
        for place, (first, second) in enumerate(zip(cells[rule.first], cells[rule.second], strict=True)):
            if isinstance(first, dt.date) and isinstance(second, dt.date):
                cells[rule.second][place] = max(first, second)
        return
    scale = feed.column(rule.scale).type
    assert isinstance(scale, Code)
    for place, (name, score) in enumerate(zip(cells[rule.scale], cells[rule.score], strict=True)):
        if isinstance(name, str) and score is not None:
            low, high = SCALES[scale.codes[name]]
            cells[rule.score][place] = str(random.randint(int(low), int(high)))


def _written(column: Column, cells: list[Cell], random: Random) -> list[str | None]:
    """The cells as text; a date in the first format of its column, or as open."""
    if not isinstance(column.type, Date):
        return [cell if cell is None else str(cell) for cell in cells]
    written = pl.Series(cells, dtype=pl.Date).cast(pl.Datetime("us")).dt.strftime(column.type.formats[0])
    return [
        random.choice(column.type.open_end)
        if text is not None and column.type.open_end and random.random() < _OPEN_SHARE
        else text
        for text in written
    ]
