import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr

from flows.backup import back_up, backups, bring_back, faults, standing_still
from flows.link import link
from flows.once import ingest_once
from flows.settings import Settings
from flows.stores import open_stores
from flows.verify import verify
from schemas.errors import SettingsError, StoreError
from tests.faults.fault import withstands
from tests.flows.conftest import content, deliver
from tests.flows.test_cli import run
from warehouse.store.digest import logical_digest

NAME, NEXT = "supervision_20250601.csv", "supervision_20250608.csv"


@pytest.fixture(scope="module")
def key() -> SecretStr:
    return SecretStr(secrets.token_hex(32))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, key: SecretStr) -> tuple[Path, str, list[int]]:
    """A place with one backup, the digest of what was backed up, and what came after it."""
    home, place = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("backup")
    settings = Settings(home=home, master_key=key, quiet_seconds=0.02)
    with open_stores(settings) as stores:
        deliver(settings, NAME, content(size=40))
        list(ingest_once(stores))
        link(stores)
        digest = logical_digest(stores.warehouse)
        back_up(stores, str(place))
        deliver(settings, NEXT, content(size=41, seed=2))
        list(ingest_once(stores))
        assert logical_digest(stores.warehouse) != digest
        return place, digest, [one.counts.loaded for one in stores.ledger.extracts()]


def test_what_is_restored_is_what_was_backed_up_and_goes_on(
    made: tuple[Path, str, list[int]], key: SecretStr, tmp_path: Path
) -> None:
    place, digest, loaded = made
    settings = Settings(home=tmp_path / "home", master_key=key, quiet_seconds=0.02)
    bring_back(settings, str(place))
    with open_stores(settings) as stores:
        assert logical_digest(stores.warehouse) == digest
        assert [one.faults for one in verify(stores)] == [()] * 7
        deliver(settings, NAME, content(size=40))
        deliver(settings, NEXT, content(size=41, seed=2))
        list(ingest_once(stores))
        assert sorted((one.state, one.counts.loaded) for one in stores.ledger.extracts()) == [
            ("duplicate", 0), *(("loaded", n) for n in loaded),
        ]  # fmt: skip
        assert link(stores) is not None
    with pytest.raises(StoreError, match="empty databases"):
        bring_back(settings, str(place))


@withstands("flipped bit in a backup", "found by its hash, whichever file it is; not restored", "A", "bits")
def test_a_flipped_bit_in_a_backup_is_found_and_nothing_of_it_restored(
    made: tuple[Path, str, list[int]], key: SecretStr, tmp_path: Path
) -> None:
    place = made[0]
    master = Settings(home=tmp_path / "home", master_key=key).master()
    assert faults(str(place), master) == []
    contents = [path for path in place.glob("*/*/*") if len(path.name) == 64]
    assert len(contents) == 3
    for path in [*contents, *place.glob("*.json")]:
        whole = path.read_bytes()
        path.write_bytes(whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
        settings = Settings(home=tmp_path / "other", master_key=key)
        with pytest.raises(StoreError, match=r"damaged|not as it was written"):
            bring_back(settings, str(place))
        assert not settings.home.exists()
        path.write_bytes(whole)
    assert faults(str(place), master) == []


def test_what_arrives_during_a_backup_waits_and_is_not_half_in_it(key: SecretStr, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", master_key=key, quiet_seconds=0.02)
    with open_stores(settings) as stores, ThreadPoolExecutor(1) as thread:
        deliver(settings, NAME, content(size=40))
        list(ingest_once(stores))
        before = logical_digest(stores.warehouse)
        deliver(settings, NEXT, content(size=41, seed=2))
        with standing_still(stores):
            taking = thread.submit(lambda: list(ingest_once(stores)))
            with pytest.raises(TimeoutError):
                taking.result(timeout=1.5)
            assert logical_digest(stores.warehouse) == before
        assert [one.state for one in taking.result()] == ["loaded"]


def test_a_backup_opens_under_no_other_key(made: tuple[Path, str, list[int]], tmp_path: Path) -> None:
    other = Settings(home=tmp_path / "home", master_key=SecretStr(secrets.token_hex(32)))
    with pytest.raises(SettingsError):
        bring_back(other, str(made[0]))


def test_a_backup_shows_no_name_of_a_file(made: tuple[Path, str, list[int]]) -> None:
    place = made[0]
    (found,) = backups(str(place)).values()
    assert found is not None
    for path in place.rglob("*"):
        assert "supervision" not in path.name
        assert not path.is_file() or b"supervision" not in path.read_bytes()


def test_the_commands_make_verify_and_bring_back_a_backup(tmp_path: Path, key: SecretStr) -> None:
    first, second, place = tmp_path / "first", tmp_path / "second", str(tmp_path / "place")
    settings = Settings(home=first)
    deliver(settings, NAME, content())
    secret = {"MASTER_KEY": key.get_secret_value(), "QUIET_SECONDS": "0.05"}
    assert run("ingest", "--json", home=first, **secret).returncode == 0
    assert json.loads(run("backup", place, "--json", home=first, **secret).stdout)["files"] == 1
    assert json.loads(run("verify", "--of", place, "--json", home=first, **secret).stdout)["sound"]
    assert run("restore", place, "--json", home=second, **secret).returncode == 0
    assert json.loads(run("verify", "--json", home=second, **secret).stdout)["sound"]
    (stored,) = (path for path in (second / "landing").glob("*/*") if len(path.name) == 64)
    stored.write_bytes(b"something else")
    done = run("verify", home=second, **secret)
    assert done.returncode == 8, done.stderr
    assert "not as it was stored" in done.stdout
