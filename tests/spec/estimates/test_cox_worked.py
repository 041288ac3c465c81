"""The Cox model against data sets whose answers were worked out by hand.

Therneau and Grambsch, *Modeling Survival Data* (2000), appendix E; the same with case weights in the tests of
their R package `survival` (book4, book6, doweight), from which the printed residuals are.
"""

from math import exp, log, sqrt

import numpy as np
import polars as pl
import pytest

from tests.spec.estimates.data import COUNTING, WEIGHTED, WEIGHTED_SPLIT
from warehouse.estimate.cox import CoxFit, cox
from warehouse.estimate.partial_likelihood import PartialLikelihood
from warehouse.estimate.risk_sets import RiskSets

COUNTING_SCORES = [
    0.2553039, -0.2183386, -0.4744295, -0.1101520, 0.1137126, 0.2491954, 0.1057078, -0.4119611, 0.2454808, 0.2454808,
]  # fmt: skip
WEIGHTED_SCORES = [
    0.88116056, 0.02477248, 0.06057806, 0.06057806, -0.59724033, -0.16737066, 0.38040295, -0.13750290, 0.66631324,
]  # fmt: skip


def only(fit: CoxFit, column: str) -> float:
    return float(fit.table[column].item())


def scores(rows: pl.DataFrame, coefficient: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    start = rows["start"].cast(pl.Float64).to_numpy() if "start" in rows.columns else None
    sets = RiskSets.of(start, rows["stop"].cast(pl.Float64).to_numpy(), rows["event"].cast(pl.Boolean).to_numpy())
    weight = rows["weight"].cast(pl.Float64).to_numpy() if "weight" in rows.columns else np.ones(len(rows))
    x = rows.select(pl.col("x").cast(pl.Float64)).to_numpy()
    return PartialLikelihood(sets, x, weight, np.array([coefficient])).residuals[:, 0]


def counting_log_likelihood(b: float) -> float:
    r = exp(b)
    parts = log(r + 1) + log(r + 2) + 2 * log(3 * r + 2) + 2 * log(3 * r + 1) + log(2 * r + 2)
    return 4 * b - parts


def counting_information(b: float) -> float:
    r = exp(b)
    parts = 1 / (r + 1) ** 2 + 2 / (r + 2) ** 2 + 6 / (3 * r + 2) ** 2 + 6 / (3 * r + 1) ** 2
    return r * (parts + 6 / (3 * r + 2) ** 2 + 4 / (2 * r + 2) ** 2)


def weighted_log_likelihood(b: float) -> float:
    r = exp(b)
    first, second = 7 * r + 3, 4 * r + 2
    tied = log(first + second) + log(2 * first / 3 + second) + log(first / 3 + second)
    return 11 * b - (log(r**2 + 11 * r + 7) + 10 / 3 * tied + 2 * log(2 * r + 1))


def test_rows_that_start_and_stop_data_set_2() -> None:
    fit = cox(COUNTING, ["x"], start="start", stop="stop", event="event")
    b = only(fit, "coefficient")
    assert b == pytest.approx(-0.0211052, abs=5e-8)
    assert fit.null_log_likelihood == pytest.approx(counting_log_likelihood(0))
    assert fit.log_likelihood == pytest.approx(counting_log_likelihood(b))
    assert only(fit, "se") == pytest.approx(1 / sqrt(counting_information(b)))
    assert scores(COUNTING, b) == pytest.approx(COUNTING_SCORES, abs=5e-8)


def test_strata_are_risk_sets_of_their_own_data_set_2_three_times_shifted() -> None:
    shifted = [
        COUNTING.with_columns(pl.col("start", "stop") + group, stratum=pl.lit(f"group {group}")) for group in (1, 2, 3)
    ]
    once = cox(COUNTING, ["x"], start="start", stop="stop", event="event")
    thrice = cox(pl.concat(shifted), ["x"], start="start", stop="stop", event="event", strata="stratum")
    assert only(thrice, "coefficient") == pytest.approx(only(once, "coefficient"))
    assert only(thrice, "se") == pytest.approx(only(once, "se") / sqrt(3))
    assert thrice.log_likelihood == pytest.approx(3 * once.log_likelihood)


def test_case_weights_with_tied_events_the_weighted_data_set() -> None:
    fit = cox(WEIGHTED, ["x"], start=None, stop="stop", event="event", weight="weight")
    b = only(fit, "coefficient")
    assert (b, only(fit, "se")) == pytest.approx((0.8726, 0.7126), abs=5e-5)
    assert fit.null_log_likelihood == pytest.approx(weighted_log_likelihood(0))
    assert fit.log_likelihood == pytest.approx(weighted_log_likelihood(b))
    assert scores(WEIGHTED, b) == pytest.approx(WEIGHTED_SCORES, abs=5e-8)


def test_robust_errors_are_the_sum_of_squared_weighted_residuals_of_the_weighted_data_set() -> None:
    fit = cox(WEIGHTED, ["x"], start=None, stop="stop", event="event", weight="weight")
    influence = np.array(WEIGHTED_SCORES) * WEIGHTED["weight"].to_numpy() * only(fit, "se") ** 2
    assert only(fit, "robust_se") == pytest.approx(sqrt((influence**2).sum()), rel=1e-6)
    assert only(fit, "high") == pytest.approx(only(fit, "coefficient") + 1.959963984540054 * only(fit, "robust_se"))


def test_time_at_risk_in_pieces_clustered_by_person_is_the_same_answer() -> None:
    whole = cox(WEIGHTED, ["x"], start=None, stop="stop", event="event", weight="weight", cluster="person")
    pieces = cox(WEIGHTED_SPLIT, ["x"], start="start", stop="stop", event="event", weight="weight", cluster="person")
    assert pieces.table.drop("term").row(0) == pytest.approx(whole.table.drop("term").row(0))
    assert pieces.log_likelihood == pytest.approx(whole.log_likelihood)
    assert (pieces.persons, pieces.events) == (9, 5)
