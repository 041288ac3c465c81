"""What analysts see as current, and what was known when."""

import datetime as dt
import itertools
import uuid
from random import Random

import pyarrow as pa
import pytest
from sqlalchemy import Engine, text

from tests.warehouse.store.deliveries import CONTACTS, STAYS, Delivery, Surrogates, deliver, hour
from warehouse.store.links import apply

MAY, JUNE, JULY = (dt.date(2026, month, 1) for month in (5, 6, 7))
DAY = dt.date(2026, 4, 9)

DELTAS = (
    Delivery(CONTACTS, MAY, [("1", "p", DAY, "kept"), ("2", "q", DAY, "kept")]),
    Delivery(CONTACTS, JUNE, [("1", "p", DAY, "missed"), ("3", "p", DAY, "kept")]),
    Delivery(CONTACTS, JULY, [("2", "q", None, None)]),
)
FULLS = (
    Delivery(STAYS, MAY, [("1", "m", DAY, None), ("2", "n", DAY, None)]),
    Delivery(STAYS, JUNE, [("1", "m", DAY, MAY), ("4", "m", MAY, None)]),
)


def rows(engine: Engine, sql: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(sql))]


def deliver_all(engine: Engine, deliveries: tuple[Delivery, ...]) -> Surrogates:
    surrogate = Surrogates(Random(7))
    for number, delivery in enumerate(deliveries):
        deliver(engine, delivery, surrogate, hour(number))
    return surrogate


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_record_of_a_delta_is_replaced_by_its_latest_statement(engine: Engine, order: tuple[int, ...]) -> None:
    deliver_all(engine, tuple(DELTAS[place] for place in order))
    current = rows(engine, "SELECT code, known_from FROM warehouse.event ORDER BY code")
    assert current == [("kept", JUNE), ("missed", JUNE)]
    history = rows(engine, "SELECT known_from, known_until FROM warehouse.event_history ORDER BY 1, 2")
    assert history == [(MAY, JUNE), (MAY, JULY), (JUNE, None), (JUNE, None)]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_full_delivery_replaces_the_earlier_one(engine: Engine, order: tuple[int, ...]) -> None:
    deliver_all(engine, tuple(FULLS[place] for place in order))
    current = rows(engine, "SELECT start_date, end_date, end_code FROM warehouse.span ORDER BY start_date")
    assert current == [(DAY, MAY, "completed"), (MAY, None, None)]
    known = rows(engine, "SELECT DISTINCT known_from, known_until FROM warehouse.span_history ORDER BY 1")
    assert known == [(MAY, JUNE), (JUNE, None)]


def test_a_span_is_closed_by_the_end_of_its_own_record_only(engine: Engine) -> None:
    deliver_all(engine, (Delivery(STAYS, JUNE, [("1", "m", DAY, MAY), ("2", "m", DAY, None)]),))
    assert rows(engine, "SELECT end_date FROM warehouse.span ORDER BY row_number") == [(MAY,), (None,)]
    assert rows(engine, "SELECT kind, event_date FROM warehouse.event") == [("enrolment_end", MAY)]


def test_an_end_before_the_start_closes_nothing(engine: Engine) -> None:
    deliver_all(engine, (Delivery(STAYS, JULY, [("1", "m", JUNE, MAY)]),))
    assert rows(engine, "SELECT end_date FROM warehouse.span") == [(None,)]


def test_a_participant_is_who_the_link_says(engine: Engine) -> None:
    surrogate = deliver_all(engine, (DELTAS[0], FULLS[0]))
    anna = uuid.uuid4()
    linked = pa.table({
        "subject_id": pa.array([surrogate("person p"), surrogate("person m"), surrogate("person q")], pa.int64()),
        "participant_key": [str(anna), str(anna), None],
        "status": ["linked", "linked", "ambiguous_subject"],
        "probability": [0.97, 0.99, None],
    })  # fmt: skip
    apply(engine, 1, linked, "m1")
    events = rows(engine, "SELECT participant_key, status FROM warehouse.event ORDER BY row_number")
    assert events == [(anna, "linked"), (None, "ambiguous_subject")]
    assert rows(engine, "SELECT status FROM warehouse.span ORDER BY row_number") == [("linked",), (None,)]
    found = rows(
        engine, "SELECT participant_key, probability, first_date, agencies, moments FROM warehouse.participant"
    )
    assert found == [(anna, 0.97, DAY, ["peer", "probation"], 2)]


def test_coverage_is_one_interval_a_current_delivery(engine: Engine) -> None:
    deliver_all(engine, DELTAS)
    found = rows(engine, "SELECT feed, covered_until FROM warehouse.coverage ORDER BY covered_until")
    assert found == [("contacts", delivery.as_of) for delivery in sorted(DELTAS, key=lambda one: one.as_of)]


def test_of_several_ends_of_a_record_the_first_after_the_start_counts(engine: Engine) -> None:
    deliver_all(
        engine, (Delivery(STAYS, JULY, [("1", "m", MAY, DAY), ("1", "m", None, JULY), ("1", "m", None, JUNE)]),)
    )
    assert rows(engine, "SELECT start_date, end_date FROM warehouse.span") == [(MAY, JUNE)]


def test_each_span_of_a_record_has_the_end_that_follows_it(engine: Engine) -> None:
    deliver_all(engine, (Delivery(STAYS, JULY, [("1", "m", DAY, MAY), ("1", "m", JUNE, JULY)]),))
    found = rows(engine, "SELECT start_date, end_date FROM warehouse.span ORDER BY start_date")
    assert found == [(DAY, MAY), (JUNE, JULY)]
