"""Deliveries: what is measured, what follows from it, as of when it counts."""

import datetime as dt
import socket
from typing import Any

import polars as pl
import pytest

from schemas.contract import (
    Accepted,
    Column,
    Date,
    Delta,
    EachRow,
    FileDate,
    Filled,
    Fixed,
    Full,
    Identify,
    LatestOf,
    Rows,
    Text,
    UpTo,
)
from schemas.coverage import as_of, covered
from schemas.delivery import Outcome, judge_delivery
from schemas.errors import DeliveryRefused
from schemas.measures import Measures, measure
from schemas.rows import judge_rows
from schemas.terms import Kind
from tests.schemas.small import feed, kept, table

SINCE = dt.date(2020, 1, 1)
NOTE, SEEN = kept("note", Text(9), null=True), kept("seen", Date(), null=True)
LINES = [("1", "a", "2024-01-02"), ("2", None, "2024-03-04"), ("2", None, "2024-03-04"), ("3", "c", "never")]


def measured(**terms: Any) -> Measures:
    return measure(feed(NOTE, SEEN, **terms), judge_rows(feed(NOTE, SEEN), table(("number", "note", "seen"), *LINES)))


def test_a_delivery_is_measured_in_counts_shares_and_latest_dates() -> None:
    found = measured()
    assert (found.received, found.accepted, found.rejected, found.duplicates) == (4, 2, 1, 1)
    assert found.accepted_share == 0.75
    assert found.filled == {"number": 1.0, "note": 0.5, "seen": 1.0, "day": 0.0}
    assert found.latest == {"seen": dt.date(2024, 3, 4), "day": None}
    assert found.to_json()["latest"] == {"seen": "2024-03-04", "day": None}


def test_the_latest_birth_date_is_not_a_measure() -> None:
    born = Column("born", Date(), "Birth date", Identify("birth_date"))
    people = feed(born, subject=EachRow())
    found = measure(people, judge_rows(people, table(("number", "born"), ("1", "1990-01-02"))))
    assert "born" not in found.latest


def test_an_empty_delivery_has_full_shares() -> None:
    nothing = measure(feed(NOTE), judge_rows(feed(NOTE), table(("number", "note"))))
    assert (nothing.received, nothing.accepted_share, nothing.filled["note"]) == (0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("expects", "outcome"),
    [
        ((), "pass"),
        ((Rows(4, 4),), "pass"),
        ((Rows(5, 9),), "hold"),
        ((Rows(0, 3),), "hold"),
        ((Accepted(0.75),), "pass"),
        ((Accepted(0.76),), "hold"),
        ((Filled("note", 0.5),), "pass"),
        ((Filled("note", 0.51),), "warn"),
        ((Filled("note", 0.9), Filled("seen", 1.0)), "warn"),
        ((Filled("note", 0.9), Rows(5, 9)), "hold"),
    ],
)
def test_the_gravest_finding_decides(expects: tuple[Any, ...], outcome: Outcome) -> None:
    verdict = judge_delivery(feed(NOTE, SEEN, expects=expects), measured(expects=expects))
    assert verdict.outcome == outcome
    assert len(verdict.findings) == len(expects)


def test_each_finding_says_what_was_expected_and_what_was_measured() -> None:
    expects = (Filled("note", 0.9), Rows(1, 9))
    first, second = judge_delivery(feed(NOTE, SEEN, expects=expects), measured(expects=expects)).findings
    assert (first.expectation, first.measure, first.outcome) == (
        "'note' filled in at least 90% of the rows",
        0.5,
        "warn",
    )
    assert (second.expectation, second.measure, second.outcome) == ("between 1 and 9 rows", 4, "pass")


def test_great_expectations_tells_nobody_and_prints_nothing(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    judge_delivery(feed(NOTE, SEEN, expects=(Rows(5, 9),)), measured())
    assert capfd.readouterr() == ("", "")


def dated(date: Any, **terms: Any) -> Any:
    return feed(NOTE, SEEN, coverage=UpTo(date, since=SINCE), **terms)


def test_the_as_of_date_comes_from_where_the_contract_says() -> None:
    accepted = judge_rows(feed(NOTE, SEEN), table(("number", "note", "seen"), *LINES)).accepted
    named, written = dt.date(2024, 5, 6), "records_{date:%Y%m%d}.csv"
    assert as_of(dated(FileDate(), files=written), named, accepted) == named
    assert as_of(dated(LatestOf("seen")), named, accepted) == dt.date(2024, 3, 4)
    assert as_of(dated(Fixed(dt.date(2022, 1, 1))), named, accepted) == dt.date(2022, 1, 1)
    assert covered(dated(LatestOf("seen")), named) == (SINCE, named)


@pytest.mark.parametrize(
    ("every", "until", "since"),
    [
        ("day", "2024-03-01", "2024-02-29"),
        ("week", "2024-03-04", "2024-02-26"),
        ("month", "2024-03-31", "2024-02-29"),
        ("month", "2024-02-29", "2024-01-29"),
        ("quarter", "2024-06-30", "2024-03-30"),
        ("half_year", "2024-12-31", "2024-06-30"),
        ("month", "2020-01-15", "2020-01-01"),
        ("once", "2024-06-30", "2020-01-01"),
    ],
)
def test_a_delta_covers_one_period_so_that_a_missing_one_leaves_a_gap(every: Any, until: str, since: str) -> None:
    delta = feed(NOTE, SEEN, coverage=UpTo(LatestOf("seen"), since=dt.date(2020, 1, 1)), delivery=Delta(every))
    assert covered(delta, dt.date.fromisoformat(until)) == (dt.date.fromisoformat(since), dt.date.fromisoformat(until))


@pytest.mark.parametrize(
    ("rule", "named", "stated", "found"),
    [
        (FileDate(), "2024-05-06", "2024-05-06", "2024-05-06"),
        (FileDate(), "2024-05-06", "2024-05-07", "as_of_conflict"),
        (FileDate(), None, "2024-05-07", "2024-05-07"),
        (LatestOf("seen"), None, "2024-05-07", "2024-05-07"),
        (Fixed(dt.date(2022, 1, 1)), None, "2024-05-07", "2024-05-07"),
        (FileDate(), None, "2019-12-31", "no_as_of_date"),
    ],
)
def test_the_manifest_states_the_as_of_date_before_the_contract_does(
    rule: Any, named: str | None, stated: str, found: str
) -> None:
    accepted = judge_rows(feed(NOTE, SEEN), table(("number", "note", "seen"), *LINES)).batches
    of = dated(rule, files="records_{date:%Y%m%d}.csv" if rule == FileDate() else "records.csv")
    try:
        date = as_of(of, dt.date.fromisoformat(named) if named else None, accepted, dt.date.fromisoformat(stated))
        assert date == dt.date.fromisoformat(found)
    except DeliveryRefused as refused:
        assert refused.code == found


def test_the_latest_date_is_that_of_all_batches() -> None:
    frames = [pl.DataFrame({"seen": days}, schema={"seen": pl.Date}) for days in ([SINCE], [], [None])]
    assert as_of(dated(LatestOf("seen")), None, frames) == SINCE


@pytest.mark.parametrize(
    ("delivery", "kind", "since"),
    [
        (Full("week"), None, "2020-01-01"),
        (Full("week"), "full", "2020-01-01"),
        (Full("week"), "delta", "2024-03-04"),
        (Delta("week"), None, "2024-02-26"),
        (Delta("week"), "delta", "2024-02-26"),
        (Delta("week"), "full", "2020-01-01"),
    ],
)
def test_a_correction_makes_nothing_complete(delivery: Any, kind: Kind | None, since: str) -> None:
    until = dt.date(2024, 3, 4)
    of = dated(LatestOf("seen"), delivery=delivery)
    assert covered(of, until, kind) == (dt.date.fromisoformat(since), until)


@pytest.mark.parametrize("named", [None, dt.date(2019, 12, 31)])
def test_a_delivery_without_a_usable_date_is_refused(named: dt.date | None) -> None:
    accepted = judge_rows(feed(NOTE, SEEN), table(("number", "note", "seen"))).accepted
    for undated in (dated(FileDate(), files="records_{date:%Y%m%d}.csv"), dated(LatestOf("seen"))):
        with pytest.raises(DeliveryRefused) as raised:
            as_of(undated, named, accepted)
        assert raised.value.code == "no_as_of_date"
