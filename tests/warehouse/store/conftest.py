from collections.abc import Callable, Iterator

import psycopg
import pytest
from sqlalchemy import Engine, make_url

from connectors.databases import ANALYST, LOADER, Databases, drop_databases, libpq
from connectors.postgres import EmbeddedServer
from warehouse.store.engine import connect
from warehouse.store.migrate import migrate


@pytest.fixture(scope="session")
def migrated(postgres: EmbeddedServer) -> Iterator[Databases]:
    """A migrated warehouse that stays empty: the pattern of the others."""
    databases = postgres.more_databases("_store")
    migrate(databases.warehouse)
    yield databases
    drop_databases(databases)


@pytest.fixture
def new_database(migrated: Databases) -> Iterator[Callable[..., str]]:
    """Makes warehouses, migrated or bare; the loader's URL of each."""
    names: list[str] = []
    pattern = str(make_url(migrated.warehouse).database)
    with psycopg.connect(libpq(migrated.admin), autocommit=True) as admin:

        def create(bare: bool = False) -> str:
            name = f"{pattern}_{len(names)}"
            names.append(name)
            admin.execute(f"CREATE DATABASE {name} OWNER {LOADER} TEMPLATE {'template1' if bare else pattern}".encode())
            admin.execute(f"GRANT CONNECT ON DATABASE {name} TO {ANALYST}".encode())
            return make_url(migrated.warehouse).set(database=name).render_as_string(hide_password=False)

        yield create
        for name in names:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def new_engine(new_database: Callable[[], str]) -> Iterator[Callable[[], Engine]]:
    """Makes engines on warehouses of their own, each migrated and empty."""
    engines: list[Engine] = []

    def create() -> Engine:
        engines.append(connect(new_database()))
        return engines[-1]

    yield create
    for engine in engines:
        engine.dispose()


@pytest.fixture
def engine(new_engine: Callable[[], Engine]) -> Engine:
    return new_engine()
