"""The site as text: which pages there are, what they may hold, and what they never hold."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from tests.warehouse.report.snapshots import HOSTILE
from warehouse.report import overview
from warehouse.report.contents import Contents
from warehouse.report.site import render, write_report
from warehouse.report.words import TITLES

STUDY = "study-peer-support.html"


def numbers(html: str) -> list[int]:
    """Whole numbers in the cells of tables."""
    cells = re.findall(r'<td class="number">([0-9\u202f]+)</td>', html)
    return [int(cell.replace("\u202f", "")) for cell in cells]


def test_there_is_a_page_for_everything_and_each_leads_to_all(pages: dict[str, str]) -> None:
    assert set(pages) == {
        "index.html", STUDY, "measures.html", "agencies.html", "linkage.html", "restatements.html", "dictionary.html",
    }  # fmt: skip
    for file, page in pages.items():
        assert all(f'href="{other}"' in page for other in pages)
        assert f'href="{file}" aria-current="page"' in page


def test_the_pages_ask_the_network_for_nothing(pages: dict[str, str]) -> None:
    for page in pages.values():
        assert not re.findall(r"(?:src|action)\s*=|url\(\s*['\"]?https?:|@import|<script|<link|<iframe", page)
        assert all(link in pages or link == "#content" for link in re.findall(r'href="([^"]*)"', page))
        assert set(re.findall(r"https?://[^\s\"'<]+", page)) <= {
            "http://www.w3.org/2000/svg",
            "http://www.w3.org/1999/xlink",
        }
        assert "default-src 'none'" in page


def test_the_first_page_shows_every_outcome_as_curve_and_in_numbers(pages: dict[str, str]) -> None:
    page = pages["index.html"]
    assert all(title in page for title in TITLES.values())
    drawn = [outcome for outcome in TITLES if f'id="curve-{outcome}-title"' in page]
    assert len(drawn) >= 3
    missing = [title for outcome, title in TITLES.items() if outcome not in drawn]
    assert not missing or f"Too few people to draw: {', '.join(missing)}" in page
    assert "people still followed and share so far" in page


def test_every_chart_is_named_described_and_follows_the_look_of_the_page(pages: dict[str, str]) -> None:
    for page in pages.values():
        charts = re.findall(r"<svg (.*?)</svg>", page, re.DOTALL)
        assert all('role="img"' in chart and "<title " in chart and "<desc " in chart for chart in charts)
        names = re.findall(r'\bid="([^"]+)"', page)
        assert len(names) == len(set(names))
        assert not re.findall(r"#0[1-5]0[1-5]0[1-5]", page)
    assert "var(--accent)" in pages["index.html"]
    assert "prefers-color-scheme: dark" in pages["index.html"]


def test_what_a_file_says_cannot_become_markup(pages: dict[str, str]) -> None:
    for page in pages.values():
        assert HOSTILE not in page
        assert "&lt;script&gt;" in page


def test_no_number_of_persons_is_small_or_exact(pages: dict[str, str]) -> None:
    for part in (pages["index.html"].split("Outcomes within fixed windows")[1], pages[STUDY]):
        found = numbers(part)
        assert found
        assert all(number % 5 == 0 or number in (6, 12, 24) for number in found)
        assert all(number >= 10 or number == 6 for number in found)


def test_counts_of_records_are_rounded_and_small_ones_withheld_too(pages: dict[str, str]) -> None:
    page = pages["agencies.html"]
    assert "1\u202f205" in page
    assert "1\u202f203" not in page
    assert all(number % 5 == 0 for number in numbers(page.split("Metro court")[1]))


def test_no_exact_estimate_is_on_the_page(contents: Contents) -> None:
    """The incidence of the grid is a multiple of five people of a rounded whole, whatever the exact one is."""
    recharge = (pl.col("outcome") == "recharge") & (pl.col("stratum_kind") == "overall")
    whole = contents.rates.filter(recharge)["n"].to_list()[0]
    shown = set()
    for more in (-2, 0, 2):
        exact = (300 + more) / whole
        rates = contents.rates.with_columns(
            cumulative_incidence=pl.when(recharge).then(exact).otherwise("cumulative_incidence"),
            ci_low=pl.when(recharge).then(None).otherwise("ci_low"),
        )
        rows = overview.released(rates, contents.sensitivity)
        shown.add(tuple(row["incidence"] for row in rows if row["outcome"] == "recharge" and row["main"]))
    assert len(shown) == 1


def test_a_place_with_few_people_has_a_site_that_shows_none_of_them(small: Path, tmp_path: Path) -> None:
    written = write_report(small, tmp_path / "report")
    text = written.read_text(encoding="utf-8")
    assert written == tmp_path / "report" / "index.html"
    assert "Too few people" in text
    assert "<svg" not in text
    study = (tmp_path / "report" / STUDY).read_text(encoding="utf-8").split("Who is counted")[0]
    assert "<svg" not in study
    assert set(numbers(study)) == {6, 12, 24}


def test_an_empty_snapshot_has_a_site(contents: Contents) -> None:
    empty: dict[str, Any] = {
        name: frame.clear() for name, frame in vars(contents).items() if isinstance(frame, pl.DataFrame)
    }
    pages = render(replace(contents, **empty, more={}))
    assert "Too few people" in pages["index.html"]
    assert STUDY not in pages


def test_the_pages_of_studies_that_are_no_more_are_removed(small: Path, tmp_path: Path) -> None:
    (tmp_path / "study-former.html").write_text("former")
    (tmp_path / "notes.html").write_text("kept")
    write_report(small, tmp_path)
    assert not (tmp_path / "study-former.html").exists()
    assert (tmp_path / "notes.html").exists()
    assert not list(tmp_path.glob(".*"))
