"""What came first after the index: the outcome, or what competes with it. Steps of a study's SQL."""

from collections.abc import Iterator
from typing import Final

from schemas.codes import CONVICTIONS
from warehouse.outcomes.definitions import (
    COURT_OUTCOMES,
    RECHARGE,
    RECONVICTION,
    REVOCATION_SLACK_DAYS,
    UNDECIDED,
    Outcome,
)
from warehouse.study.contract import Study
from warehouse.study.words import RECORD, listed, moments, quoted, rows

REMOVAL: Final = f"""
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
    FROM event AS e LEFT JOIN incident AS i ON i.extract_id = e.extract_id AND i.row_number = e.row_number
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

CONVICTION: Final = f"""
WITH disposed AS (
    SELECT participant_key, agency, {RECORD} AS filing,
           detail ->> '$.charge_number' AS charge_number, event_date,
           coalesce(code IN {listed(CONVICTIONS)}, FALSE) AS convicted,
           coalesce(code IN {listed(UNDECIDED)}, TRUE) AS undecided
    FROM event WHERE kind = 'disposition' AND participant_key IS NOT NULL
), dated AS (
    SELECT participant_key, agency, filing, charge_number, convicted, undecided, event_date,
           min(CASE WHEN convicted THEN event_date END) OVER (
               PARTITION BY participant_key, agency, filing, charge_number) AS conviction_date
    FROM disposed
), ended AS (
    SELECT participant_key, agency, filing, charge_number, convicted, conviction_date
    FROM dated
    QUALIFY row_number() OVER (
        PARTITION BY participant_key, agency, filing, charge_number
        ORDER BY undecided, event_date DESC, NOT convicted) = 1
), numbered AS (
    SELECT participant_key, agency, filing, charge_number, TRUE AS own FROM ended WHERE charge_number IS NOT NULL
)
SELECT f.participant_key, f.agency, f.filing, f.filing_date, f.offence_date, min(e.conviction_date) AS conviction_date
FROM filing AS f
JOIN ended AS e ON e.participant_key = f.participant_key AND e.agency = f.agency AND e.filing = f.filing
LEFT JOIN numbered AS n ON n.participant_key = f.participant_key AND n.agency = f.agency AND n.filing = f.filing
    AND n.charge_number = f.charge_number
WHERE e.convicted
    AND (f.charge_number IS NULL OR f.charge_number = e.charge_number OR (e.charge_number IS NULL AND n.own IS NULL))
GROUP BY f.participant_key, f.agency, f.filing, f.charge_number, f.filing_date, f.offence_date
"""


def candidate(study: Study) -> str:
    """Everything that could be an outcome or compete with one; ``told`` names the case or day that it belongs to."""
    court = [outcome.name for outcome in study.outcomes if outcome.name in COURT_OUTCOMES]
    custody = [outcome.name for outcome in study.outcomes if outcome.moment is None and outcome.name not in court]
    pairs = [(quoted(outcome.name), quoted(cause)) for outcome in study.outcomes for cause in outcome.competing]
    parts = [*_charged(court), *map(_simple, (outcome for outcome in study.outcomes if outcome.moment is not None))]
    parts += [_COMPETING] if pairs else []
    parts += [_CUSTODY.format(custody=listed(custody))] if custody else []
    competing = rows(("outcome", "cause"), pairs, ("TEXT", "TEXT"))
    return _CANDIDATE.format(competing=competing, parts="\nUNION ALL\n".join(parts))


_CANDIDATE: Final = """
WITH gone AS (
    SELECT c.participant_key, c.index_date, c.zero_date, r.leading_date, r.event_date, r.cause AS reason,
           CASE WHEN starts_with(r.cause, 'custody') AND r.leading_date <= c.zero_date
                     AND r.event_date > c.zero_date AND r.cause <> 'custody_unknown'
                THEN 'custody_other' ELSE r.cause END AS cause
    FROM removal AS r JOIN cohort AS c ON c.participant_key = r.participant_key
), competing AS (
    {competing}
)
{parts}
"""
_COMPETING: Final = """
SELECT k.outcome, g.participant_key, g.index_date, g.zero_date, k.cause, g.event_date AS leading_date, g.event_date,
       g.event_date AS decides, CAST(NULL AS DATE) AS filing_date,
       k.outcome = g.reason AND g.leading_date = g.zero_date AS same_day, CAST(g.event_date AS TEXT) AS told
FROM gone AS g JOIN competing AS k ON k.cause = g.cause
WHERE g.event_date > g.zero_date OR (g.event_date = g.zero_date AND g.cause = 'transfer') OR g.cause = 'death'
"""
_CUSTODY: Final = """
SELECT g.cause AS outcome, g.participant_key, g.index_date, g.zero_date, CAST(NULL AS TEXT) AS cause, g.leading_date,
       g.event_date, g.event_date AS decides, CAST(NULL AS DATE) AS filing_date,
       g.zero_date = g.leading_date OR g.zero_date = g.event_date AS same_day, CAST(g.event_date AS TEXT) AS told
FROM gone AS g
WHERE g.event_date >= g.zero_date AND g.cause IN {custody}
"""
_OF_COURT: Final = """
SELECT {outcome} AS outcome, c.participant_key, c.index_date, c.zero_date, CAST(NULL AS TEXT) AS cause,
       x.offence_date AS leading_date, x.{event_date} AS event_date, x.offence_date AS decides, x.filing_date,
       coalesce(x.offence_date = c.zero_date, FALSE) AS same_day, x.agency || ' ' || x.filing AS told
FROM {table} AS x JOIN cohort AS c ON c.participant_key = x.participant_key
WHERE x.filing_date > c.zero_date OR x.offence_date >= c.zero_date
"""
_SIMPLE: Final = """
SELECT {outcome} AS outcome, c.participant_key, c.index_date, c.zero_date, CAST(NULL AS TEXT) AS cause,
       x.day AS leading_date, x.day AS event_date, x.day AS decides, CAST(NULL AS DATE) AS filing_date,
       x.day = c.zero_date AS same_day, CAST(x.day AS TEXT) AS told
FROM ({moments}) AS x JOIN cohort AS c ON c.participant_key = x.participant_key
WHERE x.day >= c.zero_date
"""


def _charged(court: list[str]) -> Iterator[str]:
    sources = {RECHARGE.name: ("filing", "filing_date"), RECONVICTION.name: ("conviction", "conviction_date")}
    for name in court:
        table, dated = sources[name]
        yield _OF_COURT.format(outcome=quoted(name), table=table, event_date=dated)


def _simple(outcome: Outcome) -> str:
    assert outcome.moment is not None
    return _SIMPLE.format(outcome=quoted(outcome.name), moments=moments(outcome.moment))


FIRST_MOMENT: Final = """
WITH counting AS (
    SELECT * FROM candidate
    WHERE decides IS NOT NULL AND (
        (cause IS NULL AND leading_date > zero_date)
        OR (cause IS NOT NULL AND (event_date > zero_date OR cause IN ('death', 'transfer'))))
)
SELECT outcome, participant_key, index_date, zero_date, cause, event_date,
       CASE WHEN cause IS NULL THEN leading_date ELSE greatest(event_date, zero_date) END AS first_date,
       coalesce(cause = 'death' AND event_date < zero_date, FALSE) AS died_before
FROM counting
QUALIFY row_number() OVER (
    PARTITION BY outcome, participant_key
    ORDER BY decides, CASE WHEN cause = 'custody_new_offence' THEN 0 WHEN cause IS NULL THEN 1 ELSE 2 END, cause,
             leading_date, event_date) = 1
"""
"""One row per outcome and person who has one.

``cause`` is null where the outcome itself came first, else what competes; ``first_date`` stops the clock (the leading
date of an outcome, the day of what competes), ``event_date`` is the outcome's own date. Court outcomes come first when
the offence is not later than the removal. Of several returns to custody the first one decides, by the day of custody;
of two on one day the new offence; one that something before the index led to competes as ``custody_other``.
"""

DOUBT: Final = """
SELECT outcome, participant_key,
       bool_or(same_day) AS same_day,
       bool_or(filing_date > zero_date AND leading_date < zero_date) AS old_offence,
       min(CASE WHEN filing_date > zero_date AND leading_date IS NULL THEN filing_date END) AS undated_filing
FROM candidate GROUP BY outcome, participant_key
"""
"""What is not counted, but flagged."""
