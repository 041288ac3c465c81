"""A study on drawn toy persons: a table of events in, the expected outcome out. The same engine as in production."""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import polars as pl

from tests.spec.drawn import table
from tests.spec.outcomes.drawing import EVERYTHING_COVERED, load
from warehouse.study.contract import Study
from warehouse.study.run import run

PEER_COVERED = """
peer      | members    | enrolment   | 2018-01-01 | 2024-01-01 | 14
peer      | sessions   | attendance  | 2018-01-01 | 2024-01-01 | 14
jail      | bookings   | custody     | 2018-01-01 | 2024-01-01 | 0
"""
"""What a peer-support provider and a jail cover, beside courts and probation."""

ALL_COVERED = EVERYTHING_COVERED.rstrip("\n") + PEER_COVERED


@dataclass(frozen=True)
class Drawn:
    """A sentence that must hold of a study, the records drawn for it, and rows expected of one of its tables.

    ``of``: the table, or ``risk_row``, the rows of the Cox model.
    """

    holds: str
    study: Study
    records: str
    expected: str
    of: str = "study_outcome"
    coverage: str = ALL_COVERED


def ran(drawn: Drawn) -> Mapping[str, pl.DataFrame]:
    """Every table that the study leaves of the drawn persons, and the rows at risk."""
    with duckdb.connect() as connection:
        load(connection, table(drawn.records), table(drawn.coverage))
        tables = run(connection, drawn.study, (0.5,))
        if tables["study"].is_empty():
            return tables
        risk = connection.execute("FROM risk_row ORDER BY participant_key, outcome, start").pl()
    strata = tables["study_outcome"]["strata"].str.json_decode(_strata(drawn.study)).alias("strata")
    outcome = tables["study_outcome"].with_columns(strata)
    return {**tables, "study_outcome": outcome.unnest("strata") if drawn.study.strata else outcome, "risk_row": risk}


def _strata(study: Study) -> pl.Struct:
    return pl.Struct(dict.fromkeys(study.strata, pl.String))


def agreeing(drawn: Drawn) -> list[tuple[dict[str, str], list[dict[str, str]]]]:
    """Each expected row, with the rows found that agree with it in every cell; a count in ``n`` expects no other."""
    found = ran(drawn)[drawn.of]
    shown = [{name: _shown(value) for name, value in row.items()} for row in found.iter_rows(named=True)]
    return [
        (row, [one for one in shown if all(one[name] == value for name, value in row.items())])
        for row in table(drawn.expected)
    ]


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
