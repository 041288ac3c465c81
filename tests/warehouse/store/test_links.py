import uuid
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import Engine, text

from schemas.errors import StoreError
from warehouse.store.ledger import Ledger
from warehouse.store.links import apply

ANNA, BERT, CLEO, DORA = (uuid.uuid4() for _ in range(4))


def batch(*rows: tuple[int, uuid.UUID | None, str]) -> pa.Table:
    subjects, keys, statuses = zip(*rows, strict=True)
    return pa.table({
        "subject_id": pa.array(subjects, pa.int64()),
        "participant_key": pa.array([key.bytes if key else None for key in keys], pa.binary(16)),
        "status": pa.array(statuses),
        "probability": pa.array([0.99 if key else None for key in keys], pa.float64()),
    })  # fmt: skip


def links(engine: Engine) -> dict[int, uuid.UUID | None]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT subject_id, participant_key FROM timeline.link"))
        return {row.subject_id: row.participant_key for row in rows}


def test_a_batch_is_applied_once(engine: Engine) -> None:
    rows = batch((1, ANNA, "linked"), (2, None, "ambiguous_subject"))
    assert apply(engine, 1, rows, "m1")
    assert not apply(engine, 1, batch((1, BERT, "linked")), "m1")
    assert links(engine) == {1: ANNA, 2: None}


def test_a_later_statement_stands_whatever_the_order(engine: Engine) -> None:
    apply(engine, 2, batch((1, BERT, "linked")), "m1")
    apply(engine, 1, batch((1, ANNA, "linked"), (3, ANNA, "linked")), "m1")
    assert links(engine) == {1: BERT, 3: ANNA}


def test_keys_may_come_as_text_and_an_empty_batch_is_a_batch(engine: Engine) -> None:
    rows = batch((1, ANNA, "linked"))
    place = rows.schema.get_field_index("participant_key")
    assert apply(engine, 1, rows.set_column(place, "participant_key", pa.array([str(ANNA)])), "m1")
    assert apply(engine, 2, rows.slice(0, 0), "m1")
    assert links(engine) == {1: ANNA}


def test_marked_extracts_are_linked(engine: Engine) -> None:
    assert Ledger(engine).unlinked_extracts() == ()
    assert apply(engine, 1, batch((1, ANNA, "linked")), "m1", extracts=[])


def strict(*rows: tuple[int, float, uuid.UUID]) -> pa.Table:
    subjects, thresholds, keys = zip(*rows, strict=True)
    return pa.table({
        "subject_id": pa.array(subjects, pa.int64()),
        "threshold": pa.array(thresholds, pa.float64()),
        "participant_key": [str(key) for key in keys],
    })  # fmt: skip


def moves(*rows: tuple[str, uuid.UUID, uuid.UUID | None]) -> pa.Table:
    kinds, before, after = zip(*rows, strict=True)
    return pa.table({
        "kind": pa.array(kinds),
        "from_key": pa.array([key.bytes for key in before], pa.binary(16)),
        "to_key": pa.array([key.bytes if key else None for key in after], pa.binary(16)),
        "subjects": pa.array([1] * len(rows), pa.int64()),
        "reason": pa.array(["new records"] * len(rows)),
    })  # fmt: skip


def partition(engine: Engine, threshold: float) -> dict[int, uuid.UUID | None]:
    query = text("SELECT subject_id, participant_key FROM warehouse.participant_link WHERE threshold = :threshold")
    with engine.connect() as connection:
        return {row.subject_id: row.participant_key for row in connection.execute(query, {"threshold": threshold})}


def read(engine: Engine, query: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        connection.execute(text("SET search_path TO warehouse, timeline"))
        return [tuple(row) for row in connection.execute(text(query))]


def test_each_threshold_has_a_partition_of_all_subjects(engine: Engine) -> None:
    rows = batch((1, ANNA, "linked"), (2, ANNA, "linked"), (3, None, "ambiguous_subject"))
    apply(engine, 1, rows, "m1", strict=strict((2, 0.9, BERT), (2, 0.99, CLEO)))
    assert partition(engine, 0.5) == {1: ANNA, 2: ANNA, 3: None}
    assert partition(engine, 0.9) == {1: ANNA, 2: BERT, 3: None}
    assert partition(engine, 0.99) == {1: ANNA, 2: CLEO, 3: None}


def test_a_subject_stated_anew_without_a_stricter_participant_has_none(engine: Engine) -> None:
    apply(
        engine, 1, batch((1, ANNA, "linked"), (2, ANNA, "linked")), "m1", strict=strict((1, 0.9, BERT), (2, 0.9, BERT))
    )
    apply(engine, 2, batch((1, ANNA, "linked")), "m1")
    assert partition(engine, 0.9) == {1: ANNA, 2: BERT}


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
def test_stricter_participants_are_those_of_the_statement_that_stands(engine: Engine, order: tuple[int, ...]) -> None:
    told = {
        1: (batch((1, ANNA, "linked"), (2, ANNA, "linked")), strict((1, 0.9, BERT), (2, 0.99, CLEO))),
        2: (batch((1, ANNA, "linked")), strict((1, 0.9, CLEO), (1, 0.99, CLEO))),
        3: (batch((2, BERT, "linked")), None),
    }
    for number in order:
        rows, stricter = told[number]
        assert apply(engine, number, rows, "m1", strict=stricter)
        assert not apply(engine, number, rows, "m1", strict=strict((1, 0.9, ANNA)))
    assert partition(engine, 0.9) == {1: CLEO, 2: BERT}
    assert partition(engine, 0.99) == {1: CLEO, 2: BERT}


def test_what_became_of_a_key_is_found_with_batch_model_and_reason(engine: Engine) -> None:
    apply(engine, 1, batch((1, ANNA, "linked"), (2, BERT, "linked")), "m1", key_version=1)
    apply(engine, 2, batch((2, ANNA, "linked")), "m2", moves=moves(("merge", BERT, ANNA)), key_version=1)
    told = "SELECT from_key, to_key, kind, reason, subjects, batch_id, model_version FROM participant_supersession"
    assert read(engine, told) == [(BERT, ANNA, "merge", "new records", 1, 2, "m2")]
    assert not apply(engine, 2, batch((2, ANNA, "linked")), "m2", moves=moves(("merge", BERT, ANNA)))
    assert len(read(engine, told)) == 1


def test_a_key_is_followed_over_several_batches_to_where_its_subjects_are(engine: Engine) -> None:
    apply(engine, 3, batch((1, DORA, "linked"), (2, CLEO, "linked")), "m1", moves=moves(("merge", ANNA, DORA)))
    apply(engine, 1, batch((1, BERT, "linked")), "m1")
    apply(engine, 2, batch((1, ANNA, "linked")), "m1", moves=moves(("merge", BERT, ANNA), ("split", CLEO, ANNA)))
    found = read(engine, "SELECT from_key, participant_key, batch_id, whole FROM warehouse.participant_successor")
    assert sorted(found, key=str) == sorted(
        [(ANNA, DORA, 3, True), (BERT, DORA, 3, True), (CLEO, DORA, 3, False)], key=str
    )


def test_a_retired_key_leads_nowhere(engine: Engine) -> None:
    apply(engine, 1, batch((1, ANNA, "linked")), "m1", moves=moves(("retire", BERT, None)))
    assert read(engine, "SELECT kind, to_key FROM warehouse.participant_supersession") == [("retire", None)]
    assert read(engine, "SELECT * FROM warehouse.participant_successor") == []


def test_keys_of_an_earlier_version_of_the_projects_key_are_shown_to_nobody(engine: Engine) -> None:
    apply(engine, 1, batch((1, ANNA, "linked")), "m1", moves=moves(("merge", BERT, ANNA)), key_version=1)
    apply(engine, 2, batch((1, CLEO, "linked")), "m1", key_version=2)
    assert read(engine, "SELECT * FROM warehouse.participant_supersession") == []


def test_a_move_from_a_key_to_itself_leaves_nothing_of_its_batch(engine: Engine) -> None:
    with pytest.raises(StoreError, match="ck_supersession_moves_on"):
        apply(
            engine,
            1,
            batch((1, ANNA, "linked")),
            "m1",
            strict=strict((1, 0.9, BERT)),
            moves=moves(("merge", ANNA, ANNA)),
        )
    assert links(engine) == {}
    assert partition(engine, 0.9) == {}


def test_what_is_expected_of_links_and_the_batchs_quality_are_kept(engine: Engine) -> None:
    rows = batch((1, ANNA, "linked"), (2, ANNA, "linked"))
    expected: dict[str, list[Any]] = {
        "links": [1.0, 1.0],
        "links_wrong": [0.1, 0.1],
        "links_missed": [0.0, None],
        "exact_split": [True, True],
    }
    for name, values in expected.items():
        rows = rows.append_column(name, pa.array(values))
    quality = pa.table({
        "metric": ["persons"], "grp": ["size"], "level": ["2"], "n": [1], "value": [1.0],
        "low": pa.nulls(1, pa.float64()), "high": pa.nulls(1, pa.float64()),
    })  # fmt: skip
    apply(engine, 1, rows, "m1", quality=quality)
    kept = "SELECT links, links_wrong, links_missed, exact_split, lacks FROM timeline.link ORDER BY subject_id"
    assert read(engine, kept) == [(1.0, 0.1, 0.0, True, None), (1.0, 0.1, None, True, None)]
    measured = "SELECT scope, batch_id, metric, grp, level, n, value FROM warehouse.link_quality"
    assert read(engine, measured) == [("batch", 1, "persons", "size", "2", 1, 1.0)]


WAS = "SELECT subject_id, threshold, participant_key, since_batch, until_batch FROM link_history ORDER BY 1, 2, 4"


def test_who_a_subject_was_before_stays_with_the_batches_between_which_it_stood(engine: Engine) -> None:
    apply(engine, 1, batch((1, ANNA, "linked"), (2, ANNA, "linked")), "m1", strict=strict((2, 0.9, CLEO)))
    apply(engine, 2, batch((1, ANNA, "linked"), (2, ANNA, "linked")), "m1", strict=strict((2, 0.9, CLEO)))
    assert read(engine, WAS) == []
    apply(engine, 3, batch((2, BERT, "linked")), "m1", strict=strict((2, 0.9, DORA)))
    assert read(engine, WAS) == [(2, 0.5, ANNA, 1, 3), (2, 0.9, CLEO, 1, 3)]
    apply(engine, 4, batch((2, BERT, "linked")), "m1")
    assert read(engine, WAS)[1:] == [(2, 0.9, CLEO, 1, 3), (2, 0.9, DORA, 3, 4)]
    assert read(engine, "SELECT subject_id, since_batch FROM link ORDER BY 1") == [(1, 1), (2, 3)]


def test_what_a_later_batch_had_stated_already_was_never_the_truth(engine: Engine) -> None:
    apply(engine, 1, batch((1, ANNA, "linked")), "m1")
    apply(engine, 3, batch((1, BERT, "linked")), "m1")
    apply(engine, 2, batch((1, CLEO, "linked")), "m1", strict=strict((1, 0.9, DORA)))
    assert read(engine, WAS) == [(1, 0.5, ANNA, 1, 3)]
