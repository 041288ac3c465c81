"""The stored tables as they come out of the warehouse: what was copied before is not copied again."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Final

import duckdb
from sqlalchemy import Table

from warehouse.snapshot import held as holding
from warehouse.snapshot.held import Held
from warehouse.snapshot.partitions import Partition, write
from warehouse.snapshot.source import beside, from_warehouse
from warehouse.store.link_tables import EXPECTED
from warehouse.store.tables import event, extract, span

MOMENTS: Final = (event, span)
RECORDS: Final = "record_version"
"""Which extract states which records: only for feeds that send deltas, in which records have lives of their own."""
SUPERSESSION: Final = "participant_supersession"
INTERNAL: Final = frozenset((
    "stated", "apart", "content_digest", "verdict", "measures", "receipt", "link_batch", "attempts", "lease_owner",
    "lease_until", "fence", "batch_id", "expunged_at", *EXPECTED,
))  # fmt: skip
"""Columns of ledger and links that are no matter of analysts."""

_MANY: Final = 200_000
"""From so many new rows on a second connection is worth its opening."""
_SUPERSESSION: Final = f"""
SELECT * FROM warehouse.{SUPERSESSION} ORDER BY batch_id, from_key, to_key, kind
"""
_LOADED: Final = """
SELECT extract_id, digest || ' ' || extract(epoch FROM finished_at) || ' ' || loaded AS origin,
       feed IN (SELECT feed FROM ledger.extract WHERE state = 'loaded' AND delivery = 'delta') AS restated, loaded
FROM ledger.extract WHERE state = 'loaded' ORDER BY extract_id
"""


@dataclass(frozen=True)
class _Copy:
    """A file to write, or the one of before that has the same rows; ``rows``: about how many."""

    table: str
    query: str
    extract_id: int | None = None
    origin: str | None = None
    found: Partition | None = None
    rows: int = 0


def copied(
    connection: duckdb.DuckDBPyConnection,
    warehouse_url: str,
    folder: Path,
    spill: Path,
    known: Mapping[tuple[str, int, str], Partition],
    held: Held,
) -> list[Partition]:
    """The stored tables: one partition an extract where rows never change, else the whole table.

    Each partitioned table has a first file without rows, so that it has its columns before anything is loaded. Where
    many rows are new, two connections take turns: both see the same instant.
    """
    wanted = [_Copy(name, query(None)) for name, query in _APPEND_ONLY.items()]
    wanted += _of_extracts(connection, known)
    wanted.append(_Copy(extract.name, holding.extracts(_rows(extract, "true"), held)))
    wanted += [_Copy(name, holding.links(name, held)) for name in holding.LINKS]
    wanted.append(_Copy(SUPERSESSION, f"FROM {from_warehouse(_SUPERSESSION)}"))
    with ExitStack() as stack:
        connections = [connection]
        if sum(one.rows for one in wanted if one.found is None) >= _MANY:
            connections.append(stack.enter_context(beside(connection, warehouse_url, spill)))
        return _written(connections, folder, wanted)


def _written(connections: list[duckdb.DuckDBPyConnection], folder: Path, wanted: list[_Copy]) -> list[Partition]:
    """The partitions in the order in which they are wanted; each connection writes one file at a time."""
    free: SimpleQueue[duckdb.DuckDBPyConnection] = SimpleQueue()
    for connection in connections:
        free.put(connection)

    def made(one: _Copy) -> Partition:
        if one.found is not None:
            return one.found
        connection = free.get()
        try:
            return write(connection, folder, one.table, one.query, one.extract_id, one.origin)
        finally:
            free.put(connection)

    with ThreadPoolExecutor(len(connections), "copy") as pool:
        return list(pool.map(made, wanted))


def _of_extracts(
    connection: duckdb.DuckDBPyConnection, known: Mapping[tuple[str, int, str], Partition]
) -> Iterator[_Copy]:
    for extract_id, loaded, restated, rows in connection.execute(f"FROM {from_warehouse(_LOADED)}").fetchall():
        for name, query in _APPEND_ONLY.items():
            if name != RECORDS or restated:
                # Before there were blocks of records, a full delivery's file of them was written without a row.
                mark = f"{loaded} blocks" if name == RECORDS else loaded
                yield _Copy(name, query(extract_id), extract_id, mark, known.get((name, extract_id, mark)), rows or 0)


def _moments_of(table: Table, extract_id: int | None) -> str:
    """The query for the rows of an extract; of none where there is none, so that the table has its columns."""
    return _rows(table, "false" if extract_id is None else f"extract_id = {extract_id} ORDER BY row_number, moment")


def _records_of(extract_id: int | None) -> str:
    condition = "false" if extract_id is None else f"extract_id = {extract_id} ORDER BY source_key"
    columns = "extract_id, source_key"
    return f"FROM {from_warehouse(f'SELECT {columns} FROM timeline.{RECORDS} WHERE {condition}')}"


_APPEND_ONLY: Final[Mapping[str, Callable[[int | None], str]]] = {
    **{table.name: partial(_moments_of, table) for table in MOMENTS},
    RECORDS: _records_of,
}


def _rows(table: Table, condition: str) -> str:
    """The query for the rows of a stored table; structured columns come as JSON text."""
    columns = ", ".join(f'"{column.name}"' for column in table.columns if column.name not in INTERNAL)
    return f"FROM {from_warehouse(f'SELECT {columns} FROM {table.fullname} WHERE {condition}')}"
