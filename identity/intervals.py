"""Intervals of 95 % for shares and expected counts, many at once."""

from typing import Final

import numpy as np
import numpy.typing as npt

Z: Final = 1.959963984540054
TAIL: Final = 0.025

Numbers = npt.NDArray[np.float64]


def wilson(events: npt.ArrayLike, n: npt.ArrayLike) -> tuple[Numbers, Numbers, Numbers]:
    """The shares ``events / n`` with Wilson's score interval (1927); not a number where ``n`` is 0."""
    counted, among = np.asarray(events, float), np.asarray(n, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = counted / among
        centre = (share + Z**2 / (2 * among)) / (1 + Z**2 / among)
        half = Z * np.sqrt(share * (1 - share) / among + Z**2 / (4 * among**2)) / (1 + Z**2 / among)
    return share, np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def gamma_interval(mean: npt.ArrayLike, variance: npt.ArrayLike) -> tuple[Numbers, Numbers]:
    """Where a count of rare draws of this mean and variance falls: a gamma distribution, half a draw wider.

    Unlike a normal one it does not reach below nothing and is skewed as such counts are; what counts by the
    ``variance / mean`` at a time is widened by half of that, since a count is not continuous.
    """
    from scipy.special import gammaincinv

    expected, spread = np.asarray(mean, float), np.asarray(variance, float)
    known = (expected > 0) & (spread > 0)
    unit = np.where(known, spread / np.where(known, expected, 1), 0.0)
    shape = np.where(known, expected / np.where(known, unit, 1), 1.0)
    low, high = (np.where(known, gammaincinv(shape, tail) * unit, expected) for tail in (TAIL, 1 - TAIL))
    return np.maximum(low - unit / 2, 0.0), high + unit / 2
