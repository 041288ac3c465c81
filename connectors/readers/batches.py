"""The batches of one file, and the batches as one table."""

from collections.abc import Callable, Iterable, Iterator

import polars as pl

from schemas.table import RawTable


class Batches(Iterator[RawTable]):
    """A file as text, batch by batch; at least one.

    ``digest``: once the file is exhausted, the SHA-256 of what was packed in it (hex), so that a copy that is packed
    anew is recognised; None for a file that is not packed.
    """

    def __init__(self, tables: Iterator[RawTable], digest: Callable[[], str | None]) -> None:
        """Take the tables and, for when they are exhausted, the digest."""
        self._tables = tables
        self._digest = digest
        self.digest: str | None = None

    def __next__(self) -> RawTable:
        """The next batch; raises `DeliveryRefused` where the file cannot be read on."""
        for table in self._tables:
            return table
        self.digest = self._digest()
        raise StopIteration


def together(batches: Iterable[RawTable]) -> RawTable:
    """All batches as one table; a column that a batch lacks is empty there."""
    tables = list(batches)
    if len(tables) == 1:
        return tables[0]
    return RawTable(
        pl.concat([table.rows for table in tables], how="diagonal"),
        pl.concat([table.faults for table in tables]),
        sum(table.received for table in tables),
    )
