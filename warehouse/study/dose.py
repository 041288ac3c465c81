"""How much of the programme the people of a study had: the table ``study_dose``.

Of everybody whose exposure is an enrolment, the first such enrolment between index and horizon is looked at, as
`warehouse.measures.dose` tells it. It describes what "exposed" was; no effect is estimated by it, since who stays
longer differs from who leaves.
"""

from collections.abc import Iterable, Iterator
from math import sqrt
from typing import Any, Final

import numpy as np
import polars as pl
from duckdb import DuckDBPyConnection

from warehouse.estimate.proportions import Z, wilson
from warehouse.measures.definitions import RETENTION_DAYS
from warehouse.study.contract import Study
from warehouse.study.designs import TimeVarying, moment_of
from warehouse.study.tables import DOSE

ENROLMENT: Final = "enrolment"
VIEW: Final = "enrolment_dose"
PEOPLE: Final = "share of people"
"""The unit of what is a number of people among others: what may be shown of it follows from both numbers."""

_FIRST: Final = """
SELECT person.arm, each.*
FROM (SELECT DISTINCT participant_key, index_date, arm FROM study_outcome WHERE study = $study) AS person
JOIN enrolment_dose AS each USING (participant_key)
WHERE each.start_date >= person.index_date
  AND each.start_date < person.index_date + to_months($horizon) AND ($codes IS NULL OR each.programme_kind IN $codes)
QUALIFY row_number() OVER (PARTITION BY participant_key ORDER BY each.start_date, each.agency, each.enrolment_id) = 1
ORDER BY participant_key
"""
_AMOUNTS: Final = {
    "sessions_offered": "sessions", "sessions_attended": "sessions", "attended_share": "share",
    "hours_attended": "hours", "longest_gap_days": "days",
}  # fmt: skip


def is_dosed(study: Study) -> bool:
    """Whether the exposure of a study is an enrolment, so that what was received in it can be told."""
    moment = moment_of(study.exposure)
    return moment is not None and moment.kind == ENROLMENT


def doses(connection: DuckDBPyConnection, studies: Iterable[Study]) -> pl.DataFrame:
    """The table ``study_dose``, schema `DOSE`, of those of the studies that have a dose.

    The connection holds ``study_outcome`` of all of them, and the view `VIEW`. Where sessions are not told of, nothing
    is counted; shares leave out whom they cannot be told of.
    """
    rows = [row for study in studies if is_dosed(study) for row in _of_study(connection, study)]
    return pl.DataFrame(rows, schema=DOSE)


def _of_study(connection: DuckDBPyConnection, study: Study) -> Iterator[dict[str, Any]]:
    """The rows of one study; sums are taken in the order of the keys, so that they are the same each time."""
    codes = list(getattr(moment_of(study.exposure), "codes", ())) or None
    given = {"study": study.name, "horizon": study.horizon, "codes": codes}
    people = connection.execute(_FIRST, given).pl()
    if isinstance(study.exposure, TimeVarying):
        people = people.with_columns(arm=pl.lit("exposed"))
    for arm in people["arm"].unique().sort():
        mine = people.filter(pl.col("arm") == arm)
        for row in (*_amounts(mine.filter(pl.col("observed_until").is_not_null())), *_retained(mine)):
            yield {"study": study.name, "arm": arm, **row}


def _amounts(people: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """Mean and median of each amount, with the normal 95 % interval of the mean."""
    for measure, unit in _AMOUNTS.items():
        told = people[measure].drop_nulls().cast(pl.Float64).to_numpy()
        if not len(told):
            continue
        mean = float(told.mean())
        half = Z * float(told.std(ddof=1)) / sqrt(len(told)) if len(told) > 1 else None
        limits = {"low": None, "high": None} if half is None else {"low": mean - half, "high": mean + half}
        yield {
            "measure": measure,
            "unit": unit,
            "n": len(told),
            "mean": mean,
            "median": float(np.median(told)),
            **limits,
        }


def _retained(people: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """The share of those of whom it can be told who was there still, or had completed, with Wilson's interval."""
    for days in RETENTION_DAYS:
        told = people[f"retained_{days}"].drop_nulls()
        told = told.filter(told != "not_observable")
        if len(told):
            share = wilson(len(told.filter(told.is_in(["retained", "completed"]))), len(told))
            yield {"measure": f"retained_{days}", "unit": PEOPLE, "n": len(told), "mean": share.value, "median": None,
                   "low": share.low, "high": share.high}  # fmt: skip
