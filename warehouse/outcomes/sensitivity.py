"""Every outcome counted anew at stricter thresholds of linkage: how much of a rate hangs on uncertain links."""

from collections.abc import Sequence
from typing import Final

import polars as pl
from duckdb import DuckDBPyConnection

from warehouse.outcomes.rates import RATES
from warehouse.studies.supervision_outcomes import STUDY
from warehouse.study.rates import OVERALL
from warehouse.study.run import run_all

_SHOWN: Final = (
    "outcome", "window_months", "n", "observable", "events", "competing", "rate", "low", "high",
    "cumulative_incidence", "ci_low", "ci_high",
)  # fmt: skip
SENSITIVITY: Final = pl.Schema({"threshold": pl.Float64(), **{name: RATES[name] for name in _SHOWN}})


def sensitivity(connection: DuckDBPyConnection, thresholds: Sequence[float]) -> pl.DataFrame:
    """Everybody's rates at each threshold, as `SENSITIVITY`; the first is the one of the participants in the tables.

    Needs the tables of `compute` with ``subject_id`` in ``event`` and ``span``, and ``participant_link`` (subject_id,
    threshold, participant_key). Afterwards the connection holds outcomes of other participants: what is to be kept of
    ``outcome_row`` must have been written.
    """
    return of_rates(run_all(connection, [STUDY], thresholds)["study_rate"])


def of_rates(rate: pl.DataFrame) -> pl.DataFrame:
    """The table ``outcome_sensitivity`` from ``study_rate``: everybody's rates of persons at each threshold."""
    shown = rate.filter(study=STUDY.name, stratum_kind=OVERALL, basis="person", arm="all")
    return shown.select(SENSITIVITY.names()).cast(SENSITIVITY).sort("outcome", "window_months", "threshold")
