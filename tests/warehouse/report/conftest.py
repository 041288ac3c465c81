"""One site for all tests of it."""

from pathlib import Path

import pytest

from tests.warehouse.report.snapshots import snapshot
from warehouse.report.contents import Contents, read
from warehouse.report.site import render


@pytest.fixture(scope="session")
def contents(tmp_path_factory: pytest.TempPathFactory) -> Contents:
    return read(snapshot(tmp_path_factory.mktemp("snapshot"), 1_600, studies=800))


@pytest.fixture(scope="session")
def pages(contents: Contents) -> dict[str, str]:
    return render(contents)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The snapshot of a town of five."""
    return snapshot(tmp_path_factory.mktemp("small"), 5, studies=5)
