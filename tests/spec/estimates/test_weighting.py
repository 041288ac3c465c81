"""Propensities, weights, balance and overlap, each against a count by hand."""

import numpy as np
import polars as pl
import pytest

from warehouse.estimate.balance import balance
from warehouse.estimate.design import NOT_RECORDED, design_matrix
from warehouse.estimate.errors import NotEstimable
from warehouse.estimate.weighting import overlap, propensity, weights

# Of 20 women 5 are exposed, of 20 men 15: with one covariate the propensity is the share within it.
ARMS = pl.DataFrame(
    {
        "sex": ["woman"] * 20 + ["man"] * 20,
        "exposed": [True] * 5 + [False] * 15 + [True] * 15 + [False] * 5,
        "age": [*range(20, 40), *range(30, 50)],
    }
)


def confounded(persons: int = 2000) -> pl.DataFrame:
    random = np.random.default_rng(8)
    age, priors = random.normal(35, 9, persons), random.poisson(2, persons)
    band = np.array(["low", "middle", "high"])[random.integers(0, 3, persons)]
    exposed = random.random(persons) < 1 / (1 + np.exp(0.06 * (age - 35) + 0.3 * (priors - 2) - (band == "low")))
    return pl.DataFrame({"age": age, "priors": priors, "band": band, "exposed": exposed})


def test_the_propensity_of_one_category_is_the_share_exposed_within_it() -> None:
    p = propensity(ARMS, "exposed", ["sex"])
    assert p.to_list() == pytest.approx([0.25] * 20 + [0.75] * 20)


def test_overlap_weights_counted_by_hand() -> None:
    """Li, Morgan and Zaslavsky 2018: the exposed weigh 1 − p, the others p; here 5·¾ and 15·¼ for women."""
    weight = weights(propensity(ARMS, "exposed", ["sex"]), ARMS["exposed"])
    assert weight.to_list() == pytest.approx([0.75] * 5 + [0.25] * 30 + [0.75] * 5)
    women = ARMS.with_columns(weight=weight).filter(sex="woman").group_by("exposed").agg(pl.col("weight").sum())
    assert dict(women.iter_rows()) == pytest.approx({True: 3.75, False: 3.75})


def test_inverse_probability_weights_make_each_arm_as_large_as_all() -> None:
    weight = weights(propensity(ARMS, "exposed", ["sex"]), ARMS["exposed"], "iptw")
    assert weight.to_list() == pytest.approx([4] * 5 + [4 / 3] * 30 + [4] * 5)
    assert ARMS.with_columns(weight=weight).group_by("exposed").agg(pl.col("weight").sum())["weight"].to_list() == (
        pytest.approx([40, 40])
    )


def test_standardised_differences_by_hand() -> None:
    """Means of age 22 and so on; shares 5/20 and 15/20, so the difference of women is −.5 / √(3/16) = −1.1547."""
    weight = weights(propensity(ARMS, "exposed", ["sex"]), ARMS["exposed"])
    table = balance(ARMS, "exposed", ["sex", "age"], weight)
    woman = table.row(by_predicate=pl.col("level") == "woman", named=True)
    assert (woman["exposed"], woman["unexposed"]) == (0.25, 0.75)
    assert woman["difference"] == pytest.approx(-0.5 / np.sqrt(3 / 16))
    assert woman["weighted_difference"] == pytest.approx(0, abs=1e-9)
    age = table.row(by_predicate=pl.col("covariate") == "age", named=True)
    exposed, others = (ARMS.filter(pl.col("exposed") == arm)["age"].to_numpy() for arm in (True, False))
    unit = np.sqrt((exposed.var(ddof=1) + others.var(ddof=1)) / 2)
    assert (age["level"], age["difference"]) == (None, pytest.approx((exposed.mean() - others.mean()) / unit))


def test_overlap_weights_balance_the_means_of_what_is_in_the_model_exactly() -> None:
    """Theorem 3 of Li, Morgan and Zaslavsky 2018, for logistic propensities."""
    people, covariates = confounded(), ["age", "priors", "band"]
    table = balance(
        people, "exposed", covariates, weights(propensity(people, "exposed", covariates), people["exposed"])
    )
    assert np.abs(table["difference"].to_numpy()).max() > 0.3
    assert np.abs(table["weighted_difference"].to_numpy()).max() < 1e-6
    assert table.filter(covariate="band")["level"].sort().to_list() == ["high", "low", "middle"]


def test_the_propensity_is_that_of_the_model_that_made_it() -> None:
    people = confounded(20_000)
    p = propensity(people, "exposed", ["age", "priors", "band"])
    age, priors, low = (people[name].to_numpy() for name in ("age", "priors", "band"))
    truth = 1 / (1 + np.exp(0.06 * (age - 35) + 0.3 * (priors - 2) - (low == "low")))
    assert np.abs(p.to_numpy() - truth).max() < 0.05


def test_a_level_of_which_one_arm_has_nobody_weighs_nothing_and_leaves_the_others_as_they_are() -> None:
    people = confounded(500).with_columns(band=pl.when(pl.int_range(500) < 12).then(pl.lit("rare")).otherwise("band"))
    people = people.with_columns(exposed=pl.col("exposed") & (pl.col("band") != "rare"))
    rare, covariates = pl.col("band") == "rare", ["age", "priors", "band"]
    weighted = people.with_columns(weight=weights(propensity(people, "exposed", covariates), people["exposed"]))
    assert np.abs(weighted.filter(rare)["weight"].to_numpy()).max() < 1e-6
    others = people.filter(~rare)
    alone = weights(propensity(others, "exposed", covariates), others["exposed"])
    assert weighted.filter(~rare)["weight"].to_list() == pytest.approx(alone.to_list(), abs=1e-6)


def test_overlap_counted_by_hand() -> None:
    """Forty persons in two groups of twenty by propensity: ¼ of the exposed and ¾ of the others in the lower one."""
    assert overlap(propensity(ARMS, "exposed", ["sex"]), ARMS["exposed"]) == pytest.approx(0.25 + 0.25)
    apart = pl.Series([0.1] * 20 + [0.9] * 20)
    assert overlap(apart, pl.Series([False] * 20 + [True] * 20)) == 0
    assert overlap(pl.Series([0.5] * 40), ARMS["exposed"]) == pytest.approx(1)


def test_covariates_that_tell_the_arms_apart_have_no_propensity() -> None:
    told = ARMS.with_columns(told=pl.col("exposed").cast(pl.Int64) + pl.col("age") / 1000)
    with pytest.raises(NotEstimable):
        propensity(told, "exposed", ["told"])
    with pytest.raises(NotEstimable, match="one arm is empty"):
        propensity(ARMS.filter("exposed"), "exposed", ["sex"])
    with pytest.raises(NotEstimable, match="one arm is empty"):
        balance(ARMS.filter("exposed"), "exposed", ["sex"], pl.Series([1.0] * 20))
    with pytest.raises(NotEstimable, match="determined"):
        propensity(ARMS.with_columns(twice=2 * pl.col("age")), "exposed", ["age", "twice"])


def test_a_category_becomes_a_column_a_level_against_its_most_frequent_one() -> None:
    frame = pl.DataFrame({"band": ["b", "c", "b", None, "a"], "n": [1, 2, 3, 4, 5], "same": [1] * 5})
    designed, names = design_matrix(frame, ["band", "n", "same"])
    assert names == ["band=a", "band=c", f"band={NOT_RECORDED}", "n"]
    assert designed.select(names).rows() == [
        (0.0, 0.0, 0.0, 1.0), (0.0, 1.0, 0.0, 2.0), (0.0, 0.0, 0.0, 3.0), (0.0, 0.0, 1.0, 4.0), (1.0, 0.0, 0.0, 5.0),
    ]  # fmt: skip


def test_a_number_that_is_empty_for_some_is_refused() -> None:
    with pytest.raises(ValueError, match="covariate n is empty"):
        design_matrix(pl.DataFrame({"n": [1, None]}), ["n"])
