"""Bounds on measures, judged by Great Expectations over one row of numbers, never over the data.

One context serves a process: making it takes longer than judging. A first expectation asks for the least margin of
all bounds; where it holds, so does each of them. Only where it fails is each bound an expectation of its own.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from great_expectations.core.batch_definition import BatchDefinition

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


def ephemeral_context() -> Any:  # noqa: ANN401
    """A context of Great Expectations that lives in memory only and tells nobody."""
    gx = great_expectations()
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    return gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
            analytics_enabled=False,
            progress_bars=ProgressBarsConfig(globally=False),
        ),
    )


def _expect(row: dict[str, float], ends: dict[str, tuple[float | None, float | None]]) -> dict[str, bool]:
    """Whether the one value of each column lies between its ends, by Great Expectations."""
    import pandas as pd

    gx = great_expectations()
    suite = gx.ExpectationSuite(
        "delivery",
        expectations=[
            gx.expectations.ExpectColumnMaxToBeBetween(column=name, min_value=low, max_value=high)
            for name, (low, high) in ends.items()
        ],
    )
    batch = _one_row().get_batch({"dataframe": pd.DataFrame([row])})
    results = batch.validate(suite, result_format="BOOLEAN_ONLY").results
    return {str(result.expectation_config.kwargs["column"]): bool(result.success) for result in results}


@lru_cache(maxsize=1)
def _one_row() -> "BatchDefinition":
    """A data source of one frame of one row."""
    source = ephemeral_context().data_sources.add_pandas("measures")
    return source.add_dataframe_asset("delivery").add_batch_definition_whole_dataframe("one_row")
