"""The published rows as a witness: loaded rows never change, so those of the warehouse must still be the same."""

from pathlib import Path
from typing import Final

import duckdb

from schemas.errors import StoreError
from warehouse.snapshot.partitions import Manifest, Partition, scan
from warehouse.snapshot.source import from_warehouse, warehouse

WITNESSED: Final = ("event", "span")

_DIFFERENT: Final = """
SELECT count(*) FROM ((FROM {published} EXCEPT ALL FROM {stored}) UNION ALL (FROM {stored} EXCEPT ALL FROM {published}))
"""


def changed(warehouse_url: str, folder: Path, manifest: Manifest) -> list[str]:
    """``table, extract n`` for each partition whose rows the warehouse no longer tells as they were published.

    Only partitions of one extract are compared: they are copies of rows that are written once. Partitions whose
    file is damaged are left to `partitions.verify`.
    """
    chosen = [part for part in manifest.partitions if part.table in WITNESSED and part.extract_id is not None]
    try:
        with warehouse(warehouse_url, folder) as connection:
            return [f"{part.table}, extract {part.extract_id}" for part in chosen if _differs(connection, folder, part)]
    except duckdb.Error as error:
        failure = StoreError(f"snapshot: {type(error).__name__}")
    raise failure


def _differs(connection: duckdb.DuckDBPyConnection, folder: Path, part: Partition) -> bool:
    published = scan(folder, [part.file])
    names = [row[0] for row in connection.execute(f"DESCRIBE FROM {published}").fetchall()]
    columns = ", ".join(f'"{name}"' for name in names)
    stored = from_warehouse(f"SELECT {columns} FROM timeline.{part.table} WHERE extract_id = {part.extract_id}")
    counted = connection.execute(_DIFFERENT.format(published=published, stored=stored)).fetchall()
    return bool(counted[0][0])
