"""Who is counted, from when, and what is known about them at the index: the first steps of a study's SQL."""

from collections.abc import Iterator
from typing import Final

from warehouse.outcomes.definitions import NOT_OBSERVABLE, UNKNOWN
from warehouse.study.contract import Study
from warehouse.study.designs import IntentionToTreat, Landmark, moment_of
from warehouse.study.facts import Age, AtLeast, Before, Condition, Counted, Covariate, Fact, Is, Recorded, Within
from warehouse.study.moments import End, Happens, Index, Moment
from warehouse.study.words import RECORD, banded, day, listed, moments, picked, quoted, table

ISLAND: Final = """
WITH reached AS (
    SELECT agency, feed, kind, covered_from, covered_until,
           max(lag_days) OVER (PARTITION BY agency, feed, kind) AS lag_days,
           max(covered_until) OVER (
               PARTITION BY agency, feed, kind ORDER BY covered_from, covered_until
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
           ) AS earlier_until
    FROM coverage
), numbered AS (
    SELECT *, sum(CASE WHEN earlier_until IS NULL OR covered_from > earlier_until THEN 1 ELSE 0 END) OVER (
                  PARTITION BY agency, feed, kind ORDER BY covered_from, covered_until
                  ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
              ) AS island_number
    FROM reached
)
SELECT agency, feed, kind, min(covered_from) AS covered_from, max(covered_until) AS covered_until,
       CAST(max(lag_days) AS INTEGER) AS lag_days
FROM numbered GROUP BY agency, feed, kind, island_number
"""

FILING: Final = f"""
SELECT participant_key, agency, {RECORD} AS filing,
       detail ->> '$.charge_number' AS charge_number, event_date AS filing_date,
       CASE WHEN try_cast(detail ->> '$.offence_date' AS DATE) <= event_date
            THEN try_cast(detail ->> '$.offence_date' AS DATE) END AS offence_date
FROM event WHERE kind = 'charge' AND participant_key IS NOT NULL
"""


def index_moment(study: Study) -> str:
    """One row a person: the first such moment inside the coverage of the feed that told it."""
    index = study.index
    dated = day(index)
    recorded = sorted({fact.name for fact in _facts(study) if isinstance(fact, Recorded)})
    columns = "".join(f", {_part(name)} AS recorded_{name}" for name in recorded)
    chosen = " AND ".join(f"s.{condition}" for condition in picked(index).split(" AND "))
    return f"""
    SELECT s.participant_key, {quoted(index_kind(index))} AS index_kind, s.{dated} AS index_date,
           s.agency AS index_agency, s.feed AS index_feed{columns}
    FROM {table(index)} AS s
    JOIN island AS i ON i.kind = {quoted(covered_kind(index))} AND i.agency = s.agency AND i.feed = s.feed
        AND s.{dated} >= i.covered_from AND s.{dated} < i.covered_until
    WHERE {chosen}
    QUALIFY row_number() OVER (
        PARTITION BY s.participant_key ORDER BY s.{dated}, s.agency, s.feed{_ties(recorded)}) = 1
    """


def counted(study: Study) -> Iterator[tuple[str, str]]:
    """A step for each number that is counted: participant_key, ``number``, null where it is not observable."""
    for name, fact in _named(study):
        if isinstance(fact, Counted):
            yield f"counted_{name}", _counted(fact)


def considered(study: Study) -> str:
    """Everybody with an index: covariates, whether each condition of the population is met, whether exposed."""
    facts = {f"counted_{name}" for name, fact in _named(study) if isinstance(fact, Counted)}
    joins = "".join(f" LEFT JOIN {name} ON {name}.participant_key = i.participant_key" for name in sorted(facts))
    columns = [f"{_level(covariate)} AS {covariate.name}" for covariate in study.covariates]
    columns += [
        f"{_met(condition, f'condition_{number}')} AS meets_{number}"
        for number, condition in enumerate(study.population, 1)
    ]
    exposure = study.exposure
    if isinstance(exposure, IntentionToTreat | Landmark):
        columns.append(f"{_met(exposure.by, 'exposure')} AS exposed")
    more = "".join(f", {column}" for column in columns)
    return f"""
    SELECT i.participant_key, i.index_kind, i.index_date, i.index_agency, i.index_feed{more}
    FROM index_moment AS i LEFT JOIN participant AS p ON p.participant_key = i.participant_key{joins}
    """


def cohort(study: Study) -> str:
    """Who is counted: the clock starts on ``index_date``; ``zero_date`` is the day of the index event itself."""
    names = "".join(f", {covariate.name}" for covariate in study.covariates)
    conditions = [f"meets_{number}" for number, _ in enumerate(study.population, 1)]
    arm = "'all'"
    if isinstance(study.exposure, IntentionToTreat | Landmark):
        arm = "CASE WHEN exposed THEN 'exposed' ELSE 'unexposed' END"
        conditions.append("exposed IS NOT NULL")
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"""
    SELECT participant_key, index_kind, index_date + {study.landmark} AS index_date, index_agency, index_feed,
           index_date AS zero_date, {arm} AS arm{names}
    FROM considered {where}
    """


def index_kind(index: Index) -> str:
    """The name of the index event in the tables."""
    return index.kind if isinstance(index, Happens) else f"{index.kind}_{'end' if isinstance(index, End) else 'start'}"


def covered_kind(moment: Moment) -> str:
    """The kind of fact that must be covered for the moment to be seen."""
    return moment.kind


def _facts(study: Study) -> Iterator[Fact]:
    return (fact for _, fact in _named(study))


def _named(study: Study) -> Iterator[tuple[str, Fact]]:
    """Every fact that the study takes of a person, under the name of the term that takes it."""
    yield from ((covariate.name, covariate.fact) for covariate in study.covariates)
    yield from ((f"condition_{number}", condition.fact) for number, condition in enumerate(study.population, 1))
    if isinstance(study.exposure, IntentionToTreat | Landmark):
        yield "exposure", study.exposure.by.fact


def _part(name: str) -> str:
    return f"s.{name}" if name in ("code", "text", "number") else f"s.detail ->> '$.{name}'"


def _ties(recorded: list[str]) -> str:
    return "".join(f", {_part(name)}" for name in recorded)


def _counted(fact: Counted) -> str:
    """The number of such moments from ``from_date`` to ``until_date``, exclusive."""
    moment = fact.of
    start = f"CAST(index_date - INTERVAL {fact.months} MONTH AS DATE)" if isinstance(fact, Before) else "index_date"
    last = fact.days if isinstance(fact, Within) else 0
    until = "index_date" if isinstance(fact, Before) else f"index_date + {(last or 0) + 1}"
    records = isinstance(fact, Before) and fact.records
    told = " AND agency IN " + listed(moment.agencies) if moment.agencies else ""
    if moment.codes or moment.texts:
        told += f" AND EXISTS (SELECT 1 FROM ({moments(moment)}) AS m WHERE m.agency = i.agency AND m.feed = i.feed)"
    return f"""
    WITH looked AS (
        SELECT participant_key, index_date, {start} AS from_date, {until} AS until_date FROM index_moment
    ), source AS (
        SELECT DISTINCT agency, feed FROM island AS i WHERE kind = {quoted(covered_kind(moment))}{told}
    ), covering AS (
        SELECT d.index_date, count(*) AS sources, count(i.feed) AS covered
        FROM (SELECT DISTINCT index_date, from_date, until_date FROM looked) AS d
        CROSS JOIN source AS s
        LEFT JOIN island AS i ON i.kind = {quoted(covered_kind(moment))} AND i.agency = s.agency AND i.feed = s.feed
            AND i.covered_from <= d.from_date AND d.until_date <= i.covered_until - i.lag_days
        GROUP BY d.index_date
    ), told AS (
        {moments(moment, *((f"{RECORD} AS record",) if records else ()))}
    ), found AS (
        SELECT l.participant_key, count({"DISTINCT t.record" if records else "*"}) AS number
        FROM looked AS l JOIN told AS t ON t.participant_key = l.participant_key
            AND t.day >= l.from_date AND t.day < l.until_date
        GROUP BY l.participant_key
    )
    SELECT l.participant_key, CASE WHEN c.covered = c.sources THEN coalesce(f.number, 0) END AS number
    FROM looked AS l
    LEFT JOIN covering AS c ON c.index_date = l.index_date
    LEFT JOIN found AS f ON f.participant_key = l.participant_key
    """


def _value(fact: Fact, name: str) -> str:
    """The expression of a fact in `considered`."""
    if isinstance(fact, Age):
        return "year(i.index_date) - p.birth_year"
    if isinstance(fact, Recorded):
        return f"i.recorded_{fact.name}"
    return f"counted_{name}.number" if isinstance(fact, Counted) else "p.sex"


def _level(covariate: Covariate) -> str:
    """The expression of a covariate: a band, a number, or a category."""
    value = _value(covariate.fact, covariate.name)
    missing = NOT_OBSERVABLE if isinstance(covariate.fact, Counted) else UNKNOWN
    number = f"try_cast({value} AS DOUBLE)" if isinstance(covariate.fact, Recorded) else value
    if covariate.bands:
        return banded(number, covariate.bands, missing)
    return f"CAST({number} AS DOUBLE)" if covariate.number else f"coalesce({value}, {quoted(missing)})"


def _met(condition: Condition, name: str) -> str:
    """The expression of a condition; null where it is not known."""
    value = _value(condition.fact, name)
    if isinstance(condition, Is):
        return f"{value} IN {listed(condition.values)}"
    number = f"try_cast({value} AS DOUBLE)" if isinstance(condition.fact, Recorded) else value
    return f"{number} {'>=' if isinstance(condition, AtLeast) else '<='} {condition.n}"


def exposing(study: Study) -> Moment | None:
    """The moments by which exposure is told."""
    return moment_of(study.exposure)
