"""Feeds of three agencies that know people by different things, as drawn tables."""

import datetime as dt
from typing import Any

import polars as pl

from schemas.codes import Identifier
from schemas.contract import (
    Column,
    Date,
    Delimited,
    Event,
    Feed,
    FileDate,
    Full,
    Identify,
    Keep,
    Key,
    Text,
    UpTo,
)
from schemas.terms import Subject


def feed(agency: str, name: str, columns: tuple[Column, ...], subject: Subject, key: tuple[str, ...]) -> Feed:
    day = Column("Day", Date(), "When", Keep(), null=True)
    return Feed(
        name=f"{agency}_{name}", title=name, agency=agency, agreement="test", files=f"{name}_{{date:%Y%m%d}}.csv",
        format=Delimited(encoding="utf-8"), delivery=Full(every="week"), coverage=UpTo(FileDate(), dt.date(2020, 1, 1)),
        subject=subject, key=key, columns=(*columns, day),
        timeline=(Event("charge", date="Day", detail={c.name: c.name for c in columns if c.keep}),),
    )  # fmt: skip


def known_by(agency: str, *fields: Identifier, name: str = "people") -> Feed:
    """A feed whose rows have the agency's number and these identifiers."""
    columns = [Column("Number", Text(), "Number", Key(f"{agency}.number"))]
    for field in fields:
        kind = Date() if field == "birth_date" else Text()
        columns.append(Column(field, kind, field, Identify(field), null=True))
    return feed(agency, name, tuple(columns), Key(f"{agency}.number"), ("Number",))


COURT = known_by("court", "full_name", "birth_date", "sex", "state_id", "address", "zip")
PROBATION = known_by("probation", "given_name", "middle_name", "surname", "suffix", "birth_date", "sex", "state_id",
                     "ssn_last4", "alias")  # fmt: skip
PEER = known_by("peer", "given_name", "surname", "birth_date", "sex", "phone", "zip")


def rows(feed: Feed, *records: dict[str, Any]) -> pl.DataFrame:
    """Accepted rows of a feed; what a record does not say is null."""
    schema = {c.name: pl.Date if isinstance(c.type, Date) else pl.String for c in feed.columns}
    frame = pl.DataFrame(
        [{name: _cell(record.get(name), kind) for name, kind in schema.items()} for record in records], schema=schema
    )
    return frame.with_row_index("row_number", offset=2).with_columns(pl.col("row_number").cast(pl.Int64))


def _cell(value: Any, kind: Any) -> Any:
    return dt.date.fromisoformat(value) if value is not None and kind == pl.Date else value
