import uuid

import pyarrow as pa
from sqlalchemy import Engine, text

from warehouse.store.ledger import Ledger
from warehouse.store.links import apply

ANNA, BERT = uuid.uuid4(), uuid.uuid4()


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
