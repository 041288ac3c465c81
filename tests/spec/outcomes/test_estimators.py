"""Each estimator against a published table or a count by hand."""

import csv
from importlib.resources import files
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from warehouse.outcomes.estimators import aalen_johansen, kaplan_meier, log_rank, wilson
from warehouse.outcomes.rates import rates


@pytest.fixture(scope="module")
def rossi() -> dict[str, NDArray[np.int64]]:
    """432 people released from prison, randomised aid, arrest within 52 weeks (Rossi, Berk and Lenihan 1980)."""
    with files("lifelines.datasets").joinpath("rossi.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return {name: np.array([int(row[name]) for row in rows]) for name in ("week", "arrest", "fin")}


def counted_incidence(days: NDArray[Any], status: NDArray[Any]) -> float:
    """The product-limit definition, person by person."""
    alive, incidence = 1.0, 0.0
    for day in sorted(set(days[status > 0])):
        at_risk = sum(days >= day)
        incidence += alive * sum((days == day) & (status == 1)) / at_risk
        alive *= 1 - sum((days == day) & (status > 0)) / at_risk
    return incidence


def toy(seed: int, n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Times with many ties, censored, of two causes."""
    random = np.random.default_rng(seed)
    causes = np.stack([random.geometric(0.05, n), random.geometric(0.03, n), random.integers(5, 40, n)])
    return causes.min(axis=0), np.array([1, 2, 0])[causes.argmin(axis=0)]


def test_kaplan_meier_of_the_published_data(rossi: dict[str, NDArray[np.int64]]) -> None:
    assert sum(rossi["arrest"]) == 114
    assert 1 - kaplan_meier(rossi["week"], rossi["arrest"]).last.value == pytest.approx(0.7361, abs=5e-5)
    for aid, survival in ((1, 0.7778), (0, 0.6944)):
        arm = rossi["fin"] == aid
        assert 1 - kaplan_meier(rossi["week"][arm], rossi["arrest"][arm]).last.value == pytest.approx(
            survival, abs=5e-5
        )


def test_log_rank_of_the_published_data(rossi: dict[str, NDArray[np.int64]]) -> None:
    assert log_rank(rossi["week"], rossi["arrest"], rossi["fin"]) == pytest.approx(3.8376, abs=5e-5)


@pytest.mark.parametrize("seed", range(5))
def test_cumulative_incidence_equals_the_count_person_by_person_with_tied_times(seed: int) -> None:
    days, status = toy(seed, 200)
    assert aalen_johansen(days, status).last.value == pytest.approx(counted_incidence(days, status), rel=1e-12)


def test_cumulative_incidence_of_the_published_data_with_a_made_competitor(rossi: dict[str, NDArray[np.int64]]) -> None:
    status = np.where((rossi["arrest"] == 1) & (np.arange(432) % 5 == 0), 2, rossi["arrest"])
    assert aalen_johansen(rossi["week"], status).last.value == pytest.approx(
        counted_incidence(rossi["week"], status), rel=1e-12
    )


def test_without_censoring_incidence_and_its_standard_error_are_those_of_a_proportion() -> None:
    days, status = np.arange(1, 101), np.repeat([1, 2, 0], [30, 20, 50])
    days[50:] = 100
    last = aalen_johansen(days, status).last
    width = 1.959963984540054 * np.sqrt(0.3 * 0.7 / 100) / (0.3 * np.log(0.3))
    assert last.value == pytest.approx(0.3)
    assert (last.low, last.high) == pytest.approx((0.3 ** np.exp(-width), 0.3 ** np.exp(width)))


def test_the_standard_error_with_censoring_is_that_of_the_jackknife() -> None:
    days, status = toy(7, 400)
    days, status = np.minimum(days, 20), np.where(days > 20, 0, status)
    keep = [np.arange(400) != left_out for left_out in range(400)]
    without = np.array([aalen_johansen(days[kept], status[kept]).last.value for kept in keep])
    jackknife = np.sqrt(399 / 400 * ((without - without.mean()) ** 2).sum())
    last = aalen_johansen(days, status).last
    assert last.low is not None
    log_log = np.log(-np.log(last.low)) - np.log(-np.log(last.value))
    assert log_log * -last.value * np.log(last.value) / 1.959963984540054 == pytest.approx(jackknife, rel=0.03)


def test_without_competitors_incidence_is_one_minus_survival() -> None:
    days, status = toy(3, 300)
    single = (status == 1).astype(int)
    assert aalen_johansen(days, single).last.value == pytest.approx(kaplan_meier(days, single).last.value)


@pytest.mark.parametrize("status", [[0, 0, 0], [1, 1, 1], [2, 2, 2], [0, 2, 0]])
def test_an_interval_that_is_not_defined_is_none_and_never_a_wrong_number(status: list[int]) -> None:
    last = aalen_johansen(np.array([3, 5, 9]), np.array(status)).last
    assert last.value in (0.0, pytest.approx(1.0))
    assert (last.low, last.high) == (None, None)


def test_wilson_interval_of_the_textbook() -> None:
    """Newcombe 1998, table I: 81 of 263 and 0 of 20."""
    estimate = wilson(81, 263)
    assert (estimate.low, estimate.high) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert (wilson(0, 20).low, wilson(0, 20).high) == pytest.approx((0.0, 0.1611), abs=5e-5)


def people(values: list[str], days: list[int], status: list[int]) -> tuple[pl.DataFrame, pl.DataFrame]:
    shared = {"outcome": "recharge", "window_months": 12, "age_band": "25-34", "prior_filings": "0"}
    columns = [pl.lit(value).alias(name) for name, value in shared.items()]
    counts = pl.DataFrame({"value": values}).with_columns(
        pl.lit(False).alias("late"), pl.lit(1).alias("persons"), *columns
    )
    return counts, pl.DataFrame({"days": days, "status": status}).with_columns(pl.lit(1).alias("persons"), *columns)


def test_a_rate_leaves_out_the_unobservable_and_keeps_the_competing_in_its_denominator() -> None:
    outcome, survival = people(
        ["event", "no_event", "competing", "not_observable", "not_observable"], [40, 372, 80, 100, 20], [1, 0, 2, 0, 1]
    )
    row = rates(outcome, survival).filter(pl.col("stratum_kind") == "overall").row(0, named=True)
    assert (row["n"], row["observable"], row["events"], row["competing"]) == (5, 3, 1, 1)
    assert row["rate"] == pytest.approx(1 / 3)
    assert row["cumulative_incidence"] == pytest.approx(1 / 5 + 4 / 5 * 1 / 4)


def test_where_everybody_is_mature_incidence_and_rate_are_the_same_number() -> None:
    outcome, survival = people(["event"] * 3 + ["competing"] * 2 + ["no_event"] * 5, [*range(1, 6), *[372] * 5],
                               [1] * 3 + [2] * 2 + [0] * 5)  # fmt: skip
    row = rates(outcome, survival).row(0, named=True)
    assert row["rate"] == pytest.approx(row["cumulative_incidence"]) == pytest.approx(0.3)


def test_nothing_is_claimed_at_a_window_end_that_nobody_has_reached() -> None:
    outcome, survival = people(["not_observable"] * 3, [40, 50, 60], [1, 0, 2])
    row = rates(outcome, survival).row(0, named=True)
    assert row["observable"] == 0
    assert [row[name] for name in ("rate", "low", "high", "cumulative_incidence", "ci_low", "ci_high")] == [None] * 6
