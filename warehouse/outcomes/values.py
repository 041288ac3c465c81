"""Person × outcome × window: the three values and what competes."""

from typing import Final

import polars as pl
from duckdb import DuckDBPyConnection

from warehouse.outcomes.definitions import WINDOWS

LONGEST_MONTH_DAYS: Final = 31

_JUDGED: Final = """
CREATE OR REPLACE TEMP TABLE judged AS
WITH windowed AS (
    SELECT c.*, f.outcome, f.lag_days, w.months AS window_months,
           (c.index_date + to_months(w.months))::DATE AS window_end,
           CASE WHEN f.followed_until IS NOT NULL THEN least(f.followed_until, e.seen_until) END AS followed_until
    FROM cohort AS c
    JOIN followed AS f USING (index_date, index_agency, index_feed)
    LEFT JOIN elsewhere AS e ON e.outcome = f.outcome AND e.participant_key = c.participant_key
    CROSS JOIN (SELECT unnest($windows)::INTEGER AS months) AS w
), known AS (
    SELECT w.*, m.cause, m.first_date, m.event_date, coalesce(m.died_before, false) AS died_before,
           coalesce(d.same_day, false) AS same_day, coalesce(d.old_offence, false) AS old_offence,
           CASE WHEN d.undated_filing IS NOT NULL
                THEN greatest(w.index_date, d.undated_filing - coalesce(w.lag_days, 0)::INTEGER) END AS undated_from,
           w.followed_until IS NOT NULL AND w.window_end <= w.followed_until AS mature,
           coalesce(m.first_date < w.window_end, false) AS inside
    FROM windowed AS w
    LEFT JOIN first_moment AS m ON m.outcome = w.outcome AND m.participant_key = w.participant_key
    LEFT JOIN doubt AS d ON d.outcome = w.outcome AND d.participant_key = w.participant_key
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

_OUTCOME: Final = """
CREATE OR REPLACE TEMP TABLE outcome_row AS
SELECT participant_key, index_kind, index_date, index_agency, outcome, window_months, value,
       CASE WHEN value IN ('event', 'competing') THEN first_date - index_date
            WHEN value = 'no_event' THEN window_end - index_date
            WHEN seen_until IS NOT NULL THEN greatest(0, seen_until - index_date) END::INTEGER AS days,
       CASE WHEN value IN ('event', 'competing') THEN event_date END AS event_date,
       CASE WHEN value IN ('event', 'competing') THEN first_date END AS leading_date,
       same_day, CASE WHEN value = 'competing' THEN cause END AS competing, age_band, prior_filings,
       array_to_string(list_filter([
           CASE WHEN same_day THEN 'same_day' END,
           CASE WHEN old_offence THEN 'old_offence' END,
           CASE WHEN undated_from < window_end THEN 'undated_offence' END,
           CASE WHEN died_before THEN 'died_before_index' END,
           CASE WHEN value = 'event' AND event_date >= window_end + lag_days::INTEGER THEN 'late' END
       ], lambda flag: flag IS NOT NULL), ' ') AS flags
FROM judged ORDER BY participant_key, outcome, window_months
"""

_COUNTS: Final = """
SELECT outcome, window_months, age_band, prior_filings, value, contains(flags, 'late') AS late, count(*) AS persons
FROM outcome_row WHERE {whose} GROUP BY ALL ORDER BY ALL
"""

_SURVIVAL: Final = """
SELECT outcome, window_months, age_band, prior_filings,
       (CASE WHEN first_date < seen_until THEN first_date - index_date
             WHEN seen_until = window_end THEN window_months * $longest
             ELSE seen_until - index_date - 1 END)::INTEGER AS days,
       (CASE WHEN first_date < seen_until THEN CASE WHEN cause IS NULL THEN 1 ELSE 2 END ELSE 0 END)::TINYINT AS status,
       count(*) AS persons
FROM judged WHERE seen_until > index_date AND {whose} GROUP BY ALL ORDER BY ALL
"""


def build_values(connection: DuckDBPyConnection) -> None:
    """Make ``judged``, from which all else is cut, and ``outcome_row``: person × outcome × window.

    ``outcome_row`` has the columns of the warehouse's table ``outcome``, and ``flags``. ``days`` runs from the index
    to the leading date of an event, to the day of what competed, to the window's end for a "no"; for what is not
    observable it is how long the person could be seen so far, null where not at all.
    """
    connection.execute(_JUDGED, {"windows": list(WINDOWS)})
    connection.execute(_OUTCOME)


def outcomes(connection: DuckDBPyConnection) -> pl.DataFrame:
    """All rows of ``outcome_row``."""
    return connection.execute("FROM outcome_row").pl()


def counts(connection: DuckDBPyConnection, whose: str = "true") -> pl.DataFrame:
    """Persons by outcome, window, strata, ``value`` and whether it came ``late``; ``whose``: an SQL condition."""
    return connection.execute(_COUNTS.format(whose=whose)).pl()


def survival(connection: DuckDBPyConnection, whose: str = "true") -> pl.DataFrame:
    """Times for Aalen–Johansen: persons by ``days`` and ``status`` (0 censored, 1 outcome, 2 competing) and strata.

    Everybody whose index is covered is in it. The last day on which somebody is seen is the day before
    ``seen_until``: censored there, at risk on it. Who reaches the end of the window leaves the risk set on one
    common day after every event (months have 28 to 31 days), so that where nobody is censored early the
    cumulative incidence is exactly events / persons.
    """
    return connection.execute(_SURVIVAL.format(whose=whose), {"longest": LONGEST_MONTH_DAYS}).pl()
