"""Bounds on measures, judged by Great Expectations over one row of numbers, never over the data.

One context serves a process: making it takes longer than judging. A first expectation asks for the least margin of
all bounds; where it holds, so does each of them. Only where it fails is each bound an expectation of its own.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult

Ends = tuple[float | None, float | None]

_MARGIN: Final = "margin"


@dataclass(frozen=True)
class Bound:
    """A measure that lies between two ends, both inclusive; None is no end."""

    measure: float
    low: float | None = None
    high: float | None = None

    @property
    def margin(self) -> float:
        """How far within its ends the measure lies; below zero it lies outside."""
        return min(
            float("inf") if self.low is None else self.measure - self.low,
            float("inf") if self.high is None else self.high - self.measure,
        )


def holding(bounds: Sequence[Bound]) -> list[bool]:
    """Whether each bound holds, in their order."""
    if not bounds:
        return []
    margins = {_MARGIN: min(bound.margin for bound in bounds)}
    if _expect(margins, {_MARGIN: (0.0, None)})[_MARGIN]:
        return [True] * len(bounds)
    measures = {str(place): float(bound.measure) for place, bound in enumerate(bounds)}
    met = _expect(measures, {str(place): (bound.low, bound.high) for place, bound in enumerate(bounds)})
    return [met[str(place)] for place in range(len(bounds))]


def great_expectations() -> ModuleType:
    """Imported late, since it takes seconds; its use of a deprecated module is not ours to warn of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import great_expectations

    return great_expectations  # type: ignore[no-any-return]


def validated(name: str, bounds: Mapping[str, Bound]) -> "ExpectationSuiteValidationResult":
    """What Great Expectations finds of some bounds, each under its label, as it would be documented."""
    measures = {label: float(bound.measure) for label, bound in bounds.items()}
    result = _validate(name, measures, {label: (bound.low, bound.high) for label, bound in bounds.items()}, "BASIC")
    for found in result.results:
        # Its renderer takes the scalars of numpy for no numbers.
        found.result["observed_value"] = float(found.result["observed_value"])
    return result


def _expect(row: Mapping[str, float], ends: Mapping[str, Ends]) -> dict[str, bool]:
    """Whether the one value of each column lies between its ends."""
    results = _validate("delivery", row, ends, "BOOLEAN_ONLY").results
    return {str(result.expectation_config.kwargs["column"]): bool(result.success) for result in results}


def _validate(
    name: str, row: Mapping[str, float], ends: Mapping[str, Ends], result_format: str
) -> "ExpectationSuiteValidationResult":
    import pandas as pd

    gx = great_expectations()
    suite = gx.ExpectationSuite(
        name,
        expectations=[
            gx.expectations.ExpectColumnMaxToBeBetween(column=column, min_value=low, max_value=high)
            for column, (low, high) in ends.items()
        ],
    )
    batch = one_row().get_batch({"dataframe": pd.DataFrame([row])})
    return batch.validate(suite, result_format=result_format)


@lru_cache(maxsize=1)
def one_row() -> "BatchDefinition":
    """A data source of one frame of one row, in a context that lives in memory only and tells nobody."""
    gx = great_expectations()
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
