"""The logical digest: blind to order, replays and random surrogates; not blind to anything else."""

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from random import Random

import pyarrow as pa
import pytest
from sqlalchemy import Engine, text

from tests.warehouse.store.deliveries import CONTACTS, STAYS, Delivery, Surrogates, deliver, hour
from warehouse.store.digest import logical_digest
from warehouse.store.links import apply

MAY, JUNE = dt.date(2026, 5, 1), dt.date(2026, 6, 1)
FILES = (
    Delivery(CONTACTS, MAY, [("1", "p", MAY, "kept"), ("2", "q", MAY, "kept"), ("3", "p", MAY, "kept")]),
    Delivery(CONTACTS, JUNE, [("1", "p", MAY, "missed"), ("2", "q", None, None)]),
    Delivery(STAYS, MAY, [("1", "m", MAY, None)]),
    Delivery(STAYS, JUNE, [("1", "m", MAY, JUNE), ("2", "n", MAY, None)]),
)
TOGETHER = (("p", "m"), ("q",), ("n",))


def load_all(
    engine: Engine, order: Sequence[int], seed: int, partition: Sequence[Sequence[str]] = TOGETHER, batches: int = 1
) -> str:
    """Deliver the files in an order, link the people as the partition says, and take the digest."""
    surrogate, random = Surrogates(Random(seed)), Random(seed)
    for at, place in enumerate(order):
        deliver(engine, FILES[place], surrogate, hour(at))
    for batch in range(1, batches + 1):
        keys = [str(uuid.UUID(int=random.getrandbits(128))) for _ in partition]
        said = [(surrogate(f"person {one}"), key) for key, group in zip(keys, partition, strict=True) for one in group]
        random.shuffle(said)
        subjects, participants = zip(*said, strict=True)
        statement = {"subject_id": subjects, "participant_key": participants}
        rows = pa.table({**statement, "status": ["linked"] * len(said), "probability": [0.9] * len(said)})
        apply(engine, batch, rows, "m1")
    return logical_digest(engine)


@pytest.mark.parametrize("order", [(3, 2, 1, 0), (1, 3, 0, 2), (0, 0, 1, 2, 3, 1, 3)])
def test_order_replays_and_surrogates_change_nothing(new_engine: Callable[[], Engine], order: tuple[int, ...]) -> None:
    assert load_all(new_engine(), (0, 1, 2, 3), 1) == load_all(new_engine(), order, 2, batches=2)


def test_another_partition_is_seen(new_engine: Callable[[], Engine]) -> None:
    merged = load_all(new_engine(), range(4), 1)
    assert merged != load_all(new_engine(), range(4), 1, partition=(("p",), ("m",), ("q",), ("n",)))
    assert merged != load_all(new_engine(), range(4), 1, partition=(("p", "n"), ("q",), ("m",)))


def test_which_part_keeps_the_key_at_a_stricter_threshold_is_not_seen(engine: Engine) -> None:
    load_all(engine, range(4), 1)
    shared = """
    INSERT INTO timeline.link_strict
    SELECT {which}(subject_id), .9, gen_random_uuid() FROM timeline.link GROUP BY participant_key HAVING count(*) = 2
    """
    digests = []
    for which in ("min", "max"):
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM timeline.link_strict"))
            connection.execute(text(shared.format(which=which)))
        digests.append(logical_digest(engine))
    assert digests[0] == digests[1]


def test_a_missing_file_is_seen(new_engine: Callable[[], Engine]) -> None:
    assert load_all(new_engine(), range(4), 1) != load_all(new_engine(), range(1, 4), 1)


@pytest.mark.parametrize("change", [
    "UPDATE timeline.event SET event_date = event_date + 1 WHERE row_number = 2 AND kind = 'contact'",
    "UPDATE timeline.event SET subject_id = 5 WHERE row_number = 2 AND kind = 'contact'",
    "UPDATE timeline.span SET record_id = 5 WHERE row_number = 2",
    "UPDATE timeline.span SET detail = '{}' WHERE row_number = 2",
    "UPDATE timeline.link SET status = 'unlinked'",
    "INSERT INTO timeline.link_strict SELECT subject_id, .9, gen_random_uuid() FROM timeline.link",
    "UPDATE ledger.extract SET verdict = '{}' WHERE feed = 'stays'",
    "UPDATE ledger.extract SET as_of = as_of + 1 WHERE feed = 'stays'",
    "UPDATE ledger.rejection SET rule = 'missing'",
    "UPDATE ledger.extract SET sequence = 7 WHERE feed = 'stays'",
    "UPDATE ledger.extract SET supersedes = 1 WHERE extract_id = 2",
    "INSERT INTO ledger.decision (extract_id, decision, reason, decided_by) VALUES (1, 'accept', 'why', 'jo')",
])  # fmt: skip
def test_any_change_of_content_is_seen(engine: Engine, change: str) -> None:
    before = load_all(engine, range(4), 1)
    with engine.begin() as connection:
        connection.execute(text(change))
    assert logical_digest(engine) != before


FINDINGS = """
UPDATE ledger.extract SET verdict = jsonb_build_object('outcome', '{outcome}', 'findings', jsonb_build_array(
    jsonb_build_object('expectation', 'rows', 'against_history', false){more}))
"""
HISTORIC = ", jsonb_build_object('expectation', 'drift', 'against_history', true)"


def test_what_depends_on_the_deliveries_before_is_not_seen(engine: Engine) -> None:
    load_all(engine, range(4), 1)
    digests = []
    for outcome, more in (("pass", ""), ("warn", HISTORIC)):
        with engine.begin() as connection:
            connection.execute(text(FINDINGS.format(outcome=outcome, more=more)))
            connection.execute(text("UPDATE ledger.extract SET difference = NULL, measures = '{}'"))
        digests.append(logical_digest(engine))
    assert digests[0] == digests[1]


def test_system_time_is_not_seen(engine: Engine) -> None:
    load_all(engine, range(4), 1)
    decided = "INSERT INTO ledger.decision (extract_id, decision, reason, decided_by) VALUES (1, 'accept', 'why', 'jo')"
    with engine.begin() as connection:
        connection.execute(text(decided))
    before = logical_digest(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE ledger.extract SET arrived_at = arrived_at + interval '1 day', attempts = 9"))
        connection.execute(text("UPDATE ledger.decision SET decided_at = decided_at - interval '1 day'"))
    assert logical_digest(engine) == before


def test_an_empty_warehouse_has_a_digest(engine: Engine) -> None:
    assert len(logical_digest(engine)) == 64
