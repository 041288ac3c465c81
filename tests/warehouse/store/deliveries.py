"""Small feeds, and deliveries of them as the chain would hand them to the store."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

import polars as pl
from sqlalchemy import Engine

from schemas.contract import (
    Code,
    Column,
    Date,
    Delimited,
    Delta,
    Event,
    Feed,
    FileDate,
    Full,
    Keep,
    Key,
    Span,
    SpanEnd,
    Text,
    UpTo,
)
from schemas.table import FAULTS
from warehouse.store.engine import LeaseLost
from warehouse.store.ledger import Counts, Extract, Ledger
from warehouse.store.load import load

SINCE: Final = dt.date(2020, 1, 1)
NO_FAULTS: Final = FAULTS.to_frame()

CONTACTS: Final = Feed(
    name="contacts",
    title="Contacts",
    agency="probation",
    agreement="a",
    files="contacts_{date:%Y%m%d}.csv",
    format=Delimited(),
    delivery=Delta("week"),
    coverage=UpTo(FileDate(), since=SINCE),
    subject=Key("probation.person"),
    key=("Contact",),
    columns=(
        Column("Contact", Text(), "Number of the contact", Key("probation.contact")),
        Column("Person", Text(), "Number of the person", Key("probation.person")),
        Column("Day", Date(), "Date", Keep(), null=True),
        Column("Result", Code({"K": "kept", "M": "missed"}), "Result", Keep(), null=True),
    ),
    timeline=(Event("contact", date="Day", code="Result"),),
)
STAYS: Final = Feed(
    name="stays",
    title="Enrolments and their ends",
    agency="peer",
    agreement="a",
    files="stays_{date:%Y%m%d}.csv",
    format=Delimited(),
    delivery=Full("week"),
    coverage=UpTo(FileDate(), since=SINCE),
    subject=Key("peer.member"),
    key=("Stay",),
    columns=(
        Column("Stay", Text(), "Number of the stay", Key("peer.stay")),
        Column("Member", Text(), "Number of the member", Key("peer.member")),
        Column("From", Date(), "First day", Keep(), null=True),
        Column("Left", Date(), "Last day", Keep(), null=True),
        Column("Reason", Code({"Done": "completed"}), "Why", Keep(), null=True),
    ),
    timeline=(
        Span("enrolment", start="From", code=None, record="peer.stay", detail={"reason": "Reason"}),
        SpanEnd("enrolment", date="Left", code="Reason", record="peer.stay"),
    ),
)


@dataclass
class Surrogates:
    """Random ids for the agencies' own numbers, as the vault of one installation draws them."""

    random: Random
    known: dict[str, int] = field(default_factory=dict)

    def __call__(self, number: str) -> int:
        return self.known.setdefault(number, self.random.getrandbits(62))


@dataclass(frozen=True)
class Delivery:
    """One file: ``rows`` are (record number, person's number, first date, second cell or code)."""

    feed: Feed
    as_of: dt.date
    rows: Sequence[tuple[str, str, dt.date | None, dt.date | str | None]]

    @property
    def digest(self) -> str:
        return hashlib.sha256(repr((self.feed.name, self.as_of, self.rows)).encode()).hexdigest()

    def content(self, surrogate: Surrogates) -> pl.DataFrame:
        records, people, dates, lasts = zip(*self.rows, strict=True)
        ids = {
            "row_number": range(2, len(records) + 2),
            "source_key": [surrogate(f"{self.feed.name} {record}") for record in records],
            "subject_id": [surrogate(f"person {person}") for person in people],
        }
        if self.feed is CONTACTS:
            raw = [{"kept": "K", "missed": "M", None: None}[code] for code in lasts]
            cells = {"Day": dates, "Result": lasts, "Result (raw)": raw}
            schema = {"Day": pl.Date, "Result": pl.String, "Result (raw)": pl.String}
        else:
            stays = [surrogate(f"stay {record}") for record in records]
            cells = {"key:peer.stay": stays, "From": dates, "Left": lasts, "Reason": ["completed"] * len(records)}
            schema = {"key:peer.stay": pl.Int64, "From": pl.Date, "Left": pl.Date, "Reason": pl.String}
        return pl.DataFrame({**ids, **cells}, schema_overrides=schema)


def deliver(engine: Engine, delivery: Delivery, surrogate: Surrogates, arrived_at: dt.datetime) -> Extract:
    """Register and, unless it is a repetition, load; the extract as it then stands."""
    ledger = Ledger(engine)
    entered = ledger.register(delivery.feed.agency, delivery.feed.name, delivery.digest, 100, arrived_at)
    claimed = ledger.claim("test", 60, entered.extract_id)
    if claimed is not None:
        loaded(engine, claimed, delivery, surrogate)
    return ledger.get(entered.extract_id)


def loaded(engine: Engine, extract: Extract, delivery: Delivery, surrogate: Surrogates) -> None:
    rows = len(delivery.rows)
    faults = pl.DataFrame({"row_number": [rows + 2], "column": ["Day"], "rule": ["not_a_date"]}, schema=FAULTS)
    counts = Counts(received=rows + 1, loaded=rows, rejected=1)
    content, coverage = delivery.content(surrogate), (SINCE, delivery.as_of)
    load(engine, extract, delivery.feed, content, counts, faults, {"outcome": "pass"}, delivery.as_of, coverage, {})


def hour(number: int) -> dt.datetime:
    return dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(hours=number)


__all__ = ["CONTACTS", "STAYS", "Delivery", "LeaseLost", "Surrogates", "deliver", "hour", "loaded"]
