"""Drawn: a delivery beside the ones before it, on the day it arrives, and what follows."""

import datetime as dt
import json
from dataclasses import replace
from typing import Any

import pytest

from schemas.contract import Code, Delta, Drift, Fresh, Known, Refers, Unique
from schemas.delivery import Outcome, Verdict, judge_delivery
from schemas.measures import Measures
from schemas.terms import Kind
from tests.schemas.small import feed, kept

KIND = kept("kind", Code({"a": "A"}), null=True)
TODAY = dt.date(2025, 6, 30)


def of(rows: int, filled: float = 1.0, **faults: int) -> Measures:
    return Measures(rows, rows, 0, 0, 1.0, {"number": 1.0, "kind": filled}, {"day": None}, {"kind": faults})


DELTA, LAX = {"delivery": Delta("week")}, {"expects": (Drift(low=0.1, reason="the office closes in August"),)}

ROWS: list[tuple[int, list[int], dict[str, Any], Outcome]] = [
    (100, [], {}, "pass"),
    (100, [100], {}, "pass"),
    (50, [100], {}, "pass"),
    (49, [100], {}, "hold"),
    (49, [100], DELTA, "warn"),
    (200, [100], {}, "pass"),
    (201, [100], {}, "warn"),
    (0, [100], {}, "hold"),
    (0, [19], {}, "pass"),
    (9, [20], {}, "hold"),
    (60, [10, 100, 1000], {}, "pass"),
    (40, [10, 100, 1000], {}, "hold"),
    (10, [100], LAX, "pass"),
    (9, [100], LAX, "hold"),
]


@pytest.mark.parametrize(("rows", "before", "terms", "outcome"), ROWS)
def test_rows_beside_the_median_of_the_last_deliveries(
    rows: int, before: list[int], terms: dict[str, Any], outcome: Outcome
) -> None:
    verdict = judge_delivery(feed(KIND, **terms), of(rows), [of(rows) for rows in before])
    assert verdict.outcome == outcome
    assert all(finding.against_history for finding in verdict.findings)


@pytest.mark.parametrize(("rows", "filled", "before", "outcome"), [
    (100, 0.90, 1.0, "pass"),
    (100, 0.89, 1.0, "warn"),
    (100, 1.0, 0.5, "pass"),
    (99, 0.1, 1.0, "pass"),
])  # fmt: skip
def test_a_column_that_went_empty_warns(rows: int, filled: float, before: float, outcome: Outcome) -> None:
    verdict = judge_delivery(feed(KIND), of(rows, filled), [of(rows, before)])
    assert verdict.outcome == outcome
    if outcome == "warn":
        assert "'kind'" in verdict.findings[-1].expectation
        assert verdict.findings[-1].code == "filled_drift"


@pytest.mark.parametrize(("kind", "outcome"), [(None, "hold"), ("full", "hold"), ("delta", "pass")])
def test_a_correction_of_some_rows_is_not_compared_with_full_deliveries(kind: Kind | None, outcome: Outcome) -> None:
    assert judge_delivery(feed(KIND), of(3), [of(100)], delivery=kind).outcome == outcome


@pytest.mark.parametrize(("as_of", "outcome", "code"), [
    ("2025-06-30", "pass", None),
    ("2025-07-01", "pass", None),
    ("2025-07-02", "hold", "future"),
    ("2025-06-20", "pass", None),
    ("2025-06-19", "warn", "fresh"),
])  # fmt: skip
def test_a_delivery_speaks_of_days_not_long_past_and_not_to_come(
    as_of: str, outcome: Outcome, code: str | None
) -> None:
    fresh = feed(KIND, expects=(Fresh(10),))
    verdict = judge_delivery(fresh, of(3), today=TODAY, as_of=dt.date.fromisoformat(as_of))
    assert verdict.outcome == outcome
    assert [finding.code for finding in verdict.findings if finding.outcome != "pass"] == ([code] if code else [])
    assert verdict.held_for == (("future",) if outcome == "hold" else ())
    assert judge_delivery(fresh, of(3)).findings == ()


@pytest.mark.parametrize(("expects", "faults", "outcome"), [
    (Known("kind", 0.9), {"unknown_code": 10}, "pass"),
    (Known("kind", 0.9), {"unknown_code": 11}, "warn"),
    (Known("kind", 0.9, otherwise="hold"), {"unknown_code": 11}, "hold"),
    (Known("kind", 0.9), {"missing": 50}, "pass"),
    (Unique(0.95), {"duplicate_key": 5}, "pass"),
    (Unique(0.95), {"duplicate_key": 6}, "hold"),
])  # fmt: skip
def test_shares_of_rows_that_break_one_rule(expects: Any, faults: dict[str, int], outcome: Outcome) -> None:
    verdict = judge_delivery(feed(KIND, expects=(expects,)), of(100, **faults))
    assert verdict.outcome == outcome
    assert not verdict.findings[0].against_history


@pytest.mark.parametrize(("references", "outcome", "findings"), [
    ({}, "pass", 0),
    ({"town.other": 0.1}, "pass", 0),
    ({"town.record": 0.9}, "pass", 1),
    ({"town.record": 0.8}, "warn", 1),
])  # fmt: skip
def test_references_warn_where_they_were_measured(
    references: dict[str, float], outcome: Outcome, findings: int
) -> None:
    refers = feed(KIND, expects=(Refers("town.record", 0.9),))
    verdict = judge_delivery(refers, of(3), references=references)
    assert (verdict.outcome, len(verdict.findings)) == (outcome, findings)


def test_a_verdict_comes_back_from_json() -> None:
    verdict = judge_delivery(feed(KIND, expects=(Known("kind", 0.9),)), of(3), [of(100)])
    assert Verdict.from_json(json.loads(json.dumps(verdict.to_json()))) == verdict
    older = {"outcome": "warn", "findings": [{"expectation": "1 row", "measure": 2, "outcome": "warn"}]}
    assert Verdict.from_json(older).findings[0].code == ""


def test_measures_come_back_from_json() -> None:
    found = replace(of(3, unknown_code=1), latest={"day": TODAY, "seen": None})
    assert Measures.from_json(json.loads(json.dumps(found.to_json()))) == found
    older = {name: value for name, value in found.to_json().items() if name != "faults"}
    assert Measures.from_json(older) == replace(found, faults={})
