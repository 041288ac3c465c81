"""Books: where the ids of one kind of digest stand, in rows of a table and in pages."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
import psycopg

from identity import pages
from identity.cmac import Codes
from identity.met import Halves, Ids, Met, Part, halves
from identity.transfer import copy_in, fetch, temporary

MANY: Final = 50_000
"""An extract that brings more new digests of one kind writes pages: so many rows take .1 s."""


@dataclass(frozen=True)
class Book:
    """One namespace of `pages`, and a table that has the ids of few: ``id`` is the name of its column for them."""

    namespace_id: int
    table: str
    id: str

    def has_rows(self, cursor: psycopg.Cursor) -> bool:
        """Whether any id stands in a row."""
        cursor.execute(f"SELECT EXISTS ({self._rows()})")
        return cursor.fetchone() == (True,)

    def ids(self, cursor: psycopg.Cursor, wanted: Codes, *, confirmed: bool = False) -> Ids:
        """The id of each digest, 0 where there is none; ``confirmed``: of what confirmed extracts have brought."""
        ids = self.ids_in_rows(cursor, wanted, confirmed=confirmed)
        high, low = halves(wanted)
        runs = pages.runs(cursor, self.namespace_id)
        self.in_pages(cursor, runs, high, confirmed=confirmed).fill(ids, high, low)
        return ids

    def ids_in_rows(self, cursor: psycopg.Cursor, wanted: Codes, *, confirmed: bool = False) -> Ids:
        """The ids that stand in rows, 0 for other digests."""
        ids = np.zeros(len(wanted), np.int64)
        name = temporary(cursor, {"place": np.arange(len(wanted)), "digest": wanted})
        query = f"SELECT place, id FROM {name} JOIN ({self._rows(confirmed=confirmed)}) AS known USING (digest)"
        found = fetch(cursor, query, ("place", "id"))
        ids[found["place"].astype(np.int64)] = found["id"]
        return ids

    def in_pages(
        self, cursor: psycopg.Cursor, runs: Collection[int], high: Halves | None = None, *, confirmed: bool = False
    ) -> Met:
        """What the pages of these `pages.runs` hold, all of it or where digests of these first halves would stand."""
        return pages.read(cursor, self.namespace_id, runs, high, confirmed=confirmed)

    def write(self, cursor: psycopg.Cursor, extract_id: int, new: Part) -> None:
        """Write what an extract has brought."""
        if len(new) > MANY:
            pages.write(cursor, self.namespace_id, extract_id, new)
        elif len(new):
            columns = {"digest": new.digests, self.id: new.ids, "extract_id": np.full(len(new), extract_id)}
            if self.namespace_id:
                columns["namespace_id"] = np.full(len(new), self.namespace_id, np.int16)
            copy_in(cursor, self.table, columns)

    def _rows(self, *, confirmed: bool = False) -> str:
        conditions = [f"namespace_id = {self.namespace_id}"] if self.namespace_id else []
        conditions += ["extract_id IN (SELECT extract_id FROM extract WHERE state = 'confirmed')"] if confirmed else []
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        return f"SELECT digest, {self.id} AS id FROM {self.table}{where}"


def numbers(namespace_id: int) -> Book:
    """The surrogates of an agency's numbers."""
    return Book(namespace_id, "key", "surrogate")


IDENTITIES: Final = Book(pages.IDENTITIES, "record_digest", "identity_id")
"""The ids of sets of identifiers."""
