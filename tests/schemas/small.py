"""A small feed to bend, and tables for it."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import polars as pl

from schemas.contract import Column, Date, Delimited, Event, Feed, Fixed, Full, Keep, Key, NoSubject, Text, UpTo
from schemas.rows import judge_rows
from schemas.table import FAULTS, Judged, RawTable

NUMBER = Column("number", Text(20), "Number of the record", Key("town.record"))
DAY = Column("day", Date(), "Day of the record", Keep(), null=True)


def feed(*columns: Column, **changes: Any) -> Feed:
    """A feed of ``town`` about nobody, with a number, the given columns and a day."""
    kept = [column.name for column in columns if column.keep]
    terms: dict[str, Any] = {
        "name": "town_records", "title": "Town: records", "agency": "town", "agreement": "town-1",
        "files": "records_*.csv", "format": Delimited(), "delivery": Full(every="week"),
        "coverage": UpTo(Fixed(dt.date(2024, 1, 1)), since=dt.date(2020, 1, 1)), "subject": NoSubject(),
        "key": ("number",), "columns": (NUMBER, *columns, DAY),
        "timeline": (Event("service", date="day", detail={name: name for name in kept}),),
    }  # fmt: skip
    return Feed(**{**terms, **changes})


def table(headers: Sequence[str], *lines: Sequence[str | None]) -> RawTable:
    """Lines of text as a reader gives them; an empty day follows."""
    rows = pl.DataFrame(list(lines), schema=dict.fromkeys(headers, pl.String()), orient="row")
    rows = rows.with_columns(day=pl.lit(None, pl.String()))
    return RawTable(rows.with_row_index("row_number", 2).cast({"row_number": pl.Int64}), FAULTS.to_frame(), len(lines))


def cell(column: Column, text: str | None) -> Judged:
    """The judgement on one row that has this text in this column."""
    return judge_rows(feed(column), table(("number", column.name), ("1", text)))


def kept(name: str, type: Any, **more: Any) -> Column:
    """A column whose cells are kept."""
    return Column(name, type, "A column", Keep(), **more)
