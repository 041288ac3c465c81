"""Judging a delivery as a whole: Great Expectations over one row of measures, never over the data."""

import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Final, Literal

from schemas.contract import Feed
from schemas.measures import Measures
from schemas.terms import Accepted, Expectation, Filled, Rows

if TYPE_CHECKING:
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult

Outcome = Literal["pass", "warn", "hold"]

_GRAVITY: Final[dict[Outcome, int]] = {"pass": 0, "warn": 1, "hold": 2}


@dataclass(frozen=True)
class Finding:
    """One expectation of the contract in words, what was measured, and what follows from it."""

    expectation: str
    measure: float
    outcome: Outcome


@dataclass(frozen=True)
class Verdict:
    """The gravest outcome among the findings: ``hold`` keeps the delivery from being loaded."""

    outcome: Outcome
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, object]:
        """The same as values of JSON."""
        return asdict(self)


@dataclass(frozen=True)
class _Bound:
    """An expectation as a measure between two bounds, and the outcome where it lies outside."""

    words: str
    measure: float
    low: float | None
    high: float | None
    otherwise: Outcome


def judge_delivery(feed: Feed, measures: Measures) -> Verdict:
    """Hold, warn of or pass a delivery, by what its contract expects."""
    bounds = tuple(_bound(expectation, measures) for expectation in feed.expects)
    findings = tuple(
        Finding(bound.words, bound.measure, "pass" if met else bound.otherwise)
        for bound, met in zip(bounds, _meet(bounds), strict=True)
    )
    outcomes: list[Outcome] = ["pass", *(finding.outcome for finding in findings)]
    return Verdict(max(outcomes, key=_GRAVITY.__getitem__), findings)


def warm() -> None:
    """Import Great Expectations ahead of the first delivery, say in a thread: it takes 5 to 7 seconds."""
    _great_expectations()


def _bound(expectation: Expectation, measures: Measures) -> _Bound:
    match expectation:
        case Rows(low, high):
            return _Bound(f"between {low} and {high} rows", measures.received, low, high, "hold")
        case Accepted(share):
            words = f"at least {share:.0%} of the rows accepted"
            return _Bound(words, measures.accepted_share, share, None, "hold")
        case Filled(column, share):
            words = f"{column!r} filled in at least {share:.0%} of the rows"
            return _Bound(words, measures.filled[column], share, None, "warn")


def _meet(bounds: tuple[_Bound, ...]) -> Iterator[bool]:
    """Whether each bound holds, in their order, by Great Expectations."""
    if not bounds:
        return
    import pandas as pd

    gx = _great_expectations()
    suite = gx.ExpectationSuite(
        "delivery",
        expectations=[
            gx.expectations.ExpectColumnValuesToBeBetween(
                column=str(place), min_value=bound.low, max_value=bound.high, meta={"place": place}
            )
            for place, bound in enumerate(bounds)
        ],
    )
    row = pd.DataFrame({str(place): [float(bound.measure)] for place, bound in enumerate(bounds)})
    batch = _measures_batch().get_batch({"dataframe": row})
    results = batch.validate(suite, result_format="BOOLEAN_ONLY").results
    met: dict[int, bool] = {_place(result): bool(result.success) for result in results}
    yield from (met[place] for place in range(len(bounds)))


def _measures_batch() -> "BatchDefinition":
    """A one-frame data source in a context that lives in memory only and tells nobody."""
    gx = _great_expectations()
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    context = gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
            analytics_enabled=False,
            progress_bars=ProgressBarsConfig(globally=False),
        ),
    )
    source = context.data_sources.add_pandas("measures")
    return source.add_dataframe_asset("delivery").add_batch_definition_whole_dataframe("one_row")


def _great_expectations() -> ModuleType:
    """Imported late, since it takes seconds; its use of a deprecated module is not ours to warn of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import great_expectations

    return great_expectations  # type: ignore[no-any-return]


def _place(result: "ExpectationValidationResult") -> int:
    return int(result.expectation_config.meta["place"])
