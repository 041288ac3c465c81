"""Deliveries of one feed as a few words, what the warehouse then shows as a few words, and a model that says it too.

``full 3: A1 B2`` is a full delivery as of the 3rd that says 1 of record A and 2 of B; ``delta 4 #7: B- C5`` is
the delta of number 7 that calls B deleted and says 5 of C; ``over 3``: it supersedes the delivery of the 3rd.
What is shown: ``A1 3-4`` was known from the 3rd until the 4th, ``A1 3-`` still is.
"""

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl
from sqlalchemy import Engine, text

from schemas.difference import Difference
from tests.warehouse.store.deliveries import CONTACTS, NO_FAULTS, SINCE, hour
from warehouse.store.ledger import Counts, Ledger
from warehouse.store.load import load

_LINE = re.compile(r"(full|delta) (\d+)(?: #(\d+))?(?: over (\d+))?:\s*(.*)")
_HISTORY = text("""
SELECT source_key, code, extract(day FROM known_from)::int, extract(day FROM known_until)::int
FROM warehouse.event_history ORDER BY 1, 3, 4, 2
""")


@dataclass(frozen=True)
class Told:
    """One delivery; ``says`` are (record, what is said of it), None where it is called deleted."""

    kind: str
    day: int
    number: int | None
    over: int | None
    says: tuple[tuple[str, str | None], ...]

    @staticmethod
    def of(line: str) -> "Told":
        found = _LINE.fullmatch(line.strip())
        assert found, line
        kind, day, number, over, says = found.groups()
        said = tuple((word[0], None if word[1:] == "-" else word[1:]) for word in says.split())
        return Told(kind, int(day), int(number) if number else None, int(over) if over else None, said)

    @property
    def digest(self) -> str:
        return hashlib.sha256(repr(self).encode()).hexdigest()

    @property
    def as_of(self) -> dt.date:
        return dt.date(2026, 1, self.day)

    @property
    def content(self) -> pl.DataFrame:
        records, values = [ord(record) for record, _ in self.says], [value for _, value in self.says]
        columns = {
            "row_number": range(2, len(records) + 2), "source_key": records,
            "version": [None if value is None else int(value) for value in values],
            "deleted": [value is None for value in values], "subject_id": records, "Day": [SINCE] * len(records),
            "Result": [value or "0" for value in values],
        }  # fmt: skip
        schema = {"version": pl.Int64, "Day": pl.Date, "Result": pl.String, "deleted": pl.Boolean}
        frame = pl.DataFrame(columns, schema_overrides=schema)
        return frame.with_columns(pl.col("version").fill_null(0), pl.col("source_key", "subject_id").cast(pl.Int64))


def tell(engine: Engine, deliveries: Iterable[str | Told]) -> list[Difference | None]:
    """Deliver in this order of arrival; what each changed when it was loaded."""
    ledger = Ledger(engine)
    told = [Told.of(one) if isinstance(one, str) else one for one in deliveries]
    return [_load(engine, ledger, one, at) for at, one in enumerate(told)]


def _load(engine: Engine, ledger: Ledger, told: Told, at: int) -> Difference | None:
    entered = ledger.register("probation", CONTACTS.name, told.digest, 1, hour(at), None, told.number)
    claimed = ledger.claim("test", 60, entered.extract_id)
    assert claimed is not None
    if told.over is not None:
        over = next(one.extract_id for one in ledger.extracts() if one.as_of and one.as_of.day == told.over)
        ledger.hold(claimed.extract_id, claimed.fence, "same_day", {}, 1, supersedes=over)
        ledger.accept(claimed.extract_id, "sent again", "jo")
        claimed = ledger.claim("test", 60, entered.extract_id)
        assert claimed is not None
    counts = Counts(received=len(told.says), loaded=len(told.says))
    return load(
        engine, claimed, CONTACTS, told.content, counts, NO_FAULTS, {"outcome": "pass"}, told.as_of,
        (SINCE, told.as_of), {}, delivery=told.kind,
    )  # fmt: skip


def shown(engine: Engine) -> list[str]:
    """The history as the warehouse shows it."""
    with engine.connect() as connection:
        rows = connection.execute(_HISTORY).all()
    return [f"{chr(record)}{value} {since}-{until or ''}" for record, value, since, until in rows]


def current(engine: Engine) -> str:
    """What is current, as the view of events shows it."""
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT source_key, code FROM warehouse.event ORDER BY 1")).all()
    return " ".join(f"{chr(record)}{value}" for record, value in rows)


@dataclass
class _Statement:
    record: str
    value: str
    since: int
    until: int | None = None


def _place(told: Told) -> tuple[int, int, bool, str]:
    """Where a delivery stands: by day, number, full before delta, digest."""
    return told.day, -1 if told.number is None else told.number, told.kind == "delta", told.digest


def modelled(deliveries: Sequence[Told]) -> list[str]:
    """The history as a plain reading of the rules gives it, delivery after delivery in their order."""
    statements: list[_Statement] = []
    for told in sorted(deliveries, key=_place):
        stated = {record for record, _ in told.says}
        for one in statements:
            if one.until is None and (told.kind == "full" or one.record in stated):
                one.until = told.day
        statements += [_Statement(record, value, told.day) for record, value in told.says if value is not None]
    statements.sort(key=lambda one: (one.record, one.since, 99 if one.until is None else one.until, one.value))
    return [f"{one.record}{one.value} {one.since}-{one.until or ''}" for one in statements]
