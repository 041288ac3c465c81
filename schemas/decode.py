"""From text to types: the header of a delivery, and its cells once they are known to be sound.

Digits are ASCII digits. A date counts only where it reads back as it was written: what a lenient parser would
absorb (``2024-2-30``, ``1/2/24`` for a four-digit year, an undeclared ``9999-12-31``) has no value here.
"""

from collections.abc import Mapping, Sequence
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
    columns = judged_columns(feed)
    types = dict.fromkeys(column.type for column in columns if isinstance(column.type, Date))
    dates = {type: date_values(type, *(rows[c.name] for c in columns if c.type == type)) for type in types}
    wanted = [pl.col("row_number")]
    for column in columns:
        wanted.append(_typed(column, dates))
        if isinstance(column.type, Code) and column.keep:
            wanted.append(pl.col(column.name).alias(raw_column(column.name)))
    return rows.select(wanted)


def date_values(type: Date, *texts: pl.Series) -> pl.DataFrame:
    """The distinct ``text`` of some columns that are sound, each with its ``value`` (null for an open end)."""
    text = pl.col("text")
    distinct = pl.concat([series.unique().alias("text") for series in texts]).unique().drop_nulls()
    open_end = text.is_in(type.open_end)
    candidates = distinct.to_frame().lazy().filter(text.str.contains(_ASCII) | open_end)
    value = pl.when(~open_end).then(pl.coalesce(_read(format) for format in type.formats))
    values = candidates.select("text", value=value)
    return values.filter(pl.col("value").is_not_null() | open_end).collect()


def _read(format: str) -> pl.Expr:
    """The date that the text is in this format, null unless it reads back (case of names aside)."""
    text = pl.col("text")
    if any(field in format for field in _TIME_FIELDS):
        read = text.str.to_datetime(format, strict=False, exact=True, time_unit="us")
    else:
        read = text.str.to_date(format, strict=False, exact=True)
    same = read.dt.strftime(format).str.to_lowercase() == text.str.to_lowercase()
    return pl.when(same & read.dt.year().is_between(*_YEARS)).then(read.cast(pl.Date))


def _typed(column: Column, dates: Mapping[Date, pl.DataFrame]) -> pl.Expr:
    text = pl.col(column.name)
    match column.type:
        case Date() as date:
            return _mapped(text, dates[date]["text"], dates[date]["value"])
        case Code(codes=codes):
            return _mapped(text, pl.Series(list(codes), dtype=pl.String), pl.Series(list(codes.values())))
        case Integer():
            return number(text, INTEGER, pl.Int64())
        case Decimal():
            return number(text, DECIMAL, pl.Float64())
    return text


def number(cell: pl.Expr, pattern: str, dtype: pl.DataType) -> pl.Expr:
    """The number in a cell, null where the text is not one of ``pattern`` or too large for ``dtype``."""
    return pl.when(cell.str.contains(pattern)).then(cell.cast(dtype, strict=False))


def _mapped(text: pl.Expr, known: pl.Series, values: pl.Series) -> pl.Expr:
    return text.replace_strict(known, values, default=None, return_dtype=values.dtype)
