"""Gaps and rivals in the order of deliveries, what persons decide, copies that are none, and leases of arrivals."""

import datetime as dt
from collections.abc import Iterator

import polars as pl
import pytest
from sqlalchemy import Engine, text

from schemas.errors import StoreError
from tests.warehouse.store.deliveries import CONTACTS, NO_FAULTS, SINCE, STAYS, hour
from tests.warehouse.store.stories import Told, current, shown, tell
from warehouse.store.engine import LeaseLost
from warehouse.store.ledger import REFUSED, SAME_DAY, SEQUENCE_CONFLICT, SEQUENCE_GAP, Counts, Extract, Ledger, Rival
from warehouse.store.load import Rivalled, load

DAY = dt.date(2026, 1, 5)


@pytest.fixture
def ledger(engine: Engine) -> Ledger:
    return Ledger(engine)


def entered(ledger: Ledger, digest: str, at: int = 0, stated: str | None = None, number: int | None = None) -> Extract:
    return ledger.register("probation", CONTACTS.name, digest * 64, 1, hour(at), stated, number)


def claimed(ledger: Ledger, extract: Extract) -> Extract:
    found = ledger.claim("test", 60, extract.extract_id)
    assert found is not None
    return found


def load_rows(ledger: Ledger, extract: Extract, rows: int = 1, day: dt.date = DAY, **said: object) -> Extract:
    content = Told.of(f"full 1: {' '.join(f'{chr(65 + place)}1' for place in range(rows))}").content
    counts = Counts(received=rows, loaded=rows)
    load(ledger.engine, extract, CONTACTS, content, counts, NO_FAULTS, None, day, (SINCE, day), {}, **said)  # type: ignore[arg-type]
    return ledger.get(extract.extract_id)


def hold(ledger: Ledger, extract: Extract, code: str, **said: object) -> Extract:
    ledger.hold(extract.extract_id, claimed(ledger, extract).fence, code, {"code": code}, 3, **said)  # type: ignore[arg-type]
    return ledger.get(extract.extract_id)


def test_a_gap_is_the_number_before_that_is_not_loaded(ledger: Ledger) -> None:
    assert ledger.gap(CONTACTS.name, 1) is None
    assert ledger.gap(CONTACTS.name, 5, first=5) is None
    assert ledger.gap(CONTACTS.name, 3) == 2
    load_rows(ledger, claimed(ledger, entered(ledger, "a", number=2)))
    assert ledger.gap(CONTACTS.name, 3) is None


def test_what_was_held_for_a_gap_is_open_again_when_the_gap_is_closed(ledger: Ledger) -> None:
    third = hold(ledger, entered(ledger, "c", number=3), SEQUENCE_GAP)
    again = entered(ledger, "c", at=1, number=3)
    assert hold(ledger, again, SEQUENCE_GAP).state == "held"
    fourth = hold(ledger, entered(ledger, "d", number=4), SEQUENCE_GAP)
    load_rows(ledger, claimed(ledger, entered(ledger, "b", number=2)))
    reopened = ledger.get(third.extract_id)
    assert (reopened.state, reopened.code, reopened.receipt, reopened.attempts) == ("landed", None, None, 0)
    assert reopened.counts == Counts()
    assert ledger.get(again.extract_id).repeats == third.extract_id
    assert ledger.get(fourth.extract_id).state == "held"
    load_rows(ledger, claimed(ledger, reopened))
    assert ledger.get(again.extract_id).state == "duplicate"
    assert ledger.get(fourth.extract_id).state == "landed"


def test_a_gap_that_was_closed_while_its_delivery_was_judged_does_not_hold_it(ledger: Ledger) -> None:
    late = entered(ledger, "b", number=2)
    judged = claimed(ledger, late)
    load_rows(ledger, claimed(ledger, entered(ledger, "a", number=1)))
    ledger.hold(late.extract_id, judged.fence, SEQUENCE_GAP, {}, 3)
    assert ledger.get(late.extract_id).state == "landed"


def test_the_same_bytes_under_another_number_are_another_delivery(ledger: Ledger) -> None:
    for number in (1, 2):
        load_rows(ledger, claimed(ledger, entered(ledger, "a", number, number=number)), content_digest="e" * 64)
    assert entered(ledger, "a", at=9, number=2).state == "duplicate"
    assert ledger.same_text("probation", CONTACTS.name, "e" * 64, "#3") is None


def test_two_deliveries_of_one_number_are_rivals(ledger: Ledger) -> None:
    first = load_rows(ledger, claimed(ledger, entered(ledger, "a", number=1)))
    other = claimed(ledger, entered(ledger, "b", number=1))
    assert ledger.rival(other, DAY, "delta") == Rival(SEQUENCE_CONFLICT, first.extract_id)
    with pytest.raises(Rivalled) as caught:
        load_rows(ledger, other, unrivalled=True)
    assert caught.value.rival.extract_id == first.extract_id
    assert ledger.get(other.extract_id).state == "loading"


def test_two_full_deliveries_of_one_day_are_rivals_and_deltas_are_not(ledger: Ledger) -> None:
    first = load_rows(ledger, claimed(ledger, entered(ledger, "a")), delivery="full")
    other = claimed(ledger, entered(ledger, "b"))
    assert ledger.rival(other, DAY, "full") == Rival(SAME_DAY, first.extract_id)
    assert ledger.rival(other, DAY, "delta") is None
    assert ledger.rival(other, DAY + dt.timedelta(1), "full") is None


def test_a_rival_that_is_accepted_replaces_the_first(ledger: Ledger, engine: Engine) -> None:
    tell(engine, ["full 5: A1 B2"])
    second = Told.of("full 5: A3")
    held = ledger.register("probation", CONTACTS.name, second.digest, 1, hour(7))
    hold(ledger, held, SAME_DAY, supersedes=1)
    assert current(engine) == "A1 B2"
    accepted = ledger.accept(held.extract_id, "the first was a test", "jo")
    assert (accepted.state, accepted.supersedes) == ("landed", 1)
    assert ledger.rival(accepted, DAY, "full") is None
    counts = Counts(received=1, loaded=1)
    load(
        engine, claimed(ledger, accepted), CONTACTS, second.content, counts, NO_FAULTS, None, DAY, (SINCE, DAY), {},
        delivery="full", unrivalled=True,
    )  # fmt: skip
    assert current(engine) == "A3"
    assert shown(engine) == ["A1 5-5", "A3 5-", "B2 5-5"]
    (decision,) = ledger.decisions(held.extract_id)
    assert (decision.decision, decision.code, decision.decided_by) == ("accept", SAME_DAY, "jo")
    assert ledger.decision(held.extract_id) == decision


def test_a_held_delivery_that_is_refused_ends_so_with_its_repetitions(ledger: Ledger) -> None:
    first = claimed(ledger, entered(ledger, "a"))
    again = entered(ledger, "a", at=1)
    ledger.hold(first.extract_id, first.fence, "rows", {"code": "rows"}, 3)
    assert [one.extract_id for one in ledger.held()] == [first.extract_id]
    refused = ledger.refuse_held(first.extract_id, "half a file", "jo", {"code": REFUSED})
    assert (refused.state, refused.code, refused.receipt) == ("refused", REFUSED, {"code": REFUSED})
    assert refused.counts == Counts(received=3, quarantined=3)
    assert ledger.get(again.extract_id).state == "refused"
    assert [one.extract_id for one in ledger.without_receipt()] == [again.extract_id]
    assert ledger.held() == ()


def test_a_held_delivery_that_is_accepted_takes_its_repetitions_along(ledger: Ledger) -> None:
    first = claimed(ledger, entered(ledger, "a"))
    again = entered(ledger, "a", at=1)
    ledger.hold(first.extract_id, first.fence, "rows", {}, 3)
    ledger.accept(first.extract_id, "the office was closed", "jo")
    load_rows(ledger, claimed(ledger, first))
    assert ledger.get(again.extract_id).state == "duplicate"


@pytest.mark.parametrize("decide", ["accept", "refuse_held"])
def test_only_what_is_held_is_decided_and_with_a_reason(ledger: Ledger, decide: str) -> None:
    first = claimed(ledger, entered(ledger, "a"))
    again = entered(ledger, "a", at=1)
    with pytest.raises(StoreError, match="loading, not held"):
        getattr(ledger, decide)(first.extract_id, "why", "jo")
    ledger.hold(first.extract_id, first.fence, "rows", {}, 3)
    with pytest.raises(StoreError, match="repeats extract"):
        getattr(ledger, decide)(again.extract_id, "why", "jo")
    with pytest.raises(StoreError, match="a reason and a person"):
        getattr(ledger, decide)(first.extract_id, " ", "jo")
    with pytest.raises(LookupError):
        getattr(ledger, decide)(99, "why", "jo")
    assert ledger.get(first.extract_id).state == "held"


def test_nothing_supersedes_itself_or_another_feed(ledger: Ledger) -> None:
    held = hold(ledger, entered(ledger, "a"), "rows")
    elsewhere = ledger.register("peer", STAYS.name, "b" * 64, 1, hour(0))
    for other in (held.extract_id, elsewhere.extract_id):
        with pytest.raises(StoreError, match="cannot supersede"):
            ledger.accept(held.extract_id, "why", "jo", supersedes=other)


def test_once_the_same_bytes_are_loaded_what_was_held_is_their_duplicate_and_nobody_is_asked(ledger: Ledger) -> None:
    held = hold(ledger, entered(ledger, "a"), "rows")
    load_rows(ledger, claimed(ledger, entered(ledger, "a", at=1)))
    assert ledger.held() == ()
    assert ledger.get(held.extract_id).state == "duplicate"
    with pytest.raises(StoreError, match="is duplicate, not held"):
        ledger.accept(held.extract_id, "why not", "jo")


def test_an_empty_file_of_another_date_is_a_delivery_of_its_own(ledger: Ledger) -> None:
    first = entered(ledger, "a", 1, "2026-01-05")
    assert load_rows(ledger, claimed(ledger, first), rows=0).state == "loaded"
    other = entered(ledger, "a", 2, "2026-01-06")
    assert (other.state, other.repeats) == ("landed", None)
    assert entered(ledger, "a", 3, "2026-01-06").repeats == other.extract_id
    assert entered(ledger, "a", 4, "2026-01-05").state == "duplicate"
    load_rows(ledger, claimed(ledger, other), rows=0, day=dt.date(2026, 1, 6))
    assert [one.state for one in ledger.extracts()] == ["loaded", "loaded", "duplicate", "duplicate"]


def test_an_empty_file_of_another_date_that_waited_for_the_first_is_then_taken_up(ledger: Ledger) -> None:
    first = claimed(ledger, entered(ledger, "a", 1, "2026-01-05"))
    waiting = [entered(ledger, "a", at, day) for at, day in ((2, "2026-01-06"), (3, "2026-01-06"), (4, "2026-01-05"))]
    assert ledger.claim("test", 60) is None
    load_rows(ledger, first, rows=0)
    assert [ledger.get(one.extract_id).state for one in waiting] == ["landed", "landed", "duplicate"]
    load_rows(ledger, claimed(ledger, waiting[0]), rows=0, day=dt.date(2026, 1, 6))
    assert [ledger.get(one.extract_id).state for one in waiting] == ["loaded", "duplicate", "duplicate"]


def test_a_renamed_copy_with_rows_is_a_duplicate_whatever_date_it_states(ledger: Ledger) -> None:
    load_rows(ledger, claimed(ledger, entered(ledger, "a", 1, "2026-01-05")))
    assert entered(ledger, "a", 2, "2026-01-06").state == "duplicate"


def test_a_copy_that_is_packed_otherwise_ends_as_a_duplicate(ledger: Ledger) -> None:
    first = load_rows(ledger, claimed(ledger, entered(ledger, "a")), content_digest="e" * 64)
    copy = claimed(ledger, entered(ledger, "b"))
    assert ledger.same_text("probation", CONTACTS.name, "e" * 64) == first.extract_id
    assert ledger.same_text("probation", CONTACTS.name, "a" * 64) == first.extract_id
    assert ledger.same_text("probation", STAYS.name, "e" * 64) is None
    ledger.repeat(copy.extract_id, copy.fence, first.extract_id, {"state": "duplicate"})
    ended = ledger.get(copy.extract_id)
    assert (ended.state, ended.repeats, ended.counts) == ("duplicate", 1, Counts(received=1, duplicate=1))
    third = claimed(ledger, entered(ledger, "c"))
    with pytest.raises(StoreError, match="uq_extract_text"):
        load_rows(ledger, third, content_digest="e" * 64)


def test_history_is_the_measures_of_the_deliveries_before_a_day(ledger: Ledger) -> None:
    for place, kind in enumerate(["full", "delta", "full", "full"]):
        day, extract = dt.date(2026, 1, 1 + place), claimed(ledger, entered(ledger, "abcd"[place]))
        load_rows(ledger, extract, day=day, delivery=kind, measures={"received": place})
    assert ledger.history(CONTACTS.name, dt.date(2026, 1, 4)) == [{"received": 2}, {"received": 1}, {"received": 0}]
    assert ledger.history(CONTACTS.name, dt.date(2026, 1, 4), n=1) == [{"received": 2}]
    assert ledger.history(CONTACTS.name, dt.date(2026, 1, 9), delivery="delta") == [{"received": 1}]
    (latest,) = ledger.latest()
    assert (latest.feed, latest.as_of, latest.extract_id) == (CONTACTS.name, dt.date(2026, 1, 4), 4)


def test_bytes_expire_with_the_last_extract_that_needs_them(ledger: Ledger) -> None:
    loaded = load_rows(ledger, claimed(ledger, entered(ledger, "a")))
    shared = ledger.register("probation", "unknown", "a" * 64, 1, hour(0))
    held = hold(ledger, entered(ledger, "b"), "rows")
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    assert ledger.expired({CONTACTS.name: soon}) == ()
    ledger.refuse_held(held.extract_id, "why", "jo")
    assert [one.extract_id for one in ledger.expired({CONTACTS.name: soon})] == [held.extract_id]
    ledger.refuse(shared.extract_id, claimed(ledger, shared).fence, "no_feed", {})
    both = {CONTACTS.name: soon, "unknown": soon}
    assert [one.extract_id for one in ledger.expired(both)] == [loaded.extract_id, shared.extract_id, held.extract_id]
    assert ledger.expired(dict.fromkeys(both, hour(0))) == ()
    ledger.mark_expunged([one.extract_id for one in ledger.expired(both)])
    assert ledger.expired(both) == ()


def test_a_file_in_the_intake_is_taken_by_one_watcher(ledger: Ledger) -> None:
    assert ledger.claim_arrival("probation", b"\x01", "one", 60) == 1
    assert ledger.claim_arrival("probation", b"\x01", "two", 60) is None
    assert ledger.claim_arrival("peer", b"\x01", "two", 60) == 1
    ledger.release_arrival("probation", b"\x01", 1)
    assert ledger.claim_arrival("probation", b"\x01", "two", 0) == 2
    assert ledger.claim_arrival("probation", "01", "three", 60) == 3
    with pytest.raises(LeaseLost):
        ledger.finish_arrival("probation", b"\x01", 2)
    for _ in range(2):
        ledger.finish_arrival("probation", b"\x01", 3)
    assert ledger.claim_arrival("probation", b"\x01", "four", 60) is None
    assert ledger.forget_arrivals(dt.datetime.now(dt.UTC)) == 1


def test_a_load_takes_frames_as_they_come_and_leaves_nothing_when_one_fails(ledger: Ledger, engine: Engine) -> None:
    def frames(failing: bool) -> Iterator[pl.DataFrame]:
        for words in ("A1 B2", "", "C3"):
            yield Told.of(f"full 1: {words}").content
        if failing:
            raise InterruptedError

    extract, counts = claimed(ledger, entered(ledger, "a")), Counts(received=3, loaded=3)
    said = (counts, NO_FAULTS, None, DAY, (SINCE, DAY), lambda found: {"new": found.new})
    with pytest.raises(InterruptedError):
        load(engine, extract, CONTACTS, frames(True), *said)
    assert shown(engine) == []
    load(engine, extract, CONTACTS, frames(False), *said)
    assert current(engine) == "A1 B2 C3"
    assert ledger.get(extract.extract_id).receipt == {"new": 3}


def test_a_lease_can_be_lengthened_while_the_load_holds_the_extract(ledger: Ledger, engine: Engine) -> None:
    extract = claimed(ledger, entered(ledger, "a"))
    with engine.begin() as loading:
        loading.execute(text("SELECT FROM ledger.extract WHERE extract_id = 1 FOR UPDATE"))
        ledger.renew(extract.extract_id, extract.fence, 60)
        with pytest.raises(LeaseLost):
            ledger.renew(extract.extract_id, extract.fence - 1, 60)


def test_no_more_than_what_was_entered_until_an_extract_is_claimed(ledger: Ledger) -> None:
    first, second = entered(ledger, "a"), entered(ledger, "b")
    assert ledger.claim("test", 60, until=first.extract_id) is not None
    assert ledger.claim("test", 60, until=first.extract_id) is None
    assert ledger.claim("test", 60) == ledger.get(second.extract_id)
