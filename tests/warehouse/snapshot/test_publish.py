import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from sqlalchemy import Engine, text

from connectors.databases import Databases
from schemas.catalogue import feeds
from schemas.errors import StoreError
from tests.warehouse.snapshot.world import ANN, BOB, extract, rows
from warehouse.snapshot.folder import alone, current_manifest
from warehouse.snapshot.partitions import Manifest, verify
from warehouse.snapshot.publish import Published, publish
from warehouse.snapshot.source import conninfo
from warehouse.snapshot.typed import TYPED_VIEWS


def all_rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[object, ...]]:
    return connection.execute(query).fetchall()


def in_another_process(path: Path, query: str) -> str:
    code = "import duckdb, sys; print(duckdb.connect(sys.argv[1], read_only=True).sql(sys.argv[2]).fetchall())"
    command = [sys.executable, "-c", code, str(path), query]
    return subprocess.run(command, cwd="/", capture_output=True, text=True, check=True).stdout.strip()


def manifest_of(published: Published) -> Manifest:
    manifest = current_manifest(published.path.parent)
    assert manifest is not None
    return manifest


def test_an_analyst_finds_what_the_house_promises(snapshot: duckdb.DuckDBPyConnection) -> None:
    found = {name for (name,) in all_rows(snapshot, "SELECT table_name FROM information_schema.tables")}
    promised = {
        "event", "span", "event_history", "span_history", "participant", "extract", "coverage", "outcome",
        "outcome_rate", "dictionary", "outcome_sensitivity", "link_quality", "participant_link",
        "participant_supersession", "participant_successor", *(view.name for view in TYPED_VIEWS),
    }  # fmt: skip
    assert promised <= found
    for name in promised:
        snapshot.execute(f"SELECT * FROM {name}").fetchall()


def test_the_file_opens_from_any_folder_in_another_process(published: Published) -> None:
    assert in_another_process(published.path, "SELECT count(*) FROM event") == "[(5,)]"


def test_a_charge_comes_with_its_disposition_and_only_its_own(snapshot: duckdb.DuckDBPyConnection) -> None:
    query = "SELECT participant_key::VARCHAR, offence_date::VARCHAR, disposition_code, convicted FROM court_charge"
    assert all_rows(snapshot, query) == [(ANN, "2020-03-01", "GP", True)]


def test_an_exit_from_another_feed_ends_the_enrolment(snapshot: duckdb.DuckDBPyConnection) -> None:
    assert all_rows(snapshot, "SELECT end_date::VARCHAR, exit_code FROM enrolment") == [("2022-06-01", "410")]


def test_a_service_after_the_exit_is_flagged_and_not_lost(snapshot: duckdb.DuckDBPyConnection) -> None:
    query = "SELECT service_date::VARCHAR, outside_enrolment FROM service ORDER BY 1"
    assert all_rows(snapshot, query) == [("2022-06-01", False), ("2022-06-02", True)]


def test_a_participant_is_described_by_all_agencies_together(snapshot: duckdb.DuckDBPyConnection) -> None:
    query = "SELECT participant_key::VARCHAR, birth_year, sex, agencies FROM participant ORDER BY 1"
    assert all_rows(snapshot, query) == [
        (ANN, 1990, "F", ["metro_court", "metro_probation"]), (BOB, None, None, ["coc", "metro_probation"]),
    ]  # fmt: skip


def test_outcomes_are_those_of_the_linked_persons(snapshot: duckdb.DuckDBPyConnection) -> None:
    query = "SELECT participant_key::VARCHAR, outcome, value FROM outcome WHERE window_months = 12 ORDER BY ALL"
    assert all_rows(snapshot, query) == [
        (ANN, "custody_new_offence", "no_event"), (ANN, "custody_technical", "no_event"),
        (ANN, "recharge", "event"), (ANN, "reconviction", "event"),
        (BOB, "custody_new_offence", "no_event"), (BOB, "custody_technical", "no_event"),
        (BOB, "recharge", "no_event"), (BOB, "reconviction", "no_event"),
    ]  # fmt: skip


def test_the_flow_counts_the_spans_of_nobody(snapshot: duckdb.DuckDBPyConnection) -> None:
    assert [n for (n,) in all_rows(snapshot, "SELECT n FROM outcome_flow ORDER BY step LIMIT 5")] == [4, 1, 1, 2, 2]


def test_the_warehouse_has_the_same_outcomes_and_the_same_typed_views(
    published: Published, snapshot: duckdb.DuckDBPyConnection, engine: Engine
) -> None:
    def both(query: str) -> tuple[list[str], list[str]]:
        with engine.connect() as connection:
            connection.execute(text("SET search_path TO warehouse"))
            stored = [str(tuple(row)) for row in connection.execute(text(query)).all()]
        return sorted(stored), sorted(str(row) for row in snapshot.execute(query).fetchall())

    for query in (
        "SELECT outcome, window_months, value, days, leading_date FROM outcome",
        "SELECT outcome, window_months, stratum, n, observable, events, rate FROM outcome_rate",
        "SELECT table_name, column_name, meaning FROM dictionary",
        *(f"SELECT {', '.join(column.name for column in view.columns)} FROM {view.name}" for view in TYPED_VIEWS),
    ):
        stored, shown = both(query)
        assert stored == shown, query


def test_nobody_can_write_through_the_published_file(published: Published) -> None:
    with duckdb.connect(str(published.path), read_only=True) as connection, pytest.raises(duckdb.InvalidInputException):
        connection.execute("CREATE TABLE mine (a INTEGER)")


def test_the_manifest_names_every_file_with_its_digest(published: Published) -> None:
    manifest, folder = manifest_of(published), published.path.parent
    assert {str(path.relative_to(folder)) for path in folder.glob("*/*.parquet")} == {
        p.file for p in manifest.partitions
    }
    assert verify(folder, manifest) == []


def test_a_changed_file_is_found(filled: Databases, tmp_path: Path) -> None:
    published = publish(filled.warehouse, tmp_path, "demo", feeds())
    manifest = manifest_of(published)
    damaged = next(partition for partition in manifest.partitions if partition.extract_id and partition.rows)
    path = tmp_path / "demo" / damaged.file
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert verify(tmp_path / "demo", manifest) == [damaged.file]


def test_what_an_earlier_publication_wrote_is_used_again(filled: Databases, published: Published, root: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (root / "demo").glob("*/extract-*.parquet")}
    again = publish(filled.warehouse, root, "demo", feeds())
    assert {path: path.stat().st_mtime_ns for path in (root / "demo").glob("*/extract-*.parquet")} == before
    assert again.version > published.version
    assert again.partitions_written == 0


@pytest.fixture
def own(filled: Databases, engine: Engine, tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder of one's own; the deliveries that a test adds are taken away again."""
    publish(filled.warehouse, tmp_path, "demo", feeds())
    yield tmp_path, filled.warehouse
    with engine.begin() as connection:
        for table in ("timeline.event", "timeline.span", "timeline.record_block", "ledger.extract"):
            every = table == "timeline.record_block"
            connection.execute(text(f"DELETE FROM {table} WHERE extract_id > 7 OR {every}"))


NEW_CHARGE = "extract_id, row_number, moment, source_key, subject_id, record_id, kind, event_date, detail"


def test_a_reader_keeps_its_version_while_the_next_is_published(own: tuple[Path, str], engine: Engine) -> None:
    root, url = own
    with duckdb.connect(str(root / "demo" / "throughcare.duckdb"), read_only=True) as reader:
        before = all_rows(reader, "SELECT count(*), max(known_from)::VARCHAR FROM event WHERE kind = 'charge'")
        newer = extract(engine, "metro_court_charges", "2024-02-01")
        rows(engine, "event", NEW_CHARGE, f"({newer}, 2, 0, 9, 1, 71, 'charge', '2023-01-01', '{{}}')")
        publish(url, root, "demo", feeds())
        assert all_rows(reader, "SELECT count(*), max(known_from)::VARCHAR FROM event WHERE kind = 'charge'") == before
    found = in_another_process(root / "demo" / "throughcare.duckdb", "SELECT max(known_from)::VARCHAR FROM event")
    assert "2024-02-01" in found


def test_a_full_delivery_replaces_the_one_before_and_history_keeps_both(own: tuple[Path, str], engine: Engine) -> None:
    root, url = own
    newer = extract(engine, "metro_court_charges", "2024-02-01")
    rows(engine, "event", NEW_CHARGE, f"({newer}, 2, 0, 9, 1, 71, 'charge', '2023-01-01', '{{}}')")
    path = publish(url, root, "demo", feeds()).path
    with duckdb.connect(str(path), read_only=True) as connection:
        current = all_rows(connection, "SELECT event_date::VARCHAR FROM event WHERE kind = 'charge'")
        history = all_rows(
            connection,
            "SELECT event_date::VARCHAR, known_from::VARCHAR, known_until::VARCHAR FROM event_history"
            " WHERE kind = 'charge' ORDER BY 2",
        )
    assert current == [("2023-01-01",)]
    assert history == [("2020-04-01", "2024-01-01", "2024-02-01"), ("2023-01-01", "2024-02-01", None)]


def test_a_correction_is_shown_as_in_the_warehouse_and_its_partitions_are_used_again(
    own: tuple[Path, str], engine: Engine
) -> None:
    root, url = own
    first = 1
    correction = extract(engine, "metro_court_charges", "2024-02-01", "delta")
    rows(engine, "record_block", "extract_id, source_keys", f"({first}, '{{1}}'), ({correction}, '{{1, 2}}')")
    rows(engine, "event", NEW_CHARGE, f"({correction}, 2, 0, 1, 1, 70, 'charge', '2020-04-02', '{{}}')")
    published = publish(url, root, "demo", feeds())
    query = "SELECT event_date, known_from, known_until FROM event_history WHERE kind = 'charge' ORDER BY 2"
    with duckdb.connect(str(published.path), read_only=True) as connection, engine.connect() as stored:
        shown = all_rows(connection, query)
        assert shown == [tuple(row) for row in stored.execute(text(query.replace("FROM ", "FROM warehouse.")))]
    assert [str(until) for _, _, until in shown] == ["2024-02-01", "None"]
    assert publish(url, root, "demo", feeds()).partitions_written == 0


def test_old_versions_are_removed_after_their_time_and_no_file_that_is_needed(
    own: tuple[Path, str], engine: Engine
) -> None:
    root, url = own
    newer = extract(engine, "metro_court_charges", "2024-02-01")
    rows(engine, "event", NEW_CHARGE, f"({newer}, 2, 0, 9, 1, 71, 'charge', '2023-01-01', '{{}}')")
    publish(url, root, "demo", feeds())
    assert len(list((root / "demo" / "manifests").iterdir())) == 2
    published = publish(url, root, "demo", feeds(), retention_days=0)
    manifest = manifest_of(published)
    assert len(list((root / "demo" / "manifests").iterdir())) == 1
    assert {str(path.relative_to(root / "demo")) for path in (root / "demo").glob("*/*.parquet")} == {
        partition.file for partition in manifest.partitions
    }


def test_a_version_cut_short_by_a_crash_does_not_stop_the_next(
    own: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root, url = own
    whole = Path.write_text

    def cut_short(path: Path, text: str, **options: str) -> int:
        whole(path, text[: len(text) // 2], **options)
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", cut_short)
        with pytest.raises(OSError, match="no space"):
            publish(url, root, "demo", feeds())
    assert publish(url, root, "demo", feeds()).partitions_written == 0


def test_a_warehouse_that_was_loaded_again_uses_no_file_of_the_one_before(
    own: tuple[Path, str], engine: Engine
) -> None:
    root, url = own
    newer = extract(engine, "metro_court_charges", "2024-02-01")
    for subject in (1, 2):
        with engine.begin() as connection:
            connection.execute(text(f"DELETE FROM timeline.event WHERE extract_id = {newer}"))
            connection.execute(text(f"UPDATE ledger.extract SET finished_at = now() WHERE extract_id = {newer}"))
        rows(engine, "event", NEW_CHARGE, f"({newer}, 2, 0, 9, {subject}, 71, 'charge', '2023-01-01', '{{}}')")
        path = publish(url, root, "demo", feeds()).path
        with duckdb.connect(str(path), read_only=True) as connection:
            assert all_rows(connection, f"SELECT subject_id FROM event WHERE extract_id = {newer}") == [(subject,)]


def test_outcomes_that_stand_in_the_warehouse_are_not_written_again(own: tuple[Path, str], engine: Engine) -> None:
    root, url = own

    def written() -> list[tuple[object, ...]]:
        publish(url, root, "demo", feeds())
        with engine.connect() as connection:
            found = connection.execute(
                text("SELECT CAST(xmin AS text), o.* FROM warehouse.outcome AS o ORDER BY 2, 7, 8")
            )
            return [tuple(row) for row in found]

    first = written()
    assert first and written() == first
    with engine.begin() as connection:
        connection.execute(text("UPDATE warehouse.outcome SET value = 'event', days = 1"))
    again = written()
    assert [row[1:] for row in again] == [row[1:] for row in first]
    assert {row[0] for row in again}.isdisjoint(row[0] for row in first)


def test_a_publication_that_fails_changes_nothing_for_readers(
    own: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root, url = own
    database = root / "demo" / "throughcare.duckdb"
    before = database.read_bytes()

    def fail(*_: object) -> None:
        raise duckdb.IOException("no space left, and a value")

    monkeypatch.setattr("warehouse.snapshot.publish.write_back", fail)
    with pytest.raises(StoreError) as failure:
        publish(url, root, "demo", feeds())
    assert str(failure.value) == "snapshot: IOException"
    assert failure.value.__cause__ is None
    assert failure.value.__context__ is None
    assert database.read_bytes() == before
    assert not (root / "demo" / ".draft").exists()


def test_two_publications_at_once_are_refused(filled: Databases, tmp_path: Path) -> None:
    with alone(tmp_path / "demo"), pytest.raises(StoreError, match="under way"):
        publish(filled.warehouse, tmp_path, "demo", feeds())


def test_a_wrong_address_fails_without_the_password(tmp_path: Path) -> None:
    address = f"postgresql+psycopg://somebody:secret-word@/none?host={tmp_path}"
    assert "secret-word" in conninfo(address)
    with pytest.raises(StoreError) as failure:
        publish(address, tmp_path, "demo", feeds())
    assert "secret-word" not in repr(failure.value) + str(failure.value.__context__)


def test_published_files_are_for_their_owner_and_its_group_only(published: Published) -> None:
    folder = published.path.parent
    assert folder.stat().st_mode & 0o027 == 0
    assert os.access(published.path, os.R_OK)


def test_a_warehouse_without_any_delivery_is_published_too(fresh_databases: Databases, tmp_path: Path) -> None:
    from warehouse.store.migrate import migrate

    migrate(fresh_databases.warehouse)
    published = publish(fresh_databases.warehouse, tmp_path, "demo", feeds())
    with duckdb.connect(str(published.path), read_only=True) as connection:
        assert all_rows(connection, "SELECT count(*) FROM event") == [(0,)]
        assert all_rows(connection, "SELECT count(*) FROM outcome_rate") == [(0,)]
    assert published.participants == 0
