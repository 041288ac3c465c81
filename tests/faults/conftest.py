import os
import secrets
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from bench.kills import empty, files_of
from connectors.databases import drop_databases
from connectors.postgres import EmbeddedServer
from flows.settings import Settings
from flows.stores import Stores, open_stores

__all__ = ["empty", "files_of", "opened", "stores"]


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
