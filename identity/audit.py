"""The audit trail of the vault: who saw or decided what about whom, in rows that cannot be changed unnoticed.

Each row carries an HMAC over itself and the row before it; the head, one row, carries the number of rows and an
HMAC over the last. What is edited, dropped, reordered or cut off shows in `verify` (28 CFR 22.23, CJIS 5.4).
Rows name people by their random ids only.
"""

import datetime as dt
import hmac
import json
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from identity.boundary import sealed
from identity.keys import VaultKeys
from identity.tables import metadata
from identity.vault import Vault

audit = sa.Table(
    "audit", metadata,
    sa.Column("audit_id", sa.BigInteger, primary_key=True, autoincrement=False, comment="Running number, no gaps"),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="When"),
    sa.Column("actor", sa.Text, nullable=False, comment="The account that acted"),
    sa.Column("action", sa.Text, nullable=False, comment="What was done"),
    sa.Column("persons", ARRAY(sa.Uuid), nullable=False, comment="The persons it was about"),
    sa.Column("identities", ARRAY(sa.BigInteger), nullable=False, comment="The identities it was about"),
    sa.Column("digest", sa.LargeBinary, nullable=False, comment="HMAC-SHA256 over this row and the digest before it"),
    comment="What was seen and decided inside the secure zone: rows are added, never changed",
)  # fmt: skip

audit_head = sa.Table(
    "audit_head", metadata,
    sa.Column("one", sa.SmallInteger, primary_key=True, autoincrement=False, comment="Always 1: there is one head"),
    sa.Column("rows", sa.BigInteger, nullable=False, comment="The number of rows of the trail"),
    sa.Column("digest", sa.LargeBinary, nullable=False, comment="HMAC-SHA256 over that number and the last digest"),
    sa.CheckConstraint("one = 1", name="one"),
    comment="Where the audit trail ends",
)  # fmt: skip

ACTIONS: Final = ("view", "explain", "decide", "undo", "promote", "expunge")
"""Records were shown; a person was explained with identifiers; a decision was made, or undone; a model was promoted;
an order to expunge was entered."""

_START: Final = bytes(32)
_PAGE: Final = 10_000
_COLUMNS: Final = "audit_id, at, actor, action, persons, identities, digest"
_Row = tuple[int, dt.datetime, str, str, list[uuid.UUID], list[int], bytes]


@dataclass(frozen=True)
class Verdict:
    """What `verify` found; ``problem`` is empty where the trail holds, else it names the first broken row.

    ``digest`` (hex) of the last row is worth keeping elsewhere: who has a copy notices a trail and a head that were
    both put back to an earlier state.
    """

    rows: int
    digest: str
    problem: str = ""


def record(
    cursor: psycopg.Cursor,
    keys: VaultKeys,
    actor: str,
    action: str,
    *,
    persons: Iterable[uuid.UUID] = (),
    identities: Iterable[int] = (),
) -> int:
    """Add a row; returns its number. It is there once the cursor's transaction commits: commit before showing.

    ``action`` is one of `ACTIONS`. Writers wait for each other, so that the chain has one end.
    """
    if action not in ACTIONS:
        raise ValueError(f"an audit row says one of {ACTIONS}")
    cursor.execute("SELECT pg_advisory_xact_lock(hashtext('vault audit'))")
    cursor.execute("SELECT audit_id, digest FROM audit ORDER BY audit_id DESC LIMIT 1")
    last = cursor.fetchone()
    number, before = (int(last[0]) + 1, bytes(last[1])) if last else (1, _START)
    about = sorted(set(persons)), sorted(set(identities))
    at = dt.datetime.now(dt.UTC)
    row: _Row = (number, at, actor, action, *about, b"")
    digest = _digest(keys, row, before)
    cursor.execute(f"INSERT INTO audit ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s)", (*row[:-1], digest))
    cursor.execute(
        "INSERT INTO audit_head (one, rows, digest) VALUES (1, %s, %s) "
        "ON CONFLICT (one) DO UPDATE SET rows = excluded.rows, digest = excluded.digest",
        (number, _head(keys, number, digest)),
    )
    return number


@sealed
def verify(vault: Vault, kept: tuple[int, str] | None = None) -> Verdict:
    """Read the trail from its first row to its head.

    ``kept``: number of rows and last digest of an earlier `Verdict` that was kept elsewhere; the row of that number
    must still carry that digest.
    """
    with vault.transaction() as cursor:
        cursor.execute("SELECT rows, digest FROM audit_head")
        head = cursor.fetchone()
        number, before = 0, _START
        for row in _rows(cursor):
            if row[0] != number + 1:
                return Verdict(number, before.hex(), f"row {number + 1} is missing")
            if not hmac.compare_digest(row[-1], _digest(vault.keys, row, before)):
                return Verdict(number, before.hex(), f"row {row[0]} is not as it was written")
            number, before = row[0], row[-1]
            if kept and kept[0] == number and kept[1] != before.hex():
                return Verdict(number, before.hex(), f"row {number} is not the one that was kept elsewhere")
    return Verdict(number, before.hex(), _end(vault.keys, number, before, head, kept))


def _end(
    keys: VaultKeys, number: int, last: bytes, head: tuple[int, bytes] | None, kept: tuple[int, str] | None
) -> str:
    """What is wrong with where the trail ends; empty where nothing is."""
    if kept and kept[0] > number:
        return f"rows from {number + 1} on are missing"
    if head is None:
        return "the head is missing" if number else ""
    if head[0] > number:
        return f"rows from {number + 1} on are missing"
    intact = head[0] == number and hmac.compare_digest(bytes(head[1]), _head(keys, number, last))
    return "" if intact else "the head is not as it was written"


def _rows(cursor: psycopg.Cursor) -> Iterator[_Row]:
    """All rows in their order, a page at a time."""
    last = 0
    while True:
        cursor.execute(f"SELECT {_COLUMNS} FROM audit WHERE audit_id > %s ORDER BY 1 LIMIT {_PAGE}", (last,))
        page = cursor.fetchall()
        if not page:
            return
        yield from ((*row[:-1], bytes(row[-1])) for row in page)
        last = page[-1][0]


def _digest(keys: VaultKeys, row: _Row, before: bytes) -> bytes:
    number, at, actor, action, persons, identities, _ = row
    said = [number, at.astimezone(dt.UTC).isoformat(), actor, action, [str(person) for person in persons], identities]
    return hmac.digest(_key(keys), before + json.dumps(said).encode(), "sha256")


def _head(keys: VaultKeys, number: int, last: bytes) -> bytes:
    return hmac.digest(_key(keys), b"head %d " % number + last, "sha256")


def _key(keys: VaultKeys) -> bytes:
    return hmac.digest(keys.digest, b"audit trail", "sha256")
