"""One estimate from several completed data sets."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt

import numpy as np


@dataclass(frozen=True)
class Combined:
    """A combined estimate with its error, degrees of freedom, 95 % interval of Student's t and two-sided p.

    ``within``: mean variance of the single estimates; ``between``: variance among them; their sum is the variance:
    within + (1 + 1/m)·between. ``missing``: the share of the variance that stems from what is not known.
    """

    value: float
    se: float
    degrees: float
    low: float
    high: float
    p: float
    within: float
    between: float
    missing: float


def rubin(estimates: Sequence[float], variances: Sequence[float], complete: float | None = None) -> Combined:
    """Combine estimates from m ≥ 2 drawn data sets by Rubin's rules (Rubin 1987, chapter 3).

    Degrees of freedom: Rubin's (m − 1)(1 + 1/r)², r the relative increase of variance; where ``complete``, the
    degrees of freedom that the complete data would have, is given, those of Barnard and Rubin 1999, never
    more than it. `ValueError` for fewer than two estimates.
    """
    from scipy.stats import t

    drawn = len(estimates)
    if drawn < 2 or len(variances) != drawn:
        raise ValueError("Rubin's rules need two estimates or more, each with its variance")
    value, within = float(np.mean(estimates)), float(np.mean(variances))
    between = float(np.var(estimates, ddof=1))
    added = (1 + 1 / drawn) * between
    missing = added / (within + added) if added else 0.0
    degrees = _degrees(drawn, missing, complete)
    se = sqrt(within + added)
    half = float(t.ppf(0.975, degrees)) * se
    p = float(2 * t.sf(abs(value) / se, degrees))
    return Combined(value, se, degrees, value - half, value + half, p, within, between, missing)


def _degrees(drawn: int, missing: float, complete: float | None) -> float:
    """With r the relative increase of variance, 1 + 1/r is 1/missing."""
    old = (drawn - 1) / missing**2 if missing else inf
    if complete is None:
        return old
    observed = (complete + 1) / (complete + 3) * complete * (1 - missing)
    return 1 / (1 / old + 1 / observed) if missing else observed
