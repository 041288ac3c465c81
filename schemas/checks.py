"""The pandera schema of a feed: what makes a cell, still text, sound or not; each check is one rule.

Its checks answer with booleans only and keep no failure case, so that no value gets into an error.
"""

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

import polars as pl

from schemas.columns import Code, Column, Date, Decimal, Integer, Text
from schemas.contract import Feed
from schemas.decode import DECIMAL, INTEGER, date_values, judged_columns, number

if TYPE_CHECKING:
    import pandera.polars as pa
    from pandera.api.polars.types import PolarsData

Test = Callable[[pl.Series], pl.Series]
"""Text, nulls included → whether each cell is sound; null passes."""

CONTROL: Final = r"[\x00-\x1f\x7f\u0080-\u009f\u2028\u2029]"
SEEN: Final = r"[^\s\u200b-\u200f\u2060\ufeff]"
"""What leaves a mark: no blank of any script, no character without width."""
_INT64: Final = 2**63 - 1
_FLOAT64: Final = sys.float_info.max


def cell_schema(feed: Feed) -> "pa.DataFrameSchema":
    """The pandera schema that judges the raw text of a feed's cells, one named check a rule."""
    import pandera.polars as pa

    return pa.DataFrameSchema(
        {
            column.name: pa.Column(
                pl.String, [_check(rule, test) for rule, test in cell_tests(column)], nullable=True, required=True
            )
            for column in judged_columns(feed)
        },
        name=feed.name,
    )


def cell_tests(column: Column) -> Iterator[tuple[str, Test]]:
    """Each rule of a column with its test, the one that tells most first."""
    if not column.null:
        yield "missing", _is_filled
    match column.type:
        case Text(max_length=length, pattern=pattern):
            yield "control_character", _expression(~pl.col("").str.contains(CONTROL))
            yield "too_long", _expression(pl.col("").str.len_chars() <= length)
            if pattern is not None:
                yield "pattern", _expression(pl.col("").str.contains(rf"\A(?:{pattern})\z"))
        case Integer(low=low, high=high):
            yield "not_a_number", _expression(pl.col("").str.contains(INTEGER))
            lowest, highest = -_INT64 if low is None else low, _INT64 if high is None else high
            yield "out_of_range", _within(number(pl.col(""), INTEGER, pl.Int64()), lowest, highest)
        case Decimal(low=low, high=high):
            yield "not_a_number", _expression(pl.col("").str.contains(DECIMAL))
            least, most = -_FLOAT64 if low is None else low, _FLOAT64 if high is None else high
            yield "out_of_range", _within(number(pl.col(""), DECIMAL, pl.Float64()), least, most)
        case Date() as date:
            yield "not_a_date", lambda texts: texts.is_in(date_values(date, texts)["text"].implode())
        case Code(codes=codes):
            yield "unknown_code", _expression(pl.col("").is_in(list(codes)))


def _check(rule: str, test: Test) -> "pa.Check":
    """A test as a pandera check that is known by its rule and remembers no cell."""
    import pandera.polars as pa

    def judge(data: "PolarsData") -> pl.LazyFrame:
        texts = data.lazyframe.select(pl.col(data.key)).collect().to_series()
        return test(texts).fill_null(True).to_frame().lazy()

    return pa.Check(judge, name=rule, error=rule, ignore_na=False, n_failure_cases=0)


def _is_filled(texts: pl.Series) -> pl.Series:
    """Whether there is anything but blanks, those included that only look like one."""
    return texts.str.contains(SEEN).fill_null(False)


def _expression(sound: pl.Expr) -> Test:
    """A test by an expression over the column named ``""``."""
    return lambda texts: texts.alias("").to_frame().select(sound).to_series()


def _within(value: pl.Expr, low: float, high: float) -> Test:
    """A test of the range of a number; what is too large to be one lies outside."""
    return _expression(value.is_between(low, high).fill_null(pl.col("").is_null()))
