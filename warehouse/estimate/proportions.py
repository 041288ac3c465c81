"""Shares with intervals."""

from dataclasses import dataclass
from math import sqrt
from typing import Final

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
    centre = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z * sqrt(share * (1 - share) / n + Z**2 / (4 * n**2)) / (1 + Z**2 / n)
    return Estimate(share, max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half)))
