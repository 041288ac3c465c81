"""The Cox model against published tables."""

from math import exp

import polars as pl
import pytest

from tests.spec.estimates.data import heart, rossi
from warehouse.estimate.cox import cox

ROSSI = {
    "fin": (-0.379, 0.191), "age": (-0.057, 0.022), "race": (0.314, 0.308), "wexp": (-0.150, 0.212),
    "mar": (-0.434, 0.382), "paro": (-0.085, 0.196), "prio": (0.091, 0.029),
}  # fmt: skip
"""Fox and Weisberg, *Cox Proportional-Hazards Regression for Survival Data in R* (appendix to the R Companion)."""

HEART = {
    "age": (0.0272, 0.0137), "year": (-0.1463, 0.0705), "surgery": (-0.6372, 0.3672), "transplant": (-0.0103, 0.3138),
}  # fmt: skip
"""R: coxph(Surv(start, stop, event) ~ age + year + surgery + transplant, heart); Kalbfleisch and Prentice's data."""


def test_rossi_all_seven_coefficients_with_their_errors() -> None:
    fit = cox(rossi(), list(ROSSI), start=None, stop="week", event="arrest")
    published = pl.DataFrame([(term, *values) for term, values in ROSSI.items()], orient="row")
    assert fit.table["term"].to_list() == published["column_0"].to_list()
    assert fit.table["coefficient"].round(3).to_list() == published["column_1"].to_list()
    assert fit.table["se"].round(3).to_list() == published["column_2"].to_list()
    assert round(fit.log_likelihood, 2) == -658.75
    assert (fit.persons, fit.events) == (432, 114)


def test_rossi_p_values_and_interval() -> None:
    """R prints p = .04742 for fin and the interval .4702 to .9957 of its hazard ratio."""
    row = cox(rossi(), list(ROSSI), start=None, stop="week", event="arrest").table.row(0, named=True)
    assert row["p"] == pytest.approx(0.04742, abs=5e-6)
    assert (exp(row["low"]), exp(row["high"])) == pytest.approx((0.4702, 0.9957), abs=5e-5)


def test_an_exposure_that_begins_during_follow_up_the_heart_transplants() -> None:
    fit = cox(heart(), list(HEART), start="start", stop="stop", event="event", cluster="id")
    assert fit.table["coefficient"].to_list() == pytest.approx([value for value, _ in HEART.values()], abs=5e-5)
    assert fit.table["se"].to_list() == pytest.approx([error for _, error in HEART.values()], abs=5e-5)
    assert fit.log_likelihood == pytest.approx(-290.57, abs=0.005)
    assert (fit.persons, fit.events) == (103, 75)
