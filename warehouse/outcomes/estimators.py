"""Estimators with intervals; each is pinned by a spec test against a published table or a count by hand."""

from dataclasses import dataclass
from math import sqrt
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.integer[Any]]
Status = NDArray[np.integer[Any]]

Z: Final = 1.959963984540054
"""The 97.5 % point of the normal distribution: all intervals are 95 %."""


@dataclass(frozen=True)
class Estimate:
    """A proportion with its 95 % interval; ``low`` and ``high`` are None where no interval is defined."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Curve:
    """A step function that holds from each of ``days`` on, with its pointwise 95 % interval."""

    days: NDArray[np.float64]
    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @property
    def last(self) -> Estimate:
        """The value where the curve ends."""
        low, high = (None if np.isnan(side[-1]) else float(side[-1]) for side in (self.low, self.high))
        return Estimate(float(self.value[-1]), low, high)


def wilson(events: float, n: float) -> Estimate:
    """The share ``events / n`` with Wilson's score interval (1927); n > 0."""
    share = events / n
    centre = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z * sqrt(share * (1 - share) / n + Z**2 / (4 * n**2)) / (1 + Z**2 / n)
    return Estimate(share, max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half)))


def aalen_johansen(days: Days, status: Status) -> Curve:
    """Cumulative incidence of status 1 where status 2 competes and 0 is censored; ties are real ties.

    Variance: Dinse and Larson 1986 / Marubini and Valsecchi 1995, by statsmodels; the interval is made on
    the complementary log-log scale and so stays inside 0 and 1. Somebody censored on a day is at risk on it.
    """
    from statsmodels.duration.survfunc import CumIncidenceRight

    with np.errstate(divide="ignore", invalid="ignore"):
        fitted = CumIncidenceRight(days, status)
    if not (status == 1).any():
        value = np.zeros(len(fitted.times))
        return _with_interval(fitted.times, value, value)
    return _with_interval(fitted.times, fitted.cinc[0], fitted.cinc_se[0])


def kaplan_meier(days: Days, event: Status) -> Curve:
    """One minus the Kaplan–Meier survival (statsmodels, Greenwood's variance): for a single cause only."""
    from statsmodels.duration.survfunc import SurvfuncRight

    with np.errstate(divide="ignore", invalid="ignore"):
        fitted = SurvfuncRight(days, event)
    if not len(fitted.surv_times):
        return _with_interval(np.array([days.max()]), np.zeros(1), np.zeros(1))
    return _with_interval(fitted.surv_times, 1 - fitted.surv_prob, fitted.surv_prob_se)


def log_rank(days: Days, event: Status, group: NDArray[Any]) -> float:
    """The log-rank chi-squared statistic for the difference between groups."""
    from statsmodels.duration.survfunc import survdiff

    statistic, _ = survdiff(days, event, group)
    return float(statistic)


def _with_interval(days: Days, value: NDArray[np.float64], se: NDArray[np.float64]) -> Curve:
    """Add exp(-exp(log(-log F) ± z se / (F log F))); undefined where F is 0 or 1 or has no variance."""
    low, high = np.full(len(value), np.nan), np.full(len(value), np.nan)
    inner = (value > 0) & (value < 1) & np.isfinite(se)
    share = value[inner]
    width = Z * se[inner] / (share * np.log(share))
    low[inner], high[inner] = share ** np.exp(-width), share ** np.exp(width)
    return Curve(np.asarray(days, dtype=np.float64), np.asarray(value), low, high)
