"""Judging a delivery as a whole: what its contract expects of its measures, alone and beside those before it."""

import datetime as dt
import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Final, Literal, Self

from schemas.contract import Feed
from schemas.expecting import Bound, holding, one_row
from schemas.measures import Measures
from schemas.terms import Accepted, Drift, Expectation, Filled, Fresh, Kind, Known, Refers, Rows, Unique

Outcome = Literal["pass", "warn", "hold"]

_GRAVITY: Final[dict[Outcome, int]] = {"pass": 0, "warn": 1, "hold": 2}

ENOUGH_ROWS: Final = 20
"""Below, half as many rows is chance: the number of rows says nothing beside the deliveries before."""

ENOUGH_FOR_SHARES: Final = 100
"""Below, a share of the rows wavers by 10 points and more from one delivery to the next (two standard errors)."""

AHEAD_DAYS: Final = -1
"""A delivery of tomorrow is one of another time zone; one of later days is a mistake."""


@dataclass(frozen=True)
class Finding:
    """One expectation of the contract in words, what was measured, and what follows from it.

    ``code`` is the kind of expectation; the measure should lie between ``low`` and ``high`` (None: no end).
    ``against_history``: the finding depends on more than the delivery (those
    before it, the day on which it arrived, what other feeds hold), so the same bytes may come to another one.
    """

    expectation: str
    measure: float
    outcome: Outcome
    code: str = ""
    low: float | None = None
    high: float | None = None
    against_history: bool = False


@dataclass(frozen=True)
class Verdict:
    """The gravest outcome among the findings: ``hold`` keeps the delivery from being loaded."""

    outcome: Outcome
    findings: tuple[Finding, ...]

    @property
    def held_for(self) -> tuple[str, ...]:
        """The codes of the expectations for which the delivery is held."""
        return tuple(finding.code for finding in self.findings if finding.outcome == "hold")

    def to_json(self) -> dict[str, object]:
        """The same as values of JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> Self:
        """What `to_json` wrote, by this or an earlier version."""
        return cls(written["outcome"], tuple(Finding(**finding) for finding in written["findings"]))


@dataclass(frozen=True)
class _Term:
    """An expectation as a bound on a measure, and the outcome where the measure lies outside."""

    code: str
    words: str
    bound: Bound
    otherwise: Outcome
    against_history: bool = False


def judge_delivery(
    feed: Feed,
    measures: Measures,
    history: Sequence[Measures] = (),
    today: dt.date | None = None,
    references: Mapping[str, float] | None = None,
    *,
    as_of: dt.date | None = None,
    delivery: Kind | None = None,
) -> Verdict:
    """Hold, warn of or pass a delivery, by what its contract expects.

    ``history``: measures of the last loaded deliveries of the feed, of the same kind. ``today``: the day on which
    the delivery arrived. ``references``: key namespace → share of the keys that are known from other feeds.
    ``delivery``: what the delivery is; where that is not what the contract says, as with a correction of some rows,
    it is not compared with those before it. What is not given is not judged.
    """
    terms = [term for expectation in feed.expects for term in _alone(expectation, measures)]
    usual = delivery in (None, feed.kind)
    for expectation in feed.expectations:
        match expectation:
            case Drift() if history and usual:
                terms += _drift(feed, expectation, measures, history)
            case Refers(namespace, share) if references and namespace in references:
                words = f"at least {share:.0%} of the references by {namespace} known"
                terms.append(_Term("refers", words, Bound(references[namespace], share), "warn", True))
    if today is not None and as_of is not None:
        terms += _age(feed, (today - as_of).days)
    return _verdict(terms)


def warm() -> None:
    """Import what judges rows and deliveries ahead of the first one, say in a thread: it takes 5 to 9 seconds."""
    one_row()
    importlib.import_module("pandera.polars")


def _verdict(terms: Sequence[_Term]) -> Verdict:
    met = holding([term.bound for term in terms])
    findings = tuple(_finding(term, held) for term, held in zip(terms, met, strict=True))
    outcomes: list[Outcome] = ["pass", *(finding.outcome for finding in findings)]
    return Verdict(max(outcomes, key=_GRAVITY.__getitem__), findings)


def _finding(term: _Term, met: bool) -> Finding:
    outcome: Outcome = "pass" if met else term.otherwise
    bound = term.bound
    return Finding(term.words, bound.measure, outcome, term.code, bound.low, bound.high, term.against_history)


def _alone(expectation: Expectation, measures: Measures) -> Iterator[_Term]:
    """What is expected of the delivery by itself."""
    match expectation:
        case Rows(low, high):
            yield _Term("rows", f"between {low} and {high} rows", Bound(measures.received, low, high), "hold")
        case Accepted(share):
            words = f"at least {share:.0%} of the rows accepted"
            yield _Term("accepted", words, Bound(measures.accepted_share, share), "hold")
        case Filled(column, share):
            words = f"{column!r} filled in at least {share:.0%} of the rows"
            yield _Term("filled", words, Bound(measures.filled[column], share), "warn")
        case Known(column, share, otherwise):
            words = f"{column!r} has a listed code in at least {share:.0%} of the rows"
            yield _Term("known", words, Bound(measures.share_without("unknown_code", column), share), otherwise)
        case Unique(share):
            words = f"at least {share:.0%} of the rows contradict no other row of their key"
            yield _Term("unique", words, Bound(measures.share_without("duplicate_key"), share), "hold")


def _drift(feed: Feed, drift: Drift, measures: Measures, history: Sequence[Measures]) -> Iterator[_Term]:
    """How the delivery differs from the median of those before it."""
    rows = median(before.received for before in history)
    if rows >= ENOUGH_ROWS:
        ratio, than = measures.received / rows, "as many rows as the last deliveries had"
        fewer: Outcome = drift.otherwise or ("hold" if feed.kind == "full" else "warn")
        yield _Term("drift", f"at least {drift.low:g} times {than}", Bound(ratio, drift.low), fewer, True)
        yield _Term("drift", f"at most {drift.high:g} times {than}", Bound(ratio, None, drift.high), "warn", True)
    accepted = min(measures.accepted, median(before.accepted for before in history))
    drops = {column: _drop(column, share, history) for column, share in measures.filled.items()}
    if accepted >= ENOUGH_FOR_SHARES and drops:
        column = max(drops, key=drops.__getitem__)
        words = f"no column filled over {drift.filled:.0%} of the rows less than before; the furthest is {column!r}"
        yield _Term("filled_drift", words, Bound(drops[column], None, drift.filled), "warn", True)


def _drop(column: str, share: float, history: Sequence[Measures]) -> float:
    """By how much less a column is filled than in the deliveries before; rounded, since shares are quotients."""
    return round(median(before.filled.get(column, share) for before in history) - share, 9)


def _age(feed: Feed, days: int) -> Iterator[_Term]:
    """How old the delivery is on the day on which it arrives."""
    yield _Term("future", "dated no later than the day on which it arrived", Bound(days, AHEAD_DAYS), "hold", True)
    for expectation in feed.expects:
        if isinstance(expectation, Fresh):
            words = f"dated at most {expectation.days} days before it arrived"
            yield _Term("fresh", words, Bound(days, None, expectation.days), "warn", True)
