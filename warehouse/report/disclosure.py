"""What of a count of persons may stand on the page: nothing of seven or fewer, the rest rounded to five.

A rule of the page, applied last: the counts in the snapshot stay exact and restricted.
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

SMALL: Final = 7
"""A count up to this, zero included, could single out a person, and so could what it leaves of its whole."""
BASE: Final = 5
STEP: Final = 10
"""A drawn curve moves by at least this many persons, and ends where fewer are still followed."""
COUNTS: Final = ("n", "observable", "events", "competing")


def rounded(count: int) -> int | None:
    """A number of persons as it may be shown; None where it is withheld."""
    return None if count <= SMALL else BASE * round(count / BASE)


def withhold(rates: pl.DataFrame, adding_up: Sequence[str]) -> pl.DataFrame:
    """Rows of ``outcome_rate`` with their counts as they may be shown: null where withheld.

    Where exactly one of the rows that add up to a total (same ``adding_up``) is withheld, the next smallest is too:
    otherwise the one would follow from the total. Nothing tells which is which.
    """
    left = pl.col("observable") - pl.col("events") - pl.col("competing")
    few = (left <= SMALL) | (pl.col("observable") <= SMALL)
    shown = rates.with_columns(
        _rounded("n"),
        _rounded("observable"),
        pl.when(~few).then(_rounded("events")).alias("events"),
        pl.when(~few).then(_rounded("competing")).alias("competing"),
    )
    return shown.with_columns(_with_neighbour(count, adding_up) for count in COUNTS)


def coarsen(curve: pl.DataFrame) -> pl.DataFrame:
    """The points of one outcome's curve that may be drawn: each at least `STEP` events after the one before.

    The last value is drawn on to the last day on which enough people are followed.
    """
    followed = curve.filter(pl.col("at_risk") >= STEP).sort("day")
    kept: list[dict[str, float]] = []
    for row in followed.iter_rows(named=True):
        if row["events"] - (kept[-1]["events"] if kept else 0) >= STEP:
            kept.append(row)
    if kept:
        kept.append(kept[-1] | {"day": followed["day"][-1]})
    return pl.DataFrame(kept, schema=curve.schema).with_columns(pl.col("incidence", "low", "high").round(2))


def _rounded(count: str) -> pl.Expr:
    return pl.when(pl.col(count) > SMALL).then((pl.col(count) / BASE).round().cast(pl.Int64) * BASE).alias(count)


def _with_neighbour(count: str, adding_up: Sequence[str]) -> pl.Expr:
    """The count, withheld also where it is the smallest one shown and a single other is withheld."""
    single = (pl.col(count).is_null().sum() == 1).over(adding_up)
    smallest = pl.col(count).rank("ordinal").over(adding_up) == 1
    return pl.when(single & smallest).then(None).otherwise(pl.col(count)).alias(count)
