"""Cox's partial likelihood where many rows have the same covariates: sums over moments and patterns, not over rows.

Whoever has the same covariates has the same risk. How much weight of each pattern is at risk at each moment is counted
once; at every step of the climb only these counts are gone through. It is the likelihood of `partial_likelihood`, term
by term: only the order in which its sums are taken is another, so that the last digits may differ.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from warehouse.estimate.risk_sets import Index, RiskSets, Values

_CELLS_PER_ROW: Final = 8
"""Up to so many cells, moments × patterns, for each row it is the shorter way."""


@dataclass(frozen=True)
class Patterns:
    """``of``: the pattern of each row; ``at_risk``, ``failing``: weight by moment and pattern."""

    sets: RiskSets
    of: Index
    weight: Values
    at_risk: Values
    failing: Values

    @classmethod
    def counted(cls, sets: RiskSets, of: Index, weight: Values) -> "Patterns":
        """Count who is at risk and who fails."""
        count, moments = int(of.max(initial=-1)) + 1, len(sets.tied)
        here = sets.failing
        at_risk = _after(sets.beyond, of, weight, (moments, count)) - _after(sets.first, of, weight, (moments, count))
        failing = np.bincount(sets.moment * count + of[here], weight[here], moments * count).astype(np.float64)
        return cls(sets, of, weight, at_risk, failing.reshape(moments, count))


def are_few(patterns: int, sets: RiskSets) -> bool:
    """Whether going through moments and patterns is less than going through rows."""
    return patterns * len(sets.tied) <= _CELLS_PER_ROW * len(sets.first)


@dataclass(frozen=True)
class PatternLikelihood:
    """The partial likelihood at ``coefficient``; ``x``: the covariates of each pattern (patterns × terms)."""

    patterns: Patterns
    x: Values
    coefficient: Values

    @property
    def weight(self) -> Values:
        """The weight of each row."""
        return self.patterns.weight

    @cached_property
    def _linear(self) -> Values:
        """The linear predictor of each pattern; shifted, which cancels, so that no exponential overflows."""
        linear = self.x @ self.coefficient
        return np.asarray(linear - linear.max())

    @cached_property
    def _risk(self) -> Values:
        return np.exp(self._linear)

    @cached_property
    def _mean_weight(self) -> Values:
        """For each who fails, the mean weight of those tied with it."""
        sets = self.patterns.sets
        return np.asarray((self.patterns.failing.sum(axis=1) / sets.tied)[sets.moment])

    @cached_property
    def _total(self) -> Values:
        """For each who fails, the weighted risk of those still at risk, the tied reduced by their share gone."""
        sets, risk = self.patterns.sets, self._risk
        gone = sets.share_gone * (self.patterns.failing @ risk)[sets.moment]
        return np.asarray((self.patterns.at_risk @ risk)[sets.moment] - gone)

    @cached_property
    def _mean_x(self) -> Values:
        """For each who fails, the risk-weighted mean of the covariates of those still at risk."""
        sets, risky = self.patterns.sets, self.x * self._risk[:, None]
        gone = sets.share_gone[:, None] * (self.patterns.failing @ risky)[sets.moment]
        return np.asarray(((self.patterns.at_risk @ risky)[sets.moment] - gone) / self._total[:, None])

    @cached_property
    def _hazard(self) -> Values:
        """The step of the baseline hazard that each who fails adds."""
        return np.asarray(self._mean_weight / self._total)

    @cached_property
    def log_likelihood(self) -> float:
        """The logarithm of the partial likelihood."""
        fell = self.patterns.failing.sum(axis=0)
        return float(fell @ self._linear - self._mean_weight @ np.log(self._total))

    @cached_property
    def slope(self) -> Values:
        """Its first derivative by the coefficients."""
        return np.asarray(self.patterns.failing.sum(axis=0) @ self.x - self._mean_weight @ self._mean_x)

    @cached_property
    def information(self) -> Values:
        """Minus its second derivative."""
        sets = self.patterns.sets
        step, gone = sets.at_moment(self._hazard), sets.at_moment(self._hazard * sets.share_gone)
        lived = step @ self.patterns.at_risk - gone @ self.patterns.failing
        seen = self.x * (self._risk * lived)[:, None]
        return np.asarray(self.x.T @ seen - (self._mean_x * self._mean_weight[:, None]).T @ self._mean_x)

    @property
    def residuals(self) -> Values:
        """Each row's contribution to the slope, without its weight: the score residuals (rows × terms)."""
        sets, of = self.patterns.sets, self.patterns.of
        failing, moment = sets.failing, sets.moment
        expected = self._hazard[:, None] * self._mean_x
        # Of one who fails only its share of the ties was lived through: what it would have too much is given back.
        lived = sets.over_time(sets.at_moment(self._hazard))
        lived[failing] -= sets.at_moment(self._hazard * sets.share_gone)[moment]
        met = sets.over_time(_at_moment(sets, expected))
        met[failing] -= _at_moment(sets, expected * sets.share_gone[:, None])[moment]
        residual = -self._risk[of, None] * (self.x[of] * lived[:, None] - met)
        residual[failing] += self.x[of[failing]] - (_at_moment(sets, self._mean_x) / sets.tied[:, None])[moment]
        return np.asarray(residual)


def _after(place: Index, of: Index, weight: Values, shape: tuple[int, int]) -> Values:
    """For each moment and pattern the weight of the rows with a later place."""
    moments, count = shape
    placed = np.bincount(place * count + of, weight, (moments + 1) * count).reshape(moments + 1, count)
    return np.asarray(np.cumsum(placed[::-1], axis=0)[::-1][1:])


def _at_moment(sets: RiskSets, value: Values) -> Values:
    """The sums, at each moment, of the values (one column a term) of those who fail at it."""
    return np.add.reduceat(value, np.cumsum(sets.tied) - sets.tied, axis=0)
