"""Estimators of a few numbers: Wilson's interval, the E-value, Rubin's rules."""

from math import inf, sqrt

import pytest

from warehouse.estimate.e_value import e_value
from warehouse.estimate.proportions import wilson
from warehouse.estimate.rubin import rubin


def test_wilson_interval_of_the_textbook() -> None:
    """Newcombe 1998, table I: 81 of 263 and 0 of 20."""
    estimate = wilson(81, 263)
    assert (estimate.low, estimate.high) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert (wilson(0, 20).low, wilson(0, 20).high) == pytest.approx((0.0, 0.1611), abs=5e-5)


def test_e_value_of_breast_feeding_and_respiratory_death() -> None:
    """VanderWeele and Ding 2017, first example: risk ratio 3.9 (1.8 to 8.7) has E-values 7.26 and 3.0."""
    assert e_value(3.9, 1.8, 8.7, rare=True) == pytest.approx((7.26, 3.0), abs=0.005)


def test_e_value_of_a_protective_ratio_is_that_of_its_inverse() -> None:
    """VanderWeele and Ding 2017, second example: odds ratio .5 (.3 to .8) of a rare outcome: 3.41 and 1.81."""
    assert e_value(0.5, 0.3, 0.8, rare=True) == pytest.approx((3.41, 1.81), abs=0.005)
    assert e_value(1 / 3.9, 1 / 8.7, 1 / 1.8, rare=True) == pytest.approx(e_value(3.9, 1.8, 8.7, rare=True))


def test_e_value_of_a_hazard_ratio_with_a_common_outcome() -> None:
    """The example of the R package EValue, .56 (.46 to .69), by the conversion of table 2 worked by hand."""
    converted = [(1 - 0.5 ** sqrt(ratio)) / (1 - 0.5 ** sqrt(1 / ratio)) for ratio in (0.56, 0.69)]
    assert converted == pytest.approx([0.6700, 0.7735], abs=1e-4)
    by_hand = [1 / ratio + sqrt(1 / ratio * (1 / ratio - 1)) for ratio in converted]
    assert e_value(0.56, 0.46, 0.69, rare=False) == pytest.approx(tuple(by_hand))
    assert e_value(0.56, 0.46, 0.69, rare=False) == pytest.approx((2.35, 1.91), abs=0.005)


def test_the_e_value_of_an_interval_that_holds_one_is_one() -> None:
    assert e_value(0.8, 0.6, 1.1, rare=True) == pytest.approx((1.81, 1.0), abs=0.005)
    assert e_value(1.0, 0.9, 1.1, rare=False) == (1.0, 1.0)


def test_rubins_rules_by_hand() -> None:
    """Means 1, 2, 3 with variances 1, 1, 1: T = 1 + 4/3·1 = 7/3, r = 4/3, degrees 2·(1 + 3/4)² = 6.125."""
    combined = rubin([1.0, 2.0, 3.0], [1.0, 1.0, 1.0])
    assert (combined.value, combined.within, combined.between) == pytest.approx((2, 1, 1))
    assert combined.se == pytest.approx(sqrt(7 / 3))
    assert combined.degrees == pytest.approx(6.125)
    assert combined.missing == pytest.approx(4 / 7)
    # The 97.5 % point of Student's t with 6.125 degrees lies between 2.447 (6) and 2.365 (7).
    assert 2.365 < (combined.high - combined.value) / combined.se < 2.447


def test_barnard_and_rubins_degrees_by_hand() -> None:
    """Barnard and Rubin 1999 with 10 degrees: observed 11/13·10·(1 − 4/7) = 3.6264; 1/(1/6.125 + 1/3.6264) = 2.2778."""
    combined = rubin([1.0, 2.0, 3.0], [1.0, 1.0, 1.0], complete=10)
    assert combined.degrees == pytest.approx(2.2778, abs=5e-5)
    assert combined.degrees < 10


def test_draws_that_agree_leave_the_single_estimate() -> None:
    combined = rubin([0.5, 0.5], [0.04, 0.04])
    assert (combined.value, combined.degrees, combined.missing) == (0.5, inf, 0.0)
    assert combined.se == pytest.approx(0.2)
    assert (combined.low, combined.high) == pytest.approx((0.5 - 0.2 * 1.95996, 0.5 + 0.2 * 1.95996), abs=1e-5)


def test_one_draw_is_no_combination() -> None:
    with pytest.raises(ValueError, match="two estimates"):
        rubin([1.0], [1.0])
