"""The rows of a feed become events and spans, as the feed's ``timeline`` says.

Input is the content of an extract as `identity.split` returns it: ``row_number``, ``source_key``,
``subject_id``, ``key:<namespace>`` and the kept columns by header, with the raw text of codes beside them. A row
whose ``deleted`` is true says that its record is no more: it makes no moments.
"""

from collections.abc import Iterable
from typing import Final

import polars as pl

from schemas.contract import Const, Event, Feed, Span, SpanEnd
from schemas.moments import Mapped
from schemas.table import raw_column

_IDS: Final[dict[str, pl.DataType]] = {
    "row_number": pl.Int64(), "moment": pl.Int16(), "source_key": pl.Int64(), "subject_id": pl.Int64(),
    "record_id": pl.Int64(), "kind": pl.String(),
}  # fmt: skip
_CONTENT: Final[dict[str, pl.DataType]] = {
    "code": pl.String(), "code_raw": pl.String(), "number": pl.Float64(), "text": pl.String(), "text_raw": pl.String(),
    "detail": pl.String(),
}  # fmt: skip
EVENTS: Final = pl.Schema({**_IDS, "event_date": pl.Date(), **_CONTENT})
"""One row per event; ``moment`` is the mapping's place in the feed's timeline, ``detail`` a JSON object or null."""
SPANS: Final = pl.Schema({**_IDS, "start_date": pl.Date(), "end_date": pl.Date(), **_CONTENT})
"""One row per span, start-inclusive and end-exclusive; ``end_date`` is null while open."""


def events(feed: Feed, content: pl.DataFrame) -> pl.DataFrame:
    """The events of an extract, in the order of mappings and rows; none where the date is empty."""
    told = standing(content)
    parts = (
        _moments(told, place, mapped, [pl.col(mapped.date).alias("event_date")])
        for place, mapped in enumerate(feed.timeline)
        if isinstance(mapped, Event)
    )
    return _gathered(parts, EVENTS)


def spans(feed: Feed, content: pl.DataFrame) -> pl.DataFrame:
    """The spans of an extract, in the order of mappings and rows; none where the start is empty."""
    told = standing(content)
    parts = (
        _moments(told, place, mapped, [pl.col(mapped.start).alias("start_date"), _named("end_date", mapped.end)])
        for place, mapped in enumerate(feed.timeline)
        if isinstance(mapped, Span)
    )
    return _gathered(parts, SPANS)


def standing(content: pl.DataFrame) -> pl.DataFrame:
    """The rows whose record is not deleted; all of them where the feed does not say."""
    return content.filter(~pl.col("deleted").fill_null(False)) if "deleted" in content.columns else content


def _gathered(parts: Iterable[pl.DataFrame], schema: pl.Schema) -> pl.DataFrame:
    columns = [pl.col(name).cast(dtype) for name, dtype in schema.items()]
    return pl.concat([schema.to_frame(), *(part.select(columns) for part in parts)])


def _moments(content: pl.DataFrame, place: int, mapped: Mapped, dates: list[pl.Expr]) -> pl.DataFrame:
    """What one mapping makes of the rows in which its first date is filled."""
    filled = content.filter(pl.col(mapped.start if isinstance(mapped, Span) else mapped.date).is_not_null())
    return filled.select(
        "row_number",
        pl.lit(place).alias("moment"),
        "source_key",
        "subject_id",
        _named("record_id", f"key:{mapped.record}" if mapped.record else None),
        pl.lit(f"{mapped.kind}_end" if isinstance(mapped, SpanEnd) else mapped.kind).alias("kind"),
        *dates,
        _named("code", mapped.code),
        _named("code_raw", _raw(mapped.code, content)),
        _named("number", mapped.number),
        _named("text", mapped.text),
        _named("text_raw", _raw(mapped.text, content)),
        _detail(mapped, content).alias("detail"),
    )


def _named(name: str, source: str | Const | None) -> pl.Expr:
    """A column of the content, a literal, or null, under a new name."""
    value = source.value if isinstance(source, Const) else None
    return (pl.col(source) if isinstance(source, str) else pl.lit(value)).alias(name)


def _raw(column: str | Const | None, content: pl.DataFrame) -> str | None:
    """The column that has the agency's own text of a code, where there is one."""
    name = raw_column(column) if isinstance(column, str) else None
    return name if name in content.columns else None


def _detail(mapped: Mapped, content: pl.DataFrame) -> pl.Expr:
    """The detail columns as one JSON object, null where all are; raw texts of codes as ``<name>_raw``."""
    raws = {f"{name}_raw": raw for name, column in mapped.detail.items() if (raw := _raw(column, content))}
    named = {**mapped.detail, **raws}
    if not named:
        return pl.lit(None, pl.String)
    columns = [pl.col(column).alias(name) for name, column in named.items()]
    anything = pl.any_horizontal(pl.col(column).is_not_null() for column in named.values())
    return pl.when(anything).then(pl.struct(columns).struct.json_encode())
