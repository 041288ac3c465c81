"""Cox's partial likelihood with Efron's treatment of ties and case weights: value, slope, curvature, residuals.

The formulas are those of Therneau and Grambsch, *Modeling Survival Data* (2000), section 3.3 and appendix E, and
their extension to case weights as the R package `survival` has it: at a moment with d tied events each of them
counts with their mean weight, and the risk set shrinks by 1/d of the tied from one to the next.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from warehouse.estimate.risk_sets import RiskSets, Values


@dataclass(frozen=True)
class PartialLikelihood:
    """The partial likelihood at ``coefficient`` of rows with covariates ``x`` (rows × terms) and ``weight``."""

    sets: RiskSets
    x: Values
    weight: Values
    coefficient: Values

    @cached_property
    def _linear(self) -> Values:
        """The linear predictor; shifted, which cancels, so that no exponential overflows."""
        linear = self.x @ self.coefficient
        return np.asarray(linear - linear.max())

    @cached_property
    def _risk(self) -> Values:
        return np.exp(self._linear)

    @cached_property
    def _mean_weight(self) -> Values:
        """For each who fails, the mean weight of those tied with it."""
        return np.asarray((self.sets.at_moment(self.weight[self.sets.failing]) / self.sets.tied)[self.sets.moment])

    @cached_property
    def _total(self) -> Values:
        """For each who fails, the weighted risk of those still at risk, the tied reduced by their share gone."""
        return self._still_at_risk(self.weight * self._risk)

    @cached_property
    def _mean_x(self) -> Values:
        """For each who fails, the risk-weighted mean of the covariates of those still at risk."""
        risk = self.weight * self._risk
        sums = np.column_stack([self._still_at_risk(risk * column) for column in self.x.T])
        return np.asarray(sums / self._total[:, None])

    @cached_property
    def _hazard(self) -> Values:
        """The step of the baseline hazard that each who fails adds."""
        return np.asarray(self._mean_weight / self._total)

    @cached_property
    def _row_hazard(self) -> Values:
        """The baseline hazard that each row has lived through."""
        return self._lived(self._hazard)

    def _still_at_risk(self, value: Values) -> Values:
        gone = self.sets.share_gone * self.sets.at_moment(value[self.sets.failing])[self.sets.moment]
        return np.asarray(self.sets.at_risk(value)[self.sets.moment] - gone)

    def _lived(self, step: Values) -> Values:
        """The sum of steps over a row's time at risk; one who fails is at risk for its share of the ties only."""
        lived = self.sets.over_time(self.sets.at_moment(step))
        lived[self.sets.failing] -= self.sets.at_moment(step * self.sets.share_gone)[self.sets.moment]
        return lived

    @cached_property
    def log_likelihood(self) -> float:
        """The logarithm of the partial likelihood."""
        failing = self.sets.failing
        return float(self.weight[failing] @ self._linear[failing] - self._mean_weight @ np.log(self._total))

    @cached_property
    def slope(self) -> Values:
        """Its first derivative by the coefficients."""
        failing = self.sets.failing
        return np.asarray(self.weight[failing] @ self.x[failing] - self._mean_weight @ self._mean_x)

    @cached_property
    def information(self) -> Values:
        """Minus its second derivative."""
        seen = self.x * (self.weight * self._risk * self._row_hazard)[:, None]
        return np.asarray(self.x.T @ seen - (self._mean_x * self._mean_weight[:, None]).T @ self._mean_x)

    @property
    def residuals(self) -> Values:
        """Each row's contribution to the slope, without its weight: the score residuals."""
        failing, moment = self.sets.failing, self.sets.moment
        expected = [self._lived(self._hazard * mean) for mean in self._mean_x.T]
        residual = -self._risk[:, None] * (self.x * self._row_hazard[:, None] - np.column_stack(expected))
        tied_mean = [self.sets.at_moment(mean) / self.sets.tied for mean in self._mean_x.T]
        residual[failing] += self.x[failing] - np.column_stack(tied_mean)[moment]
        return np.asarray(residual)
