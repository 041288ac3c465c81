"""A vault of its own for each test, and people to put into it."""

from collections.abc import Iterator

import pytest

from connectors.postgres import Databases
from identity.keys import ProjectKey, VaultKeys
from identity.vault import Vault

MASTER = bytes(range(32))


@pytest.fixture
def vault(fresh_databases: Databases) -> Iterator[Vault]:
    vault = Vault(fresh_databases.vault, VaultKeys.from_master(MASTER))
    vault.migrate()
    yield vault
    vault.close()


@pytest.fixture
def project() -> ProjectKey:
    return ProjectKey.from_master(MASTER, "test")
