"""Whole installations on real databases: files in the intake folder, receipts, a snapshot out."""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from pydantic import SecretStr

from connectors.databases import drop_databases
from connectors.postgres import EmbeddedServer
from flows.settings import Settings
from flows.stores import Stores, open_stores
from tests.whole.installation import Installation

Open = Callable[[str], Installation]


@pytest.fixture(scope="module")
def installations(postgres: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """Opens fresh installations by name, each with its own home, key, warehouse and vault."""
    with ExitStack() as stack:

        def opened(name: str) -> Installation:
            databases = postgres.more_databases(f"_{name}_{os.getpid()}_{secrets.token_hex(3)}")
            stack.callback(drop_databases, databases)
            settings = Settings(
                home=tmp_path_factory.mktemp(name),
                master_key=SecretStr(secrets.token_hex(32)),
                warehouse_url=SecretStr(databases.warehouse),
                vault_url=SecretStr(databases.vault),
            )
            stores: Stores = stack.enter_context(open_stores(settings))
            return Installation(stores, databases)

        yield opened


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real extracts and research data that this project did not write."""
    folder = os.environ.get("THROUGHCARE_SHARED")
    if not folder:
        pytest.skip("THROUGHCARE_SHARED does not name the folder of real data, which is no part of the project")
    return Path(folder) / "data"


@pytest.fixture
def drop() -> Callable[[Installation, Path, str], None]:
    """Put a copy of a file into an agency's intake folder."""

    def copy(installation: Installation, path: Path, agency: str) -> None:
        folder = installation.stores.settings.intake / agency
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / path.name)

    return copy
