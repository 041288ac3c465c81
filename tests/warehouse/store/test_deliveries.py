"""Full, delta and corrected deliveries of one feed: what is current, what was known when, what each changed."""

import itertools
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from schemas.difference import Difference
from tests.warehouse.store.stories import Told, current, modelled, shown, tell
from warehouse.store.digest import logical_digest
from warehouse.store.ledger import Ledger

TABLES = {
    "a full delivery closes all before it": (
        ["full 1: A1 B2", "full 2: A1 C3"],
        "A1 C3", ["A1 1-2", "A1 2-", "B2 1-2", "C3 2-"],
    ),
    "a delta closes what it states": (
        ["delta 1: A1 B2", "delta 2: B3 C4", "delta 3: C5"],
        "A1 B3 C5", ["A1 1-", "B2 1-2", "B3 2-", "C4 2-3", "C5 3-"],
    ),
    "a correction states some records of a full delivery anew": (
        ["full 1: A1 B2 C3", "delta 2: B4"],
        "A1 B4 C3", ["A1 1-", "B2 1-2", "B4 2-", "C3 1-"],
    ),
    "a full delivery closes corrections too": (
        ["full 1: A1 B2", "delta 2: B4", "full 3: A1 B2"],
        "A1 B2", ["A1 1-3", "A1 3-", "B2 1-2", "B4 2-3", "B2 3-"],
    ),
    "a full delivery closes the deltas before the first one": (
        ["delta 1: A1 B2", "full 2: B3", "delta 3: A4"],
        "A4 B3", ["A1 1-2", "A4 3-", "B2 1-2", "B3 2-"],
    ),
    "a delta calls a record deleted": (
        ["delta 1: A1 B2", "delta 2: A-", "delta 3: A5"],
        "A5 B2", ["A1 1-2", "A5 3-", "B2 1-"],
    ),
    "a full delivery keeps a deleted record and says so": (
        ["full 1: A1 B2", "full 2: A1 B-"],
        "A1", ["A1 1-2", "A1 2-", "B2 1-2"],
    ),
    "of one day the numbers tell the order": (
        ["delta 1 #1: A1", "delta 1 #2: A2", "delta 1 #3: A3 B1", "delta 1 #4: B-"],
        "A3", ["A1 1-1", "A2 1-1", "A3 1-", "B1 1-1"],
    ),
    "an empty full delivery closes all": (["full 1: A1", "full 2: "], "", ["A1 1-2"]),
    "an empty delta closes nothing": (["delta 1: A1", "delta 2: "], "A1", ["A1 1-"]),
}  # fmt: skip


@pytest.mark.parametrize(("deliveries", "now", "history"), TABLES.values(), ids=TABLES)
def test_what_is_current_and_was_known(engine: Engine, deliveries: list[str], now: str, history: list[str]) -> None:
    tell(engine, deliveries)
    assert current(engine) == now
    assert shown(engine) == history
    assert modelled([Told.of(one) for one in deliveries]) == history


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_order_of_arrival_changes_nothing(new_engine: Callable[[], Engine], order: tuple[int, ...]) -> None:
    deliveries = ["full 1: A1 B2 C3", "delta 2: B4 C-", "full 3: A1 C5"]
    first, other = new_engine(), new_engine()
    tell(first, deliveries)
    tell(other, [deliveries[place] for place in order])
    assert shown(first) == shown(other)
    assert logical_digest(first) == logical_digest(other)


RECORDS = st.dictionaries(st.sampled_from("ABCD"), st.sampled_from([None, "1", "2"]), max_size=4)
DELIVERIES = st.lists(st.tuples(st.sampled_from(["full", "delta"]), RECORDS), min_size=1, max_size=6)
NUMBERS = st.lists(st.integers(1, 9), min_size=6, max_size=6, unique=True)


def in_any_order(new_engine: Callable[[], Engine], examples: int) -> None:
    """Two arrivals of the same deliveries, days distinct or numbers declared, against each other and the model."""
    engines = new_engine(), new_engine()

    @settings(max_examples=examples, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(DELIVERIES, NUMBERS, st.booleans(), st.randoms(use_true_random=False))
    def check(drawn: list[tuple[str, dict[str, str | None]]], numbers: list[int], days: bool, random: object) -> None:
        told = [
            Told(kind, place if days else 5, None if days else place, None, tuple(says.items()))
            for place, (kind, says) in zip(numbers, drawn, strict=False)
        ]
        for engine in engines:
            with engine.begin() as connection:
                for table in ("timeline.event", "timeline.record_block", "ledger.extract"):
                    connection.execute(text(f"DELETE FROM {table}"))
            tell(engine, told)
            random.shuffle(told)  # type: ignore[attr-defined]
        assert shown(engines[0]) == shown(engines[1]) == modelled(told)
        assert logical_digest(engines[0]) == logical_digest(engines[1])

    check()


def test_any_deliveries_in_any_order_give_one_history(new_engine: Callable[[], Engine]) -> None:
    in_any_order(new_engine, 8)


@pytest.mark.slow
def test_many_deliveries_in_any_order_give_one_history(new_engine: Callable[[], Engine]) -> None:
    in_any_order(new_engine, 300)


def test_an_extract_that_is_superseded_was_never_the_truth(engine: Engine) -> None:
    tell(engine, ["full 1: A1 B2", "full 2: A3", "full 2 over 2: A4 B2"])
    assert shown(engine) == ["A1 1-2", "A3 2-2", "A4 2-", "B2 1-2", "B2 2-"]


def test_what_a_superseded_delta_stated_is_as_it_was_before(engine: Engine) -> None:
    tell(engine, ["delta 1: A1 B2", "delta 2: A3 B4 C5", "delta 2 over 2: A6"])
    assert current(engine) == "A6 B2"
    assert shown(engine) == ["A1 1-2", "A3 2-2", "A6 2-", "B2 1-", "B4 2-2", "C5 2-2"]


def difference(new: int, changed: int, gone: int, same: int, before: int | None = None) -> Difference:
    return Difference(before=before, new=new, changed=changed, gone=gone, same=same)


DIFFERENCES = {
    "the first delivery": (["full 1: A1 B2"], difference(2, 0, 0, 0)),
    "full against full": (["full 1: A1 B2 C3", "full 2: A1 B4 D5"], difference(1, 1, 1, 1, 1)),
    "full against full with its correction": (
        ["full 1: A1 B2 C3", "delta 2: B4 C-", "full 3: A1 B4 C3"], difference(1, 0, 0, 2, 2)
    ),
    "a delta leaves alone what it does not state": (["full 1: A1 B2", "delta 2: B3 C4"], difference(1, 1, 0, 0, 1)),
    "a delta that deletes": (["delta 1: A1 B2", "delta 2: A- B2 X-"], difference(0, 0, 1, 1, 1)),
    "a deleted record that comes again": (["delta 1: A1", "delta 2: A-", "delta 3: A1"], difference(1, 0, 0, 0, 2)),
    "a full that calls deleted": (["full 1: A1 B2", "full 2: A1 B-"], difference(0, 0, 1, 1, 1)),
    "a delivery that comes late is compared with the one before it in order": (
        ["full 1: A1", "full 3: A3 B3", "full 2: A2"], difference(0, 1, 0, 0, 1)
    ),
    "a superseding one with what it supersedes": (
        ["full 1: A1", "full 2: A2 B2", "full 2 over 2: A2 B3"], difference(0, 1, 0, 1, 2)
    ),
    "nothing against nothing": (["full 1: ", "full 2: "], difference(0, 0, 0, 0, 1)),
}  # fmt: skip


@pytest.mark.parametrize(("deliveries", "expected"), DIFFERENCES.values(), ids=DIFFERENCES)
def test_what_a_delivery_changed(engine: Engine, deliveries: list[str], expected: Difference) -> None:
    assert tell(engine, deliveries)[-1] == expected
    assert Ledger(engine).difference(len(deliveries)) == expected
    with engine.connect() as connection:
        columns = "records_new, records_changed, records_gone, records_same"
        query = text(f"SELECT {columns} FROM warehouse.extract ORDER BY extract_id DESC LIMIT 1")
        seen = connection.execute(query).one()
    assert tuple(seen) == (expected.new, expected.changed, expected.gone, expected.same)


def test_what_was_loaded_without_versions_is_not_compared(engine: Engine) -> None:
    tell(engine, ["full 1: A1"])
    with engine.begin() as connection:
        connection.execute(text("UPDATE timeline.record_block SET versions = NULL"))
    assert tell(engine, ["full 2: A1", "full 3: A2"]) == [None, difference(0, 1, 0, 0, 2)]


def test_a_full_of_another_day_leaves_coverage_as_its_own(engine: Engine) -> None:
    tell(engine, ["full 1: A1", "delta 2: A2", "full 3: A3"])
    with engine.connect() as connection:
        found = connection.execute(text("SELECT extract_id FROM warehouse.coverage")).scalars().all()
    assert found == [3]
