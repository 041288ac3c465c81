"""Whether groups differ in when the event comes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from warehouse.estimate.curves import Status, Times
from warehouse.estimate.errors import NotEstimable


@dataclass(frozen=True)
class LogRank:
    """A test statistic with the degrees of freedom of its chi-squared distribution and the two-sided p value."""

    statistic: float
    degrees: int
    p: float


def log_rank(time: Times, event: Status, group: NDArray[Any]) -> LogRank:
    """The log-rank test (Mantel 1966) that two or more groups have the same hazard at every time; statsmodels.

    For a single cause, or for the cause-specific hazard when those with another cause are censored at it.
    `NotEstimable` where there are fewer than two groups or no events.
    """
    from statsmodels.duration.survfunc import survdiff

    groups, member = np.unique(group, return_inverse=True)
    if len(groups) < 2 or not np.any(event):
        raise NotEstimable("a log-rank test needs two groups and an event")
    statistic, p = survdiff(time, np.asarray(event, dtype=np.int64), member)
    return LogRank(float(statistic), len(groups) - 1, float(p))
