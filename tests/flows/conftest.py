import secrets
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from pydantic import SecretStr

from connectors.arrival import Delivery
from connectors.databases import Databases
from connectors.intake import look_at
from flows.arriving import land as land_delivery
from flows.settings import Settings
from flows.stores import Stores, open_stores
from schemas.catalogue import feeds
from schemas.contract import Delimited
from schemas.synthetic import rows
from warehouse.store.extract import Extract

FEED = "metro_probation_supervision"


@pytest.fixture
def settings(fresh_databases: Databases, tmp_path: Path) -> Settings:
    return Settings(
        home=tmp_path / "home",
        master_key=SecretStr(secrets.token_hex(32)),
        warehouse_url=SecretStr(fresh_databases.warehouse),
        vault_url=SecretStr(fresh_databases.vault),
        quiet_seconds=0.05,
    )


@pytest.fixture
def stores(settings: Settings) -> Iterator[Stores]:
    with open_stores(settings) as opened:
        yield opened


def content(feed_name: str = FEED, size: int = 20, seed: int = 1) -> pl.DataFrame:
    """Made-up rows that the feed accepts, as texts."""
    return rows(feeds()[feed_name], size, seed).drop("row_number")


def land(stores: Stores, path: Path) -> tuple[Extract, ...]:
    """Land a file that stands in the local intake."""
    if not path.exists():
        return ()
    return land_delivery(stores, Delivery(path.parent.name, path.name, str(path), look_at(path)))


def deliver(settings: Settings, name: str, cells: pl.DataFrame, feed_name: str = FEED) -> Path:
    """Put a delimited file into the intake folder of the feed's agency."""
    feed = feeds()[feed_name]
    assert isinstance(feed.format, Delimited)
    path = settings.intake / feed.agency / name
    path.parent.mkdir(parents=True, exist_ok=True)
    text = cells.write_csv(separator=feed.format.separator)
    path.write_bytes(text.encode(feed.format.encoding))
    return path
