"""Every outcome counted anew at stricter thresholds of linkage: how much of a rate hangs on uncertain links.

A stricter threshold takes some participants apart and leaves all others as they are. Outcomes are those of each
person alone, so only those taken apart are computed again; the others are counted as they stand.
"""

from collections.abc import Sequence
from typing import Final

import polars as pl
from duckdb import DuckDBPyConnection

from warehouse.outcomes.cohort import build_cohort
from warehouse.outcomes.first import build_first
from warehouse.outcomes.observation import build_observation
from warehouse.outcomes.rates import RATES, rates
from warehouse.outcomes.values import build_values, counts, survival

OVERALL: Final = "overall"
_SHOWN: Final = (
    "outcome", "window_months", "n", "observable", "events", "competing", "rate", "low", "high",
    "cumulative_incidence", "ci_low", "ci_high",
)  # fmt: skip
SENSITIVITY: Final = pl.Schema({"threshold": pl.Float64(), **{name: RATES[name] for name in _SHOWN}})
_HOME: Final = "at_threshold"

_APART: Final = """
CREATE OR REPLACE TEMP TABLE apart AS
SELECT strict.threshold, strict.subject_id, strict.participant_key, main.participant_key AS main_key
FROM participant_link AS strict
JOIN (FROM participant_link WHERE threshold = $main) AS main USING (subject_id)
WHERE strict.threshold <> $main AND main.participant_key IN (
    SELECT m.participant_key FROM participant_link AS s JOIN participant_link AS m USING (subject_id)
    WHERE s.threshold = strict.threshold AND m.threshold = $main AND s.participant_key <> m.participant_key)
"""
_WHOLE: Final = "participant_key NOT IN (SELECT main_key FROM apart WHERE threshold = {threshold})"
_MOMENT: Final = """
CREATE OR REPLACE TEMP TABLE {table}_apart AS
SELECT moment.* REPLACE (apart.participant_key AS participant_key)
FROM {table} AS moment JOIN apart USING (subject_id) WHERE apart.threshold = {threshold}
"""
_PARTICIPANT: Final = """
CREATE OR REPLACE TEMP TABLE participant_apart AS
SELECT apart.participant_key, any_value(known.birth_year) AS birth_year
FROM apart JOIN participant AS known ON known.participant_key = apart.main_key
WHERE apart.threshold = {threshold} GROUP BY apart.participant_key
"""


def sensitivity(connection: DuckDBPyConnection, thresholds: Sequence[float]) -> pl.DataFrame:
    """Everybody's rates at each threshold, as `SENSITIVITY`; the first is the one that outcomes were computed at.

    Needs what `compute` left behind, its tables with ``subject_id`` in ``event`` and ``span``, and
    ``participant_link`` (subject_id, threshold, participant_key). Afterwards the connection holds outcomes of other
    participants: what is to be kept of ``outcome_row`` must have been written.
    """
    main, *stricter = thresholds
    connection.execute(_APART, {"main": main})
    found = {main: (counts(connection), survival(connection))}
    whole = {
        threshold: (counts(connection, _WHOLE.format(threshold=threshold)),
                    survival(connection, _WHOLE.format(threshold=threshold)))
        for threshold in stricter
    }  # fmt: skip
    for threshold in stricter:
        again = _again(connection, threshold)
        found[threshold] = (pl.concat([whole[threshold][0], again[0]]), pl.concat([whole[threshold][1], again[1]]))
    parts = [
        rates(*tables, kinds=(OVERALL,)).select(pl.lit(threshold).alias("threshold"), *_SHOWN)
        for threshold, tables in found.items()
    ]
    return pl.concat(parts).cast(SENSITIVITY).sort("outcome", "window_months", "threshold")


def _again(connection: DuckDBPyConnection, threshold: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Counts and times of those taken apart: the same computation, on their moments only."""
    for table in ("event", "span"):
        connection.execute(_MOMENT.format(table=table, threshold=threshold))
    connection.execute(_PARTICIPANT.format(threshold=threshold))
    before = connection.execute("SELECT current_setting('search_path')").fetchall()[0][0]
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {_HOME}")
    for table in ("event", "span", "participant"):
        connection.execute(f"CREATE OR REPLACE VIEW {_HOME}.{table} AS FROM temp.{table}_apart")
    try:
        connection.execute(f"SET search_path = '{_HOME},main'")
        build_cohort(connection)
        build_observation(connection)
        build_first(connection)
        build_values(connection)
        return counts(connection), survival(connection)
    finally:
        connection.execute(f"SET search_path = '{before}'")
        connection.execute(f"DROP SCHEMA {_HOME} CASCADE")
