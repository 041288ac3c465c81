import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from flows.settings import DEMO_KEY, Settings
from tests.flows.conftest import FEED, content, deliver

NAME = "supervision_20250601.csv"


def run(*arguments: str, home: Path, **settings: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("THROUGHCARE_")}
    environment |= {f"THROUGHCARE_{name}": value for name, value in settings.items()} | {"THROUGHCARE_HOME": str(home)}
    command = [sys.executable, "-m", "flows.cli", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def drop_folder(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def test_a_sound_file_passes(drop_folder: Settings) -> None:
    path = deliver(drop_folder, NAME, content())
    done = run("check", str(path), home=drop_folder.home)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Trial: Metro probation: supervision")
    assert "This file would be loaded. Nothing was stored or sent." in done.stdout
    assert path.exists()
    assert {entry.name for entry in drop_folder.home.iterdir()} == {"intake"}


def test_a_file_of_rejected_rows_is_held_and_no_value_is_shown(drop_folder: Settings) -> None:
    path = deliver(drop_folder, NAME, content().with_columns(pl.lit("Qvintus").alias("Gender")))
    done = run("check", str(path), "--json", home=drop_folder.home)
    (receipt,) = json.loads(done.stdout)
    assert (receipt["state"], receipt["quarantined"], receipt["faults"][0]["rows"]) == ("held", 20, 20)
    assert done.returncode == 5
    assert "Qvintus" not in done.stdout + done.stderr


def test_a_few_rejected_rows_are_exit_code_6(drop_folder: Settings) -> None:
    cells = content(size=40)
    first = pl.int_range(pl.len()) == 0
    path = deliver(
        drop_folder, NAME, cells.with_columns(pl.when(first).then(pl.lit("?")).otherwise("Gender").alias("Gender"))
    )
    assert run("check", str(path), home=drop_folder.home).returncode == 6


def test_a_refused_file_is_exit_code_5(drop_folder: Settings) -> None:
    path = deliver(drop_folder, NAME, content().drop("Gender"))
    done = run("check", str(path), "--feed", FEED, home=drop_folder.home)
    assert done.returncode == 5
    assert "column Gender" in done.stdout


def test_a_file_of_no_feed_is_wrong_usage(tmp_path: Path) -> None:
    path = tmp_path / "holiday.pdf"
    path.write_bytes(b"%PDF")
    done = run("check", str(path), home=tmp_path)
    assert done.returncode == 2
    assert "holiday" not in done.stderr


@pytest.mark.parametrize("command", ["ingest", "status", "link", "publish", "sweep", "up"])
def test_nothing_opens_without_a_key(command: str, tmp_path: Path) -> None:
    done = run(command, home=tmp_path / "home")
    assert done.returncode == 3
    assert "master key" in done.stderr
    assert not (tmp_path / "home").exists()


def test_the_demo_key_opens_no_other_home(tmp_path: Path) -> None:
    done = run("status", home=tmp_path / "home", MASTER_KEY=DEMO_KEY)
    assert done.returncode == 3


def test_the_demo_does_not_erase_a_home_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    done = run("demo", home=tmp_path)
    assert done.returncode == 3
    assert (tmp_path / "precious").exists()


def test_feeds_are_listed_and_have_sheets(tmp_path: Path) -> None:
    listed = json.loads(run("feeds", "--json", home=tmp_path).stdout)["feeds"]
    assert FEED in {feed["feed"] for feed in listed}
    sheet = run("feeds", "sheet", FEED, home=tmp_path).stdout
    assert "Date of Birth" in sheet
    assert run("feeds", "sheet", "nonsense", home=tmp_path).returncode == 2


def test_a_new_key_is_accepted(tmp_path: Path) -> None:
    key = run("new-key", home=tmp_path).stdout.strip()
    assert len(bytes.fromhex(key)) == 32
    assert Settings(home=tmp_path, master_key=key).master() == bytes.fromhex(key)  # type: ignore[arg-type]
    assert secrets.token_hex(32) != key


def test_a_missing_or_unreadable_file_is_not_named(tmp_path: Path) -> None:
    for path in (tmp_path / "Quillon_Vantreight.csv", tmp_path):
        done = run("check", str(path), home=tmp_path)
        assert done.returncode == 2
        assert "Quillon" not in done.stdout + done.stderr
        assert str(tmp_path) not in done.stdout + done.stderr


@pytest.mark.parametrize("name", ["WAREHOUSE_URL", "VAULT_URL", "LANDING_URL"])
def test_the_demo_touches_no_store_but_its_own(name: str, tmp_path: Path) -> None:
    done = run("demo", home=tmp_path / "home", **{name: "postgresql+psycopg://nobody:nothing@192.0.2.1/real"})
    assert done.returncode == 3
    assert name in done.stderr
    assert "nothing@" not in done.stderr
    assert not (tmp_path / "home").exists()
