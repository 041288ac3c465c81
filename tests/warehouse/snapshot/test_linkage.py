"""Linkage in the snapshot: every threshold, what became of keys, outcomes at each, and quality by group with race."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from sqlalchemy import Engine, text

from connectors.databases import drop_databases
from connectors.postgres import EmbeddedServer
from schemas.catalogue import feeds
from tests.warehouse.snapshot.world import ANN, BOB, extract, fill, rows
from warehouse.snapshot.publish import publish
from warehouse.snapshot.views import typed_view_ddl
from warehouse.store.engine import connect
from warehouse.store.links import apply
from warehouse.store.migrate import migrate

APART, OLD = str(uuid.UUID(int=3)), str(uuid.UUID(int=4))
BITS_WITHOUT_SSN = 1 << 9


@pytest.fixture(scope="module")
def engine(postgres: EmbeddedServer) -> Iterator[Engine]:
    """The small world, linked again: Ann's supervision is hers by a link of less than .9."""
    databases = postgres.more_databases("_linkage")
    migrate(databases.warehouse, typed_view_ddl("postgres"))
    engine = connect(databases.warehouse)
    fill(engine)
    later = extract(engine, "metro_probation_violations", "2024-01-02")
    rows(
        engine, "event", "extract_id, row_number, moment, source_key, subject_id, kind, event_date, detail",
        f"""({later}, 9, 1, 9, 1, 'contact', '2020-02-01', '{{"race": "B"}}')""",
    )  # fmt: skip
    stated = pa.table({
        "subject_id": pa.array([1, 11, 2, 12], pa.int64()), "participant_key": [ANN, ANN, BOB, BOB],
        "status": ["linked"] * 4, "probability": [0.8, 0.8, 0.99, 0.99], "links": [1.0] * 4,
        "links_wrong": [0.2, 0.2, 0.01, 0.01], "links_missed": [0.0, 0.0, 0.5, 0.0], "splits": [0.0, 0.0, 0.25, 0.25],
        "exact_split": [True, True, False, False], "lacks": [0, BITS_WITHOUT_SSN, 0, 0],
    })  # fmt: skip
    strict = pa.table({
        "subject_id": pa.array([11, 11], pa.int64()), "threshold": [0.9, 0.99], "participant_key": [APART, APART],
    })  # fmt: skip
    moves = pa.table({
        "kind": ["merge"], "from_key": [OLD], "to_key": [ANN], "subjects": pa.array([1], pa.int64()),
        "reason": ["records"],
    })  # fmt: skip
    quality = pa.table({
        "metric": ["review_yield"], "grp": ["apart"], "level": ["0.05 to 0.5"], "n": pa.array([30], pa.int64()),
        "value": [0.1], "low": [0.03], "high": [0.25],
    })  # fmt: skip
    assert apply(engine, 2, stated, "m2", strict=strict, moves=moves, quality=quality)
    yield engine
    engine.dispose()
    drop_databases(databases)


@pytest.fixture(scope="module")
def snapshot(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    root: Path = tmp_path_factory.mktemp("published")
    done = publish(engine.url.render_as_string(hide_password=False), root, "demo", feeds())
    with duckdb.connect(str(done.path), read_only=True) as connection:
        yield connection


def found(snapshot: duckdb.DuckDBPyConnection, query: str) -> list[tuple[object, ...]]:
    return snapshot.execute(query).fetchall()


def test_each_threshold_has_the_partition_that_the_warehouse_has(
    snapshot: duckdb.DuckDBPyConnection, engine: Engine
) -> None:
    query = "SELECT subject_id, threshold, participant_key, status, probability FROM {}participant_link ORDER BY 1, 2"
    with engine.connect() as connection:
        stored = [tuple(row) for row in connection.execute(text(query.format("warehouse.")))]
    assert found(snapshot, query.format("")) == stored
    assert len(stored) == 6 * 3
    at = "SELECT participant_key::VARCHAR FROM link_at({}) WHERE subject_id = 11"
    assert [found(snapshot, at.format(threshold)) for threshold in (0.5, 0.9)] == [[(ANN,)], [(APART,)]]


def test_moments_can_be_read_with_the_participants_of_a_threshold(snapshot: duckdb.DuckDBPyConnection) -> None:
    query = "SELECT participant_key::VARCHAR, subject_id FROM span_at(.9) WHERE kind = 'supervision' ORDER BY 2"
    assert found(snapshot, query) == [(None, 3), (None, 4), (APART, 11), (BOB, 12)]
    assert found(snapshot, "SELECT count(*) FROM event_at(.9)") == found(snapshot, "SELECT count(*) FROM event")


def test_outcomes_are_counted_anew_at_each_threshold(snapshot: duckdb.DuckDBPyConnection, engine: Engine) -> None:
    query = """
    SELECT threshold, n, events FROM {}outcome_sensitivity WHERE outcome = 'recharge' AND window_months = 12 ORDER BY 1
    """
    expected = [(0.5, 2, 1), (0.9, 2, 0), (0.99, 2, 0)]
    assert found(snapshot, query.format("")) == expected
    with engine.connect() as connection:
        assert [tuple(row) for row in connection.execute(text(query.format("warehouse.")))] == expected


def test_outcomes_of_persons_are_those_of_the_main_threshold(snapshot: duckdb.DuckDBPyConnection) -> None:
    query = "SELECT participant_key::VARCHAR, value FROM outcome WHERE outcome = 'recharge' AND window_months = 12"
    assert sorted(found(snapshot, query)) == [(ANN, "event"), (BOB, "no_event")]


def test_a_key_of_old_is_followed_to_that_of_today(snapshot: duckdb.DuckDBPyConnection) -> None:
    query = (
        "SELECT from_key::VARCHAR, to_key::VARCHAR, kind, reason, batch_id, model_version FROM participant_supersession"
    )
    assert found(snapshot, query) == [(OLD, ANN, "merge", "records", 2, "m2")]
    now = "SELECT participant_key::VARCHAR, whole FROM participant_successor WHERE from_key = ?"
    assert snapshot.execute(now, [OLD]).fetchall() == [(ANN, True)]


def test_quality_by_group_is_the_sum_of_what_the_batches_left(
    snapshot: duckdb.DuckDBPyConnection, engine: Engine
) -> None:
    query = "SELECT metric, grp, level, n, value FROM {}link_quality WHERE scope = 'overall'"
    rows_found = {
        (metric, grp, level): (n, value) for metric, grp, level, n, value in found(snapshot, query.format(""))
    }
    assert rows_found["false_discovery_model", "overall", "overall"] == (4, pytest.approx(0.42 / 4))
    assert rows_found["false_discovery_model", "race", "B"] == (2, pytest.approx(0.2))
    assert rows_found["false_discovery_model", "sex", "F"] == (2, pytest.approx(0.2))
    assert rows_found["false_negative_model", "overall", "overall"] == (4, pytest.approx(0.5 / (3.58 + 0.5)))
    assert rows_found["split_model", "overall", "overall"] == (2, pytest.approx(0.5 / 2.5))
    assert rows_found["exact_split", "birth_years", "1990"] == (1, 1.0)
    assert rows_found["missing", "ssn", "metro_probation"] == (2, 0.5)
    assert rows_found["unlinked", "overall", "overall"] == (0, 0.0)
    assert rows_found["persons", "size", "2"] == (2, 1.0)
    with engine.connect() as connection:
        stored = connection.execute(text(query.format("warehouse."))).all()
    assert {tuple(row)[:4] for row in stored} == {row[:4] for row in found(snapshot, query.format(""))}


def test_what_a_batch_measured_stays_beside_it(snapshot: duckdb.DuckDBPyConnection) -> None:
    query = "SELECT batch_id, metric, n, value FROM link_quality WHERE scope = 'batch'"
    assert found(snapshot, query) == [(2, "review_yield", 30, 0.1)]


def test_limits_enclose_their_value(snapshot: duckdb.DuckDBPyConnection) -> None:
    assert found(snapshot, "FROM link_quality WHERE NOT value BETWEEN low AND high") == []


def test_what_is_expected_of_one_subject_is_in_no_snapshot(snapshot: duckdb.DuckDBPyConnection) -> None:
    columns = {name for (name,) in found(snapshot, "SELECT column_name FROM information_schema.columns")}
    assert columns.isdisjoint({"links", "links_wrong", "links_missed", "exact_split", "lacks"})
