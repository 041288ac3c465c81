"""As of a day: what was published then is told again exactly, whatever came later."""

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal
from sqlalchemy import Engine, text

from connectors.databases import drop_databases
from connectors.postgres import EmbeddedServer
from schemas.catalogue import feeds
from schemas.contract import Feed
from tests.warehouse.snapshot.world import ANN, BOB, extract, fill, rows
from warehouse.outcomes.compute import compute
from warehouse.outcomes.sensitivity import sensitivity
from warehouse.snapshot.as_of import stand_as_of
from warehouse.snapshot.publish import publish
from warehouse.snapshot.typed import TYPED_VIEWS
from warehouse.snapshot.views import typed_view_ddl
from warehouse.store.engine import connect
from warehouse.store.link_tables import THRESHOLDS
from warehouse.store.links import apply
from warehouse.store.migrate import migrate

CLEO: Final = str(uuid.UUID(int=7))
DAY: Final = dt.date(2024, 1, 31)
"""Before the last files, after the first publication's."""
MOMENT: Final = "extract_id, row_number, moment, source_key, subject_id, record_id, kind, event_date, detail"
TABLES: Final = ("event", "span", "event_history", "span_history", "participant", "coverage", "participant_link")
VIEWS: Final = (*TABLES, "episode", "timeline_flag", "coverage_gap", *(view.name for view in TYPED_VIEWS))


@dataclass(frozen=True)
class Told:
    """What a publication told: its tables and views, and the numbers that it computed of them."""

    tables: Mapping[str, pl.DataFrame]
    rates: pl.DataFrame
    sensitivity: pl.DataFrame


def meant(connection: duckdb.DuckDBPyConnection) -> dict[str, pl.DataFrame]:
    """Everything that the names mean now."""
    return {name: connection.execute(f"FROM {name} ORDER BY ALL").pl() for name in VIEWS}


def published(connection: duckdb.DuckDBPyConnection) -> Told:
    rates, thresholds = (connection.execute(f"FROM outcome_{name}").pl() for name in ("rate", "sensitivity"))
    return Told(meant(connection), rates, thresholds)


def computed_anew(connection: duckdb.DuckDBPyConnection) -> Told:
    tables = meant(connection)
    rates = compute(connection).rate
    return Told(tables, rates, sensitivity(connection, THRESHOLDS))


def batch(
    engine: Engine, number: int, stated: dict[int, str | None], strict: dict[int, str], probability: float
) -> None:
    rows = pa.table({
        "subject_id": pa.array(stated, pa.int64()), "participant_key": pa.array(stated.values(), pa.string()),
        "status": ["linked" if key else "waiting" for key in stated.values()],
        "probability": pa.array([probability if key else None for key in stated.values()], pa.float64()),
    })  # fmt: skip
    stricter = pa.table({
        "subject_id": pa.array(strict, pa.int64()), "threshold": pa.array([0.9] * len(strict), pa.float64()),
        "participant_key": pa.array(strict.values(), pa.string()),
    })  # fmt: skip
    assert apply(engine, number, rows, f"m{number}", strict=stricter)


def later_files(engine: Engine) -> None:
    """A late file, a correction, a full delivery, and one that replaces another as a whole."""
    late = extract(engine, "metro_court_hearings", "2024-01-01")
    rows(engine, "event", MOMENT, f"({late}, 2, 0, 9, 1, 70, 'hearing', '2020-03-01', '{{}}')")
    correction = extract(engine, "metro_court_charges", "2024-02-01", "delta")
    rows(engine, "record_block", "extract_id, source_keys", f"(1, '{{1}}'), ({correction}, '{{1, 2}}')")
    charge = """{"offence_date": "2019-03-01", "charge_number": 1}"""
    rows(engine, "event", MOMENT, f"({correction}, 2, 0, 1, 1, 70, 'charge', '2020-04-02', '{charge}')")
    again = extract(engine, "hmis_exit", "2024-02-01")
    rows(engine, "event", MOMENT, f"({again}, 2, 0, 1, 2, 90, 'enrolment_end', '2022-08-01', '{{}}')")
    superseding = extract(engine, "metro_court_dispositions", "2024-02-02")
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE ledger.extract SET supersedes = 2 WHERE extract_id = {superseding}"))


def shorter_lag(stated: Mapping[str, Feed]) -> dict[str, Feed]:
    charges = stated["metro_court_charges"]
    coverage = replace(charges.coverage, lag_days=charges.coverage.lag_days + 300)
    return {**stated, charges.name: replace(charges, coverage=coverage, version=charges.version + 1)}


@dataclass(frozen=True)
class Story:
    """Two publications, and what the first told when it was the newest."""

    first: Told
    snapshot: Path


@pytest.fixture(scope="module")
def story(postgres: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    databases = postgres.more_databases("_as_of")
    migrate(databases.warehouse, typed_view_ddl("postgres"))
    engine = connect(databases.warehouse)
    fill(engine)
    batch(engine, 2, {12: BOB, 11: ANN}, {12: CLEO}, 0.8)
    root = tmp_path_factory.mktemp("published")
    path = publish(databases.warehouse, root, "demo", feeds()).path
    with duckdb.connect(str(path), read_only=True) as connection:
        first = published(connection)
    later_files(engine)
    batch(engine, 3, {12: ANN, 11: ANN, 4: CLEO}, {11: BOB}, 0.7)
    publish(databases.warehouse, root, "demo", shorter_lag(feeds()))
    batch(engine, 4, {12: CLEO, 3: BOB}, {}, 0.9)
    yield Story(first, publish(databases.warehouse, root, "demo", shorter_lag(feeds())).path)
    engine.dispose()
    drop_databases(databases)


@pytest.fixture
def snapshot(story: Story) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(story.snapshot), read_only=True) as connection:
        yield connection


def same(found: Told, expected: Told) -> None:
    for name in VIEWS:
        assert_frame_equal(found.tables[name], expected.tables[name])
    assert_frame_equal(found.rates, expected.rates)
    assert_frame_equal(found.sensitivity, expected.sensitivity)


def test_a_day_before_the_last_files_tells_what_was_published_then(
    story: Story, snapshot: duckdb.DuckDBPyConnection
) -> None:
    with stand_as_of(snapshot, DAY):
        same(computed_anew(snapshot), story.first)


def test_a_publication_is_told_again_by_its_number(story: Story, snapshot: duckdb.DuckDBPyConnection) -> None:
    number = snapshot.execute("SELECT min(publication) FROM publication").fetchall()[0][0]
    with stand_as_of(snapshot, None, number):
        same(computed_anew(snapshot), story.first)


def test_everything_that_came_later_does_change_what_is_told(story: Story, snapshot: duckdb.DuckDBPyConnection) -> None:
    now = published(snapshot)
    changed = {name for name in VIEWS if not now.tables[name].equals(story.first.tables[name])}
    assert set(TABLES) | {"court_charge", "hearing", "enrolment", "service", "timeline_flag"} <= changed
    assert not now.rates.equals(story.first.rates)
    assert not now.sensitivity.equals(story.first.sensitivity)


def test_the_names_mean_what_they_meant_once_one_stands_there_no_more(
    story: Story, snapshot: duckdb.DuckDBPyConnection
) -> None:
    before = published(snapshot)
    with pytest.raises(ZeroDivisionError), stand_as_of(snapshot, DAY):
        raise ZeroDivisionError
    same(published(snapshot), before)
    assert snapshot.execute("SELECT current_database()").fetchall() == [("throughcare",)]


@pytest.mark.parametrize("name", TABLES)
def test_a_macro_tells_the_same_to_plain_sql(story: Story, snapshot: duckdb.DuckDBPyConnection, name: str) -> None:
    assert_frame_equal(snapshot.execute(f"FROM {name}_as_of('{DAY}') ORDER BY ALL").pl(), story.first.tables[name])
    now = f"FROM {name}_as_of('2024-03-01') ORDER BY ALL"
    assert_frame_equal(snapshot.execute(now).pl(), snapshot.execute(f"FROM {name} ORDER BY ALL").pl())


def test_before_the_first_publication_only_the_deliveries_of_later_days_are_left_out(
    snapshot: duckdb.DuckDBPyConnection,
) -> None:
    assert snapshot.execute("SELECT count(*) FROM event_as_of('2023-12-31')").fetchall() == [(0,)]
    assert snapshot.execute("SELECT publication_as_of('2023-12-31')").fetchall() == [(1,)]


def test_a_stand_needs_a_day_or_a_publication(snapshot: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(ValueError, match="as of which day"), stand_as_of(snapshot, None):
        pass


def test_the_model_and_the_definitions_of_each_publication_are_known(snapshot: duckdb.DuckDBPyConnection) -> None:
    query = "SELECT publication, told_until::VARCHAR, model_version FROM publication ORDER BY ALL"
    assert snapshot.execute(query).fetchall() == [
        (1, "2024-01-01", "m2"), (2, "2024-02-02", "m3"), (3, "2024-02-02", "m4"),
    ]  # fmt: skip
    assert snapshot.execute("SELECT count(DISTINCT definition) FROM publication").fetchall() == [(1,)]
    assert snapshot.execute("SELECT DISTINCT model_version FROM study").fetchall() == [("m4",)]


def test_publishing_again_holds_nothing_new(story: Story, snapshot: duckdb.DuckDBPyConnection) -> None:
    held = "SELECT DISTINCT publication FROM ledger.extract ORDER BY 1"
    assert snapshot.execute(held).fetchall() == [(1,), (2,)]
    terms = "SELECT publication, replaced, lag_days FROM ledger.feed_term WHERE feed = 'metro_court_charges' ORDER BY 1"
    (first, until, lag), (second, open_, longer) = snapshot.execute(terms).fetchall()
    assert (first, until, second, open_, longer - lag) == (1, 2, 2, None, 300)


def test_a_snapshot_can_be_stood_in_through_another_connection(story: Story) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{story.snapshot}' AS town (READ_ONLY)")
        connection.execute("USE town")
        with stand_as_of(connection, DAY):
            assert_frame_equal(connection.execute("FROM event ORDER BY ALL").pl(), story.first.tables["event"])
