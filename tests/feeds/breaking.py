"""Ways to break one cell of a sound row, read off its contract."""

from collections.abc import Iterator

from schemas.columns import Code, Column, Date, Decimal, Integer, Text
from schemas.contract import Feed
from schemas.decode import judged_columns

Broken = tuple[str, str | None, str]
"""Column, text, and the rule that the text breaks."""


def broken_cells(feed: Feed) -> Iterator[Broken]:
    """One broken text for each rule of each judged column."""
    for column in judged_columns(feed):
        if not column.null:
            yield column.name, None, "missing"
        yield from ((column.name, text, rule) for text, rule in _texts(column))


def _texts(column: Column) -> Iterator[tuple[str, str]]:
    match column.type:
        case Text(max_length=length, pattern=pattern):
            yield "x" * (length + 1), "too_long"
            yield "x\n", "control_character"
            if pattern is not None:
                yield "~", "pattern"
        case Integer(low=low, high=high) | Decimal(low=low, high=high):
            yield "many", "not_a_number"
            yield "1\n", "not_a_number"
            if high is not None:
                yield str(int(high) + 1), "out_of_range"
            if low is not None:
                yield str(int(low) - 1), "out_of_range"
        case Date():
            yield "31.02.2024", "not_a_date"
            yield "20240230", "not_a_date"
            yield "", "not_a_date" if column.null else "missing"
        case Code():
            yield "~", "unknown_code"
