import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from connectors.databases import drop_databases
from connectors.postgres import EmbeddedServer
from flows.settings import Settings
from flows.stores import Stores, open_stores


@pytest.fixture(scope="module")
def opened(postgres: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    """One installation for all tests of a module; `stores` empties it for each."""
    databases = postgres.more_databases(f"_faults_{os.getpid()}_{secrets.token_hex(3)}")
    settings = Settings(
        home=tmp_path_factory.mktemp("home"),
        master_key=SecretStr(secrets.token_hex(32)),
        warehouse_url=SecretStr(databases.warehouse),
        vault_url=SecretStr(databases.vault),
        quiet_seconds=0.02,
        attempts=50,
    )
    with open_stores(settings) as stores:
        yield stores
    drop_databases(databases)


@pytest.fixture
def stores(opened: Stores) -> Stores:
    empty(opened)
    return opened


def empty(stores: Stores) -> None:
    """Forget every row and every file: as a new installation under the same key."""
    for engine, schemas in ((stores.warehouse, ("ledger", "timeline")), (stores.vault.engine, ("vault",))):
        with engine.begin() as connection:
            found = sa.inspect(connection)
            names = [f"{schema}.{name}" for schema in schemas for name in found.get_table_names(schema)
                     if not name.startswith("alembic")]  # fmt: skip
            connection.execute(sa.text(f"TRUNCATE {', '.join(names)} CASCADE"))
    for path in sorted(stores.settings.home.rglob("*"), reverse=True):
        if path.is_symlink() or not path.is_dir():
            path.unlink()


def files_of(stores: Stores) -> list[Path]:
    """What still stands in the intake, receipts apart."""
    return [path for path in stores.settings.intake.glob("*/*") if path.name != "receipts"]
