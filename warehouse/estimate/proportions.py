"""Shares with intervals."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

Z: Final = 1.959963984540054
"""The 97.5 % point of the normal distribution: all intervals are 95 %."""


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval; ``low`` and ``high`` are None where no interval is defined."""

    value: float
    low: float | None
    high: float | None


def wilson(events: float, n: float) -> Estimate:
    """The share ``events / n`` with Wilson's score interval (1927); n > 0."""
    share = events / n
    (low,), (high,) = wilson_limits(np.array([share]), np.array([float(n)])).tolist()
    return Estimate(share, low, high)


def wilson_limits(share: Numbers, draws: Numbers) -> Numbers:
    """The limits of Wilson's interval for shares of so many independent draws: low, then high."""
    centre = (share + Z**2 / (2 * draws)) / (1 + Z**2 / draws)
    half = Z * np.sqrt(share * (1 - share) / draws + Z**2 / (4 * draws**2)) / (1 + Z**2 / draws)
    return np.stack([np.maximum(np.minimum(centre - half, share), 0), np.minimum(np.maximum(centre + half, share), 1)])
