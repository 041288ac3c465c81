"""The planted truth comes back from one city that is large enough to tell."""

from math import log

import pytest

from bench.city.lives import Parameters
from bench.coverage import CONFOUNDED, Interval, fitted, summary


@pytest.fixture(scope="module")
def found() -> dict[str, Interval]:
    return dict(fitted(range(1), 12_000, Parameters(reoffence_ratio=0.6)))


def test_the_adjusted_interval_holds_the_planted_ratio_and_the_naive_one_does_not(found: dict[str, Interval]) -> None:
    adjusted, naive = found["cox_adjusted"], found["naive_ever_never"]
    assert adjusted.low < log(0.6) < adjusted.high < 0
    assert naive.high < log(0.6) - 0.5


def test_a_null_that_is_confounded_is_a_null_only_when_adjusted() -> None:
    truth = Parameters(reoffence_ratio=1.0, **CONFOUNDED)
    found = dict(fitted(range(1), 6_000, truth))
    assert found["cox_adjusted"].low < 0 < found["cox_adjusted"].high
    assert found["cox_unadjusted"].high < 0


def test_coverage_is_counted_with_its_own_interval() -> None:
    rows = [("model", Interval(-0.5, -0.6, high)) for high in (-0.4, -0.4, -0.4, -0.55)]
    counted = summary(rows, -0.5)["model"]
    assert (counted["seeds"], counted["covers"], counted["bias"]) == (4, 0.75, 0.0)
    assert (counted["low"], counted["high"]) == (0.3006, 0.9544)


def test_cities_together_are_fitted_apart() -> None:
    truth = Parameters()
    together = list(fitted(range(2), 1_500, truth))
    apart = [*fitted(range(1), 1_500, truth), *fitted(range(1, 2), 1_500, truth)]
    assert together == apart
