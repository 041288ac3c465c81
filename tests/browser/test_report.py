"""The report as people meet it: in a real browser, bright and dark, wide and narrow, with and without scripts."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LOOKS = ("light", "dark")
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1100, "height": 900}
STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPENED = "for (const part of document.querySelectorAll('details')) part.open = true"
UNDRAWN = """
() => [...document.querySelectorAll('svg')].filter(chart => {
    const box = chart.getBoundingClientRect();
    return box.width < 200 || box.height < 60 || !chart.querySelector('path, line, circle');
}).map(chart => chart.querySelector('title').textContent)
"""


@contextmanager
def opened(browser: "Browser", **options: Any) -> "Iterator[tuple[Page, list[str]]]":
    """A page, and what goes wrong on it: errors of the console, and requests of anything but files."""
    context = browser.new_context(**options)
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith("file://") else wrong.append(asked.url))
    try:
        yield page, wrong
    finally:
        context.close()


def files(site: Path) -> list[Path]:
    found = sorted(site.glob("*.html"))
    assert len(found) == 7
    return found


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_opens_without_an_error_or_a_request_and_every_chart_is_drawn(
    browser: "Browser", site: Path, look: str
) -> None:
    charts = 0
    with opened(browser, color_scheme=look, viewport=DESK) as (page, wrong):
        for file in files(site):
            page.goto(file.as_uri())
            page.evaluate(OPENED)
            assert page.evaluate(UNDRAWN) == []
            charts += page.locator("svg").count()
            others = page.evaluate("performance.getEntriesByType('resource').length")
            assert others == 0
            paper = page.evaluate("getComputedStyle(document.body).backgroundColor").removeprefix("rgb(").split(",")[0]
            assert (int(paper) > 128) == (look == "light")
    assert wrong == []
    assert charts >= 20


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing(browser: "Browser", site: Path, look: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    axe = Axe()
    options = {"runOnly": {"type": "tag", "values": STANDARD}, "resultTypes": ["violations"]}
    with opened(browser, color_scheme=look, viewport=DESK) as (page, _):
        for file in files(site):
            page.goto(file.as_uri())
            page.evaluate(OPENED)
            found = axe.run(page, options=options).response["violations"]
            told = [(rule["id"], [node["target"] for node in rule["nodes"]][:3]) for rule in found]
            assert told == [], file.name


def test_on_a_phone_nothing_scrolls_sideways_but_tables_in_their_frames(browser: "Browser", site: Path) -> None:
    with opened(browser, viewport=PHONE, is_mobile=True, device_scale_factor=2) as (page, _):
        for file in files(site):
            page.goto(file.as_uri())
            page.evaluate(OPENED)
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], file.name
            assert page.evaluate("document.body.scrollWidth") <= PHONE["width"], file.name
            assert page.evaluate(UNDRAWN) == []


def test_without_scripts_everything_is_there(browser: "Browser", site: Path) -> None:
    with opened(browser, java_script_enabled=False, viewport=DESK) as (page, wrong):
        page.goto((site / "study-peer-support.html").as_uri())
        assert page.get_by_role("heading", level=1).inner_text() == "Peer support during a first supervision"
        assert page.get_by_role("img").count() >= 10
        for chart in page.get_by_role("img").all()[:3]:
            assert chart.is_visible()
        page.get_by_role("link", name="Linkage", exact=True).first.click()
        assert page.get_by_role("heading", level=1).inner_text() == "How well records are linked"
        page.goto((site / "dictionary.html").as_uri())
        page.locator("summary").first.click()
        assert page.get_by_role("table").first.is_visible()
    assert wrong == []


def test_every_chart_has_a_name_a_description_and_its_numbers_as_a_table(browser: "Browser", site: Path) -> None:
    with opened(browser, viewport=DESK) as (page, _):
        for file in files(site):
            page.goto(file.as_uri())
            for chart in page.locator("svg").all():
                assert len(chart.locator("title").text_content() or "") > 5
                assert len(chart.locator("desc").text_content() or "") > 20
            if page.locator("svg").count():
                assert page.locator("table").count() >= page.locator("figure").count()


def test_printed_all_that_is_folded_is_unfolded_on_white(browser: "Browser", site: Path) -> None:
    with opened(browser, color_scheme="dark", viewport=DESK) as (page, _):
        page.goto((site / "study-peer-support.html").as_uri())
        folded = page.locator("details table").first
        assert not folded.is_visible()
        page.emulate_media(media="print", color_scheme="dark")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert page.evaluate("document.querySelector('details table').getBoundingClientRect().height") > 20
        assert not page.get_by_role("navigation").is_visible()


def test_by_keyboard_one_reaches_the_content_and_the_tables(browser: "Browser", site: Path) -> None:
    with opened(browser, viewport=DESK) as (page, _):
        page.goto((site / "index.html").as_uri())
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        page.keyboard.press("Enter")
        assert page.url.endswith("#content")
        assert page.locator(".scroll[tabindex='0']").count() == page.locator("table").count()
