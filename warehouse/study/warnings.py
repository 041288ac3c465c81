"""What a reader of a study must know: windows in progress, and follow-up that is not alike."""

from typing import Final

import polars as pl
from duckdb import DuckDBPyConnection

from warehouse.study.collect import followed
from warehouse.study.contract import Study
from warehouse.study.models import Warned

UNEQUAL: Final = 0.1
"""Medians of follow-up that differ by more than this share are said to be unequal."""
FEW: Final = 10
"""Groups smaller than this are too small for their median to say anything."""

_WINDOWS: Final = """
SELECT outcome, window_months, count(*) AS n, count(*) FILTER (value = 'not_observable') AS unknown
FROM outcome_row GROUP BY ALL ORDER BY ALL
"""


def of_windows(connection: DuckDBPyConnection) -> list[Warned]:
    """Windows of which most are not observable."""
    return [
        Warned(
            outcome, "windows_in_progress",
            f"{unknown} of {n} windows of {months} months are not observable: they are in no rate, as yes or as no",
        )
        for outcome, months, n, unknown in connection.execute(_WINDOWS).fetchall()
        if 2 * unknown > n
    ]  # fmt: skip


def of_follow_up(connection: DuckDBPyConnection, study: Study) -> list[Warned]:
    """Groups that could be followed for unequal lengths of time, whatever happened to them."""
    found = []
    for (what, outcome), pair in followed(connection, study).group_by("what", "outcome", maintain_order=True):
        if pair.height == 2 and (pair["persons"] >= FEW).all():
            yes, no = (float(pair.filter(pl.col("yes") == side)["days"][0]) for side in (True, False))
            if abs(yes - no) > UNEQUAL * max(yes, no):
                found.append(_unequal(str(what), str(outcome), study, yes, no))
    return found


def _unequal(what: str, outcome: str, study: Study, yes: float, no: float) -> Warned:
    days = f"{yes:.0f} against {no:.0f} days (medians)"
    if what == "outcome":
        text = f"those with it within {study.windows[0]} months could be followed {days} of those without"
        return Warned(outcome, "follow_up_goes_with_outcome", f"{text}: no rate over all of the follow-up is believed")
    varying = study.exposure.kind == "time_varying"
    who = "those ever exposed and those never" if varying else "exposed and unexposed"
    return Warned(outcome, "unequal_follow_up", f"{who} could be followed {days}: only windows and hazards compare")
