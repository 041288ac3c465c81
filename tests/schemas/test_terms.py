"""Drawn: numbers in file names, rows that say their record was deleted, and terms in words."""

import datetime as dt
from typing import Any

import pytest

from schemas.contract import (
    Code,
    Date,
    Deleted,
    Drift,
    Fresh,
    Known,
    ManifestRule,
    Refers,
    Sequence,
    Text,
    Unique,
)
from schemas.deletion import deleted_rows
from schemas.rows import judge_rows
from schemas.words import deletion_in_words, expectation_in_words, manifest_in_words, sequence_in_words
from tests.schemas.small import feed, kept, table

NUMBERED = feed(files="records_{sequence}_{date:%Y%m%d}_*.csv", sequence=Sequence())


@pytest.mark.parametrize(
    ("name", "number", "date"),
    [
        ("records_7_20240131_a.csv", 7, dt.date(2024, 1, 31)),
        ("RECORDS_0012_20240131_.CSV", 12, dt.date(2024, 1, 31)),
        ("records__20240131_a.csv", None, None),
        ("records_-7_20240131_a.csv", None, None),
        ("records_٧_20240131_a.csv", None, None),
        ("records_1234567890123456789_20240131_a.csv", None, None),
        ("records_7_20240132_a.csv", 7, None),
    ],
)
def test_a_files_name_carries_the_number_of_its_delivery(name: str, number: int | None, date: dt.date | None) -> None:
    assert NUMBERED.file_sequence(name) == number
    assert NUMBERED.file_date(name) == date
    assert NUMBERED.matches(name) == (number is not None and date is not None)


def test_where_the_name_carries_no_number_there_is_none() -> None:
    assert feed().file_sequence("records_7.csv") is None


@pytest.mark.parametrize(
    ("type", "codes", "texts", "deleted"),
    [
        (Code({"gone": "X", "there": "A"}), ("X",), ["gone", "there", None], [True, False, False]),
        (Text(9), ("D", "X"), ["D", "d", None, "X"], [True, False, False, True]),
        (Text(9), (), ["any", None], [True, False]),
        (Date(), (), ["2024-01-31", None], [True, False]),
    ],
)
def test_a_row_says_that_its_record_was_deleted(
    type: Any, codes: tuple[str, ...], texts: list[str | None], deleted: list[bool]
) -> None:
    marked = feed(kept("mark", type, null=True), deleted=Deleted("mark", codes))
    lines = [(str(place), text) for place, text in enumerate(texts)]
    found = deleted_rows(marked, judge_rows(marked, table(("number", "mark"), *lines)).accepted)
    assert found is not None
    assert found.to_list() == deleted


def test_a_feed_without_a_mark_says_nothing_of_deletion() -> None:
    assert deleted_rows(feed(), judge_rows(feed(), table(("number",), ("1",))).accepted) is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (expectation_in_words(Known("kind", 0.9)), "`kind` has a listed code in at least 90% of the rows; otherwise"),
        (expectation_in_words(Unique(0.99)), "otherwise the delivery is held"),
        (expectation_in_words(Refers("town.case", 0.9)), "numbers `town.case` are known"),
        (expectation_in_words(Fresh(10)), "at most 10 days before it arrives"),
        (expectation_in_words(Drift()), "between 0.5 and 2 times as many rows"),
        (expectation_in_words(Drift(low=0.1, reason="closed in August")), "(closed in August)"),
        (deletion_in_words(Deleted("mark", ("X", "D"))), "where `mark` is `X` or `D`"),
        (deletion_in_words(Deleted("mark")), "where `mark` is filled"),
        (sequence_in_words(Sequence(first=0)), "numbered from 0 without a gap"),
        (manifest_in_words(ManifestRule(totals=("Amount",))), "is required, signed, with the totals of `Amount`"),
        (manifest_in_words(ManifestRule(demanded=False, signed=False)), "may lie beside a file"),
    ],
)
def test_terms_are_said_in_words(words: str, said: str) -> None:
    assert said in words
