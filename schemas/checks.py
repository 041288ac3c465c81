"""The pandera schemas of a feed: what makes a cell, still text, sound or not; each rule is one check.

They look at the text of a cell beside the value that it was read as. A first schema finds the rows with a fault
somewhere, all rules in one pass; a second one says of those few which rule each cell breaks. Checks answer with
booleans only and keep no failure case, so that no value gets into an error.
"""

import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import polars as pl

from schemas.columns import Code, Column, Date, Decimal, Integer, Text
from schemas.contract import Feed
from schemas.decode import DECIMAL, INTEGER, judged_columns

if TYPE_CHECKING:
    import pandera.polars as pa
    from pandera.api.polars.types import PolarsData

CONTROL: Final = r"[\x00-\x1f\x7f\u0080-\u009f\u2028\u2029]"
SEEN: Final = r"[^\s\u200b-\u200f\u2060\ufeff]"
"""What leaves a mark: no blank of any script, no character without width."""
SOUND: Final = "sound"
"""The name of the check that a row keeps every rule of its cells."""

_INT64: Final = 2**63 - 1
_FLOAT64: Final = sys.float_info.max
_FEEDS: Final = 512
"""How many feeds a process remembers the schema of; building one takes longer than judging a hundred rows."""


def with_values(feed: Feed, rows: pl.DataFrame, typed: pl.DataFrame) -> pl.DataFrame:
    """The text of the cells with the values they were read as beside them: what the schemas judge."""
    values = [_value_name(column) for column in judged_columns(feed) if not isinstance(column.type, Text)]
    return rows.with_columns(typed[name.removeprefix(_VALUE)].alias(name) for name in values)


@lru_cache(maxsize=_FEEDS)
def row_schema(feed: Feed) -> "pa.DataFrameSchema":
    """The pandera schema that finds the rows of which some cell breaks some rule."""
    import pandera.polars as pa

    sound = pl.all_horizontal(test for column in judged_columns(feed) for _, test in cell_tests(column))
    return pa.DataFrameSchema({"row_number": pa.Column(pl.Int64, _check(SOUND, sound))}, name=feed.name)


def cell_schema(feed: Feed, columns: Iterable[Column] | None = None) -> "pa.DataFrameSchema":
    """The pandera schema of the judged columns, or some of them: a named check a rule."""
    import pandera.polars as pa

    return pa.DataFrameSchema(
        {
            column.name: pa.Column(pl.String, [_check(*test) for test in cell_tests(column)], nullable=True)
            for column in (judged_columns(feed) if columns is None else columns)
        },
        name=feed.name,
    )


def unsound_columns(feed: Feed, looked_at: pl.DataFrame) -> tuple[Column, ...]:
    """The columns of which some cell breaks some rule."""
    columns = judged_columns(feed)
    sound = [pl.all_horizontal(test for _, test in cell_tests(column)).all() for column in columns]
    found = looked_at.select(test.alias(str(place)) for place, test in enumerate(sound)).row(0)
    return tuple(column for column, all_sound in zip(columns, found, strict=True) if not all_sound)


def cell_tests(column: Column) -> Iterator[tuple[str, pl.Expr]]:
    """Each rule of a column with whether a cell keeps it, the one that tells most first; an empty cell passes."""
    text, value = pl.col(column.name), pl.col(_value_name(column))
    if not column.null:
        yield "missing", text.str.contains(SEEN).fill_null(False)
    for rule, test in _type_tests(column, text, value):
        yield rule, test.fill_null(True) | text.is_null()


def _type_tests(column: Column, text: pl.Expr, value: pl.Expr) -> Iterator[tuple[str, pl.Expr]]:
    match column.type:
        case Text(max_length=length, pattern=pattern):
            yield "control_character", ~text.str.contains(CONTROL)
            yield "too_long", text.str.len_chars() <= length
            if pattern is not None:
                yield "pattern", text.str.contains(rf"\A(?:{pattern})\z")
        case Integer(low=low, high=high):
            yield "not_a_number", text.str.contains(INTEGER)
            lowest, highest = -_INT64 if low is None else low, _INT64 if high is None else high
            yield "out_of_range", value.is_between(lowest, highest).fill_null(False)
        case Decimal(low=low, high=high):
            yield "not_a_number", text.str.contains(DECIMAL)
            least, most = -_FLOAT64 if low is None else low, _FLOAT64 if high is None else high
            yield "out_of_range", value.is_between(least, most).fill_null(False)
        case Date(open_end=open_end):
            yield "not_a_date", value.is_not_null() | text.is_in(open_end)
        case Code():
            yield "unknown_code", value.is_not_null()


_VALUE: Final = "\x1f"
"""No header begins like this: a separator of fields is no part of a name."""


def _value_name(column: Column) -> str:
    return _VALUE + column.name


def _check(rule: str, sound: pl.Expr) -> "pa.Check":
    """A test as a pandera check that is known by its rule and remembers no cell."""
    import pandera.polars as pa

    def judge(data: "PolarsData") -> pl.LazyFrame:
        rows: pl.LazyFrame = data.lazyframe
        return rows.select(sound.alias(rule))

    return pa.Check(judge, name=rule, error=rule, ignore_na=False, n_failure_cases=0)
