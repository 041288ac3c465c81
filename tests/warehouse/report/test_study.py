"""The page of a study: comparisons side by side, called what they are, and nothing that the gate holds back."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from tests.warehouse.report.test_site import STUDY
from warehouse.report import comparison, rates, study
from warehouse.report.contents import Contents
from warehouse.report.rates import Row
from warehouse.study.dose import PEOPLE


@pytest.fixture(scope="module")
def page(pages: dict[str, str]) -> str:
    return pages[STUDY]


def compared(contents: Contents, rows: Sequence[Row] = (), **tables: pl.DataFrame) -> dict[str, Any]:
    """What the comparing part of the page is filled with, where some tables are others."""
    changed = replace(contents, more=contents.more | tables)
    return comparison.sections(changed.more["study"].row(0, named=True), changed, rows)


def test_every_number_carries_what_it_rests_on(page: str) -> None:
    for fact in ("3fa9c1d27be04416", "2025-06-30", "model v1, links of 50 % and more", "first supervision start"):
        assert fact in page
    assert "&lt;first&gt; &amp; only" in page


def test_comparisons_stand_side_by_side_and_are_called_what_they_are(page: str) -> None:
    for way in ("unadjusted", "adjusted for what was known", "weighted to make", "not to be believed"):
        assert way in page
    assert "conditional" in page
    assert "marginal" in page
    assert "The association, in several ways" in page


def test_only_assignment_by_lot_is_called_an_effect(contents: Contents) -> None:
    clear = contents.more["study_effect"].with_columns(ratio_high=0.9)
    assert any("This is an association" in said for said in compared(contents, study_effect=clear)["finding"])
    lot = contents.more["study"].with_columns(assignment=pl.lit("random"))
    found = compared(contents, study=lot, study_effect=clear)
    assert found["random"]
    assert found["finding"]
    assert not any("association" in said for said in found["finding"])


def test_an_interval_that_holds_one_is_called_no_clear_difference(contents: Contents) -> None:
    unclear = contents.more["study_effect"].with_columns(ratio_low=0.6, ratio_high=1.1)
    assert all("no clear difference" in said for said in compared(contents, study_effect=unclear)["finding"])


def test_it_has_the_parts_that_a_study_has(page: str) -> None:
    for heading in ("Outcomes within fixed windows", "Outcomes over time", "Who is counted", "How alike the arms were",
                    "Dose", "Equity", "How much hangs on uncertain links", "How it was computed"):  # fmt: skip
        assert re.search(rf"<h2>{heading}", page)
    assert "followed longer" in page


def test_parts_without_tables_are_left_out(contents: Contents) -> None:
    more = {"study": contents.more["study"], "study_rate": contents.more["study_rate"]}
    found = study.sections(more["study"].row(0, named=True), replace(contents, more=more))
    assert found["grid"]
    assert not any(found[part] for part in ("dose", "balance", "effects", "curves", "finding", "warnings"))


def test_an_estimate_of_few_events_is_withheld(contents: Contents) -> None:
    few = pl.when(pl.col("outcome") == "recharge").then(4).otherwise("events")
    effects = compared(contents, study_effect=contents.more["study_effect"].with_columns(events=few))["effects"]
    assert "effect-recharge" not in effects
    assert "effect-reconviction" in effects


def test_arms_of_which_a_count_is_withheld_are_not_told_by_balance(contents: Contents) -> None:
    balance = contents.more["study_balance"].filter(pl.col("level") == "18-24")
    rate = contents.more["study_rate"]
    small = (pl.col("arm") == "exposed") & (pl.col("stratum") == "18-24")
    counts = {name: pl.when(small).then(3).otherwise(name) for name in ("n", "observable", "events")}
    once = rate.filter(outcome="recharge", window_months=12, threshold=0.5, basis="person").with_columns(**counts)
    part = compared(contents, rates.released(once), study_balance=balance)["balance"]
    assert "%" in part
    assert "%" not in re.sub(r"Overlap.*?</p>", "", part, flags=re.DOTALL)


def test_shares_of_people_are_made_of_rounded_numbers_and_hidden_where_few_are_left() -> None:
    names = ["measure", "unit", "arm", "n", "mean", "median", "low", "high"]
    rows = [("retained_30", PEOPLE, "exposed", 103, 81 / 103, None, 0.7, 0.9),
            ("retained_90", PEOPLE, "exposed", 103, 98 / 103, None, 0.9, 1.0)]  # fmt: skip
    shown = str(study._dose(pl.DataFrame(rows, schema=names, orient="row")))
    assert "76.2" in shown
    assert "78.6" not in shown
    assert "95.1" not in shown
