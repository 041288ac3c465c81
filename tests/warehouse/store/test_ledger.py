import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from random import Random

import polars as pl
import pytest
from sqlalchemy import Engine, text

from schemas.errors import StoreError
from schemas.table import FAULTS
from tests.warehouse.store.deliveries import CONTACTS, Delivery, Surrogates, deliver, hour, loaded
from warehouse.store.engine import LeaseLost, connect
from warehouse.store.ledger import Counts, Extract, Ledger
from warehouse.store.load import load

JUNE = dt.date(2026, 6, 1)
DELIVERY = Delivery(CONTACTS, JUNE, [("1", "p", JUNE, "kept"), ("2", "p", JUNE, "missed")])


@pytest.fixture
def ledger(engine: Engine) -> Ledger:
    return Ledger(engine)


@pytest.fixture
def surrogate() -> Surrogates:
    return Surrogates(Random(1))


def register(ledger: Ledger, at: int = 0, digest: str = "a") -> Extract:
    return ledger.register("probation", "contacts", (digest * 64)[:64], 100, hour(at))


def test_a_loaded_extract_has_its_counts_and_its_receipt(engine: Engine, surrogate: Surrogates) -> None:
    extract = deliver(engine, DELIVERY, surrogate, hour(0))
    assert extract.state == "loaded"
    assert extract.counts == Counts(received=3, loaded=2, rejected=1)
    assert (extract.as_of, extract.covered_until) == (JUNE, JUNE)
    assert extract.receipt == {}
    assert extract.finished_at is not None
    with engine.connect() as connection:
        rejections = connection.execute(text('SELECT row_number, "column", rule FROM ledger.rejection')).all()
    assert [tuple(row) for row in rejections] == [(4, "Day", "not_a_date")]


@pytest.mark.parametrize("column", ["received", "loaded", "rejected", "duplicate", "quarantined"])
def test_the_database_refuses_counts_that_do_not_add_up(engine: Engine, surrogate: Surrogates, column: str) -> None:
    deliver(engine, DELIVERY, surrogate, hour(0))
    with engine.connect() as connection, pytest.raises(Exception, match="ck_extract_conservation"):
        connection.execute(text(f"UPDATE ledger.extract SET {column} = {column} + 1"))


def test_rows_that_disagree_with_the_counts_are_not_loaded(
    engine: Engine, ledger: Ledger, surrogate: Surrogates
) -> None:
    register(ledger)
    claimed = ledger.claim("a", 60)
    assert claimed is not None
    content, no_faults = DELIVERY.content(surrogate), FAULTS.to_frame()
    with pytest.raises(StoreError, match="disagree"):
        load(engine, claimed, CONTACTS, content, Counts(received=3, loaded=3), no_faults, None, JUNE, (JUNE, JUNE), {})
    with pytest.raises(StoreError, match="ck_extract_conservation"):
        load(engine, claimed, CONTACTS, content, Counts(received=3, loaded=2), no_faults, None, JUNE, (JUNE, JUNE), {})
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM timeline.event")) == 0
    assert ledger.get(claimed.extract_id).state == "loading"


def test_registering_one_delivery_again_returns_its_row(ledger: Ledger) -> None:
    assert register(ledger) == register(ledger)


def test_the_same_bytes_again_are_a_duplicate_of_no_rows(engine: Engine, surrogate: Surrogates) -> None:
    first = deliver(engine, DELIVERY, surrogate, hour(0))
    again = deliver(engine, DELIVERY, surrogate, hour(1))
    assert (again.state, again.repeats) == ("duplicate", first.extract_id)
    assert again.counts == Counts(received=3, duplicate=3)
    assert [one.extract_id for one in Ledger(engine).without_receipt()] == [again.extract_id]
    Ledger(engine).state_receipt(again.extract_id, {"state": "duplicate"})
    assert Ledger(engine).without_receipt() == ()


def test_a_repetition_that_arrives_before_the_first_is_loaded_ends_with_it(
    engine: Engine, ledger: Ledger, surrogate: Surrogates
) -> None:
    register(ledger)
    claimed = ledger.claim("a", 60)
    again = register(ledger, at=1)
    assert claimed is not None
    assert ledger.claim("b", 60) is None
    loaded(engine, claimed, DELIVERY, surrogate)
    assert ledger.get(again.extract_id).state == "duplicate"
    assert ledger.pending() == ()


def test_what_was_refused_may_come_again(ledger: Ledger) -> None:
    first = register(ledger)
    claimed = ledger.claim("a", 60)
    waiting = register(ledger, at=1)
    assert claimed is not None
    ledger.refuse(first.extract_id, claimed.fence, "missing_column", {"code": "missing_column"}, received=7)
    for extract_id in (first.extract_id, waiting.extract_id):
        ended = ledger.get(extract_id)
        assert (ended.state, ended.code) == ("refused", "missing_column")
        assert ended.counts == Counts(received=7, quarantined=7)
    assert register(ledger, at=2).state == "landed"


def test_held_and_quarantined_are_terminal(ledger: Ledger) -> None:
    for digest, end in (("a", ledger.hold), ("b", ledger.quarantine)):
        register(ledger, digest=digest)
        claimed = ledger.claim("a", 60)
        assert claimed is not None
        end(claimed.extract_id, claimed.fence, "rows", {}, 5)
        assert ledger.get(claimed.extract_id).finished
        with pytest.raises(LeaseLost):
            end(claimed.extract_id, claimed.fence, "rows", {}, 5)


def test_each_extract_is_claimed_once_whatever_the_number_of_workers(ledger: Ledger) -> None:
    for number in range(20):
        register(ledger, digest=f"{number:02d}")
    with ThreadPoolExecutor(4) as pool:
        claimed = list(pool.map(lambda number: ledger.claim(f"worker {number}", 60), range(24)))
    taken = [one.extract_id for one in claimed if one is not None]
    assert len(taken) == len(set(taken)) == 20


def test_content_registered_at_once_by_two_hosts_is_loaded_once(ledger: Ledger) -> None:
    with ThreadPoolExecutor(4) as pool:
        entered = list(pool.map(lambda at: register(ledger, at=at), range(8)))
    firsts = [one for one in entered if one.repeats is None]
    assert len({one.extract_id for one in entered}) == 8
    assert len(firsts) == 1


def test_the_same_deliveries_registered_at_once_by_several_hosts_are_each_entered_once(ledger: Ledger) -> None:
    for number in range(5):
        with ThreadPoolExecutor(6) as pool:
            entered = list(pool.map(lambda at, digest=str(number): register(ledger, at % 2, digest), range(6)))
        assert len({one.extract_id for one in entered}) == 2


def test_a_lapsed_lease_is_taken_over_and_the_old_worker_cannot_load(
    engine: Engine, ledger: Ledger, surrogate: Surrogates
) -> None:
    register(ledger)
    slow = ledger.claim("slow", 0)
    quick = ledger.claim("quick", 60)
    assert slow is not None
    assert quick is not None
    assert (quick.extract_id, quick.fence, quick.attempts) == (slow.extract_id, slow.fence + 1, 2)
    loaded(engine, quick, DELIVERY, surrogate)
    with pytest.raises(LeaseLost):
        loaded(engine, slow, DELIVERY, surrogate)
    with pytest.raises(LeaseLost):
        ledger.release(slow.extract_id, slow.fence)
    with pytest.raises(LeaseLost):
        loaded(engine, quick, DELIVERY, surrogate)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM timeline.event")) == 2


def test_a_released_extract_is_tried_again_and_its_attempts_are_counted(ledger: Ledger) -> None:
    register(ledger)
    for attempt in (1, 2, 3):
        claimed = ledger.claim("a", 60)
        assert claimed is not None
        assert claimed.attempts == attempt
        ledger.renew(claimed.extract_id, claimed.fence, 60)
        ledger.release(claimed.extract_id, claimed.fence)


def test_nothing_of_a_load_is_visible_when_it_fails_half_way(
    engine: Engine, ledger: Ledger, surrogate: Surrogates
) -> None:
    register(ledger)
    claimed = ledger.claim("a", 60)
    assert claimed is not None
    bad = pl.DataFrame({"row_number": [4], "column": ["Day"], "rule": [None]}, schema=FAULTS)
    content, counts = DELIVERY.content(surrogate), Counts(received=3, loaded=2, rejected=1)
    with pytest.raises(StoreError) as caught:
        load(engine, claimed, CONTACTS, content, counts, bad, None, JUNE, (JUNE, JUNE), {})
    assert str(caught.value) == "warehouse: 23502"
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM timeline.event")) == 0


def test_tallies_sum_the_ledger_by_feed(engine: Engine, surrogate: Surrogates) -> None:
    deliver(engine, DELIVERY, surrogate, hour(0))
    deliver(engine, DELIVERY, surrogate, hour(1))
    (tally,) = Ledger(engine).counts()
    assert tally.extracts == {"loaded": 1, "duplicate": 1}
    assert tally.counts == Counts(received=6, loaded=2, rejected=1, duplicate=3)
    assert tally.latest_as_of == JUNE


def test_a_server_that_is_away_is_told_apart() -> None:
    away = Ledger(connect("postgresql+psycopg://nobody@/nothing?host=/nowhere"))
    with pytest.raises(StoreError) as caught:
        away.pending()
    assert type(caught.value).__name__ == "Unavailable"
    assert "/nowhere" not in str(caught.value)
