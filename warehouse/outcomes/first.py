"""What came first after the index: the outcome, or what competes with it."""

from typing import Final

from duckdb import DuckDBPyConnection

from schemas.codes import CONVICTIONS
from warehouse.outcomes.definitions import (
    COURT_OUTCOMES,
    OUTCOMES,
    RECHARGE,
    RECONVICTION,
    REVOCATION_SLACK_DAYS,
    UNDECIDED,
)

_REMOVAL: Final = f"""
CREATE OR REPLACE TEMP TABLE removal AS
WITH supervised AS (
    SELECT participant_key, agency, record_id, start_date, end_date, code
    FROM span WHERE kind = 'supervision' AND participant_key IS NOT NULL
), incident AS (
    SELECT extract_id, row_number, min(event_date) AS incident_date
    FROM event WHERE kind = 'violation' GROUP BY extract_id, row_number
), revoked AS (
    SELECT e.participant_key, e.agency, e.record_id, e.event_date,
           least(coalesce(try_cast(e.detail ->> '$.incident_date' AS DATE), i.incident_date), e.event_date)
               AS leading_date,
           CASE WHEN e.code IN ('new_offence', 'technical') THEN 'custody_' || e.code ELSE 'custody_other' END AS cause
    FROM event AS e LEFT JOIN incident AS i USING (extract_id, row_number)
    WHERE e.kind = 'revocation' AND e.participant_key IS NOT NULL
)
SELECT participant_key, 'death' AS cause, event_date AS leading_date, event_date
FROM event WHERE kind = 'death' AND participant_key IS NOT NULL
UNION ALL
SELECT participant_key, 'death', end_date, end_date FROM supervised WHERE code = 'DE' AND end_date IS NOT NULL
UNION ALL
SELECT s.participant_key, 'transfer', s.end_date, s.end_date
FROM supervised AS s
WHERE s.code = 'TR' AND s.end_date IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM supervised AS o
    WHERE o.participant_key = s.participant_key AND o.start_date <= s.end_date
        AND (o.end_date IS NULL OR o.end_date > s.end_date))
UNION ALL
SELECT participant_key, cause, leading_date, event_date FROM revoked
UNION ALL
SELECT s.participant_key, 'custody_unknown', s.end_date, s.end_date
FROM supervised AS s
WHERE s.code IN ('IN', 'DI') AND s.end_date IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM revoked AS r
    WHERE r.participant_key = s.participant_key AND r.agency = s.agency
        AND (r.record_id = s.record_id OR r.event_date >= s.start_date)
        AND r.event_date <= s.end_date + {REVOCATION_SLACK_DAYS})
"""

_CONVICTION: Final = f"""
CREATE OR REPLACE TEMP TABLE conviction AS
WITH disposed AS (
    SELECT participant_key, agency, coalesce(record_id::VARCHAR, extract_id || ':' || row_number) AS filing,
           detail ->> '$.charge_number' AS charge_number, event_date,
           coalesce(code IN {CONVICTIONS}, false) AS convicted, coalesce(code IN {UNDECIDED}, true) AS undecided
    FROM event WHERE kind = 'disposition' AND participant_key IS NOT NULL
), ended AS (
    SELECT participant_key, agency, filing, charge_number, convicted,
           min(event_date) FILTER (convicted) OVER charge AS conviction_date
    FROM disposed
    WINDOW charge AS (PARTITION BY participant_key, agency, filing, charge_number)
    QUALIFY row_number() OVER (
        PARTITION BY participant_key, agency, filing, charge_number
        ORDER BY undecided, event_date DESC, NOT convicted) = 1
), numbered AS (
    SELECT participant_key, agency, filing, charge_number, true AS own FROM ended WHERE charge_number IS NOT NULL
)
SELECT f.participant_key, f.filing_date, f.offence_date, min(e.conviction_date) AS conviction_date
FROM filing AS f JOIN ended AS e USING (participant_key, agency, filing)
LEFT JOIN numbered AS n ON n.participant_key = f.participant_key AND n.agency = f.agency AND n.filing = f.filing
    AND n.charge_number = f.charge_number
WHERE e.convicted
    AND (f.charge_number IS NULL OR f.charge_number = e.charge_number OR (e.charge_number IS NULL AND n.own IS NULL))
GROUP BY ALL
"""

_CANDIDATE: Final = f"""
CREATE OR REPLACE TEMP TABLE candidate AS
WITH gone AS (
    SELECT c.participant_key, c.index_date, r.leading_date, r.event_date, r.cause AS told,
           CASE WHEN starts_with(r.cause, 'custody') AND r.leading_date <= c.index_date
                     AND r.event_date > c.index_date AND r.cause <> 'custody_unknown'
                THEN 'custody_other' ELSE r.cause END AS cause
    FROM removal AS r JOIN cohort AS c USING (participant_key)
), charged AS (
    SELECT '{RECHARGE.name}' AS outcome, participant_key, filing_date, offence_date, filing_date AS event_date
    FROM filing
    UNION ALL
    SELECT '{RECONVICTION.name}', participant_key, filing_date, offence_date, conviction_date FROM conviction
), competing AS (
    SELECT unnest($outcomes) AS outcome, unnest($causes) AS cause
)
SELECT x.outcome, c.participant_key, c.index_date, NULL::VARCHAR AS cause, x.offence_date AS leading_date, x.event_date,
       x.offence_date AS decides, x.filing_date, coalesce(x.offence_date = c.index_date, false) AS same_day
FROM charged AS x JOIN cohort AS c USING (participant_key)
WHERE x.filing_date > c.index_date OR x.offence_date >= c.index_date
UNION ALL
SELECT k.outcome, g.participant_key, g.index_date, k.cause, g.event_date, g.event_date, g.event_date, NULL,
       k.outcome = g.told AND g.leading_date = g.index_date
FROM gone AS g JOIN competing AS k ON k.cause = g.cause
WHERE g.event_date > g.index_date OR (g.event_date = g.index_date AND g.cause = 'transfer') OR g.cause = 'death'
UNION ALL
SELECT g.cause, g.participant_key, g.index_date, NULL, g.leading_date, g.event_date, g.event_date, NULL,
       g.index_date IN (g.leading_date, g.event_date)
FROM gone AS g
WHERE g.event_date >= g.index_date AND list_contains($custody, g.cause)
"""

_FIRST: Final = """
CREATE OR REPLACE TEMP TABLE first_moment AS
WITH counted AS (
    SELECT * FROM candidate
    WHERE decides IS NOT NULL AND (
        (cause IS NULL AND leading_date > index_date)
        OR (cause IS NOT NULL AND (event_date > index_date OR cause IN ('death', 'transfer'))))
)
SELECT outcome, participant_key, index_date, cause, event_date,
       CASE WHEN cause IS NULL THEN leading_date ELSE greatest(event_date, index_date) END AS first_date,
       coalesce(cause = 'death' AND event_date < index_date, false) AS died_before
FROM counted
QUALIFY row_number() OVER (
    PARTITION BY outcome, participant_key
    ORDER BY decides, CASE WHEN cause = 'custody_new_offence' THEN 0 WHEN cause IS NULL THEN 1 ELSE 2 END, cause,
             leading_date, event_date) = 1
"""

_DOUBT: Final = """
CREATE OR REPLACE TEMP TABLE doubt AS
SELECT outcome, participant_key,
       bool_or(same_day) AS same_day,
       bool_or(filing_date > index_date AND leading_date < index_date) AS old_offence,
       min(filing_date) FILTER (filing_date > index_date AND leading_date IS NULL) AS undated_filing
FROM candidate GROUP BY outcome, participant_key
"""


def build_first(connection: DuckDBPyConnection) -> None:
    """Make ``first_moment`` and ``doubt`` from ``event``, ``span``, ``filing`` and ``cohort``.

    ``first_moment``: one row per outcome and person who has one; ``cause`` is null where the outcome itself
    came first, else what competes; ``first_date`` stops the clock (the leading date of an outcome, the day of
    what competes), ``event_date`` is the outcome's own date. Court outcomes come first when the offence is not
    later than the removal. Of several returns to custody the first one decides, by the day of custody; of two
    on one day the new offence; one that something before the index led to competes as ``custody_other``.
    ``doubt``: what is not counted, but flagged.
    """
    pairs = [(outcome.name, cause) for outcome in OUTCOMES for cause in outcome.competing]
    custody = [outcome.name for outcome in OUTCOMES if outcome.name not in COURT_OUTCOMES]
    connection.execute(_REMOVAL)
    connection.execute(_CONVICTION)
    connection.execute(
        _CANDIDATE,
        {"outcomes": [name for name, _ in pairs], "causes": [cause for _, cause in pairs], "custody": custody},
    )
    connection.execute(_FIRST)
    connection.execute(_DOUBT)
