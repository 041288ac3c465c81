from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from sqlalchemy import Engine

from connectors.databases import Databases, drop_databases
from connectors.postgres import EmbeddedServer
from schemas.catalogue import feeds
from tests.warehouse.snapshot.world import fill
from warehouse.snapshot.publish import Published, publish
from warehouse.snapshot.views import typed_view_ddl
from warehouse.store.engine import connect
from warehouse.store.migrate import migrate


@pytest.fixture(scope="module")
def filled(postgres: EmbeddedServer) -> Iterator[Databases]:
    """A warehouse with the small world in it, the typed views applied."""
    databases = postgres.more_databases("_snapshot")
    migrate(databases.warehouse, typed_view_ddl("postgres"))
    engine = connect(databases.warehouse)
    fill(engine)
    engine.dispose()
    yield databases
    drop_databases(databases)


@pytest.fixture(scope="module")
def engine(filled: Databases) -> Iterator[Engine]:
    engine = connect(filled.warehouse)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("published")


@pytest.fixture(scope="module")
def published(filled: Databases, root: Path) -> Published:
    return publish(filled.warehouse, root, "demo", feeds())


@pytest.fixture
def snapshot(published: Published) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(published.path), read_only=True) as connection:
        yield connection
