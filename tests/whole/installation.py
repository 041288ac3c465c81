"""What a test does to an installation, in the words of its users."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import sqlalchemy as sa

from connectors.postgres import Databases
from connectors.receipts import Receipt
from flows.ingest import drain
from flows.link import link
from flows.publish import Publication, publish
from flows.stores import Stores
from tests.flows.conftest import land


@dataclass(frozen=True)
class Installation:
    """Open stores and the URLs of their databases."""

    stores: Stores
    databases: Databases

    def deliver(self, paths: Iterable[Path]) -> list[Receipt]:
        """Drop copies of files of ``<agency>/<file>`` one after the other and take each to its receipt."""
        receipts: list[Receipt] = []
        for path in paths:
            folder = self.stores.settings.intake / path.parent.name
            folder.mkdir(parents=True, exist_ok=True)
            land(self.stores, Path(shutil.copy(path, folder / path.name)))
            receipts += drain(self.stores)
        return receipts

    def link(self) -> dict[str, int]:
        """Link what is new."""
        return link(self.stores) or {}

    def publish(self) -> Publication:
        """Publish a snapshot and the report."""
        return publish(self.stores)

    def warehouse(self, query: str) -> list[Any]:
        """Rows that a query on the PostgreSQL warehouse gives."""
        with self.stores.warehouse.connect() as connection:
            return list(connection.execute(sa.text(query)).fetchall())

    def snapshot(self, query: str) -> pl.DataFrame:
        """What a query on the published snapshot gives."""
        path = self.stores.settings.home / "published" / self.stores.settings.project / "throughcare.duckdb"
        with duckdb.connect(str(path), read_only=True) as connection:
            return connection.sql(query).pl()
