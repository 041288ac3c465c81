"""Data Docs show counts and shares, hold no cell, and fetch nothing."""

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.contract import Accepted, Code, Column, Date, EachRow, Filled, Identify, Known, Rows, Text, Unique
from schemas.data_docs import DocumentedDelivery, data_docs
from schemas.delivery import judge_delivery
from schemas.measures import measure
from schemas.rows import judge_rows
from tests.schemas.small import feed, kept, table

PEOPLE = feed(
    Column("Surname", Text(30), "Surname", Identify("surname"), null=True),
    Column("Born", Date(), "Birth date", Identify("birth_date"), null=True),
    kept("Kind", Code({"CANARYCODE": "A"}), null=True),
    kept("Note", Text(20), null=True),
    subject=EachRow(),
    expects=(Rows(5, 9), Accepted(0.9), Filled("Note", 0.9), Known("Kind", 0.9), Unique(0.9)),
)
LINES = [
    ("CANARY1", "CANARY-SURNAME", "1961-02-03", "CANARYCODE", "CANARY note"),
    ("CANARY2", "CANARY-SURNAME", "1961-02-03", "CANARY-UNKNOWN", "CANARY note that is far too long"),
    ("CANARY3", None, "1961-02-33", None, None),
]
VALUES = re.compile(r"CANARY|1961|far too long", re.IGNORECASE)


@pytest.fixture
def delivery() -> DocumentedDelivery:
    measures = measure(PEOPLE, judge_rows(PEOPLE, table(("number", "Surname", "Born", "Kind", "Note"), *LINES)))
    before = replace(measures, received=100)
    verdict = judge_delivery(PEOPLE, measures, [before], dt.date(2025, 1, 2), as_of=dt.date(2025, 1, 1))
    assert verdict.outcome == "hold"
    arrived = dt.datetime(2025, 1, 2, 3, 4, tzinfo=dt.UTC)
    return DocumentedDelivery(17, PEOPLE.name, "held", arrived, measures, verdict)


def test_the_pages_hold_no_value_of_a_cell(delivery: DocumentedDelivery, tmp_path: Path) -> None:
    data_docs(tmp_path / "docs", [delivery])
    written = {path.name: path.read_text() for path in (tmp_path / "docs").iterdir()}
    assert set(written) == {"17.html", "index.html"}
    assert not any(VALUES.search(text) for text in written.values())


def test_the_pages_fetch_and_run_nothing(delivery: DocumentedDelivery, tmp_path: Path) -> None:
    for path in data_docs(tmp_path, [delivery]).parent.iterdir():
        text = path.read_text()
        assert not re.search(r"<script|<link|<img|url\(|https?:|\son[a-z]+=", text)
        assert "default-src 'none'" in text


def test_a_page_says_what_was_expected_and_measured(delivery: DocumentedDelivery, tmp_path: Path) -> None:
    index = data_docs(tmp_path, [delivery]).read_text()
    page = (tmp_path / "17.html").read_text()
    assert 'href="17.html"' in index
    assert all(word in index for word in ("town_records", "held", "hold", "2025-01-02 03:04"))
    assert "1. between 5 and 9 rows [hold]" in page
    assert "filled in at least 90% of the rows" in page
    assert "unknown_code: 1" in page
    assert 'href="index.html"' in page
    assert "Traceback" not in page


def test_the_page_of_a_delivery_that_is_documented_no_more_goes(delivery: DocumentedDelivery, tmp_path: Path) -> None:
    data_docs(tmp_path, [delivery, replace(delivery, extract_id=18)])
    (tmp_path / "notes.html").touch()
    data_docs(tmp_path, [replace(delivery, extract_id=18)])
    assert {path.name for path in tmp_path.iterdir()} == {"18.html", "index.html", "notes.html"}


def test_a_delivery_of_which_nothing_is_expected_has_a_page_too(delivery: DocumentedDelivery, tmp_path: Path) -> None:
    data_docs(tmp_path, [replace(delivery, verdict=judge_delivery(feed(), delivery.measures))])
    assert "Measures" in (tmp_path / "17.html").read_text()
