"""The partial likelihood is the same whether sums go over rows or over moments and patterns of covariates."""

import numpy as np
import pytest

from warehouse.estimate.partial_likelihood import PartialLikelihood
from warehouse.estimate.patterns import PatternLikelihood, Patterns
from warehouse.estimate.risk_sets import RiskSets, Values

ROWS = 2_000
DISTINCT = np.array([[a, b, c] for a in (0.0, 1.0) for b in (-1.0, 0.5, 2.0) for c in (0.0, 1.0)])
COEFFICIENT = np.array([0.4, -0.3, 0.1])


def both(weighted: bool, late: bool, stratified: bool) -> tuple[PartialLikelihood, PatternLikelihood]:
    """Rows with many ties, at risk from the start or from some later time, in one stratum or in three."""
    random = np.random.default_rng(11)
    start = random.integers(0, 20, ROWS).astype(float) if late else None
    stop = (0 if start is None else start) + random.integers(1, 40, ROWS).astype(float)
    strata = random.integers(0, 3, ROWS) if stratified else None
    sets = RiskSets.of(start, stop, random.random(ROWS) < 0.3, strata)
    weight = random.random(ROWS) if weighted else np.ones(ROWS)
    of = random.integers(0, len(DISTINCT), ROWS)
    return (
        PartialLikelihood(sets, DISTINCT[of], weight, COEFFICIENT),
        PatternLikelihood(Patterns.counted(sets, of, weight), DISTINCT, COEFFICIENT),
    )


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("stratified", [False, True])
@pytest.mark.parametrize("part", ["log_likelihood", "slope", "information", "residuals"])
def test_patterns_give_what_rows_give(part: str, weighted: bool, late: bool, stratified: bool) -> None:
    rows, patterns = both(weighted, late, stratified)
    wanted, found = (np.asarray(getattr(one, part)) for one in (rows, patterns))
    assert found.shape == wanted.shape
    assert _apart(found, wanted) < 1e-11


def _apart(found: Values, wanted: Values) -> float:
    return float(np.abs(found - wanted).max() / np.abs(wanted).max())
