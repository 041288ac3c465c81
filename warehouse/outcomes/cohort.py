"""Who is counted, from when, and what is known about them at the index."""

from typing import Final

from duckdb import DuckDBPyConnection

from warehouse.outcomes.definitions import (
    AGE_BANDS,
    FILING_BANDS,
    INDEX_KIND,
    LOOK_BACK_MONTHS,
    NOT_OBSERVABLE,
    UNKNOWN,
)

_ISLAND: Final = """
CREATE OR REPLACE TEMP TABLE island AS
WITH reached AS (
    SELECT agency, feed, kind, covered_from, covered_until,
           max(lag_days) OVER (PARTITION BY agency, feed, kind) AS lag_days,
           max(covered_until) OVER (
               PARTITION BY agency, feed, kind ORDER BY covered_from, covered_until
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
           ) AS before
    FROM coverage
), numbered AS (
    SELECT *, count(*) FILTER (before IS NULL OR covered_from > before) OVER (
                  PARTITION BY agency, feed, kind ORDER BY covered_from, covered_until
                  ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
              ) AS number
    FROM reached
)
SELECT agency, feed, kind, min(covered_from) AS covered_from, max(covered_until) AS covered_until,
       max(lag_days) AS lag_days
FROM numbered GROUP BY agency, feed, kind, number
"""

_INDEX: Final = f"""
CREATE OR REPLACE TEMP TABLE index_moment AS
SELECT s.participant_key, '{INDEX_KIND}' AS index_kind, s.start_date AS index_date,
       s.agency AS index_agency, s.feed AS index_feed
FROM span AS s
JOIN island AS i ON i.kind = 'supervision' AND i.agency = s.agency AND i.feed = s.feed
    AND s.start_date >= i.covered_from AND s.start_date < i.covered_until
WHERE s.kind = 'supervision' AND s.participant_key IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY s.participant_key ORDER BY s.start_date, s.agency, s.feed) = 1
"""

_PRIOR: Final = f"""
CREATE OR REPLACE TEMP TABLE prior AS
WITH looked AS (
    SELECT participant_key, index_date, index_date - INTERVAL {LOOK_BACK_MONTHS} MONTH AS from_date FROM index_moment
), source AS (
    SELECT DISTINCT agency, feed FROM island WHERE kind = 'charge'
), day AS (
    SELECT d.index_date, count(*) AS sources, count(i.feed) AS covering
    FROM (SELECT DISTINCT index_date, from_date FROM looked) AS d
    CROSS JOIN source AS s
    LEFT JOIN island AS i ON i.kind = 'charge' AND i.agency = s.agency AND i.feed = s.feed
        AND i.covered_from <= d.from_date AND d.index_date <= i.covered_until - i.lag_days::INTEGER
    GROUP BY d.index_date
), filed AS (
    SELECT l.participant_key, count(DISTINCT f.filing) AS filings
    FROM looked AS l JOIN filing AS f ON f.participant_key = l.participant_key
        AND f.filing_date >= l.from_date AND f.filing_date < l.index_date
    GROUP BY l.participant_key
)
SELECT l.participant_key, CASE WHEN day.covering = day.sources THEN coalesce(filed.filings, 0) END AS filings
FROM looked AS l LEFT JOIN day USING (index_date) LEFT JOIN filed USING (participant_key)
"""


def _banded(value: str, bands: tuple[tuple[int, str], ...], missing: str) -> str:
    """A CASE that puts a number into the band with the highest lower limit that it reaches."""
    steps = " ".join(f"WHEN {value} >= {low} THEN '{band}'" for low, band in reversed(bands))
    return f"CASE {steps} ELSE '{missing}' END"


_COHORT: Final = f"""
CREATE OR REPLACE TEMP TABLE cohort AS
SELECT i.*, {_banded("year(i.index_date) - p.birth_year", AGE_BANDS, UNKNOWN)} AS age_band,
       {_banded("prior.filings", FILING_BANDS, NOT_OBSERVABLE)} AS prior_filings
FROM index_moment AS i
LEFT JOIN participant AS p ON p.participant_key = i.participant_key
LEFT JOIN prior ON prior.participant_key = i.participant_key
"""

_FILING: Final = """
CREATE OR REPLACE TEMP TABLE filing AS
SELECT participant_key, agency, coalesce(record_id::VARCHAR, extract_id || ':' || row_number) AS filing,
       detail ->> '$.charge_number' AS charge_number, event_date AS filing_date,
       CASE WHEN try_cast(detail ->> '$.offence_date' AS DATE) <= event_date
            THEN try_cast(detail ->> '$.offence_date' AS DATE) END AS offence_date
FROM event WHERE kind = 'charge' AND participant_key IS NOT NULL
"""


def build_cohort(connection: DuckDBPyConnection) -> None:
    """Make ``island``, ``filing`` and ``cohort`` from ``span``, ``event``, ``participant`` and ``coverage``.

    ``island``: the intervals without a gap in which a feed is complete for a kind, ``covered_until``
    exclusive. ``filing``: one row per charge; ``filing`` names the case; an offence dated after its filing has no
    date. ``cohort``: one row per person: index moment, ``age_band``, ``prior_filings`` (not_observable unless every
    feed of charges covers the whole look-back and its lag after it).
    """
    for statement in (_ISLAND, _INDEX, _FILING, _PRIOR, _COHORT):
        connection.execute(statement)
