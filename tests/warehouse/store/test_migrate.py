from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import ProgrammingError

from connectors.databases import ANALYST, Databases
from warehouse.store.engine import connect
from warehouse.store.migrate import _configuration, is_current, migrate
from warehouse.store.tables import LEDGER, SCHEMAS, metadata

ANALYSTS = ("event", "span", "participant", "extract", "outcome", "outcome_rate", "coverage", "dictionary",
            "event_history", "span_history", "participant_link", "participant_supersession", "participant_successor",
            "link_quality", "outcome_sensitivity")  # fmt: skip


def test_migrations_and_metadata_agree(engine: Engine) -> None:
    def ours(name: str | None, kind: str, _parents: object) -> bool:
        return name in SCHEMAS if kind == "schema" else name != "alembic_version"

    options = {
        "include_schemas": True,
        "include_name": ours,
        "version_table_schema": LEDGER,
        "compare_server_default": True,
    }
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
    assert is_current(engine)


def test_every_table_and_column_says_what_it_is() -> None:
    for table in metadata.tables.values():
        assert table.comment, table.name
        assert all(column.comment for column in table.columns), table.name


def test_migrating_again_changes_nothing(engine: Engine) -> None:
    def oids() -> list[int]:
        with engine.connect() as connection:
            return list(
                connection.scalars(text("SELECT oid::bigint FROM pg_class WHERE relkind IN ('r', 'v') ORDER BY 1"))
            )

    before = oids()
    migrate(engine.url.render_as_string(hide_password=False))
    assert oids() == before


def test_the_staircase_goes_down_and_up(new_database: Callable[..., str]) -> None:
    url = new_database(bare=True)
    migrate(url)
    engine = connect(url)
    with engine.begin() as connection:
        command.downgrade(_configuration(connection), "base")
    assert not is_current(engine)
    migrate(url)
    assert is_current(engine)
    engine.dispose()


def test_typed_views_are_made_after_the_tables_and_replaced_when_they_change(engine: Engine) -> None:
    url = engine.url.render_as_string(hide_password=False)
    migrate(url, ["CREATE VIEW warehouse.hearing AS SELECT participant_key FROM event WHERE kind LIKE 'hearing%'"])
    migrate(url, ["CREATE VIEW hearing AS SELECT event_date, participant_key FROM event WHERE kind = 'hearing'"])
    with engine.connect() as connection:
        assert list(connection.execute(text("SELECT * FROM warehouse.hearing")).keys()) == [
            "event_date",
            "participant_key",
        ]


@pytest.fixture
def analyst(migrated: Databases, engine: Engine) -> Iterator[Connection]:
    """A session of the analysts' role on a migrated warehouse, and one that may write if the grants let it."""
    migrate(engine.url.render_as_string(hide_password=False))
    theirs = create_engine(make_url(migrated.analyst).set(database=engine.url.database))
    with theirs.connect() as connection:
        connection.execute(text("SET default_transaction_read_only = off"))
        connection.commit()
        yield connection
    theirs.dispose()


@pytest.mark.parametrize("relation", ANALYSTS)
def test_the_analyst_reads_by_plain_name(analyst: Connection, relation: str) -> None:
    assert analyst.execute(text(f"SELECT * FROM {relation}")).all() == []


@pytest.mark.parametrize("statement", [
    "SELECT * FROM ledger.extract",
    "SELECT * FROM timeline.event",
    "SELECT * FROM timeline.link",
    "DELETE FROM warehouse.outcome",
    "CREATE TABLE warehouse.mine (x int)",
    "CREATE TABLE public.mine (x int)",
])  # fmt: skip
def test_the_analyst_reads_nothing_else_and_writes_nothing(analyst: Connection, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        analyst.execute(text(statement))


def test_what_was_withheld_from_the_analyst_is_granted_by_the_next_migration(
    analyst: Connection, engine: Engine
) -> None:
    with engine.begin() as connection:
        connection.execute(text(f"REVOKE SELECT ON warehouse.event FROM {ANALYST}"))
    migrate(engine.url.render_as_string(hide_password=False))
    assert analyst.execute(text("SELECT * FROM event")).all() == []


def test_a_server_without_the_analysts_role_can_be_migrated(
    new_database: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warehouse.store.migrate.ANALYST", "nobody_of_that_name")
    migrate(new_database(bare=True))


def test_two_hosts_may_migrate_at_once(new_database: Callable[..., str]) -> None:
    url = new_database(bare=True)
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(migrate, [url] * 3)) == [None] * 3
