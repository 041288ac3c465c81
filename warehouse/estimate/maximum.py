"""The maximum of a partial likelihood, and which coefficients have one."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from warehouse.estimate.errors import NotEstimable
from warehouse.estimate.partial_likelihood import PartialLikelihood
from warehouse.estimate.patterns import PatternLikelihood
from warehouse.estimate.risk_sets import Values

Likelihood = PartialLikelihood | PatternLikelihood

_ITERATIONS: Final = 50
_CLOSE: Final = 1e-9
"""The Newton decrement, in units of log-likelihood, from which one more step, whose error is its square, suffices."""
_ROUNDING: Final = 1e-13
"""Of a log-likelihood: differences below this share of it are no differences, for it is a sum of many terms."""
_STRIDE: Final = 4.0
"""The longest step, between the extremes of a covariate: one person in a level would send the first to infinity."""
_RUNAWAY: Final = 0.1
"""A last step as long as this, between the extremes of the covariate: the coefficient has no finite maximum."""
_DETERMINED: Final = 1e-9
"""The share of a term's information that is left beside the terms before it, from which it counts as determined."""


@dataclass(frozen=True)
class Maximum:
    """``at``: the likelihood where it is greatest, of the terms that are not determined by others.

    ``finite``: which columns of the covariates have a coefficient; ``bounded``: the same among the terms of ``at``.
    """

    at: Likelihood
    null_log_likelihood: float
    finite: NDArray[np.bool_]
    bounded: NDArray[np.bool_]


def maximum(null: Likelihood) -> Maximum:
    """Climb by Newton's method from ``null``, where all coefficients are 0.

    Terms that do not vary beside those before them are left out, as R has it.

    `NotEstimable` where the climb does not end, which it does for every likelihood with data that are not extreme.
    """
    varying = _varying(null.information)
    if not varying.any():
        raise NotEstimable("no covariate varies among those at risk when the events come")
    here = replace(null, x=null.x[:, varying], coefficient=np.zeros(varying.sum()))
    reach = here.x.max(axis=0) - here.x.min(axis=0)
    before = np.zeros_like(reach)
    for _ in range(_ITERATIONS):
        step = np.asarray(np.linalg.solve(here.information, here.slope), dtype=np.float64)
        if here.slope @ step < _close(here):
            bounded = np.abs(step) * reach < _RUNAWAY
            finite = varying.copy()
            finite[varying] = bounded
            last = replace(here, coefficient=here.coefficient + np.where(bounded, step, 0))
            return Maximum(last, null.log_likelihood, finite, bounded)
        # Where there is no maximum each step is as long as the last, and brings a 1/e of it: longer ones do as well.
        endless = (np.abs(step - before) * reach < _RUNAWAY) & (np.abs(step) * reach > _RUNAWAY)
        before = step
        step = np.where(endless, _STRIDE * step, step)
        here = _climbed(here, np.clip(step, -_STRIDE / reach, _STRIDE / reach))
    raise NotEstimable("the likelihood has no maximum that can be found")


def _close(here: Likelihood) -> float:
    return max(_CLOSE, _ROUNDING * abs(here.log_likelihood))


def _climbed(here: Likelihood, step: Values) -> Likelihood:
    """A step on, halved until it does not lead down, nor to where nothing can be computed."""
    with np.errstate(divide="ignore", invalid="ignore"):
        there = replace(here, coefficient=here.coefficient + step)
        while not there.log_likelihood >= here.log_likelihood - _close(here) and np.abs(step).max() > 1e-12:
            step = step / 2
            there = replace(here, coefficient=here.coefficient + step)
    return there


def _varying(information: Values) -> NDArray[np.bool_]:
    """Sweep term by term: of which terms information is left beside the terms before them."""
    left, varying = information.copy(), np.zeros(len(information), dtype=np.bool_)
    for index, own in enumerate(np.diag(information)):
        pivot = left[index, index]
        varying[index] = pivot > _DETERMINED * max(own, _DETERMINED)
        if varying[index]:
            left = left - np.outer(left[:, index], left[index]) / pivot
    return varying
