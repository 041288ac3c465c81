"""The Cox model against other libraries on random rows, and what it refuses."""

import numpy as np
import polars as pl
import pytest

from tests.spec.estimates.data import drawn_rows, heart, rossi
from warehouse.estimate.cox import cox
from warehouse.estimate.errors import NotEstimable

TERMS = ["exposed", "sex", "age"]

with_lifelines = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::pandas.errors.Pandas4Warning")
"""lifelines calls pandas in a way that its next version ends."""


@pytest.mark.parametrize("strata", [None, "site"])
@pytest.mark.parametrize("seed", range(4))
def test_tied_rows_with_late_entry_give_what_statsmodels_gives(seed: int, strata: str | None) -> None:
    from statsmodels.duration.hazard_regression import PHReg

    rows = drawn_rows(seed)
    fit = cox(rows, TERMS, start="start", stop="stop", event="event", strata=strata)
    # There a row is at risk AT its entry: half a unit later is the same as just after it.
    other = PHReg(
        rows["stop"].to_numpy(), rows.select(TERMS).to_numpy(), status=rows["event"].cast(pl.Int64).to_numpy(),
        entry=rows["start"].to_numpy() + 0.5, strata=None if strata is None else rows[strata].to_numpy(), ties="efron",
    ).fit(disp=0)  # fmt: skip
    assert fit.table["coefficient"].to_list() == pytest.approx(list(other.params), rel=1e-6, abs=1e-8)
    assert fit.table["se"].to_list() == pytest.approx(list(other.bse), rel=1e-6)
    assert fit.log_likelihood == pytest.approx(other.llf)


@with_lifelines
def test_weights_and_robust_errors_without_ties_are_those_of_lifelines_on_rossi() -> None:
    """With ties the two differ by 2 %: the residuals of R, in `test_cox_worked`, share a tie's risk among the tied."""
    from lifelines import CoxPHFitter

    terms = ["fin", "age", "prio"]
    rows = rossi().with_columns(weight=1 + pl.col("age") % 3, week=pl.col("week") + pl.int_range(432) / 1000)
    fit = cox(rows, terms, start=None, stop="week", event="arrest", weight="weight")
    other = CoxPHFitter().fit(
        rows.select(*terms, "week", "arrest", "weight").to_pandas(), "week", "arrest", weights_col="weight", robust=True
    )
    assert fit.table["coefficient"].to_list() == pytest.approx(list(other.params_), rel=1e-5)
    assert fit.table["robust_se"].to_list() == pytest.approx(list(other.standard_errors_), rel=1e-4)


@with_lifelines
def test_weights_on_rows_that_start_and_stop_are_those_of_lifelines_on_the_heart_transplants() -> None:
    from lifelines import CoxTimeVaryingFitter

    terms = ["age", "year", "surgery", "transplant"]
    rows = heart().with_columns(weight=1 + pl.col("id") % 3)
    fit = cox(rows, terms, start="start", stop="stop", event="event", weight="weight", cluster="id")
    other = CoxTimeVaryingFitter().fit(
        rows.to_pandas(), "event", start_col="start", stop_col="stop", id_col="id", weights_col="weight"
    )
    assert fit.table["coefficient"].to_list() == pytest.approx(list(other.params_[terms]), rel=1e-5)
    assert fit.table["se"].to_list() == pytest.approx(list(other.standard_errors_[terms]), rel=1e-4)


def test_without_ties_the_residual_of_a_row_is_how_the_coefficient_answers_to_its_weight() -> None:
    rows = drawn_rows(6, 60).with_columns(stop=pl.col("stop") + pl.int_range(pl.len()) / 1000, weight=1.0)
    arguments = {"start": "start", "stop": "stop", "event": "event", "weight": "weight"}
    fit = cox(rows, ["sex"], **arguments)
    answers = []
    for row in range(len(rows)):
        more = rows.with_columns(weight=1 + 1e-4 * (pl.int_range(pl.len()) == row).cast(pl.Float64))
        answers.append(
            (cox(more, ["sex"], **arguments).table["coefficient"].item() - fit.table["coefficient"].item()) / 1e-4
        )
    assert fit.table["robust_se"].item() == pytest.approx(np.sqrt((np.array(answers) ** 2).sum()), rel=1e-3)


def test_clustered_errors_are_near_those_of_the_jackknife_that_leaves_out_clusters() -> None:
    rows = drawn_rows(9, 400).with_columns(group=pl.col("person") % 40)
    arguments = {"start": "start", "stop": "stop", "event": "event"}
    fit = cox(rows, TERMS, cluster="group", **arguments)
    without = [cox(rows.filter(pl.col("group") != left_out), TERMS, **arguments).table for left_out in range(40)]
    drawn = np.array([table["coefficient"].to_list() for table in without])
    jackknife = np.sqrt(39 / 40 * ((drawn - drawn.mean(axis=0)) ** 2).sum(axis=0))
    assert fit.table["robust_se"].to_list() == pytest.approx(list(jackknife), rel=0.15)


def test_the_cause_specific_hazard_censors_those_with_another_cause() -> None:
    rows = drawn_rows(3).with_columns(status=pl.when("event").then(1 + pl.col("person") % 2).otherwise(0))
    first = cox(rows.with_columns(event=pl.col("status") == 1), TERMS, start="start", stop="stop", event="event")
    both = cox(rows, TERMS, start="start", stop="stop", event="event")
    second = cox(rows.with_columns(event=pl.col("status") == 2), TERMS, start="start", stop="stop", event="event")
    assert first.events + second.events == both.events


def test_neither_the_order_of_rows_nor_the_units_of_a_covariate_matter() -> None:
    rows = drawn_rows(1)
    arguments = {"start": "start", "stop": "stop", "event": "event", "cluster": "person", "weight": "weight"}
    fit = cox(rows, TERMS, **arguments)
    changed = rows.sample(fraction=1, shuffle=True, seed=5).with_columns(pl.col("age") * 365.25 + 1e5)
    other = cox(changed, TERMS, **arguments)
    in_years = pl.when(pl.col("term") == "age").then(365.25).otherwise(1)
    table = other.table.with_columns(pl.col("coefficient", "se", "robust_se", "low", "high") * in_years)
    for column in ("coefficient", "se", "robust_se", "low", "high", "p"):
        assert table[column].to_list() == pytest.approx(fit.table[column].to_list(), rel=1e-6)


def test_rows_of_weight_zero_do_not_count() -> None:
    rows = drawn_rows(2)
    gone = rows.with_columns(weight=pl.when(pl.col("person") % 3 == 0).then(0.0).otherwise("weight"))
    arguments = {"start": "start", "stop": "stop", "event": "event", "weight": "weight", "cluster": "person"}
    assert cox(gone, TERMS, **arguments).table.equals(
        cox(rows.filter(pl.col("person") % 3 != 0), TERMS, **arguments).table
    )


def without_events(seed: int, persons: int) -> pl.DataFrame:
    """Some rows carry a mark, of whom nobody has the event."""
    marked = (pl.col("person") < persons).cast(pl.Int64)
    return drawn_rows(seed).with_columns(marked=marked, event=pl.col("event") & (marked == 0))


def test_a_first_coefficient_without_a_finite_maximum_is_refused() -> None:
    with pytest.raises(NotEstimable, match="marked"):
        cox(without_events(4, 30), ["marked", "sex"], start="start", stop="stop", event="event")


@pytest.mark.parametrize("persons", [1, 30])
def test_another_one_is_named_and_left_out_and_the_rest_is_as_if_its_rows_were_not_there(persons: int) -> None:
    rows = without_events(4, persons)
    arguments = {"start": "start", "stop": "stop", "event": "event", "cluster": "person"}
    fit = cox(rows, [*TERMS, "marked"], **arguments)
    assert fit.left_out == ("marked",)
    without = cox(rows.filter(pl.col("marked") == 0), TERMS, **arguments)
    for column in ("coefficient", "se", "robust_se"):
        assert fit.table[column].to_list() == pytest.approx(without.table[column].to_list(), rel=1e-5)
    assert fit.log_likelihood == pytest.approx(without.log_likelihood)


@pytest.mark.parametrize("seed", range(6))
def test_a_level_of_one_person_who_has_the_event_does_no_harm(seed: int) -> None:
    """Of many people at risk the first step of Newton's method would be as long as they are many."""
    rows = drawn_rows(seed, 2_000)
    who = rows.filter(pl.col("event")).sort("stop", "person")["person"][seed * 100]
    rows = rows.with_columns(alone=(pl.col("person") == who).cast(pl.Int64))
    arguments = {"start": "start", "stop": "stop", "event": "event"}
    fit, without = cox(rows, [*TERMS, "alone"], **arguments), cox(rows, TERMS, **arguments)
    assert fit.log_likelihood >= without.log_likelihood
    assert fit.table["coefficient"].to_list()[:3] == pytest.approx(without.table["coefficient"].to_list(), abs=0.02)


def test_a_term_that_the_others_determine_is_named_and_left_out() -> None:
    rows = drawn_rows(4).with_columns(other=1 - pl.col("sex"), constant=1)
    arguments = {"start": "start", "stop": "stop", "event": "event"}
    fit = cox(rows, ["sex", "constant", "other", "age"], **arguments)
    assert fit.left_out == ("constant", "other")
    assert fit.table.equals(cox(rows, ["sex", "age"], **arguments).table)
    with pytest.raises(NotEstimable, match="constant"):
        cox(rows, ["constant", "sex"], **arguments)


def test_without_events_there_is_no_estimate() -> None:
    for rows in (drawn_rows(4).with_columns(event=False), drawn_rows(4).clear()):
        with pytest.raises(NotEstimable, match="nobody"):
            cox(rows, TERMS, start="start", stop="stop", event="event")


def test_holes_and_rows_that_end_before_they_start_are_refused() -> None:
    rows = drawn_rows(4)
    with pytest.raises(ValueError, match="age"):
        cox(rows.with_columns(age=None), TERMS, start="start", stop="stop", event="event")
    with pytest.raises(ValueError, match="start < stop"):
        cox(rows.with_columns(stop="start"), TERMS, start="start", stop="stop", event="event")
