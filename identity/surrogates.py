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

LOCK = "SELECT pg_advisory_xact_lock(hashtext('vault allocation'))"


def lock(cursor: psycopg.Cursor) -> None:
    """Wait until no other transaction allocates; held to the end of this one."""
    cursor.execute(LOCK)


def namespace_id(cursor: psycopg.Cursor, name: str) -> int:
    """The number of a key namespace, given to it the first time."""
    cursor.execute("INSERT INTO namespace (name) VALUES (%s) ON CONFLICT DO NOTHING RETURNING namespace_id", (name,))
    found = cursor.fetchone()
    if found is None:
        cursor.execute("SELECT namespace_id FROM namespace WHERE name = %s", (name,))
        found = cursor.fetchone()
    assert found is not None
    return int(found[0])


def allocate(reader: psycopg.Cursor, known: str, wanted: Codes, store: Store) -> Ids:
    """The id of each digest; ``known`` is a query for the ``digest`` and ``id`` of those that have one.

    New digests are stored in their own order with ascending random ids: both indexes grow at one end
    at a time, and an id says nothing but the order of keyed digests.
    """
    if not len(wanted):
        return np.empty(0, np.int64)
    order, first = sorted_codes(wanted)
    starts = np.flatnonzero(first)
    places = np.minimum.reduceat(order, starts)
    distinct = wanted[places]
    ids = _known(reader, known, distinct)
    missing = ids == 0
    if missing.any():
        ids[missing] = random_ids(int(missing.sum()))
        store(distinct[missing], ids[missing], places[missing])
    found = np.empty(len(wanted), np.int64)
    found[order] = ids[np.cumsum(first) - 1]
    return found


def sorted_codes(wanted: Codes) -> tuple[Places, npt.NDArray[np.bool_]]:
    """An order that sorts digests, and which of them, in that order, differ from the one before."""
    high, low = wanted["high"].astype(np.uint64), wanted["low"].astype(np.uint64)
    order = np.argsort(high)
    high, low = high[order], low[order]
    first = np.ones(len(order), np.bool_)
    np.not_equal(high[1:], high[:-1], out=first[1:])
    if np.any(~first[1:] & (low[1:] != low[:-1])):
        # Two digests share their first half, which is not to be expected among fewer than billions.
        order = np.lexsort((wanted["low"], wanted["high"]))
        first[1:] = wanted[order[1:]] != wanted[order[:-1]]
    return order, first


def _known(cursor: psycopg.Cursor, known: str, wanted: Codes) -> Ids:
    ids = np.zeros(len(wanted), np.int64)
    cursor.execute(f"SELECT EXISTS ({known})")
    if cursor.fetchone() == (False,):
        return ids
    name = f"wanted_{np.random.default_rng().integers(1 << 62)}"
    load_temporary(cursor, name, {"place": np.arange(len(wanted)), "digest": wanted})
    query = f"SELECT place, id FROM {name} JOIN ({known}) AS known USING (digest)"
    found = fetch(cursor, query, ("place", "id"))
    ids[found["place"].astype(np.int64)] = found["id"]
    return ids
