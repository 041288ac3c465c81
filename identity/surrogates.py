"""Random ids for blind digests: found where the vault knows the digest, drawn and stored where it does not."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import psycopg

from identity.cmac import Codes
from identity.keys import random_ids
from identity.transfer import fetch, load_temporary

Ids = npt.NDArray[np.int64]
Places = npt.NDArray[np.intp]
Store = Callable[[Codes, Ids, Places], None]
"""Stores new digests and their ids; the third argument says which of the values asked for each belongs to."""


def lock(cursor: psycopg.Cursor) -> None:
    """Wait until no other transaction allocates; held to the end of this one."""
    cursor.execute("SELECT pg_advisory_xact_lock(hashtext('vault allocation'))")


def namespace_id(cursor: psycopg.Cursor, name: str) -> tuple[int, bool]:
    """The number of a key namespace and whether it is new, so that it cannot hold a key yet."""
    cursor.execute("INSERT INTO namespace (name) VALUES (%s) ON CONFLICT DO NOTHING RETURNING namespace_id", (name,))
    created = cursor.fetchone()
    if created:
        return int(created[0]), True
    cursor.execute("SELECT namespace_id FROM namespace WHERE name = %s", (name,))
    found = cursor.fetchone()
    assert found is not None
    return int(found[0]), False


def allocate(
    reader: psycopg.Cursor, table: str, column: str, wanted: Codes, store: Store, *, fresh: bool = False
) -> Ids:
    """The id of each digest; ``fresh`` says that the table cannot hold any of them yet.

    New digests are stored in their own order with ascending random ids: both indexes grow at one end
    at a time, and an id says nothing but the order of keyed digests.
    """
    if not len(wanted):
        return np.empty(0, np.int64)
    order, first = _sorted(wanted)
    starts = np.flatnonzero(first)
    places = np.minimum.reduceat(order, starts)
    distinct = wanted[places]
    ids = np.zeros(len(distinct), np.int64) if fresh else _known(reader, table, column, distinct)
    missing = ids == 0
    if missing.any():
        ids[missing] = random_ids(int(missing.sum()))
        store(distinct[missing], ids[missing], places[missing])
    found = np.empty(len(wanted), np.int64)
    found[order] = ids[np.cumsum(first) - 1]
    return found


def _sorted(wanted: Codes) -> tuple[Places, npt.NDArray[np.bool_]]:
    """An order that sorts digests, and which of them, in that order, differ from the one before."""
    high, low = wanted["high"].astype(np.uint64), wanted["low"].astype(np.uint64)
    order = np.argsort(high)
    if _unlike(high[order]).sum() != _unlike(high[order], low[order]).sum():
        order = np.lexsort((low, high))
    return order, _unlike(high[order], low[order])


def _unlike(*ordered: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    unlike = np.ones(len(ordered[0]), np.bool_)
    unlike[1:] = np.logical_or.reduce([values[1:] != values[:-1] for values in ordered])
    return unlike


def _known(cursor: psycopg.Cursor, table: str, column: str, wanted: Codes) -> Ids:
    ids = np.zeros(len(wanted), np.int64)
    cursor.execute(f"SELECT EXISTS (SELECT FROM {table})")
    if cursor.fetchone() == (False,):
        return ids
    name = f"wanted_{table}_{np.random.default_rng().integers(1 << 62)}"
    load_temporary(cursor, name, {"place": np.arange(len(wanted)), "digest": wanted})
    query = f"SELECT place, {column} AS id FROM {name} JOIN {table} USING (digest)"
    known = fetch(cursor, query, ("place", "id"))
    ids[known["place"].astype(np.int64)] = known["id"]
    return ids
