"""Time at risk: a row for each stretch in which nothing about a person changes. Steps of a study's SQL."""

from typing import Final

from warehouse.study.contract import Study
from warehouse.study.designs import TimeVarying
from warehouse.study.words import day, elapsed, picked, rows, table

CUSTODY_TIME: Final = """
WITH held AS (
    SELECT participant_key, start_date, coalesce(end_date, DATE '9999-12-31') AS end_date,
           max(coalesce(end_date, DATE '9999-12-31')) OVER (
               PARTITION BY participant_key ORDER BY start_date, end_date
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
           ) AS earlier_end
    FROM span WHERE kind = 'custody' AND participant_key IS NOT NULL
), numbered AS (
    SELECT *, sum(CASE WHEN earlier_end IS NULL OR start_date > earlier_end THEN 1 ELSE 0 END) OVER (
                  PARTITION BY participant_key ORDER BY start_date, end_date
                  ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
              ) AS stay
    FROM held
)
SELECT participant_key, min(start_date) AS from_date, max(end_date) AS until_date
FROM numbered GROUP BY participant_key, stay
"""
"""Days in custody, stays that overlap or touch made one: street time leaves them out."""

_SEEN: Final = """
SELECT participant_key, outcome, arm, index_date{covariates},
       CASE WHEN first_date < seen_until THEN first_date ELSE seen_until - 1 END AS last_date,
       CASE WHEN first_date < seen_until THEN CASE WHEN cause IS NULL THEN 1 ELSE 2 END ELSE 0 END AS status,
       coalesce(first_date >= seen_until, TRUE) AND seen_until = window_end AS complete,
       datediff('day', index_date, least(followed_until, window_end)) AS could_be_seen
FROM judged WHERE window_months = {horizon} AND seen_until > index_date
"""

_EXPOSURE: Final = """
WITH begun AS (
    SELECT c.participant_key, min(greatest(s.{day}, c.index_date)) AS exposed_date
    FROM cohort AS c JOIN (SELECT * FROM {table} WHERE {picked}) AS s ON s.participant_key = c.participant_key
    WHERE {ongoing}
    GROUP BY c.participant_key
), changed AS (
    SELECT participant_key, 0 AS moment, 0 AS exposed, 0.0 AS dose FROM cohort
    UNION ALL
    SELECT c.participant_key, {exposed_at}, 1, 0.0
    FROM begun AS b JOIN cohort AS c ON c.participant_key = b.participant_key
    {dose}
), together AS (
    SELECT participant_key, moment, max(exposed) AS exposed, sum(dose) AS dose
    FROM changed GROUP BY participant_key, moment
)
SELECT participant_key, moment AS from_moment,
       lead(moment) OVER (PARTITION BY participant_key ORDER BY moment) AS until_moment,
       max(exposed) OVER (
           PARTITION BY participant_key ORDER BY moment ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS exposed,
       sum(dose) OVER (
           PARTITION BY participant_key ORDER BY moment ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS dose_so_far
FROM together
"""
_DOSE: Final = """
    UNION ALL
    SELECT c.participant_key, {at}, 0, coalesce(s.number, 0.0)
    FROM event AS s JOIN cohort AS c ON c.participant_key = s.participant_key
    WHERE {picked} AND s.event_date >= c.index_date
"""

_RISK_ROW: Final = """
WITH timed AS (
    SELECT participant_key, outcome, arm, status{covariates}, {stop} AS last_moment FROM seen
)
SELECT t.participant_key, t.outcome, t.arm{timed}, CAST({start} AS DOUBLE) AS start, CAST({until} AS DOUBLE) AS stop,
       CAST({exposed} AS INTEGER) AS exposed, CAST({dose} AS DOUBLE) AS dose_so_far,
       CASE WHEN {until} = t.last_moment THEN t.status ELSE 0 END AS status
FROM timed AS t{joined}
WHERE t.last_moment > {start}
"""

_STREET: Final = """
SELECT s.participant_key, s.outcome, s.arm, max(s.status) AS status,
       datediff('day', max(s.index_date), max(s.last_date)) - coalesce(sum(CASE
           WHEN c.until_date > s.index_date AND c.from_date < s.last_date
           THEN datediff('day', greatest(c.from_date, s.index_date), least(c.until_date, s.last_date)) ELSE 0 END), 0)
           AS days
FROM seen AS s LEFT JOIN custody_time AS c ON c.participant_key = s.participant_key
GROUP BY s.participant_key, s.outcome, s.arm
"""


def seen(study: Study) -> str:
    """Person × outcome until the horizon: the last day and what it brought (0 nothing, 1 outcome, 2 competing).

    ``complete``: nothing came until the horizon's end.
    ``could_be_seen``: days for which the person would be followed whatever happens.
    """
    return _SEEN.format(covariates=_columns(study), horizon=study.horizon)


def exposure(study: Study) -> str:
    """From when until when a person is exposed and with which dose, in the study's unit; only where it changes.

    A span that began before the index and goes on exposes from the index on; one on a later day from the next day on.
    """
    design = study.exposure
    if not isinstance(design, TimeVarying):
        columns = ("participant_key", "from_moment", "until_moment", "exposed", "dose_so_far")
        return rows(columns, (), ("TEXT", "INTEGER", "INTEGER", "INTEGER", "DOUBLE"))
    span = table(design.start) == "span"
    dose = ""
    if design.dose:
        at = elapsed(study.unit, "c.index_date", "s.event_date")
        dose = _DOSE.format(at=at, picked=picked(design.dose).replace("participant_key", "s.participant_key"))
    return _EXPOSURE.format(
        day=day(design.start), table=table(design.start), picked=picked(design.start), dose=dose,
        ongoing="s.end_date IS NULL OR s.end_date > c.index_date" if span else "s.event_date >= c.index_date",
        exposed_at=elapsed(study.unit, "c.index_date", "b.exposed_date"),
    )  # fmt: skip


def risk_row(study: Study) -> str:
    """The rows of a Cox model: start, stop, exposed, dose_so_far, status at stop, covariates."""
    varying = isinstance(study.exposure, TimeVarying)
    until = "least(coalesce(e.until_moment, t.last_moment), t.last_moment)" if varying else "t.last_moment"
    return _RISK_ROW.format(
        covariates=_columns(study), timed="".join(f", t.{covariate.name}" for covariate in study.covariates),
        stop=elapsed(study.unit, "index_date", "last_date"), start="e.from_moment" if varying else "0", until=until,
        exposed="e.exposed" if varying else "CASE WHEN t.arm = 'exposed' THEN 1 ELSE 0 END",
        dose="e.dose_so_far" if varying else "0",
        joined=" JOIN exposure AS e ON e.participant_key = t.participant_key" if varying else "",
    )  # fmt: skip


def street(study: Study) -> str:
    """Person × outcome on the second clock: days outside custody until the outcome, or until the last day seen."""
    return _STREET


def _columns(study: Study) -> str:
    return "".join(f", {covariate.name}" for covariate in study.covariates)
