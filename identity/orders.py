"""Orders to expunge: who or what is to go, entered before anything is removed, and binding from then on.

An order is resolved into random ids (whose rows go) and into keyed digests (tombstones: what is not taken in again).
Of a person, whatever names them by a set of identifiers, or by a number or key that is theirs alone; of a record,
whatever carries its key. From the moment an order stands no delivery is loaded that was not held against it.
"""

import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import polars as pl
import psycopg

from identity import audit, book, pages
from identity.boundary import sealed
from identity.cmac import Codes
from identity.finding import find
from identity.keys import ProjectKey, VaultKeys, digests, unwrap, wrap
from identity.split import key_texts
from identity.surrogates import LOCK
from identity.vault import Vault
from schemas.errors import ThroughcareError

OWNER: Final = "order {}"


class OrderRefused(ThroughcareError):
    """An order that cannot be entered: it is about nothing that is known, or says too little; no value in it."""

    exit_code = 2


@dataclass(frozen=True)
class Order:
    """An order as it is listed: no identifier, and nothing of its authority."""

    order_id: int
    scope: str
    agencies: tuple[str, ...] | None
    ordered_by: str
    ordered_at: str
    state: str
    removed: dict[str, int] = field(default_factory=dict)
    done_at: str | None = None


@sealed
def order_person(
    vault: Vault, project: ProjectKey, participant: uuid.UUID, agencies: Sequence[str] | None, authority: str, by: str
) -> int:
    """Order that a participant goes, of these agencies or of all; the number of the order.

    ``participant``: the key under which the project's analysts know them, now or before. ``authority``: whose order it
    is; kept encrypted. `OrderRefused` where nobody has that key, or nothing of them came from these agencies.
    """
    with vault.transaction() as cursor:
        _begin(cursor, authority, by)
        found = find(cursor, vault.keys, project, participant)
        if found is None or found.percent is not None:
            raise OrderRefused("no participant has this key")
        subjects = _of_person(cursor, found.person, agencies)
        if not subjects:
            raise OrderRefused("nothing of this participant came from there")
        order_id = _enter(cursor, vault.keys, "person", agencies, authority, by)
        _take(cursor, order_id, subjects)
        _bury_identities(cursor, order_id)
        _bury_numbers(cursor, order_id, _own_numbers(cursor, found.person, subjects))
        audit.record(cursor, vault.keys, by, "expunge", persons=[found.person])
    return order_id


@sealed
def order_record(
    vault: Vault, namespace: str, key: Sequence[str], agencies: Sequence[str] | None, authority: str, by: str
) -> int:
    """Order that all goes that carries a key (the parts of a case number, say); the number of the order.

    `OrderRefused` where no delivery has brought the key. Only its keyed digest is kept.
    """
    with vault.transaction() as cursor:
        _begin(cursor, authority, by)
        names = tuple(f"part {place}" for place in range(len(key)))
        said = key_texts(pl.DataFrame(dict(zip(names, ([part] for part in key), strict=True))), names)
        if said.null_count():
            raise OrderRefused("the key has an empty part")
        code = digests(vault.keys.digest, f"key {namespace}", said)
        found = _surrogate(cursor, namespace, code)
        if found is None:
            raise OrderRefused("no delivery has brought this key")
        order_id = _enter(cursor, vault.keys, "record", agencies, authority, by)
        _take(cursor, order_id, [found])
        cursor.execute("INSERT INTO tombstone VALUES (%s, %s, %s)", (order_id, namespace, code.tobytes().hex()))
        audit.record(cursor, vault.keys, by, "expunge")
    return order_id


@sealed
def orders(vault: Vault) -> tuple[Order, ...]:
    """All orders, in their order."""
    with vault.transaction() as cursor:
        cursor.execute(
            "SELECT order_id, scope, agencies, ordered_by, ordered_at::text, state, removed, done_at::text "
            "FROM expungement ORDER BY order_id"
        )
        return tuple(
            Order(number, scope, tuple(agencies) if agencies else None, by, at, state, removed or {}, done)
            for number, scope, agencies, by, at, state, removed, done in cursor.fetchall()
        )


@contextmanager
def carrying_out(vault: Vault) -> Iterator[None]:
    """While inside, no other process carries orders out."""
    with vault.transaction() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('vault expungement'))")
        yield


@sealed
def kept(vault: Vault) -> tuple[bytes, ...]:
    """Each order as it is kept outside of the databases: a restored vault must not forget what was ordered since."""
    with vault.transaction() as cursor:
        cursor.execute(
            "SELECT order_id, scope, agencies, authority, ordered_by, ordered_at::text, "
            "ARRAY(SELECT subject_id FROM expunged_subject AS s WHERE s.order_id = o.order_id AND kind = 'covered' "
            "ORDER BY 1), ARRAY(SELECT namespace || '\x1f' || digest FROM tombstone AS t WHERE t.order_id = o.order_id "
            "ORDER BY 1) FROM expungement AS o WHERE state = 'ordered' ORDER BY order_id"
        )
        rows = cursor.fetchall()
    names = ("order_id", "scope", "agencies", "authority", "ordered_by", "ordered_at", "subjects", "tombstones")
    stated = (dict(zip(names, (*row[:3], bytes(row[3]).hex(), *row[4:]), strict=True)) for row in rows)
    return tuple(json.dumps(one, sort_keys=True).encode() for one in stated)


@sealed
def adopt(vault: Vault, kept_orders: Sequence[bytes]) -> int:
    """Enter orders that the vault does not know, for it was restored from before they were given; how many."""
    with vault.transaction() as cursor:
        cursor.execute(LOCK)
        cursor.execute("SELECT order_id FROM expungement")
        known = {row[0] for row in cursor.fetchall()}
        unknown = [one for text in kept_orders if (one := json.loads(text))["order_id"] not in known]
        for one in unknown:
            _adopt(cursor, one)
    return len(unknown)


def authority(vault: Vault, order_id: int) -> str:
    """On what authority an order was given, in clear: for who may read the vault."""
    with vault.transaction() as cursor:
        cursor.execute("SELECT authority FROM expungement WHERE order_id = %s", (order_id,))
        row = cursor.fetchone()
    if row is None:
        raise OrderRefused(f"there is no order {order_id}")
    return unwrap(vault.keys, bytes(row[0]), "authority").decode()


def _begin(cursor: psycopg.Cursor, authority: str, by: str) -> None:
    """Wait for what is being split: an order knows all subjects that loads have brought until then."""
    if not authority.strip() or not by.strip():
        raise OrderRefused("an order needs an authority and a person who enters it")
    cursor.execute(LOCK)


def _enter(
    cursor: psycopg.Cursor, keys: VaultKeys, scope: str, agencies: Sequence[str] | None, authority: str, by: str
) -> int:
    said = wrap(keys, authority.strip().encode(), "authority")
    cursor.execute(
        "INSERT INTO expungement (scope, agencies, authority, ordered_by, state) VALUES (%s, %s, %s, %s, 'ordered') "
        "RETURNING order_id",
        (scope, sorted(set(agencies)) if agencies else None, said, by),
    )
    row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def _adopt(cursor: psycopg.Cursor, one: dict[str, Any]) -> None:
    order_id = one["order_id"]
    cursor.execute(
        "INSERT INTO expungement (order_id, scope, agencies, authority, ordered_by, ordered_at, state) "
        "VALUES (%s, %s, %s, %s, %s, %s, 'ordered')",
        (
            order_id,
            one["scope"],
            one["agencies"],
            bytes.fromhex(one["authority"]),
            one["ordered_by"],
            one["ordered_at"],
        ),
    )
    cursor.execute("SELECT setval(pg_get_serial_sequence('expungement', 'order_id'), max(order_id)) FROM expungement")
    _take(cursor, order_id, one["subjects"])
    for stone in one["tombstones"]:
        cursor.execute("INSERT INTO tombstone VALUES (%s, %s, %s)", (order_id, *stone.split("\x1f")))


def _take(cursor: psycopg.Cursor, order_id: int, subjects: Sequence[int]) -> None:
    cursor.execute(
        "INSERT INTO expunged_subject SELECT %s, unnest(%s::bigint[]), 'covered' ON CONFLICT DO NOTHING",
        (order_id, list(subjects)),
    )


_OF_PERSON: Final = """
WITH mine AS (
    SELECT subject_id, number_id FROM membership WHERE person_id = %(person)s
), own AS (
    SELECT subject_id FROM mine UNION SELECT number_id FROM mine WHERE number_id = ANY(%(numbers)s)
    UNION SELECT identity_id FROM record WHERE number_id = ANY(%(numbers)s)
), all_of_them AS (
    SELECT subject_id FROM own UNION
    SELECT alias_id FROM alias JOIN own ON member_id = subject_id WHERE NOT EXISTS (
        SELECT FROM alias AS other WHERE other.alias_id = alias.alias_id AND other.member_id NOT IN (TABLE own))
)
SELECT DISTINCT subject_id FROM all_of_them WHERE %(agencies)s::text[] IS NULL OR subject_id IN (
    SELECT sighting.subject_id FROM sighting JOIN extract USING (extract_id) WHERE agency = ANY(%(agencies)s)
    UNION SELECT number_id FROM record JOIN sighting ON sighting.subject_id = identity_id
          JOIN extract ON extract.extract_id = sighting.extract_id WHERE agency = ANY(%(agencies)s)
    UNION SELECT alias_id FROM alias JOIN extract USING (extract_id) WHERE agency = ANY(%(agencies)s)
)
"""
_OWN_NUMBERS: Final = """
SELECT DISTINCT number_id FROM membership AS mine
WHERE person_id = %(person)s AND number_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM membership AS other
    WHERE (other.number_id = mine.number_id OR other.subject_id = mine.number_id)
      AND other.person_id IS DISTINCT FROM mine.person_id)
"""


def _of_person(cursor: psycopg.Cursor, person: uuid.UUID, agencies: Sequence[str] | None) -> list[int]:
    """The subjects that are the person and nobody else, as far as these agencies have told of them."""
    cursor.execute(_OWN_NUMBERS, {"person": person})
    numbers = [row[0] for row in cursor.fetchall()]
    given = {"person": person, "numbers": numbers, "agencies": list(agencies) if agencies else None}
    cursor.execute(_OF_PERSON, given)
    return sorted(row[0] for row in cursor.fetchall())


def _own_numbers(cursor: psycopg.Cursor, person: uuid.UUID, subjects: list[int]) -> list[int]:
    """Of the subjects those that are numbers or keys, not sets of identifiers."""
    cursor.execute("SELECT identity_id FROM record WHERE identity_id = ANY(%s)", (subjects,))
    identities = {row[0] for row in cursor.fetchall()}
    return [subject for subject in subjects if subject not in identities]


def _bury_identities(cursor: psycopg.Cursor, order_id: int) -> None:
    cursor.execute(
        "INSERT INTO tombstone SELECT DISTINCT order_id, '', digest FROM expunged_subject "
        "JOIN record ON identity_id = subject_id WHERE order_id = %s",
        (order_id,),
    )


def _bury_numbers(cursor: psycopg.Cursor, order_id: int, numbers: list[int]) -> None:
    cursor.execute(
        "INSERT INTO tombstone SELECT %s, name, digest FROM key JOIN namespace USING (namespace_id) "
        "WHERE surrogate = ANY(%s)",
        (order_id, numbers),
    )
    cursor.execute("SELECT DISTINCT namespace_id, name FROM page_run JOIN namespace USING (namespace_id)")
    for namespace_id, name in cursor.fetchall():
        for code in pages.digests_of(cursor, namespace_id, np.array(numbers, np.int64)).digests:
            stone = (order_id, name, code.tobytes().hex())
            cursor.execute("INSERT INTO tombstone VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", stone)


def _surrogate(cursor: psycopg.Cursor, namespace: str, code: Codes) -> int | None:
    cursor.execute("SELECT namespace_id FROM namespace WHERE name = %s", (namespace,))
    number = cursor.fetchone()
    if number is None:
        return None
    return int(book.numbers(int(number[0])).ids(cursor, code)[0]) or None
