"""Who is at risk when somebody has the event.

A **moment** is a time, within a stratum, at which at least one row has the event. A row ``(start, stop]`` is at risk
at the moments after its start up to and including its stop, which are neighbours in the order of moments: two
indexes say all, and sums over risk sets are differences of running sums.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.intp]
Values = NDArray[np.float64]


@dataclass(frozen=True)
class RiskSets:
    """The moments ``[first, beyond)`` at which each row is at risk, and the rows with the event in their order.

    ``failing``: rows with the event, by moment. ``moment``: of each of them. ``tied``: how many fail at each moment.
    """

    first: Index
    beyond: Index
    failing: Index
    moment: Index
    tied: Index

    @classmethod
    def of(
        cls, start: Values | None, stop: Values, event: NDArray[np.bool_], strata: NDArray[Any] | None = None
    ) -> "RiskSets":
        """The risk sets of rows; without ``start`` a row is at risk from before the first moment of its stratum."""
        begins = np.full(len(stop), -np.inf) if start is None else start
        times = np.unique(stop[event])
        stratum = np.zeros(len(stop), np.intp) if strata is None else np.unique(strata, return_inverse=True)[1]
        # Ranks among event times; a stratum takes a block of its own in one common order.
        offset = stratum * (len(times) + 1)
        until = offset + np.searchsorted(times, stop, side="right")
        since = offset + np.searchsorted(times, begins, side="right")
        moments, moment = np.unique(until[event], return_inverse=True)
        order = np.argsort(moment, kind="stable")
        return cls(
            first=np.searchsorted(moments, since, side="right"),
            beyond=np.searchsorted(moments, until, side="right"),
            failing=np.flatnonzero(event)[order],
            moment=moment[order],
            tied=np.bincount(moment, minlength=len(moments)),
        )

    def at_risk(self, value: Values) -> Values:
        """The sum of a row's value over those at risk at each moment.

        Summed from the end: of whoever has left nothing is in the sum, however large, so that nothing is lost in it.
        """
        return _after(self.beyond, value, len(self.tied)) - _after(self.first, value, len(self.tied))

    def at_moment(self, value: Values) -> Values:
        """The sum, at each moment, of the values of those who fail at it, given in the order of ``failing``."""
        return np.bincount(self.moment, value, len(self.tied)).astype(np.float64)

    def over_time(self, value: Values) -> Values:
        """The sum of a moment's value, or of its values term by term, over the moments at which each row is at risk."""
        running = np.concatenate([np.zeros((1, *value.shape[1:])), np.cumsum(value, axis=0)])
        return np.asarray(running[self.beyond] - running[self.first])

    @property
    def share_gone(self) -> Values:
        """Of each who fails, which share of those tied with it has failed before: 0, 1/d, …, (d − 1)/d (Efron)."""
        before = np.arange(len(self.moment)) - (np.cumsum(self.tied) - self.tied)[self.moment]
        return np.asarray(before / self.tied[self.moment])


def _after(place: Index, value: Values, moments: int) -> Values:
    """For each moment the sum of the values of rows with a later place."""
    return np.asarray(np.cumsum(np.bincount(place, value, moments + 1)[::-1])[::-1][1:])
