"""A study as SQL: an ordered tuple of named SELECTs that DuckDB runs, that Spark can run, and that people can read."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

import sqlglot
from sqlglot import exp

from warehouse.outcomes import cohort, first, observation, risk, values
from warehouse.study.contract import Study

Dialect = Literal["duckdb", "spark"]


@dataclass(frozen=True)
class Step:
    """One SELECT under the name by which later steps read its rows."""

    name: str
    select: exp.Query

    def sql(self, dialect: Dialect = "duckdb") -> str:
        """The SELECT in a dialect; literals are in it, nothing is bound."""
        return self._duckdb if dialect == "duckdb" else self.select.sql(dialect=dialect, pretty=True)

    @cached_property
    def _duckdb(self) -> str:
        return self.select.sql(dialect="duckdb", pretty=True)

    @cached_property
    def reads(self) -> frozenset[str]:
        """The tables and steps that it reads."""
        own = {with_.alias for with_ in self.select.find_all(exp.CTE)}
        return frozenset(found.name for found in self.select.find_all(exp.Table)) - own


@lru_cache(maxsize=32)
def compiled(study: Study) -> tuple[Step, ...]:
    """The steps of a study in their order, from ``event``, ``span``, ``participant`` and ``coverage``.

    Kept, since parsing a study takes longer than running it on a small town, and publication asks several times.
    """
    return tuple(_step(name, query) for name, query in _queries(study))


@lru_cache(maxsize=256)
def _step(name: str, query: str) -> Step:
    """The step, once: studies share many, and a step keeps what was found out of its SQL."""
    found = sqlglot.parse_one(query, read="duckdb")
    assert isinstance(found, exp.Query)
    return Step(name, found)


def text(study: Study) -> str:
    """All steps as one readable text of DuckDB's SQL."""
    return "\n\n".join(f"CREATE OR REPLACE TEMP TABLE {step.name} AS\n{step.sql()};" for step in compiled(study)) + "\n"


def _queries(study: Study) -> Iterator[tuple[str, str]]:
    yield "island", cohort.ISLAND
    yield "index_moment", cohort.index_moment(study)
    yield "filing", cohort.FILING
    yield from cohort.counted(study)
    yield "considered", cohort.considered(study)
    yield "cohort", cohort.cohort(study)
    yield "exposure_source", observation.exposure_source(study)
    yield "need", observation.need(study)
    yield "followed", observation.followed(study)
    yield "elsewhere", observation.elsewhere(study)
    yield "follow_up_end", observation.follow_up_end(study)
    yield "removal", first.REMOVAL
    yield "conviction", first.CONVICTION
    yield "candidate", first.candidate(study)
    yield "first_moment", first.FIRST_MOMENT
    yield "doubt", first.DOUBT
    yield "judged", values.judged(study)
    yield "outcome_row", values.outcome_row(study)
    yield "custody_time", risk.CUSTODY_TIME
    yield "seen", risk.seen(study)
    yield "exposure", risk.exposure(study)
    yield "risk_row", risk.risk_row(study)
    yield "street", risk.street(study)
