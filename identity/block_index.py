"""The linker's index: block key → identities, so that a new record meets those it may be compared with.

It only grows: under which keys an identity stands follows from its own record. What a small batch brings is rows of
``block``, each found through a B-tree. What a large one brings is a *run* of sorted pages, which is written and read
twenty times faster: a million records have thirteen million entries. One row of ``block_run`` has the first key of
each page of a run.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import psycopg

from identity.transfer import copy_in, fetch, fetch_values, given, temporary

ENTRIES = pl.Schema({"identity_id": pl.Int64(), "block_key": pl.Int64()})

_NOTHING: Final = ENTRIES.to_frame(), pl.Series(dtype=pl.Int64)
"""What was found, and the keys that were asked for."""

PAGE: Final = 120
"""Entries of a page: four pages fill one of PostgreSQL's, so that none is moved out of its table."""
LARGE: Final = 200_000
"""So many entries make a run; up to there a row an entry costs less than a second."""
RUNS: Final = 6
"""More runs than this are merged into one: each is asked for every key."""
_HIGHEST: Final = (1 << 63) - 1
_AT_ONCE: Final = 50_000
"""Pages that are fetched together: 100 MB."""

Keys = npt.NDArray[np.int64]


class BlockIndex:
    """Access to the index within one transaction."""

    def __init__(self, cursor: psycopg.Cursor) -> None:
        """Nothing is read yet."""
        self._cursor = cursor
        self._found, self._asked = _NOTHING

    def add(self, entries: pl.DataFrame, batch_id: int) -> None:
        """Enter what stands under which keys (`ENTRIES`, each once, none of them known)."""
        self._found, self._asked = _NOTHING
        if entries.height < LARGE:
            ordered = entries.sort("block_key", "identity_id")
            copy_in(self._cursor, "block", {name: ordered[name].to_numpy() for name in ENTRIES})
            return
        self._write_run(batch_id, entries)
        if len(runs := self._runs()) > RUNS:
            self._merge(runs, batch_id)

    def find(self, keys: pl.Series) -> pl.DataFrame:
        """All entries under these keys, as `ENTRIES`; each key is looked for once."""
        wanted = keys.unique().sort()
        unknown = wanted.filter(~wanted.is_in(self._asked.implode()))
        if len(unknown):
            self._found = pl.concat([self._found, *self._read(unknown.to_numpy())])
            self._asked = pl.concat([self._asked, unknown])
        return self._found.filter(pl.col("block_key").is_in(wanted.implode()))

    def _read(self, wanted: Keys) -> Iterator[pl.DataFrame]:
        yield self._rows(wanted)
        for run in self._runs():
            for keys, ids in self._in_run(run, wanted):
                yield _frame(keys, ids)

    def clear(self) -> None:
        """Forget everything, before all records are entered anew."""
        self._found, self._asked = _NOTHING
        self._cursor.execute("TRUNCATE block, block_page, block_run")

    def _rows(self, wanted: Keys) -> pl.DataFrame:
        self._cursor.execute("SELECT EXISTS (SELECT FROM block)")
        if self._cursor.fetchone() != (True,):
            return ENTRIES.to_frame()
        name = given(self._cursor, "block_key", wanted)
        query = f"SELECT identity_id, block_key FROM block JOIN {name} USING (block_key)"
        found = fetch(self._cursor, query, ("identity_id", "block_key"))
        return pl.DataFrame({column: found[column].astype(np.int64) for column in ENTRIES})

    def _runs(self) -> list[int]:
        self._cursor.execute("SELECT run_id FROM block_run ORDER BY 1")
        return [int(row[0]) for row in self._cursor.fetchall()]

    def _in_run(self, run: int, wanted: Keys) -> Iterator[tuple[Keys, Keys]]:
        """Keys and identities of a run's entries under the wanted (sorted) keys, piece by piece."""
        (packed,) = fetch_values(self._cursor, "SELECT fences FROM block_run WHERE run_id = %s", 1, (run,))
        fences = np.frombuffer(packed, np.int64)
        # Entries of one key may go on over several pages, and end on the page before the one that begins with it.
        first = np.maximum(np.searchsorted(fences, wanted, "left") - 1, 0)
        last = np.searchsorted(fences, wanted, "right")
        touched = np.zeros(len(fences) + 1, np.int64)
        np.add.at(touched, first, 1)
        np.add.at(touched, np.maximum(last, first + 1), -1)
        pages = np.flatnonzero(np.cumsum(touched[:-1]) > 0)
        for start in range(0, len(pages), _AT_ONCE):
            keys, ids = self._pages(run, pages[start : start + _AT_ONCE])
            low, high = (np.searchsorted(keys, wanted, side) for side in ("left", "right"))
            sizes = high - low
            hit = np.repeat(low - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())
            yield keys[hit], ids[hit]

    def _pages(self, run: int, numbers: Keys) -> tuple[Keys, Keys]:
        """Keys, ascending, and identities of the entries of some pages, at least one."""
        name = temporary(self._cursor, {"page": numbers.astype(np.int32)})
        query = f"SELECT string_agg(entries, ''::bytea) FROM block_page JOIN {name} USING (page) WHERE run_id = %s"
        (content,) = fetch_values(self._cursor, query, 1, (run,))
        pages = np.frombuffer(content, np.int64).reshape(-1, 2, PAGE)
        # Only the last page of a run is not full.
        first, last = pages[:, 0, 0], np.where(pages[:, 1, -1] != 0, pages[:, 0, -1], _HIGHEST)
        if (first[1:] < last[:-1]).any():
            pages = pages[np.lexsort((last, first))]
        filled = (len(pages) - 1) * PAGE + np.count_nonzero(pages[-1, 1])
        return pages[:, 0].reshape(-1)[:filled], pages[:, 1].reshape(-1)[:filled]

    def _write_run(self, run: int, entries: pl.DataFrame) -> None:
        # Those of a first batch are in order already, which costs nothing then.
        ordered = entries.sort("block_key")
        count = -(-ordered.height // PAGE)
        pages = np.zeros((count, 2, PAGE), np.int64)
        for place, name in enumerate(("block_key", "identity_id")):
            values = ordered[name].to_numpy()
            whole = len(values) // PAGE
            pages[:whole, place] = values[: whole * PAGE].reshape(whole, PAGE)
            pages[whole:, place, : len(values) - whole * PAGE] = values[whole * PAGE :]
        fences = pages[:, 0, 0].tobytes()
        self._cursor.execute("INSERT INTO block_run (run_id, fences) VALUES (%s, %s)", (run, fences))
        packed = pages.reshape(count, -1).view(f"V{2 * PAGE * 8}").reshape(-1)
        columns = {"run_id": np.full(count, run), "page": np.arange(count, dtype=np.int32), "entries": packed}
        copy_in(self._cursor, "block_page", columns)
        # Of a table that was never looked at a server thinks that it is small, and picks the wrong side to hash.
        self._cursor.execute("ANALYZE block_page")

    def _merge(self, runs: list[int], batch_id: int) -> None:
        parts = []
        for run in runs:
            self._cursor.execute("SELECT count(*) FROM block_page WHERE run_id = %s", (run,))
            row = self._cursor.fetchone()
            assert row is not None
            for start in range(0, row[0], _AT_ONCE):
                keys, ids = self._pages(run, np.arange(start, min(start + _AT_ONCE, row[0])))
                parts.append(_frame(keys[ids != 0], ids[ids != 0]))
        self._cursor.execute("TRUNCATE block_page, block_run")
        self._write_run(batch_id, pl.concat(parts))


def _frame(keys: Keys, ids: Keys) -> pl.DataFrame:
    return pl.DataFrame({"identity_id": ids, "block_key": keys}, schema=ENTRIES)
