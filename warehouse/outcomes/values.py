"""Person × outcome × window: the three values and what competes. Steps of a study's SQL."""

from typing import TYPE_CHECKING, Final

import polars as pl
from duckdb import DuckDBPyConnection

from warehouse.study.contract import Study
from warehouse.study.words import rows

if TYPE_CHECKING:
    from warehouse.study.workspace import Workspace

LONGEST_MONTH_DAYS: Final = 31

_JUDGED: Final = """
WITH windowed AS (
    SELECT c.*, f.outcome, f.lag_days, w.months AS window_months,
           CAST(CASE w.months {ends} END AS DATE) AS window_end,
           CASE WHEN f.followed_until IS NOT NULL
                THEN least(f.followed_until, e.seen_until, u.until_date) END AS followed_until
    FROM cohort AS c
    JOIN followed AS f ON f.index_date = c.index_date AND f.index_agency = c.index_agency
        AND f.index_feed = c.index_feed
    LEFT JOIN elsewhere AS e ON e.outcome = f.outcome AND e.participant_key = c.participant_key
    LEFT JOIN follow_up_end AS u ON u.participant_key = c.participant_key
    CROSS JOIN ({windows}) AS w
), known AS (
    SELECT w.*, m.cause, m.first_date, m.event_date, coalesce(m.died_before, FALSE) AS died_before,
           coalesce(d.same_day, FALSE) AS same_day, coalesce(d.old_offence, FALSE) AS old_offence,
           CASE WHEN d.undated_filing IS NOT NULL
                THEN greatest(w.index_date, d.undated_filing - coalesce(w.lag_days, 0)) END AS undated_from,
           w.followed_until IS NOT NULL AND w.window_end <= w.followed_until AS mature,
           coalesce(m.first_date < w.window_end, FALSE) AS inside
    FROM windowed AS w
    LEFT JOIN first_moment AS m ON m.outcome = w.outcome AND m.participant_key = w.participant_key
    LEFT JOIN doubt AS d ON d.outcome = w.outcome AND d.participant_key = w.participant_key
    {at_risk}
)
SELECT *, CASE
        WHEN died_before OR NOT mature THEN 'not_observable'
        WHEN inside AND cause IS NULL THEN 'event'
        WHEN undated_from < CASE WHEN inside THEN first_date ELSE window_end END THEN 'not_observable'
        WHEN inside THEN 'competing'
        ELSE 'no_event'
    END AS value,
    CASE WHEN followed_until IS NOT NULL AND NOT died_before
         THEN least(window_end, followed_until, undated_from) END AS seen_until
FROM known
"""
_AT_RISK: Final = "WHERE m.first_date IS NULL OR m.first_date > w.index_date OR m.died_before"

_OUTCOME_ROW: Final = """
SELECT participant_key, index_kind, index_date, index_agency, arm, outcome, window_months, value,
       CAST(CASE WHEN value IN ('event', 'competing') THEN datediff('day', index_date, first_date)
                 WHEN value = 'no_event' THEN datediff('day', index_date, window_end)
                 WHEN seen_until IS NOT NULL THEN greatest(0, datediff('day', index_date, seen_until))
            END AS INTEGER) AS days,
       CASE WHEN value IN ('event', 'competing') THEN event_date END AS event_date,
       CASE WHEN value IN ('event', 'competing') THEN first_date END AS leading_date,
       same_day, CASE WHEN value = 'competing' THEN cause END AS competing{covariates},
       concat_ws(' ',
           CASE WHEN same_day THEN 'same_day' END,
           CASE WHEN old_offence THEN 'old_offence' END,
           CASE WHEN undated_from < window_end THEN 'undated_offence' END,
           CASE WHEN died_before THEN 'died_before_index' END,
           CASE WHEN value = 'event' AND event_date >= window_end + lag_days THEN 'late' END
       ) AS flags
FROM judged WHERE window_months IN ({windows}) ORDER BY participant_key, outcome, window_months
"""

_COUNTS: Final = """
SELECT outcome, window_months, arm{strata}, value, contains(flags, 'late') AS late, count(*) AS persons
FROM outcome_row WHERE {whose} GROUP BY ALL ORDER BY ALL
"""

_SURVIVAL: Final = """
SELECT outcome, window_months, arm{strata},
       (CASE WHEN first_date < seen_until THEN first_date - index_date
             WHEN seen_until = window_end THEN window_months * {longest}
             ELSE seen_until - index_date - 1 END)::INTEGER AS days,
       (CASE WHEN first_date < seen_until THEN CASE WHEN cause IS NULL THEN 1 ELSE 2 END ELSE 0 END)::TINYINT AS status,
       count(*) AS persons
FROM judged WHERE seen_until > index_date AND {whose} GROUP BY ALL ORDER BY ALL
"""


def judged(study: Study) -> str:
    """Person × outcome × window, from which all else is cut; the last window is the study's horizon.

    A landmark study drops who had the outcome, or left, before the clock starts.
    """
    windows = sorted({*study.windows, study.horizon})
    ends = " ".join(f"WHEN {months} THEN c.index_date + INTERVAL {months} MONTH" for months in windows)
    listed = rows(("months",), ((str(months),) for months in windows), ("INTEGER",))
    return _JUDGED.format(ends=ends, windows=listed, at_risk=_AT_RISK if study.landmark else "")


def outcome_row(study: Study) -> str:
    """Person × outcome × window, as the warehouse's table ``outcome``, with ``arm``, covariates and ``flags``.

    ``days`` runs from the index to the leading date of an event, to the day of what competed, to the window's end for
    a "no"; for what is not observable it is how long the person could be seen so far, null where not at all.
    """
    covariates = "".join(f", {covariate.name}" for covariate in study.covariates)
    return _OUTCOME_ROW.format(covariates=covariates, windows=", ".join(map(str, study.windows)))


def outcomes(connection: DuckDBPyConnection) -> pl.DataFrame:
    """All rows of ``outcome_row``."""
    return connection.execute("FROM outcome_row").pl()


def counts(work: "Workspace", strata: tuple[str, ...], whose: str = "true") -> pl.DataFrame:
    """Persons by outcome, window, arm, strata, ``value`` and whether it came ``late``; ``whose``: an SQL condition."""
    return work.tell(_COUNTS.format(strata=_named(strata), whose=whose), "outcome_row")


def survival(work: "Workspace", strata: tuple[str, ...], whose: str = "true") -> pl.DataFrame:
    """Times for Aalen–Johansen: persons by ``days`` and ``status`` (0 censored, 1 outcome, 2 competing), arm, strata.

    Everybody whose index is covered is in it. The last day on which somebody is seen is the day before
    ``seen_until``: censored there, at risk on it. Who reaches the end of the window leaves the risk set on one
    common day after every event (months have 28 to 31 days), so that where nobody is censored early the
    cumulative incidence is exactly events / persons.
    """
    query = _SURVIVAL.format(strata=_named(strata), whose=whose, longest=LONGEST_MONTH_DAYS)
    return work.tell(query, "judged")


def _named(strata: tuple[str, ...]) -> str:
    return "".join(f", {name}" for name in strata)
