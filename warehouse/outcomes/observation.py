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


def build_observation(connection: DuckDBPyConnection, outcomes: Iterable[Outcome] = OUTCOMES) -> None:
    """Make ``followed`` from ``cohort`` and ``island``.

    One row per outcome and place (index date, agency, feed): ``followed_until``, exclusive, is the earliest
    "complete up to, minus lag" over all sources that the outcome needs; null where one of them does not cover the
    index or does not exist. The supervision feed is always needed, for without it a death or transfer would
    pass for a "no".
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
