"""`throughcare demo` as a user runs it, twice."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.timeout(280)]


def demo(home: Path, seed: int) -> dict[str, Any]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("THROUGHCARE_")}
    command = [sys.executable, "-m", "flows.cli", "demo", "--people", "200", "--seed", str(seed), "--json"]
    done = subprocess.run([*command, "--home", str(home)], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_city_goes_the_whole_way_and_the_next_one_starts_afresh(tmp_path: Path) -> None:
    for seed in (1, 2):
        found = demo(tmp_path / "home", seed)
        assert {extract["state"] for extract in found["extracts"]} == {"loaded"}
        assert sum(extract["rejected"] for extract in found["extracts"]) == found["city"]["planted_errors"]
        assert sum(extract["duplicate"] for extract in found["extracts"]) == found["city"]["duplicates"]
        assert sum(extract["received"] for extract in found["extracts"]) == found["city"]["rows"]
        assert found["accuracy"]["precision"] > 0.95
        assert found["accuracy"]["recall"] > 0.85
        assert {row["outcome"] for row in found["outcomes"]} >= {"recharge", "reconviction", "custody_technical"}
        assert Path(found["report"]).read_text().lower().startswith("<!doctype html>")
        with duckdb.connect(found["snapshot"], read_only=True) as connection:
            (events,) = connection.execute("SELECT count(*) FROM event").fetchall()[0]
        assert events > 1_000
    intake = tmp_path / "home" / "intake"
    assert [path for path in intake.rglob("*") if path.is_file() and path.parent.name != "receipts"] == []
