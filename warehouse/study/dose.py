"""How much of the programme the people of a study had: the table ``study_dose``.

Of everybody whose exposure is an enrolment, the first such enrolment between index and horizon is looked at, as
`warehouse.measures.dose` tells it. It describes what "exposed" was; no effect is estimated by it, since who stays
longer differs from who leaves.
"""

from collections.abc import Iterable
from typing import Any, Final

import polars as pl
from duckdb import DuckDBPyConnection

from warehouse.estimate.proportions import Z, wilson
from warehouse.study.contract import Study
from warehouse.study.designs import TimeVarying, moment_of
from warehouse.study.tables import DOSE

ENROLMENT: Final = "enrolment"
VIEW: Final = "enrolment_dose"
RETAINED: Final = (30, 90, 180)
PEOPLE: Final = "share of people"
"""The unit of what is a number of people among others: what may be shown of it follows from both numbers."""

_FIRST: Final = """
CREATE OR REPLACE TEMP TABLE study_enrolment AS
SELECT person.arm, each.*
FROM (SELECT DISTINCT participant_key, index_date, arm FROM study_outcome WHERE study = $study) AS person
JOIN enrolment_dose AS each USING (participant_key)
WHERE each.start_date >= person.index_date
  AND each.start_date < person.index_date + to_months($horizon) AND ($codes IS NULL OR each.programme_kind IN $codes)
QUALIFY row_number() OVER (PARTITION BY participant_key ORDER BY each.start_date, each.agency, each.enrolment_id) = 1
"""
_AMOUNT: Final = """
SELECT '{measure}' AS measure, '{unit}' AS unit, {arm} AS arm, count(*) AS n, avg({measure}) AS mean,
       median({measure}) AS median, stddev_samp({measure}) / sqrt(count(*)) AS error
FROM study_enrolment WHERE {measure} IS NOT NULL AND observed_until IS NOT NULL GROUP BY ALL
"""
_RETAINED: Final = f"""
SELECT 'retained_{{days}}' AS measure, '{PEOPLE}' AS unit, {{arm}} AS arm, count(*) AS n,
       avg((retained_{{days}} IN ('retained', 'completed'))::INT) AS mean, NULL::DOUBLE AS median, NULL::DOUBLE AS error
FROM study_enrolment WHERE retained_{{days}} <> 'not_observable' GROUP BY ALL
"""
_AMOUNTS: Final = (
    ("sessions_offered", "sessions"), ("sessions_attended", "sessions"), ("attended_share", "share"),
    ("hours_attended", "hours"), ("longest_gap_days", "days"),
)  # fmt: skip


def is_dosed(study: Study) -> bool:
    """Whether the exposure of a study is an enrolment, so that what was received in it can be told."""
    moment = moment_of(study.exposure)
    return moment is not None and moment.kind == ENROLMENT


def doses(connection: DuckDBPyConnection, studies: Iterable[Study]) -> pl.DataFrame:
    """The table ``study_dose``, schema `DOSE`, of those of the studies that have a dose.

    The connection holds ``study_outcome`` of all of them, and the view `VIEW`. Where sessions are not told of, nothing
    is counted; shares leave out whom they cannot be told of.
    """
    parts = [DOSE.to_frame()]
    for study in filter(is_dosed, studies):
        moment = moment_of(study.exposure)
        codes = list(getattr(moment, "codes", ())) or None
        given = {"study": study.name, "horizon": study.horizon, "codes": codes}
        connection.execute(_FIRST, given)
        arm = "'exposed'" if isinstance(study.exposure, TimeVarying) else "arm"
        queries = [_AMOUNT.format(measure=measure, unit=unit, arm=arm) for measure, unit in _AMOUNTS]
        queries += [_RETAINED.format(days=days, arm=arm) for days in RETAINED]
        rows = (row for query in queries for row in connection.execute(f"{query} ORDER BY arm").pl().to_dicts())
        found = [row for row in rows if row["n"]]
        parts.append(pl.DataFrame([{"study": study.name, **_with_limits(row)} for row in found], schema=DOSE))
        connection.execute("DROP TABLE study_enrolment")
    return pl.concat(parts)


def _with_limits(row: dict[str, Any]) -> dict[str, Any]:
    """A row with the 95 % interval of its mean: Wilson's where people are counted, else by the normal distribution."""
    n, mean, error = row["n"], row["mean"], row.pop("error")
    if row["unit"] == PEOPLE:
        share = wilson(round(n * mean), n)
        return {**row, "low": share.low, "high": share.high}
    half = None if error is None else Z * error
    return {**row, "low": None if half is None else mean - half, "high": None if half is None else mean + half}
