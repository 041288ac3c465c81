"""A real Chromium without a screen, and a site of made-up people for it to open."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.warehouse.report.snapshots import snapshot
from warehouse.report.site import write_report

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome")
SWITCHES = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """Skips where no Chromium is installed: `apt-get install chromium`."""
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("no Chromium is installed: the report is not opened (apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    # Each start has a user data folder of its own.
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=list(SWITCHES))
        yield started
        started.close()


@pytest.fixture(scope="session")
def site(browser: "Browser", tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a report with a study; needs the browser first, so that nothing is built in vain."""
    folder = tmp_path_factory.mktemp("site")
    return write_report(snapshot(folder, 1_200, studies=900), folder / "report").parent
