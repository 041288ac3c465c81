"""Values and limits from sums over persons; every interval is 95 % and says how it was made.

A person is one draw, however many sessions, hearings or charges are told of them: the variance is that of a ratio of
sums over persons (Cochran 1977, 6.4), from n, Σx, Σy, Σx², Σy², Σxy. Sums add up, so parts can be summed apart.
"""

from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from warehouse.estimate.proportions import Z, wilson_limits

Numbers = NDArray[np.float64]
SUMS: Final = ("n", "with_it", "sx", "sy", "sxx", "syy", "sxy")
"""Persons with a denominator, of these with a numerator; sums of denominators x and numerators y and their products."""
_NOTHING_HAPPENED: Final = 3.688879454113936
"""The upper 97.5 % limit of a Poisson count of which 0 were seen."""


def with_estimates(sums: pl.DataFrame) -> pl.DataFrame:
    """The frame of `SUMS`, ``kind`` and ``scale``, with ``value``, ``low``, ``high`` and ``interval``.

    Where the denominator is 0 there is no value; where one person tells all, a mean or rate has no limits.
    """
    column = {name: sums[name].cast(pl.Float64).to_numpy() for name in (*SUMS, "scale")}
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = column["sy"] / column["sx"]
        error = _error(column, ratio)
        share, rate = (sums["kind"].to_numpy() == kind for kind in ("share", "rate"))
        simple = share & (column["sx"] == column["n"]) & (column["sxx"] == column["sx"])
        limits = np.where(
            share, wilson_limits(ratio, _draws(column, ratio, error, simple)), _student(ratio, error, column)
        )
        limits = np.where(rate, _log_normal(ratio, error, column), limits)
    interval = np.select([simple, share, rate], ["wilson", "wilson_effective", "log_normal"], "t")
    scaled = {"value": ratio, "low": limits[0], "high": limits[1]}
    found = [pl.Series(name, values * column["scale"]).fill_nan(None) for name, values in scaled.items()]
    return sums.with_columns(*found, pl.Series("interval", interval.astype(str)))


def difference(one: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """``value``, ``low``, ``high`` of one less other, row by row, from their own limits."""
    gap = one["value"] - other["value"]
    below = ((one["value"] - one["low"]) ** 2 + (other["high"] - other["value"]) ** 2).sqrt()
    above = ((one["high"] - one["value"]) ** 2 + (other["value"] - other["low"]) ** 2).sqrt()
    return pl.DataFrame({"value": gap, "low": gap - below, "high": gap + above})


def _error(column: dict[str, Any], ratio: Numbers) -> Numbers:
    """The standard error of Σy ÷ Σx over persons; not a number for a single one."""
    n, squares = column["n"], column["syy"] - 2 * ratio * column["sxy"] + ratio**2 * column["sxx"]
    spread = np.where(n > 1, n / (n - 1), np.nan) * np.maximum(squares, 0.0)
    return np.asarray(np.sqrt(spread) / column["sx"])


def _draws(column: dict[str, Any], ratio: Numbers, error: Numbers, simple: NDArray[np.bool_]) -> Numbers:
    """How many independent draws have this variance: never more than there are, persons where all agree."""
    effective = np.where(error > 1e-9, ratio * (1 - ratio) / error**2, column["n"])
    return np.asarray(np.where(simple, column["sx"], np.minimum(effective, column["sx"])))


def _student(mean: Numbers, error: Numbers, column: dict[str, Any]) -> Numbers:
    from scipy.special import stdtrit

    half = stdtrit(np.maximum(column["n"] - 1, 1), 0.975) * error
    return np.stack([mean - half, mean + half])


def _log_normal(rate: Numbers, error: Numbers, column: dict[str, Any]) -> Numbers:
    width = np.exp(Z * error / rate)
    nothing = (column["sy"] == 0) & (column["sx"] > 0)
    low = np.where(nothing, 0.0, rate / width)
    return np.stack([low, np.where(nothing, _NOTHING_HAPPENED / column["sx"], rate * width)])
