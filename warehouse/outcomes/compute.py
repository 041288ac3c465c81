"""All outcome tables in one go."""

from dataclasses import dataclass
from typing import Final

import polars as pl
from duckdb import DuckDBPyConnection

from warehouse.outcomes.cohort import build_cohort
from warehouse.outcomes.first import build_first
from warehouse.outcomes.observation import build_observation
from warehouse.outcomes.rates import curves, rates
from warehouse.outcomes.values import build_values, counts, survival

_FLOW: Final = """
WITH supervised AS (
    SELECT participant_key, coalesce(status, 'waiting') AS status FROM span WHERE kind = 'supervision'
)
SELECT 1 AS step, 'supervision spans' AS what, count(*) AS n FROM supervised
UNION ALL SELECT 2, 'spans of an ambiguous subject, never counted', count(*) FROM supervised
    WHERE participant_key IS NULL AND status = 'ambiguous_subject'
UNION ALL SELECT 3, 'spans that wait for a person, not counted yet', count(*) FROM supervised
    WHERE participant_key IS NULL AND status <> 'ambiguous_subject'
UNION ALL SELECT 4, 'participants with a supervision', count(DISTINCT participant_key) FROM supervised
UNION ALL SELECT 5, 'participants whose first covered supervision start is the index', count(*) FROM cohort
ORDER BY step
"""

_OBSERVABLE: Final = """
SELECT outcome, window_months, count(*) FILTER (value <> 'not_observable') AS n
FROM judged GROUP BY outcome, window_months ORDER BY outcome, window_months
"""


@dataclass(frozen=True)
class OutcomeTables:
    """``rate`` and ``curve``: see `rates`; ``flow``: n at each step. The rows of persons stay in ``outcome_row``."""

    rate: pl.DataFrame
    curve: pl.DataFrame
    flow: pl.DataFrame


def compute(connection: DuckDBPyConnection) -> OutcomeTables:
    """Compute every outcome from ``event``, ``span``, ``participant`` and ``coverage`` in the connection.

    Needs of the tables: ``event`` (participant_key, kind, event_date, code, record_id, agency, extract_id,
    row_number, detail as JSON text), ``span`` (participant_key, status, kind, start_date, end_date, code,
    record_id, agency, feed), ``participant`` (participant_key, birth_year), ``coverage`` (agency, feed, kind,
    covered_from, covered_until exclusive, lag_days). Only current rows belong in them.
    """
    build_cohort(connection)
    build_observation(connection)
    build_first(connection)
    build_values(connection)
    times = survival(connection)
    return OutcomeTables(rates(counts(connection), times), curves(times), _flow(connection))


def _flow(connection: DuckDBPyConnection) -> pl.DataFrame:
    """How many there are at each step from the spans to the denominators."""
    steps = connection.execute(_FLOW).pl()
    observable = connection.execute(_OBSERVABLE).pl().select(
        pl.int_range(steps.height + 1, steps.height + 1 + pl.len()).cast(pl.Int32).alias("step"),
        pl.format("observable for {} within {} months", "outcome", "window_months").alias("what"),
        "n",
    )  # fmt: skip
    return pl.concat([steps, observable])
