"""Stores that are away, full, or without their key."""

import errno
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from pydantic import SecretStr

from connectors.postgres import EmbeddedServer
from flows.ingest import drain
from flows.once import ingest_once
from flows.settings import Settings
from flows.stores import Stores, open_stores
from identity.split import split  # noqa: F401 - imported before the server is stopped
from schemas.errors import SettingsError, StoreError
from tests.faults.fault import withstands
from tests.faults.steps import check, spans
from tests.flows.conftest import content, deliver, land

NAME = "supervision_20250601.csv"
QUICK = {"fsync": "off", "shared_buffers": "64MB"}
"""What is committed outlives the server's processes, if not the machine."""


@withstands("warehouse down", "fails; started again, everything goes on", "IT", "away")
def test_a_stopped_server_loses_nothing(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", master_key=SecretStr(secrets.token_hex(32)), quiet_seconds=0.02)
    with EmbeddedServer(settings.home, QUICK) as server, open_stores(settings) as stores:
        path = deliver(settings, NAME, content())
        later = deliver(settings, "supervision_20250608.csv", content(seed=2))
        land(stores, path)
        server._control("stop", "-m", "immediate")
        with pytest.raises(StoreError):
            list(drain(stores))
        with pytest.raises(StoreError):
            land(stores, later)
        assert later.exists()
        with EmbeddedServer(settings.home, QUICK):
            assert [one.state for one in ingest_once(stores)] == ["loaded", "loaded"]
        assert len(stores.ledger.extracts()) == 2


@withstands("vault key missing", "fails closed before anything is opened", "PT", "key")
@pytest.mark.parametrize("key", [None, "00" * 32, "a password"])
def test_without_a_proper_key_nothing_is_taken(key: str | None, stores: Stores) -> None:
    path = deliver(stores.settings, NAME, content())
    wrong = stores.settings.model_copy(update={"master_key": key and SecretStr(key)})
    with pytest.raises(SettingsError), open_stores(wrong):
        pass
    assert path.exists()
    assert stores.ledger.extracts() == ()


@withstands("another key than the installation's", "nothing can be read, nothing is loaded", "PA", "key")
def test_under_another_key_nothing_is_loaded(stores: Stores) -> None:
    land(stores, deliver(stores.settings, NAME, content()))
    drain_under_another_key(stores)
    assert [one.counts.loaded for one in stores.ledger.extracts()] == [0]
    assert stores.vault.staged() == ()


@withstands("another key than the installation's", "refused at the start; what waits goes on waiting", "T", "key")
def test_under_another_key_no_file_is_given_up(stores: Stores) -> None:
    land(stores, deliver(stores.settings, NAME, content()))
    drain_under_another_key(stores)
    assert len(stores.ledger.pending()) == 1


def drain_under_another_key(stores: Stores) -> None:
    other = stores.settings.model_copy(update={"master_key": SecretStr(secrets.token_hex(32)), "attempts": 3})
    with suppress(StoreError, SettingsError), open_stores(other) as opened:
        list(drain(opened))


@pytest.fixture
def full() -> Iterator[Path]:
    """A file system of 64 kB."""
    with mounted("64k") as folder:
        yield folder


@pytest.fixture
def small() -> Iterator[Path]:
    """A file system of 400 MB: room for a server and its log."""
    with mounted("400m") as folder:
        yield folder


@contextmanager
def mounted(size: str) -> Iterator[Path]:
    """A file system of its own, in memory."""
    folder = Path(os.environ.get("TMPDIR", "/tmp")) / f"faults-{os.getpid()}-{size}"
    folder.mkdir()
    try:
        is_mounted = os.getuid() == 0 and shutil.which("mount") is not None and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True, check=False
        ).returncode == 0  # fmt: skip
        if not is_mounted:
            pytest.skip("a small file system can be mounted by root only")
        try:
            yield folder
        finally:
            subprocess.run(["umount", folder], check=True)
    finally:
        folder.rmdir()


@withstands("no space left in the landing store", "the file stays in the intake until there is room", "ACT", "space")
def test_a_full_landing_store_takes_nothing_and_loses_nothing(full: Path, stores: Stores) -> None:
    settings = stores.settings.model_copy(update={"landing_url": (full / "landing").as_uri()})
    path = deliver(settings, NAME, content(size=400))
    with open_stores(settings) as opened:
        with pytest.raises(StoreError, match=str(errno.ENOSPC)):
            land(opened, path)
        assert path.exists()
        assert not [found for found in (full / "landing").rglob("*") if found.is_file()]
        assert opened.ledger.extracts() == ()
        subprocess.run(["mount", "-o", "remount,size=8m", full], check=True)
        assert [one.state for one in ingest_once(opened)] == ["loaded"]
        assert not path.exists()


@withstands("no space left in the warehouse", "rolled back; with room again it is loaded, once", "ACIT", "space")
def test_a_full_warehouse_loads_nothing_and_loses_nothing(small: Path, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", master_key=SecretStr(secrets.token_hex(32)), quiet_seconds=0.02)
    with EmbeddedServer(small / "server", QUICK) as server:
        urls = {name: SecretStr(getattr(server.databases, name)) for name in ("warehouse", "vault")}
        settings = settings.model_copy(update={f"{name}_url": url for name, url in urls.items()})
        with open_stores(settings) as stores:
            land(stores, deliver(settings, NAME, content(size=20_000)))
            filler = small / "filler"
            with suppress(OSError), filler.open("wb", buffering=0) as stream:
                while True:
                    stream.write(bytes(4096))
            with pytest.raises(StoreError):
                list(drain(stores))
            filler.unlink()
            with EmbeddedServer(small / "server", QUICK):
                assert spans(stores) == 0
                assert [(one.state, one.loaded) for one in ingest_once(stores)] == [("loaded", 20_000)]
                check(stores)
