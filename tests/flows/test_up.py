import json
import sys
from pathlib import Path

import pytest

from flows.server import Server
from flows.settings import Settings
from flows.up import _Crew

PRINT = "import json, os; print(json.dumps(dict(os.environ)))"


@pytest.mark.parametrize(
    ("name", "trusted"), [("server", False), ("deploy", False), ("resident", True), ("worker", True)]
)
def test_a_child_that_opens_no_store_gets_no_key_and_no_address(
    name: str, trusted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THROUGHCARE_MASTER_KEY", "a key")
    monkeypatch.setenv("THROUGHCARE_VAULT_URL", "an address")
    (tmp_path / "run").mkdir()
    crew = _Crew(Settings(home=tmp_path), Server(tmp_path / "prefect", 1, "user:password"))
    crew.start(name, sys.executable, "-c", PRINT)
    crew.children[name].process.wait(30)
    given = json.loads((tmp_path / "run" / f"{name}.log").read_text())
    assert given["THROUGHCARE_HOME"] == str(tmp_path)
    assert [known in given for known in ("THROUGHCARE_MASTER_KEY", "THROUGHCARE_VAULT_URL")] == [trusted, trusted]
