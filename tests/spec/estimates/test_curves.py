"""Kaplan–Meier, Aalen–Johansen and the log-rank test."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from tests.spec.estimates.data import rossi
from warehouse.estimate.curves import aalen_johansen, kaplan_meier
from warehouse.estimate.errors import NotEstimable
from warehouse.estimate.log_rank import log_rank

DRUG = (
    np.array([6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]),
    np.array([1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]),
)
"""Weeks of remission with 6-MP, 1 for a relapse: the 21 children of Freireich et al. 1963."""
PLACEBO = np.array([1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23])


def counted_incidence(time: NDArray[Any], status: NDArray[Any]) -> float:
    """The product-limit definition, person by person."""
    alive, incidence = 1.0, 0.0
    for moment in sorted(set(time[status > 0])):
        at_risk = sum(time >= moment)
        incidence += alive * sum((time == moment) & (status == 1)) / at_risk
        alive *= 1 - sum((time == moment) & (status > 0)) / at_risk
    return incidence


def drawn(seed: int, n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Times with many ties, censored, of two causes."""
    random = np.random.default_rng(seed)
    causes = np.stack([random.geometric(0.05, n), random.geometric(0.03, n), random.integers(5, 40, n)])
    return causes.min(axis=0), np.array([1, 2, 0])[causes.argmin(axis=0)]


def test_kaplan_meier_of_freireichs_children_as_every_textbook_has_it() -> None:
    """Collett, Kleinbaum, Cox and Oakes: survival .857, .807, .753, .690, .627, .538, .448."""
    curve = kaplan_meier(*DRUG)
    assert curve.time.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert np.round(1 - curve.value, 3).tolist() == [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    assert curve.at_risk.tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert curve.events.tolist() == [3, 4, 5, 6, 7, 8, 9]


def test_kaplan_meier_of_rossi_is_the_published_one() -> None:
    people = rossi()
    assert 1 - kaplan_meier(people["week"].to_numpy(), people["arrest"].to_numpy()).last.value == pytest.approx(
        0.7361, abs=5e-5
    )
    for aid, survival in ((1, 0.7778), (0, 0.6944)):
        arm = people.filter(fin=aid)
        curve = kaplan_meier(arm["week"].to_numpy(), arm["arrest"].to_numpy())
        assert 1 - curve.last.value == pytest.approx(survival, abs=5e-5)


def test_its_interval_is_the_log_log_interval_of_the_survival() -> None:
    """As R's survfit(conf.type = "log-log") and lifelines have it; first step by hand: 18 of 21, Greenwood .0764."""
    from lifelines import KaplanMeierFitter

    curve = kaplan_meier(*DRUG)
    bounds = KaplanMeierFitter().fit(*DRUG).confidence_interval_.loc[curve.time].to_numpy()
    assert 1 - curve.high == pytest.approx(bounds[:, 0])
    assert 1 - curve.low == pytest.approx(bounds[:, 1])
    survival, error = 18 / 21, np.sqrt((18 / 21) ** 2 * 3 / (21 * 18))
    width = 1.959963984540054 * error / (survival * np.log(survival))
    assert (1 - curve.high[0], 1 - curve.low[0]) == pytest.approx(
        (survival ** np.exp(-width), survival ** np.exp(width))
    )


@pytest.mark.parametrize("seed", range(5))
def test_cumulative_incidence_equals_the_count_person_by_person_with_tied_times(seed: int) -> None:
    time, status = drawn(seed, 200)
    assert aalen_johansen(time, status).last.value == pytest.approx(counted_incidence(time, status), rel=1e-12)


def test_cumulative_incidence_of_the_published_data_with_a_made_competitor() -> None:
    week, arrest = (rossi()[name].to_numpy() for name in ("week", "arrest"))
    status = np.where((arrest == 1) & (np.arange(432) % 5 == 0), 2, arrest)
    assert aalen_johansen(week, status).last.value == pytest.approx(counted_incidence(week, status), rel=1e-12)


def test_the_standard_error_with_censoring_is_that_of_the_jackknife() -> None:
    time, status = drawn(7, 400)
    time, status = np.minimum(time, 20), np.where(time > 20, 0, status)
    keep = [np.arange(400) != left_out for left_out in range(400)]
    without = np.array([aalen_johansen(time[kept], status[kept]).last.value for kept in keep])
    jackknife = np.sqrt(399 / 400 * ((without - without.mean()) ** 2).sum())
    last = aalen_johansen(time, status).last
    assert last.low is not None
    log_log = np.log(-np.log(last.low)) - np.log(-np.log(last.value))
    assert log_log * -last.value * np.log(last.value) / 1.959963984540054 == pytest.approx(jackknife, rel=0.03)


def test_without_censoring_incidence_and_its_standard_error_are_those_of_a_proportion() -> None:
    time, status = np.arange(1, 101), np.repeat([1, 2, 0], [30, 20, 50])
    time[50:] = 100
    last = aalen_johansen(time, status).last
    width = 1.959963984540054 * np.sqrt(0.3 * 0.7 / 100) / (0.3 * np.log(0.3))
    assert last.value == pytest.approx(0.3)
    assert (last.low, last.high) == pytest.approx((0.3 ** np.exp(-width), 0.3 ** np.exp(width)))


def test_without_competitors_incidence_is_one_minus_survival() -> None:
    time, status = drawn(3, 300)
    single = (status == 1).astype(int)
    assert aalen_johansen(time, single).last.value == pytest.approx(kaplan_meier(time, single).last.value)


@pytest.mark.parametrize("status", [[0, 0, 0], [1, 1, 1], [2, 2, 2], [0, 2, 0]])
def test_an_interval_that_is_not_defined_is_none_and_never_a_wrong_number(status: list[int]) -> None:
    for curve in (aalen_johansen, kaplan_meier):
        last = curve(np.array([3, 5, 9]), np.array(status) * (curve is aalen_johansen or np.array(status) == 1)).last
        assert last.value in (0.0, pytest.approx(1.0))
        assert (last.low, last.high) == (None, None)


def test_the_log_rank_test_of_freireichs_children_and_of_rossi() -> None:
    """R's survdiff: chi-squared 16.8 for the children; 3.8376 for aid in Rossi (Allison 1995)."""
    time = np.concatenate([DRUG[0], PLACEBO])
    event = np.concatenate([DRUG[1], np.ones(21, dtype=int)])
    children = log_rank(time, event, np.repeat(["drug", "placebo"], 21))
    assert (round(children.statistic, 1), children.degrees, round(children.p, 5)) == (16.8, 1, 4e-05)
    people = rossi()
    aid = log_rank(*(people[name].to_numpy() for name in ("week", "arrest", "fin")))
    assert (aid.statistic, aid.p) == pytest.approx((3.8376, 0.0501), abs=5e-5)


def test_three_groups_have_two_degrees_of_freedom() -> None:
    people = rossi().with_columns(band=pl.col("age") // 20)
    test = log_rank(*(people[name].to_numpy() for name in ("week", "arrest", "band")))
    assert test.degrees == 2


def test_a_log_rank_test_of_one_group_or_without_events_is_refused() -> None:
    for event, group in (([1, 0, 1], ["a", "a", "a"]), ([0, 0, 0], ["a", "b", "b"])):
        with pytest.raises(NotEstimable):
            log_rank(np.array([3, 5, 9]), np.array(event), np.array(group))
