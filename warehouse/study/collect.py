"""What is taken out of the steps of a study: counts, times and rows at risk, from which everything is estimated."""

from dataclasses import dataclass
from typing import Final

import polars as pl
from duckdb import DuckDBPyConnection

from warehouse.outcomes.values import counts, survival
from warehouse.study.contract import Study
from warehouse.study.words import elapsed

EVERYBODY: Final = "true"
DAYS_IN_MONTH: Final = 30.4375

_EVENTS: Final = """
WITH numbered AS (
    SELECT j.outcome, j.window_months, j.arm{strata}, j.participant_key, count(DISTINCT c.told) AS number
    FROM (FROM judged WHERE {whose}) AS j
    LEFT JOIN candidate AS c ON c.outcome = j.outcome AND c.participant_key = j.participant_key AND c.cause IS NULL
        AND c.leading_date > j.index_date AND c.leading_date < j.window_end
    WHERE j.value <> 'not_observable' GROUP BY ALL
)
SELECT outcome, window_months, arm{own}, count(*) AS persons, sum(number)::BIGINT AS events,
       sum(number * number)::BIGINT AS squares
FROM numbered GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True)
class Collected:
    """``counts``, ``times``: see `values`; ``events``: number of events and its square, summed over persons.

    ``risk``: the rows of a Cox model; empty where nothing is compared.
    """

    counts: pl.DataFrame
    times: pl.DataFrame
    events: pl.DataFrame
    risk: pl.DataFrame

    def without(self, others: "Collected", keys: pl.Series) -> "Collected":
        """Put together with what was collected of others, less the rows of ``keys`` among those at risk."""
        kept = self.risk.filter(~pl.col("participant_key").is_in(keys.implode()))
        return Collected(
            pl.concat([self.counts, others.counts]), pl.concat([self.times, others.times]),
            pl.concat([self.events, others.events]), pl.concat([kept, others.risk]),
        )  # fmt: skip


def collect(connection: DuckDBPyConnection, study: Study, whose: str = EVERYBODY, risk: bool = True) -> Collected:
    """Collect from the steps that stand in the connection; ``whose``: an SQL condition on ``participant_key``."""
    strata = "".join(f", j.{name}" for name in study.strata)
    own = strata.replace("j.", "")
    events = connection.execute(_EVENTS.format(strata=strata, own=own, whose=whose)).pl()
    asked = "TRUE" if risk and study.compares else "FALSE"
    rows = f"SELECT * FROM risk_row WHERE {asked} ORDER BY participant_key, outcome, start"
    return Collected(
        counts(connection, study.strata, whose), survival(connection, study.strata, whose), events,
        connection.execute(rows).pl(),
    )  # fmt: skip


def clocks(connection: DuckDBPyConnection, study: Study) -> pl.DataFrame:
    """Persons by outcome, arm, time on the calendar and on the street, status; in the study's unit.

    ``complete``: seen to the horizon's end without anything: months have 28 to 31 days, so these share a last time.
    """
    street = {"day": "t.days", "week": "ceil(t.days / 7.0)", "month": f"greatest(1, round(t.days / {DAYS_IN_MONTH}))"}[
        study.unit
    ]
    calendar = elapsed(study.unit, "s.index_date", "s.last_date")
    query = f"""
    SELECT s.outcome, s.arm, ({calendar})::DOUBLE AS calendar, ({street})::DOUBLE AS street, s.status, s.complete,
           count(*) AS persons
    FROM seen AS s JOIN street AS t USING (participant_key, outcome) GROUP BY ALL ORDER BY ALL
    """
    return connection.execute(query).pl()


def followed(connection: DuckDBPyConnection, study: Study) -> pl.DataFrame:
    """Median days for which people could be followed, by outcome and group.

    ``what`` is ``arm`` or ``outcome``: exposed or not (where exposure starts later: ever or never), and with the
    outcome within the shortest window or without, among those for whom that window is observable.
    """
    exposed = "max(r.exposed) = 1" if study.compares else "FALSE"
    return connection.execute(_FOLLOWED.format(exposed=exposed, shortest=study.windows[0])).pl()


_FOLLOWED: Final = """
WITH arms AS (
    SELECT r.outcome, r.participant_key, {exposed} AS yes FROM risk_row AS r GROUP BY r.outcome, r.participant_key
), had AS (
    SELECT outcome, participant_key, value = 'event' AS yes FROM outcome_row
    WHERE window_months = {shortest} AND value IN ('event', 'no_event')
), grouped AS (
    SELECT 'arm' AS what, * FROM arms UNION ALL SELECT 'outcome', * FROM had
)
SELECT g.what, g.outcome, g.yes, count(*) AS persons, median(s.could_be_seen) AS days
FROM grouped AS g JOIN seen AS s USING (outcome, participant_key) GROUP BY ALL ORDER BY ALL
"""
