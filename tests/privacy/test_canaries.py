"""No identifier leaves the places that may hold it: the whole installation is run and then searched."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.postgres import EmbeddedServer
from tests.integration.installation import Installation, eventually
from tests.privacy import stores
from tests.privacy.canaries import Canaries
from tests.privacy.planting import Planter, deliver

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("canaries"), pytest.mark.timeout(300)]

PERMITTED = ("landing", "quarantine")
"""Encrypted, so that even there the scan of the bytes would find nothing; it is not asked to."""


@pytest.fixture(scope="module")
def searched() -> Iterator[tuple[Path, Canaries]]:
    """A home through which canaries went, with a server, temporary files and all that was printed in it."""
    with tempfile.TemporaryDirectory(prefix="tc-") as folder, pytest.MonkeyPatch.context() as patch:
        home, temporary = Path(folder) / "home", Path(folder) / "home" / "tmp"
        installation = Installation(home)
        installation.prepare()
        temporary.mkdir()
        temporary.chmod(0o1777)
        patch.setenv("TMPDIR", str(temporary))
        planter = Planter()
        try:
            installation.start()
            _run(installation, planter, Path(folder) / "aside")
            assert installation.stop() == 0
        finally:
            installation.kill()
        yield home, planter.canaries


def _run(installation: Installation, planter: Planter, aside: Path) -> None:
    """Drop everything, wait for every receipt, link, publish, and ask for what a user would look at."""
    paths = list(deliver(planter, aside))
    for path in paths:
        folder = installation.home / "intake" / path.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, aside / "copy")
        (aside / "copy").rename(folder / path.name)
    agencies = {path.parent.name for path in paths}
    eventually(
        lambda: sum(len(installation.receipts(agency)) for agency in agencies) >= len(paths), "a receipt for each"
    )
    for command in (["link"], ["publish"], ["status"], ["check", str(paths[0])]):
        _printed(installation.home, command)


def _printed(home: Path, command: list[str]) -> None:
    with (home / "printed.log").open("ab") as log:
        words = [sys.executable, "-m", "flows.cli", *command, "--home", str(home)]
        subprocess.run(words, stdout=log, stderr=log, check=False, env=dict(os.environ), timeout=120)


def test_there_are_enough_canaries_and_something_was_loaded(searched: tuple[Path, Canaries]) -> None:
    home, canaries = searched
    assert len(canaries) >= 200
    assert (home / "printed.log").stat().st_size > 1_000
    assert len(list(home.glob("published/*/**/*.parquet"))) > 5
    assert (home / "report" / "index.html").exists()
    assert list(home.glob("prefect/*.db"))


def test_no_file_of_the_home_holds_a_canary(searched: tuple[Path, Canaries]) -> None:
    home, canaries = searched
    permitted = tuple(home / name for name in PERMITTED)
    assert sorted(set(stores.files(home, canaries, permitted))) == []


def test_no_column_of_the_warehouse_or_the_vault_holds_a_canary_in_clear(searched: tuple[Path, Canaries]) -> None:
    home, canaries = searched
    with EmbeddedServer(home) as server:
        assert list(stores.postgres(server.databases.warehouse, canaries)) == []
        assert list(stores.postgres(server.databases.vault, canaries)) == []


def test_landing_and_quarantine_are_encrypted(searched: tuple[Path, Canaries]) -> None:
    home, canaries = searched
    for name in PERMITTED:
        assert any(path.is_file() for path in (home / name).rglob("*"))
        assert list(stores.files(home / name, canaries)) == []
