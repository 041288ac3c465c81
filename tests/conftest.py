"""Fixtures for all rooms: one embedded server a test session, whole databases or fresh ones on it."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from connectors.databases import IDENTITY, LOADER, drop_databases, libpq
from connectors.postgres import Databases, EmbeddedServer

UNSAFE_AND_FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "shared_buffers": "64MB"}
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedServer]:
    home = Path(tempfile.mkdtemp(prefix="tc-"))
    try:
        with EmbeddedServer(home, UNSAFE_AND_FAST) as server:
            yield server
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def databases(postgres: EmbeddedServer) -> Databases:
    """The warehouse and the vault of the session: what a test leaves there, the next one finds."""
    return postgres.databases


@pytest.fixture(scope="session")
def pattern(postgres: EmbeddedServer) -> Databases:
    """A warehouse and a vault with their tables and nothing in them, not even which key the vault is under."""
    from identity.keys import VaultKeys
    from identity.vault import Vault
    from warehouse.snapshot.views import typed_view_ddl
    from warehouse.store.migrate import migrate

    made = postgres.more_databases("_pattern")
    migrate(made.warehouse, typed_view_ddl("postgres"))
    vault = Vault(made.vault, VaultKeys.from_master(bytes(32)))
    vault.migrate()
    with vault.engine.begin() as connection:
        connection.execute(sa.text("TRUNCATE vault.seal"))
    vault.close()
    return made


@pytest.fixture
def bare_databases(postgres: EmbeddedServer) -> Iterator[Databases]:
    """A warehouse and a vault without any table."""
    bare = postgres.more_databases(f"_{os.getpid()}_{next(_numbers)}")
    yield bare
    drop_databases(bare)


@pytest.fixture
def fresh_databases(postgres: EmbeddedServer, pattern: Databases) -> Iterator[Databases]:
    """An empty warehouse and an empty vault for one test: copies of the pattern, which cost less than migrating."""
    suffix = f"_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(libpq(pattern.admin), autocommit=True) as admin:
        for name, owner in (("warehouse", LOADER), ("vault", IDENTITY)):
            admin.execute(f"CREATE DATABASE {name}{suffix} OWNER {owner} TEMPLATE {name}_pattern".encode())
    fresh = postgres.more_databases(suffix)
    yield fresh
    drop_databases(fresh)
