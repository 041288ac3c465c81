"""From text to types: the header of a delivery, and its cells once they are known to be sound.

Digits are ASCII digits. A date counts only where it reads back as it was written: what a lenient parser would
absorb (``2024-2-30``, ``1/2/24`` for a four-digit year, an undeclared ``9999-12-31``) has no value here.
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

from schemas.columns import Code, Column, Date, Decimal, Drop, Integer
from schemas.contract import Feed
from schemas.errors import DeliveryRefused
from schemas.table import raw_column

INTEGER: Final = r"\A-?[0-9]+\z"
DECIMAL: Final = r"\A-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)\z"

_TIME_FIELDS: Final = ("%H", "%I", "%M", "%S", "%p", "%T", "%R", "%f", "%k", "%l")
_YEARS: Final = (1800, 2199)
"""Outside, a date is a slip of the pen or a mark for "none" that the contract does not declare."""

_ASCII: Final = r"\A[\x20-\x7e]*\z"


def check_header(feed: Feed, headers: Sequence[str]) -> None:
    """Refuse a header that is not what the contract declares; the order of the columns is free.

    Raises `DeliveryRefused` with code ``repeated_header``, ``missing_column`` or ``undeclared_column``. An
    undeclared header is named by its place only: a file without its header line has people there.
    """
    known = {*feed.headers, *feed.unused}
    for place, header in enumerate(headers, start=1):
        if header not in known:
            raise DeliveryRefused("undeclared_column", column=f"#{place}")
    for header in headers:
        if headers.count(header) > 1:
            raise DeliveryRefused("repeated_header", column=header)
    for header in feed.headers:
        if header not in headers:
            raise DeliveryRefused("missing_column", column=header)


def judged_columns(feed: Feed) -> tuple[Column, ...]:
    """The columns that are looked at: all that are declared, but not the dropped ones."""
    return tuple(column for column in feed.columns if not any(isinstance(use, Drop) for use in column.uses))


def cast(feed: Feed, rows: pl.DataFrame) -> pl.DataFrame:
    """Give text its types: ``row_number``, each judged column by header, the raw text beside each kept code.

    A cell that does not hold what its column declares becomes null, so rows are to be judged as well.
    """
    columns = [rows["row_number"]]
    for column in judged_columns(feed):
        columns.append(_typed(column, rows[column.name]))
        if isinstance(column.type, Code) and column.keep:
            columns.append(rows[column.name].alias(raw_column(column.name)))
    return pl.DataFrame(columns)


def date_values(type: Date, texts: pl.Series) -> pl.DataFrame:
    """The distinct ``text`` that are sound, each with its ``value`` (Date; null for an open end)."""
    distinct = texts.unique().drop_nulls()
    candidates = pl.DataFrame({"text": distinct}).filter(
        pl.col("text").str.contains(_ASCII) | pl.col("text").is_in(type.open_end)
    )
    values = candidates.with_columns(value=pl.coalesce(_read(format) for format in type.formats))
    return values.with_columns(
        value=pl.when(pl.col("text").is_in(type.open_end)).then(None).otherwise(pl.col("value"))
    ).filter(pl.col("value").is_not_null() | pl.col("text").is_in(type.open_end))


def _read(format: str) -> pl.Expr:
    """The date that the text is in this format, null unless it reads back (case of names aside)."""
    text = pl.col("text")
    if any(field in format for field in _TIME_FIELDS):
        read = text.str.to_datetime(format, strict=False, exact=True, time_unit="us")
    else:
        read = text.str.to_date(format, strict=False, exact=True)
    same = read.dt.strftime(format).str.to_lowercase() == text.str.to_lowercase()
    return pl.when(same & read.dt.year().is_between(*_YEARS)).then(read.cast(pl.Date))


def _typed(column: Column, texts: pl.Series) -> pl.Series:
    match column.type:
        case Date():
            return _mapped(texts, date_values(column.type, texts), pl.Date())
        case Code(codes=codes):
            values = pl.DataFrame({"text": list(codes), "value": list(codes.values())})
            return _mapped(texts, values, pl.String())
        case Integer():
            return texts.to_frame().select(number(pl.col(texts.name), INTEGER, pl.Int64())).to_series()
        case Decimal():
            return texts.to_frame().select(number(pl.col(texts.name), DECIMAL, pl.Float64())).to_series()
    return texts


def number(cell: pl.Expr, pattern: str, dtype: pl.DataType) -> pl.Expr:
    """The number in a cell, null where the text is not one of ``pattern`` or too large for ``dtype``."""
    return pl.when(cell.str.contains(pattern)).then(cell.cast(dtype, strict=False))


def _mapped(texts: pl.Series, values: pl.DataFrame, dtype: pl.DataType) -> pl.Series:
    return texts.replace_strict(values["text"], values["value"], default=None, return_dtype=dtype)
