"""Cumulative incidence over time, of a single cause or with competing causes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from warehouse.estimate.proportions import Estimate, Z

Times = NDArray[np.integer[Any] | np.floating[Any]]
Status = NDArray[np.integer[Any] | np.bool_]
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """Cumulative incidence: a step function that holds from each of ``time`` on, with a pointwise 95 % interval.

    ``at_risk``: persons still followed just before the time. ``events``: those who had the event up to and
    including it. ``low`` and ``high`` are NaN where no interval is defined (nobody or everybody had the event).
    """

    time: Values
    value: Values
    low: Values
    high: Values
    at_risk: NDArray[np.int64]
    events: NDArray[np.int64]

    @property
    def last(self) -> Estimate:
        """The value where the curve ends; the curve has at least one step."""
        low, high = (None if np.isnan(side[-1]) else float(side[-1]) for side in (self.low, self.high))
        return Estimate(float(self.value[-1]), low, high)


def kaplan_meier(time: Times, event: Status) -> Curve:
    """One minus the Kaplan–Meier survival, for a single cause: somebody censored at a time is at risk at it.

    Greenwood's variance (statsmodels). The interval is made on the log(−log) scale of the SURVIVAL
    (Kalbfleisch and Prentice 1980; Borgan and Liestøl 1990) and so stays inside 0 and 1.
    """
    from statsmodels.duration.survfunc import SurvfuncRight

    if not np.any(event):
        return _curve(time, event, time.max(initial=0)[None], np.zeros(1), (np.full(1, np.nan), np.full(1, np.nan)))
    with np.errstate(divide="ignore", invalid="ignore"):
        fitted = SurvfuncRight(time, np.asarray(event, dtype=np.int64))
    low, high = _log_log(fitted.surv_prob, fitted.surv_prob_se)
    return _curve(time, event, fitted.surv_times, 1 - fitted.surv_prob, (1 - high, 1 - low))


def aalen_johansen(time: Times, status: Status) -> Curve:
    """Cumulative incidence of status 1 where status 2 competes and 0 is censored; ties are real ties.

    Variance: Dinse and Larson 1986 / Marubini and Valsecchi 1995, by statsmodels. The interval is made on the
    log(−log) scale of the INCIDENCE. Somebody censored at a time is at risk at it.
    """
    from statsmodels.duration.survfunc import CumIncidenceRight

    event = np.asarray(status) == 1
    if not len(time) or not np.any(status):
        return kaplan_meier(time, event)
    with np.errstate(divide="ignore", invalid="ignore"):
        fitted = CumIncidenceRight(time, np.asarray(status, dtype=np.int64))
    value = fitted.cinc[0] if event.any() else np.zeros(len(fitted.times))
    return _curve(time, event, fitted.times, value, _log_log(value, fitted.cinc_se[0] if event.any() else value))


def _curve(time: Times, event: Status, steps: Times, value: Values, interval: tuple[Values, Values]) -> Curve:
    """A curve with its persons at risk and events so far."""
    at_risk = len(time) - np.searchsorted(np.sort(time), steps)
    events = np.searchsorted(np.sort(time[np.asarray(event, dtype=bool)]), steps, side="right")
    low, high = interval
    return Curve(np.asarray(steps, dtype=np.float64), np.asarray(value), low, high, at_risk, events)


def _log_log(share: Values, se: Values) -> tuple[Values, Values]:
    """The limits share ** exp(∓z·se / (share·log share)); NaN where the share is 0 or 1 or has no variance."""
    low, high = np.full(len(share), np.nan), np.full(len(share), np.nan)
    inner = (share > 0) & (share < 1) & np.isfinite(se)
    width = Z * se[inner] / (share[inner] * np.log(share[inner]))
    low[inner], high[inner] = share[inner] ** np.exp(-width), share[inner] ** np.exp(width)
    return low, high
