"""What is taken out of the steps of a study: counts, times and rows at risk, from which everything is estimated."""

from dataclasses import dataclass
from typing import Final

import polars as pl
from duckdb import DuckDBPyConnection

from warehouse.outcomes.values import counts, survival
from warehouse.study.contract import Study
from warehouse.study.words import elapsed
from warehouse.study.workspace import Workspace

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

    def less(self, others: "Collected") -> "Collected":
        """What is left where these others, who are among them, are not counted; the rows at risk stay."""
        return Collected(
            _difference(self.counts, others.counts), _difference(self.times, others.times),
            _difference(self.events, others.events), self.risk,
        )  # fmt: skip


_NUMBERS: Final = ("persons", "events", "squares")


def _difference(whole: pl.DataFrame, part: pl.DataFrame) -> pl.DataFrame:
    """The numbers of the one less those of the other, cell by cell; a cell of nobody is none."""
    numbers = [name for name in _NUMBERS if name in whole.columns]
    both = pl.concat([whole, part.with_columns(-pl.col(numbers))])
    cells = [name for name in whole.columns if name not in numbers]
    left = both.group_by(cells, maintain_order=True).agg(pl.col(numbers).sum()).filter(pl.col("persons") > 0)
    return left.select(whole.columns).cast(whole.schema)


def collect(
    connection: DuckDBPyConnection,
    study: Study,
    whose: str = EVERYBODY,
    risk: bool = True,
    workspace: Workspace | None = None,
) -> Collected:
    """Collect from the steps that stand in the connection; ``whose``: an SQL condition on ``participant_key``.

    ``workspace``: of the same connection, where what was counted before is to be used.
    """
    work = workspace or Workspace(connection)
    strata = "".join(f", j.{name}" for name in study.strata)
    own = strata.replace("j.", "")
    events = work.tell(_EVENTS.format(strata=strata, own=own, whose=whose), "judged", "candidate")
    asked = "TRUE" if risk and study.compares else "FALSE"
    rows = f"SELECT * FROM risk_row WHERE {asked} ORDER BY participant_key, outcome, start"
    return Collected(
        counts(work, study.strata, whose), survival(work, study.strata, whose), events,
        connection.execute(rows).pl(),
    )  # fmt: skip


def clocks(work: Workspace, study: Study) -> pl.DataFrame:
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
    return work.tell(query, "seen", "street")


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
