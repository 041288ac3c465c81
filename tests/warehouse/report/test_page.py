import datetime as dt
import re
from pathlib import Path

import duckdb
import polars as pl
import pytest

from tests.warehouse.outcomes.test_sensitivity import THRESHOLDS, linked_town
from tests.warehouse.report.test_linkage import QUALITY
from warehouse.outcomes.compute import compute
from warehouse.outcomes.sensitivity import sensitivity
from warehouse.report.page import Contents, read, render, write_report
from warehouse.snapshot.tables import store

HOSTILE = "<script>alert('x')</script>"
EXTRACTS = pl.DataFrame({
    "extract_id": [1], "feed": [HOSTILE], "as_of": [dt.date(2024, 1, 1)], "state": ["loaded"], "received": [1_203],
    "loaded": [1_200], "rejected": [3], "duplicate": [0], "quarantined": [0], "covered_from": [dt.date(2018, 1, 1)],
    "covered_until": [dt.date(2024, 1, 1)],
})  # fmt: skip


def snapshot(folder: Path, people: int) -> Path:
    """A database file with what the page reads."""
    town = linked_town(people)
    tables = compute(town)
    path = folder / "throughcare.duckdb"
    with duckdb.connect(str(path)) as connection:
        identity = {"project": [HOSTILE], "version": ["1"], "published_at": ["2024-01-02T03:04:05"], "partitions": [9]}
        store(connection, "snapshot", pl.DataFrame(identity))
        store(connection, "extract", EXTRACTS)
        store(connection, "participant", pl.DataFrame({"status": ["linked"] * people}))
        for name, frame in (("rate", tables.rate), ("curve", tables.curve), ("flow", tables.flow)):
            store(connection, f"outcome_{name}", frame)
        store(connection, "outcome_sensitivity", sensitivity(town, THRESHOLDS))
        store(connection, "link_quality", QUALITY.with_columns(pl.col("n").clip(upper_bound=people)))
    return path


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> Contents:
    return read(snapshot(tmp_path_factory.mktemp("snapshot"), 1_000))


@pytest.fixture(scope="module")
def page(contents: Contents) -> str:
    return render(contents)


def test_the_page_asks_the_network_for_nothing(page: str) -> None:
    assert not re.findall(r"(?:src|href|action)\s*=|url\(\s*['\"]?https?:|@import|<script|<link|<iframe", page)
    assert set(re.findall(r"https?://[^\s\"'<]+", page)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert "default-src 'none'" in page


def test_the_page_shows_every_outcome_as_curve_and_in_numbers(page: str) -> None:
    for title in ("Re-charge", "Re-conviction", "Return to custody, new offence", "Return to custody, technical"):
        assert title in page
    assert page.count("<svg") == 4


def test_the_figures_follow_the_look_of_the_page(page: str) -> None:
    assert "var(--accent)" in page
    assert "prefers-color-scheme: dark" in page
    assert not re.findall(r"#0[1-4]0[1-4]0[1-4]", page)


def test_what_a_file_says_cannot_become_markup(page: str) -> None:
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page


def test_no_number_of_persons_on_the_page_is_small_or_exact(page: str) -> None:
    persons = page.split("Outcomes within fixed windows")[1].split("Deliveries")[0]
    cells = re.findall(r'<td class="number">([0-9\u202f]+)</td>', persons)
    numbers = [int(cell.replace("\u202f", "")) for cell in cells]
    assert numbers
    assert all(number % 5 == 0 or number in (6, 12, 24) for number in numbers)
    assert all(number >= 10 or number == 6 for number in numbers)


def test_a_place_with_few_people_has_a_page_that_shows_none_of_them(contents: Contents, tmp_path: Path) -> None:
    written = write_report(snapshot(tmp_path, 5), tmp_path / "report")
    text = written.read_text(encoding="utf-8")
    assert written == tmp_path / "report" / "index.html"
    assert "Too few people" in text
    assert "<svg" not in text


def test_an_empty_snapshot_has_a_page(contents: Contents) -> None:
    empty = Contents(
        contents.snapshot, contents.extracts.clear(), contents.people.clear(), contents.rates.clear(),
        contents.curve.clear(), contents.flow.clear(), contents.sensitivity.clear(), contents.quality.clear(),
    )  # fmt: skip
    assert "Too few people" in render(empty)
