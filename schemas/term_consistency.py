"""What makes the terms of a feed's deliveries contradict themselves; each problem names a column of the feed."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from schemas.columns import Code, Decimal, Integer, Text
from schemas.terms import (
    Accepted,
    Deleted,
    Drift,
    Expectation,
    Filled,
    Fixed,
    Fresh,
    Full,
    Known,
    ManifestRule,
    Refers,
    Rows,
    Unique,
)  # fmt: skip

if TYPE_CHECKING:
    from schemas.contract import Feed

Problem = tuple[str, str]

_USUAL: Final = Drift()
_ONCE: Final = (Rows, Accepted, Drift, Fresh, Unique)


def term_problems(feed: "Feed") -> Iterator[Problem]:
    """Yield (column, message) for each contradiction."""
    counted = Counter(type(expectation) for expectation in feed.expects)
    if any(counted[kind] > 1 for kind in _ONCE):
        yield "expects", "states an expectation of one kind twice"
    for expectation in feed.expects:
        yield from _expectation_problems(feed, expectation)
    coverage = feed.coverage
    if coverage.lag_days < 0:
        yield "coverage", "has a negative lag"
    if isinstance(coverage.date, Fixed) and coverage.date.date < coverage.since:
        yield "coverage", "ends before it starts"
    if feed.files.count("{sequence}") > 1 or feed.files.count("{date:") > 1:
        yield "files", "says the date or the sequence of a delivery more than once"
    if feed.deleted is not None:
        yield from _deletion_problems(feed, feed.deleted)
    if feed.sequence is not None:
        if feed.sequence.first < 0:
            yield "sequence", "begins below zero"
        if "{sequence}" not in feed.files and not (feed.manifest and feed.manifest.demanded):
            yield "sequence", "needs {sequence} in the file's name or a manifest that is demanded"
    if feed.manifest is not None:
        yield from _manifest_problems(feed, feed.manifest)


def _expectation_problems(feed: "Feed", expectation: Expectation) -> Iterator[Problem]:
    match expectation:
        case Rows(low=low, high=high) if not 0 <= low <= high:
            yield "expects", "states a range of rows that no delivery can meet"
        case (
            Accepted(share=share) | Filled(share=share) | Known(share=share) | Unique(share=share) | Refers(share=share)
        ) if not 0 <= share <= 1:
            yield "expects", "states a share outside 0 to 1"
        case Known(column=column) if not isinstance(feed.column(column).type, Code):
            yield column, "is expected to have known codes but lists none"
        case Refers(namespace=namespace) if namespace not in feed.namespaces:
            yield "expects", f"refers by {namespace}, which no column has as a key"
        case Fresh(days=days) if days < 0:
            yield "expects", "expects a delivery before the day that it speaks of"
        case Drift():
            yield from _drift_problems(feed, expectation)


def _drift_problems(feed: "Feed", drift: Drift) -> Iterator[Problem]:
    if not (0 <= drift.low <= 1 <= drift.high and 0 <= drift.filled <= 1):
        yield "expects", "states a drift that a delivery like the last ones would not meet"
    only_warns = drift.otherwise == "warn" and isinstance(feed.delivery, Full)
    wider = drift.low < _USUAL.low or drift.high > _USUAL.high or drift.filled > _USUAL.filled
    if (wider or only_warns) and not drift.reason.strip():
        yield "expects", "is laxer about drift than what every feed expects, without a reason"


def _deletion_problems(feed: "Feed", deleted: Deleted) -> Iterator[Problem]:
    type = feed.column(deleted.column).type
    if isinstance(type, Code):
        if not deleted.codes:
            yield deleted.column, "says which records are deleted but not by which codes"
        elif not set(deleted.codes) <= set(type.codes.values()):
            yield deleted.column, "says that records are deleted by a code that it does not list"
    elif deleted.codes and not isinstance(type, Text):
        yield deleted.column, "says that records are deleted by a code but is neither code nor text"
    if deleted.column in feed.key:
        yield deleted.column, "says that a record is deleted and is part of the record's key"


def _manifest_problems(feed: "Feed", manifest: ManifestRule) -> Iterator[Problem]:
    for name in manifest.totals:
        if not isinstance(feed.column(name).type, Integer | Decimal):
            yield name, "has a control total but is not a number"
