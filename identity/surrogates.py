"""Random ids for blind digests: found where the vault knows the digest, drawn and kept where it does not."""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
import psycopg

from identity import pages
from identity.book import Book
from identity.cmac import Codes
from identity.keys import random_ids
from identity.met import Halves, Ids, Met, Part, halves

Places = npt.NDArray[np.intp]
Store = Callable[[Codes, Ids, Places], None]
"""Told new digests and their ids; the third argument says which of the values asked for each belongs to."""

LOCK: Final = "SELECT pg_advisory_xact_lock(hashtext('vault allocation'))"

_SHARE: Final = 16
"""Who asks for more than one in so many entries wants nearly every page."""
_ALL: Final = 1 << 24
"""So many entries are taken into memory at most (400 MB), where nearly every page is wanted."""


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

    What the extract itself has brought is kept here and not asked of the vault, which learns it at the end.
    """

    def __init__(self, reader: psycopg.Cursor, book: Book) -> None:
        """Look once whether the vault knows any."""
        self._reader, self._book = reader, book
        self._has_rows = book.has_rows(reader)
        self._runs = pages.runs(reader, book.namespace_id)
        self._known, self._new = Met(), Met()

    def ids(self, wanted: Codes, store: Store | None = None) -> Ids:
        """The id of each digest.

        New digests get ascending random ids in their own order: the indexes of what is stored grow at one end
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

    def write(self, writer: psycopg.Cursor, extract_id: int) -> None:
        """Write the ids of what the extract has brought; nothing is asked any more."""
        self._book.write(writer, extract_id, self._new.take())

    def _distinct(self, distinct: Codes, places: Places, store: Store | None) -> Ids:
        """The ids of sorted digests, each given once."""
        ids, (high, low) = np.zeros(len(distinct), np.int64), halves(distinct)
        self._known.fill(ids, high, low)
        self._new.fill(ids, high, low)
        self._recall(ids, distinct, high, low)
        missing = np.flatnonzero(ids == 0)
        if len(missing):
            ids[missing] = random_ids(len(missing))
            self._new.add(_part(high, low, ids, missing))
            if store is not None:
                store(distinct[missing], ids[missing], places[missing])
        return ids

    def _recall(self, ids: Ids, digests: Codes, high: Halves, low: Halves) -> None:
        """Fill in what the vault knows of the digests that have no id yet."""
        unmet = np.flatnonzero(ids == 0)
        entries = sum(self._runs.values())
        if entries and len(unmet) * _SHARE > entries and entries + len(self._known) <= _ALL:
            self._known.add(self._book.in_pages(self._reader, self._runs).take())
            self._known.fill(ids, high, low)
            self._runs = {}
            unmet = np.flatnonzero(ids == 0)
        if not len(unmet) or not (self._has_rows or self._runs):
            return
        found = np.zeros(len(unmet), np.int64)
        if self._has_rows:
            found = self._book.ids_in_rows(self._reader, digests[unmet])
        if self._runs:
            self._book.in_pages(self._reader, self._runs, high[unmet]).fill(found, high[unmet], low[unmet])
        ids[unmet] = found
        self._known.add(_part(high, low, ids, unmet[found != 0]))


def _part(high: Halves, low: Halves, ids: Ids, places: Places) -> Part:
    return Part(high[places], low[places], ids[places])


def sorted_codes(wanted: Codes) -> tuple[Places, npt.NDArray[np.bool_]]:
    """An order that sorts digests, and which of them, in that order, differ from the one before."""
    high, low = halves(wanted)
    order = np.argsort(high)
    high, low = high[order], low[order]
    first = np.ones(len(order), np.bool_)
    np.not_equal(high[1:], high[:-1], out=first[1:])
    if np.any(~first[1:] & (low[1:] != low[:-1])):
        # Two digests share their first half, which is not to be expected among fewer than billions.
        order = np.lexsort((wanted["low"], wanted["high"]))
        first[1:] = wanted[order[1:]] != wanted[order[:-1]]
    return order, first
