"""How many there are at each step from the index events to the denominators."""

from collections.abc import Iterator

import polars as pl

from warehouse.study.contract import Study
from warehouse.study.designs import IntentionToTreat, Landmark
from warehouse.study.moments import End, Happens
from warehouse.study.words import listed, quoted, table
from warehouse.study.workspace import Workspace

FLOW = pl.Schema({"step": pl.Int32(), "what": pl.String(), "n": pl.Int64()})


def flow(work: Workspace, study: Study) -> pl.DataFrame:
    """The table of n at each exclusion, schema `FLOW`; the steps of the study must stand."""
    steps = [(what, work.tell(query, *_MADE).item()) for what, query in _steps(study)]
    steps += [
        (f"observable for {outcome} within {months} months", n)
        for outcome, months, n in work.tell(_OBSERVABLE, *_MADE).iter_rows()
    ]
    rows = [(number, what, n) for number, (what, n) in enumerate(steps, 1)]
    return pl.DataFrame(rows, schema=FLOW, orient="row")


_MADE = ("considered", "cohort", "judged", "outcome_row")
"""The steps of which rows are counted."""
_OBSERVABLE = """
SELECT outcome, window_months, count(*) FILTER (value <> 'not_observable') AS n
FROM outcome_row GROUP BY outcome, window_months ORDER BY outcome, window_months
"""


def _steps(study: Study) -> Iterator[tuple[str, str]]:
    """What is counted, and the query that counts it."""
    index = study.index
    kind, rows = index.kind, f"{'events' if isinstance(index, Happens) else 'spans'}"
    told = f"kind = {quoted(kind)}" + (f" AND code IN {listed(index.codes)}" if index.codes else "")
    told += f" AND agency IN {listed(index.agencies)}" if index.agencies else ""
    source = f"FROM {table(index)} WHERE {told}"
    status = "coalesce(status, 'waiting')"
    lost = f"SELECT count(*) {source} AND participant_key IS NULL AND {status}"
    yield f"{kind} {rows}", f"SELECT count(*) {source}"
    yield f"{rows} of an ambiguous subject, never counted", f"{lost} = 'ambiguous_subject'"
    yield f"{rows} that wait for a person, not counted yet", f"{lost} <> 'ambiguous_subject'"
    yield f"participants with a {kind}", f"SELECT count(DISTINCT participant_key) {source}"
    end = "" if isinstance(index, Happens) else " end" if isinstance(index, End) else " start"
    yield f"participants whose first covered {kind}{end} is the index", "SELECT count(*) FROM considered"
    met = []
    for number, condition in enumerate(study.population, 1):
        met.append(f"meets_{number}")
        yield f"of these {condition.words}", f"SELECT count(*) FROM considered WHERE {' AND '.join(met)}"
    if isinstance(study.exposure, IntentionToTreat | Landmark):
        yield "of these exposure is known", "SELECT count(*) FROM cohort"
        for arm in ("exposed", "unexposed"):
            yield f"of these {arm}", f"SELECT count(*) FROM cohort WHERE arm = '{arm}'"
    if study.landmark:
        for outcome in study.outcomes:
            at_risk = f"SELECT count(DISTINCT participant_key) FROM judged WHERE outcome = {quoted(outcome.name)}"
            yield f"still at risk of {outcome.name} at the landmark", at_risk
