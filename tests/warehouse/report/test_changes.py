"""The pages on measures and on restatements."""

import re

import polars as pl

from tests.warehouse.report.snapshots import EVERYBODY, RESTATED, figures
from tests.warehouse.report.test_linkage import line
from warehouse.report.contents import Contents
from warehouse.report.measures import sections
from warehouse.report.restatements import numbers


def test_a_claim_stands_with_the_figures_that_test_it(pages: dict[str, str]) -> None:
    page = pages["measures.html"]
    assert "Members reach what they need" in page
    assert "23.4567" not in page
    assert re.search(r"23 <span class=.interval.>19–28</span>", page)


def test_shares_of_people_are_made_from_rounded_counts(contents: Contents) -> None:
    contents.more["measure"] = figures(302)
    (part,) = (part for part in sections(contents)["parts"] if part["key"] == "resources")
    assert "33\u202f%" in part["everybody"]
    assert re.search(r"300</td></tr>", part["everybody"])


def test_a_figure_of_few_people_is_withheld(contents: Contents) -> None:
    contents.more["measure"] = figures(18)
    for part in sections(contents)["parts"]:
        assert "interval" not in re.sub(
            "<caption>.*?</caption>|aria-label=.[^>]*", "", part["everybody"] + part["groups"]
        )
    contents.more["measure"] = figures(602)


def test_a_number_that_changed_is_told_before_and_after_with_the_reasons() -> None:
    page = numbers(RESTATED)
    assert line(page, "12")[-2:] == ["240", "255"]
    assert "late file" in page
    assert "relink" in page
    assert "3 numbers are others" in page


def test_a_change_too_small_to_be_seen_or_of_a_small_number_is_not_told() -> None:
    page = numbers(RESTATED)
    assert "300" not in page
    assert line(page, "6")[-2:] == ["–", "20"]
    parts = RESTATED.with_columns(part=pl.lit(EVERYBODY.replace("overall", "age_band")))
    assert "<table" not in numbers(parts)
    assert "No published number" in numbers(None)
