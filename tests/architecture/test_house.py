"""The house stands as it was drawn: rooms, doors, and who may open which."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("flows", "schemas", "connectors", "identity", "warehouse")
TOP_LEVEL = {
    *ROOMS,
    "tests",
    "bench",
    "docs",
    "prefect.yaml",
    "pyproject.toml",
    "README.md",
    "Makefile",
    "CHANGELOG.md",
}
LONGEST_MODULE = 350


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [Path(line) for line in listed.splitlines() if (ROOT / line).exists()]


def _modules(*rooms: str) -> Iterator[Path]:
    for path in _tracked():
        if path.suffix == ".py" and path.parts[0] in rooms and "migrations" not in path.parts:
            yield path


def test_the_top_level_holds_only_what_the_plan_names() -> None:
    top = {path.parts[0] for path in _tracked()}
    assert {name for name in top if not name.startswith(".")} <= TOP_LEVEL


def test_rooms_import_each_other_only_as_allowed() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-3000:]


def _reads_environment(tree: ast.AST) -> bool:
    return any(
        (isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "environb"))
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "os"
            and {a.name for a in node.names} & {"environ", "getenv"}
        )
        for node in ast.walk(tree)
    )


def test_only_settings_reads_the_environment() -> None:
    readers = {path for path in _modules(*ROOMS) if _reads_environment(ast.parse((ROOT / path).read_text()))}
    assert readers <= {Path("flows/settings.py")}


@pytest.mark.parametrize("path", [str(path) for path in _modules(*ROOMS, "bench")])
def test_a_module_stays_readable(path: str) -> None:
    assert len((ROOT / path).read_text().splitlines()) <= LONGEST_MODULE, "which noun is missing?"


def test_the_lock_pins_every_package_by_hash_and_names_no_index() -> None:
    lock = (ROOT / ".ci" / "requirements.txt").read_text()
    pinned = re.findall(r"^[a-z0-9][\w.\-\[\]]*==.*$", lock, re.MULTILINE)
    assert len(pinned) > 100
    assert all(line.endswith("\\") for line in pinned)
    assert not re.search(r"https?://|--index-url|--find-links", lock)


def test_importing_the_rooms_loads_nothing_heavy() -> None:
    heavy = {"great_expectations", "splink", "statsmodels", "altair", "prefect"}
    code = "import sys, flows.cli; print(*sorted(m for m in sys.modules if '.' not in m))"
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, env=environment
    ).stdout
    assert not heavy & set(shown.split())
