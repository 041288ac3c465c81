"""What an order takes out of the vault: sightings, records, digests, block keys, pairs, decisions, persons.

A subject goes wholly once nothing that the order does not cover tells of it any more. Steps can be repeated: what is
gone already is passed over.
"""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import psycopg
import sqlalchemy as sa
from psycopg.types.json import Jsonb

from identity import pages
from identity.boundary import sealed
from identity.surrogates import LOCK
from identity.tables import SCHEMA
from identity.vault import Vault

Extracts = Sequence[int]
Untold = Callable[[Sequence[int]], Sequence[int]]
"""Of subjects and keys those of which no row of any timeline tells."""

_MINE: Final = """
    JOIN extract ON extract.extract_id = {table}.extract_id
    WHERE (%(agencies)s::text[] IS NULL OR agency = ANY(%(agencies)s)) AND {of} IN (
        SELECT subject_id FROM expunged_subject WHERE order_id = %(order)s AND kind = 'covered')
"""
_COVERED: Final = (
    f"DELETE FROM sighting WHERE ctid IN (SELECT sighting.ctid FROM sighting "
    f"{_MINE.format(table='sighting', of='subject_id')})",
    f"DELETE FROM alias WHERE ctid IN (SELECT alias.ctid FROM alias {_MINE.format(table='alias', of='alias_id')})",
    f"DELETE FROM alias WHERE ctid IN (SELECT alias.ctid FROM alias {_MINE.format(table='alias', of='member_id')})",
)
_UNTOLD: Final = "DELETE FROM sighting WHERE subject_id = ANY(%(untold)s) AND extract_id = ANY(%(extracts)s)"
_TIES: Final = """
DELETE FROM tie WHERE (alias_id = ANY(%(asked)s) OR member_id = ANY(%(asked)s)) AND NOT EXISTS (
    SELECT FROM alias WHERE alias.alias_id = tie.alias_id AND alias.member_id = tie.member_id)
"""
_GONE: Final = """
SELECT asked FROM unnest(%(asked)s::bigint[]) AS asked
WHERE NOT EXISTS (SELECT FROM sighting WHERE subject_id = asked)
  AND NOT EXISTS (SELECT FROM alias WHERE alias_id = asked OR member_id = asked)
  AND NOT EXISTS (SELECT FROM record JOIN sighting ON subject_id = identity_id WHERE record.number_id = asked)
"""
_ERASED: Final = {
    "record": "identity_id = ANY(%(gone)s)",
    "record_digest": "identity_id = ANY(%(gone)s)",
    "key": "surrogate = ANY(%(gone)s)",
    "block": "identity_id = ANY(%(gone)s)",
    "edge": "left_id = ANY(%(gone)s) OR right_id = ANY(%(gone)s)",
    "unpaired": "identity_id = ANY(%(gone)s) OR lead_id = ANY(%(gone)s)",
    "unpaired_join": "left_id = ANY(%(gone)s) OR right_id = ANY(%(gone)s)",
    "decision": "left_id = ANY(%(gone)s) OR right_id = ANY(%(gone)s)",
    "strict": "subject_id = ANY(%(gone)s)",
    "membership": "subject_id = ANY(%(gone)s)",
}
"""Table → which of its rows are about subjects that are gone."""
_EMPTY_PERSONS: Final = """
DELETE FROM person WHERE person_id = ANY(%s) AND NOT EXISTS (
    SELECT FROM membership WHERE membership.person_id = person.person_id)
RETURNING person_id
"""


@sealed
def subjects(vault: Vault, order_id: int) -> tuple[int, ...]:
    """The random ids whose rows an order takes: subjects of a person, or the key of a record."""
    return _ids(vault, order_id, "covered")


@sealed
def gone(vault: Vault, order_id: int) -> tuple[int, ...]:
    """The subjects of which nothing is left in the vault."""
    return _ids(vault, order_id, "gone")


@sealed
def note_candidates(vault: Vault, order_id: int, ids: Sequence[int]) -> None:
    """Remember, before its rows are removed, of whom and of which records they told."""
    with vault.transaction() as cursor:
        _note(cursor, order_id, ids, "candidate")


@sealed
def erase(vault: Vault, order_id: int, agencies: Sequence[str] | None, extracts: Extracts, untold: Untold) -> None:
    """Take out of the vault what an order covers, and what it leaves without a row.

    ``extracts``: those that held covered rows and whose every subject has rows; ``untold`` tells which of the
    candidates have no row left.
    """
    candidates = _ids(vault, order_id, "candidate")
    left = list(untold(candidates))
    with vault.transaction() as cursor:
        cursor.execute(LOCK)
        given = {"order": order_id, "agencies": list(agencies) if agencies else None}
        removed = {"sighting": 0, "alias": 0}
        for statement in _COVERED:
            cursor.execute(statement, given)
            removed["sighting" if " FROM sighting" in statement else "alias"] += cursor.rowcount
        cursor.execute(_UNTOLD, {"untold": left, "extracts": list(extracts)})
        removed["sighting"] += cursor.rowcount
        asked = sorted({*_ids_in(cursor, order_id, "covered"), *left})
        cursor.execute(_TIES, {"asked": asked})
        cursor.execute(_GONE, {"asked": asked})
        ids = [row[0] for row in cursor.fetchall()]
        _note(cursor, order_id, ids, "gone")
        removed |= _forget(cursor, ids)
        _count(cursor, order_id, {f"vault.{table}": number for table, number in removed.items()})


@sealed
def count(vault: Vault, order_id: int, removed: dict[str, int]) -> None:
    """Add to what an order says it removed: store and table → rows or files."""
    with vault.transaction() as cursor:
        _count(cursor, order_id, removed)


@sealed
def reclaim(vault: Vault) -> None:
    """Write the tables anew, so that no page of them holds what was deleted."""
    with vault.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in ("sighting", "alias", "tie", "page", "person", "person_event", *_ERASED):
            connection.execute(sa.text(f"VACUUM (FULL) {SCHEMA}.{table}"))


@sealed
def advance(vault: Vault, order_id: int, state: str) -> None:
    """Put an order into its next state; once it is done its random ids are forgotten, its tombstones stay."""
    with vault.transaction() as cursor:
        ended = ", done_at = now()" if state == "done" else ""
        cursor.execute(f"UPDATE expungement SET state = %s{ended} WHERE order_id = %s", (state, order_id))
        if state == "done":
            cursor.execute("DELETE FROM expunged_subject WHERE order_id = %s", (order_id,))


def _forget(cursor: psycopg.Cursor, ids: list[int]) -> dict[str, int]:
    """Remove all rows about these subjects; how many went by table."""
    cursor.execute("SELECT DISTINCT person_id FROM membership WHERE subject_id = ANY(%s)", (ids,))
    persons = [row[0] for row in cursor.fetchall() if row[0] is not None]
    removed = {}
    for table, condition in _ERASED.items():
        cursor.execute(f"DELETE FROM {table} WHERE {condition}", {"gone": ids})
        removed[table] = cursor.rowcount
    cursor.execute("SELECT DISTINCT namespace_id FROM page_run")
    wanted = np.array(ids, np.int64)
    removed["page"] = sum(pages.forget(cursor, namespace, wanted) for (namespace,) in cursor.fetchall())
    cursor.execute(_EMPTY_PERSONS, (persons,))
    empty = [row[0] for row in cursor.fetchall()]
    removed["person"] = len(empty)
    cursor.execute("DELETE FROM person_event WHERE from_person_id = ANY(%s) OR to_person_id = ANY(%s)", (empty, empty))
    removed["person_event"] = cursor.rowcount
    # What an applied batch expected of each identity's links is no longer asked for by anybody.
    cursor.execute("UPDATE batch SET shares = NULL WHERE state = 'applied'")
    return removed


def _note(cursor: psycopg.Cursor, order_id: int, ids: Sequence[int], kind: str) -> None:
    cursor.execute(
        "INSERT INTO expunged_subject SELECT %s, unnest(%s::bigint[]), %s ON CONFLICT DO NOTHING",
        (order_id, list(ids), kind),
    )


def _ids(vault: Vault, order_id: int, kind: str) -> tuple[int, ...]:
    with vault.transaction() as cursor:
        return _ids_in(cursor, order_id, kind)


def _ids_in(cursor: psycopg.Cursor, order_id: int, kind: str) -> tuple[int, ...]:
    cursor.execute(
        "SELECT subject_id FROM expunged_subject WHERE order_id = %s AND kind = %s ORDER BY 1", (order_id, kind)
    )
    return tuple(row[0] for row in cursor.fetchall())


def _count(cursor: psycopg.Cursor, order_id: int, removed: dict[str, int]) -> None:
    cursor.execute("SELECT coalesce(removed, '{}') FROM expungement WHERE order_id = %s", (order_id,))
    row = cursor.fetchone()
    before: dict[str, int] = row[0] if row else {}
    told = {name: before.get(name, 0) + number for name, number in {**dict.fromkeys(before, 0), **removed}.items()}
    cursor.execute("UPDATE expungement SET removed = %s WHERE order_id = %s", (Jsonb(told), order_id))
