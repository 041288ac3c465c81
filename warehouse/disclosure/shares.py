"""Shares and their intervals, made from rounded counts alone."""

from math import log
from typing import Final

from warehouse.disclosure.rounding import nearest, rounded
from warehouse.estimate.proportions import Z, wilson

Share = tuple[float, float | None, float | None]
"""A share with the limits of its 95 % interval."""

_CERTAIN: Final = (0.0, 1.0)


def counted(events: int | None, n: int | None) -> Share | None:
    """The share of two counts as they are shown, with Wilson's interval; None where one of them is withheld."""
    if events is None or not n:
        return None
    found = wilson(events, n)
    return found.value, found.low, found.high


def snapped(value: float | None, low: float | None, high: float | None, n: int) -> Share | None:
    """An estimated share of ``n`` persons as if it had been counted: a multiple of five persons of a rounded whole.

    Its interval is Wilson's for as many persons, rounded, as carry the same uncertainty as the estimate. Without
    censoring this is the share of the rounded counts. None where fewer than eight persons would have it, or not.
    """
    whole = rounded(n)
    if value is None or whole is None or rounded(round(value * n)) is None or rounded(round((1 - value) * n)) is None:
        return None
    share = min(nearest(value * n) / whole, 1.0)
    carrying = nearest(min(_effective(value, low, high) or n, n))
    if carrying == 0 or share in _CERTAIN:
        return share, None, None
    found = wilson(share * carrying, carrying)
    return share, found.low, found.high


def _effective(value: float, low: float | None, high: float | None) -> float | None:
    """How many uncensored persons would give a share as uncertain: value (1 - value) / variance.

    The limits are taken as made on the complementary log-log scale; None without limits.
    """
    if low is None or high is None or not 0 < low < value < high < 1:
        return None
    error = (log(-log(low)) - log(-log(high))) / (2 * Z) * value * -log(value)
    return value * (1 - value) / error**2
