"""Random ids for blind digests: found where the vault knows the digest, drawn and stored where it does not."""

from collections.abc import Callable
from dataclasses import dataclass

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


class Allocation:
    """The ids of one kind of digest while one extract is split, batch by batch.

    ``known`` is a query for the ``digest`` and ``id`` of those that have one. What the extract itself has brought
    is kept here and not asked of the vault again, which does not show it before the extract is committed.
    """

    def __init__(self, reader: psycopg.Cursor, known: str) -> None:
        """Look once whether the vault knows any."""
        self._reader, self._known = reader, known
        reader.execute(f"SELECT EXISTS ({known})")
        self._any_known = reader.fetchone() == (True,)
        self._met: list[_Met] = []

    def ids(self, wanted: Codes, store: Store) -> Ids:
        """The id of each digest.

        New digests are stored in their own order with ascending random ids: both indexes grow at one end
        at a time, and an id says nothing but the order of keyed digests.
        """
        if not len(wanted):
            return np.empty(0, np.int64)
        order, first = sorted_codes(wanted)
        places = np.minimum.reduceat(order, np.flatnonzero(first))
        ids = self._distinct(wanted[places], places, store)
        found = np.empty(len(wanted), np.int64)
        found[order] = ids[np.cumsum(first) - 1]
        return found

    def _distinct(self, distinct: Codes, places: Places, store: Store) -> Ids:
        """The ids of sorted digests, each given once."""
        ids = np.zeros(len(distinct), np.int64)
        for met in self._met:
            met.fill(ids, distinct)
        unmet = np.flatnonzero(ids == 0)
        if self._any_known and len(unmet):
            ids[unmet] = _known(self._reader, self._known, distinct[unmet])
        missing = np.flatnonzero(ids == 0)
        if len(missing):
            ids[missing] = random_ids(len(missing))
            store(distinct[missing], ids[missing], places[missing])
        if len(unmet):
            self._met.append(_Met.of(distinct[unmet], ids[unmet]))
        return ids


@dataclass(frozen=True)
class _Met:
    """Digests that an earlier batch of the extract had, sorted, and their ids."""

    high: npt.NDArray[np.uint64]
    low: npt.NDArray[np.uint64]
    ids: Ids

    @classmethod
    def of(cls, digests: Codes, ids: Ids) -> "_Met":
        return cls(digests["high"].astype(np.uint64), digests["low"].astype(np.uint64), ids)

    def fill(self, ids: Ids, digests: Codes) -> None:
        """Write the ids of those of ``digests`` that are among these."""
        high, low = digests["high"].astype(np.uint64), digests["low"].astype(np.uint64)
        place = np.searchsorted(self.high, high)
        # A second digest of the same first half is not to be expected, and must not be taken for new.
        for at in (place, place + 1):
            inside = at < len(self.high)
            here = np.where(inside, at, 0)
            same = inside & (self.high[here] == high) & (self.low[here] == low)
            ids[same] = self.ids[here[same]]


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
    name = f"wanted_{np.random.default_rng().integers(1 << 62)}"
    load_temporary(cursor, name, {"place": np.arange(len(wanted)), "digest": wanted})
    query = f"SELECT place, id FROM {name} JOIN ({known}) AS known USING (digest)"
    found = fetch(cursor, query, ("place", "id"))
    ids[found["place"].astype(np.int64)] = found["id"]
    return ids
