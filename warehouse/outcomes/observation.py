"""Up to which day each person could be seen to have each outcome."""

from collections.abc import Iterable
from typing import Final

from duckdb import DuckDBPyConnection

from warehouse.outcomes.definitions import OUTCOMES, Outcome

_NEED: Final = """
CREATE OR REPLACE TEMP TABLE need (outcome VARCHAR, kind VARCHAR, everywhere BOOLEAN, maturation_days INTEGER)
"""

_FOLLOWED: Final = """
CREATE OR REPLACE TEMP TABLE followed AS
WITH place AS (
    SELECT DISTINCT index_date, index_agency, index_feed FROM cohort
), source AS (
    SELECT DISTINCT agency, feed, kind FROM island
), wanted AS (
    SELECT n.outcome, p.index_date, p.index_agency, p.index_feed, n.kind, n.maturation_days, s.agency, s.feed
    FROM place AS p CROSS JOIN need AS n
    LEFT JOIN source AS s ON s.kind = n.kind AND (
        n.everywhere OR (s.agency = p.index_agency AND (n.kind <> 'supervision' OR s.feed = p.index_feed)))
), reach AS (
    SELECT w.outcome, w.index_date, w.index_agency, w.index_feed, greatest(w.maturation_days, i.lag_days) AS lag_days,
           i.covered_until - greatest(w.maturation_days, i.lag_days)::INTEGER AS until
    FROM wanted AS w
    LEFT JOIN island AS i ON i.kind = w.kind AND i.agency = w.agency AND i.feed = w.feed
        AND w.index_date >= i.covered_from AND w.index_date < i.covered_until
)
SELECT outcome, index_date, index_agency, index_feed, max(lag_days) AS lag_days,
       CASE WHEN count(until) = count(*) THEN min(until) END AS followed_until
FROM reach GROUP BY outcome, index_date, index_agency, index_feed
"""

_ELSEWHERE: Final = """
CREATE OR REPLACE TEMP TABLE elsewhere AS
WITH other AS (
    SELECT c.participant_key, s.agency, s.feed, greatest(s.start_date, c.index_date) AS day, s.end_date
    FROM span AS s JOIN cohort AS c USING (participant_key)
    WHERE s.kind = 'supervision' AND (s.agency <> c.index_agency OR s.feed <> c.index_feed)
        AND (s.end_date IS NULL OR s.end_date > c.index_date)
), source AS (
    SELECT DISTINCT agency, feed, kind FROM island
), wanted AS (
    SELECT o.participant_key, o.day, o.end_date, n.outcome, n.kind, n.maturation_days, s.agency, s.feed
    FROM other AS o JOIN need AS n ON NOT n.everywhere
    LEFT JOIN source AS s ON s.kind = n.kind AND s.agency = o.agency AND (n.kind <> 'supervision' OR s.feed = o.feed)
), reach AS (
    SELECT w.outcome, w.participant_key, w.day, w.end_date,
           i.covered_until - greatest(w.maturation_days, i.lag_days)::INTEGER AS until
    FROM wanted AS w
    LEFT JOIN island AS i ON i.kind = w.kind AND i.agency = w.agency AND i.feed = w.feed
        AND w.day >= i.covered_from AND w.day < i.covered_until
)
SELECT outcome, participant_key, min(greatest(day, coalesce(until, day))) AS seen_until
FROM reach WHERE until IS NULL OR end_date IS NULL OR until < end_date
GROUP BY outcome, participant_key
"""


def build_observation(connection: DuckDBPyConnection, outcomes: Iterable[Outcome] = OUTCOMES) -> None:
    """Make ``followed`` and ``elsewhere`` from ``cohort``, ``span`` and ``island``.

    One row per outcome and place (index date, agency, feed): ``followed_until``, exclusive, is the earliest
    "complete up to, minus lag" over all sources that the outcome needs; null where one of them does not cover the
    index or does not exist. The supervision feed is always needed, for without it a death or transfer would
    pass for a "no". ``elsewhere``: for who is supervised by another agency or feed after the index too, the day up to
    which that one's sources tell what the index agency's would; no row where they do to the end of that supervision.
    """
    rows = [
        (outcome.name, kind, everywhere, 0 if kind == "supervision" else outcome.maturation_days)
        for outcome in outcomes
        for kinds, everywhere in ((outcome.everywhere, True), (outcome.index_agency, False))
        for kind in kinds
    ]
    connection.execute(_NEED)
    connection.executemany("INSERT INTO need VALUES (?, ?, ?, ?)", rows)
    connection.execute(_FOLLOWED)
    connection.execute(_ELSEWHERE)
