"""The membership of subjects in persons, read and written in bulk."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import numpy as np
import polars as pl
import psycopg

from identity.persons import hexadecimal
from identity.transfer import fetch_values
from schemas.codes import SUBJECT_STATUSES

MEMBERS = pl.Schema({
    "subject_id": pl.Int64(), "number_id": pl.Int64(), "person_id": pl.String(), "number_only": pl.Boolean(),
    "probability": pl.Float64(), "component_id": pl.Int64(), "status": pl.String(),
})  # fmt: skip
"""Rows of ``membership``; ``number_id`` 0 where there is none, ``person_id`` (32 hexadecimal digits) null where
assigned to nobody, ``component_id`` null for what is no identity."""

_MEMBER: Final = np.dtype([
    ("subject", ">i8"), ("number", ">i8"), ("component", ">i8"), ("person", "V16"), ("flags", "u1"),
    ("status", "u1"), ("probability", ">f8"),
])  # fmt: skip
_PACKED: Final = """
SELECT string_agg(
    int8send(subject_id) || int8send(coalesce(number_id, 0)) || int8send(coalesce(component_id, 0))
    || coalesce(uuid_send(person_id), decode(repeat('00', 16), 'hex'))
    || CASE WHEN number_only THEN '\\x01'::bytea ELSE '\\x00' END
    || set_byte('\\x00'::bytea, 0, array_position(ARRAY[{}], status)) || float8send(probability), ''::bytea)
FROM membership WHERE {}
"""
_NOBODY: Final = "0" * 32
_COPY: Final = (
    "COPY membership (subject_id, number_id, person_id, status, probability, number_only, component_id, batch_id) "
    "FROM STDIN (FORMAT CSV)"
)
_INDEXES: Final = {
    "ix_membership_number_id": "number_id", "ix_membership_person_id": "person_id",
    "ix_membership_component_id": "component_id",
}  # fmt: skip
_BULK: Final = 100_000
"""From so many rows on an empty table is filled before its indexes are made."""


def read_members(cursor: psycopg.Cursor, condition: str) -> pl.DataFrame:
    """The `MEMBERS` that fulfil a condition, which holds no value of a person."""
    names = ", ".join(f"'{status}'" for status in SUBJECT_STATUSES)
    (content,) = fetch_values(cursor, _PACKED.format(names, condition), 1)
    rows = np.frombuffer(content, _MEMBER)
    columns = {
        "subject_id": rows["subject"].astype(np.int64),
        "number_id": rows["number"].astype(np.int64),
        "person_id": hexadecimal(rows["person"].tobytes()),
        "number_only": rows["flags"] > 0,
        "probability": rows["probability"].astype(np.float64),
        "component_id": rows["component"].astype(np.int64),
        "status": pl.Series(("", *SUBJECT_STATUSES)).gather(pl.Series(rows["status"].astype(np.uint32))),
    }
    person, component = pl.col("person_id"), pl.col("component_id")
    given = (pl.when(person != _NOBODY).then(person), pl.when(component != 0).then(component))
    return pl.DataFrame(columns).with_columns(given).cast(MEMBERS)


def write_members(cursor: psycopg.Cursor, rows: pl.DataFrame, batch_id: int) -> None:
    """Add rows (`MEMBERS`) that a batch states."""
    number = pl.when(pl.col("number_id") != 0).then("number_id").alias("number_id")
    columns = ["subject_id", "number_id", "person_id", "status", "probability", "number_only", "component_id"]
    stated = rows.sort("subject_id").select(columns).with_columns(number, batch_id=pl.lit(batch_id))
    with _without_indexes(cursor, rows.height), cursor.copy(_COPY) as copy:
        for part in stated.iter_slices(_BULK):
            copy.write(part.write_csv(include_header=False))


@contextmanager
def _without_indexes(cursor: psycopg.Cursor, rows: int) -> Iterator[None]:
    """Fill a large empty table before its indexes are made: a third of the time."""
    cursor.execute("SELECT NOT EXISTS (SELECT FROM membership)")
    bulk = rows >= _BULK and cursor.fetchone() == (True,)
    if bulk:
        # What is written into a table that was emptied in the same transaction needs no log to be undone by.
        cursor.execute("TRUNCATE membership")
        cursor.execute(f"DROP INDEX {', '.join(_INDEXES)}")
    yield
    if bulk:
        for name, column in _INDEXES.items():
            cursor.execute(f"CREATE INDEX {name} ON membership ({column})")
        # Until a table was looked at once, each number is thought to have thousands of rows: all are read for a few.
        cursor.execute("ANALYZE membership")
