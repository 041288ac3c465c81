"""`throughcare link`: the present model, a candidate, its promotion and the way back."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from connectors.postgres import Databases
from flows.cli import app
from identity import training
from identity.keys import ProjectKey, VaultKeys
from identity.model import shipped
from identity.training import TooFew
from identity.vault import Vault
from tests.identity.crowd import crowd
from tests.identity.feeds import PROBATION
from tests.identity.town import Town

PEOPLE = 60
MASTER = secrets.token_bytes(32)


@dataclass
class Line:
    """A command line with its environment."""

    environment: dict[str, str]

    def __call__(self, *arguments: str) -> Any:
        """What a command prints as JSON; what it raises."""
        done = CliRunner().invoke(app, ["link", *arguments, "--json"], env=self.environment)
        if done.exception is not None:
            raise done.exception
        return json.loads(done.stdout)

    def shown(self, *arguments: str) -> str:
        """What a command shows to people."""
        return CliRunner().invoke(app, ["link", *arguments], env=self.environment).stdout


@pytest.fixture
def line(fresh_databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    monkeypatch.setattr(training, "RANDOM_PAIRS", 5_000)
    vault = Vault(fresh_databases.vault, VaultKeys.from_master(MASTER))
    vault.migrate()
    town = Town(vault, ProjectKey.from_master(MASTER, "throughcare"))
    said = crowd(PEOPLE)[0].select("birth_date", given_name="given", surname="surname", ssn_last4="ssn4")
    rows = said.iter_rows(named=True)
    town.deliver(PROBATION, *({"Number": str(number), **row} for number, row in enumerate(rows)))
    town.link()
    yield Line({
        "THROUGHCARE_HOME": str(tmp_path / "home"),
        "THROUGHCARE_MASTER_KEY": MASTER.hex(),
        "THROUGHCARE_WAREHOUSE_URL": fresh_databases.warehouse,
        "THROUGHCARE_VAULT_URL": fresh_databases.vault,
    })  # fmt: skip
    vault.close()


def test_from_the_shipped_model_to_a_candidate_and_back(line: Line) -> None:
    before = line("status")
    assert before["model"] == before["linked_by"] == shipped().version
    assert (before["batches"], before["pending_batches"]) == (1, 0)
    with pytest.raises(TooFew):
        line("train")
    made = line("train", "--force")
    assert made["changes"]["records"] == 2 * PEOPLE
    assert made["training"]["prior"] == shipped().prior
    assert line("promote", made["version"], "--reason", "trial")["state"] == "promoted"
    assert line("status")["model"] == made["version"]
    assert line("promote", shipped().version, "--reason", "as it was", "--as", "ines")["promoted_by"].startswith("ines")
    states = {model["version"]: model["state"] for model in line("status")["models"]}
    assert states == {shipped().version: "promoted", made["version"]: "retired"}


def test_people_are_shown_tables_and_no_value(line: Line) -> None:
    shown = line.shown("train", "--force") + line.shown("status") + line.shown("relink", "--rehearse")
    assert "candidate here." in shown
    assert "a relink would change" in shown
    names = {name for name in crowd(PEOPLE)[0]["surname"].drop_nulls() if len(name) > 5}
    assert not [name for name in names if name in shown]


def test_a_relink_under_the_same_model_moves_nobody(line: Line) -> None:
    rehearsed = line("relink", "--rehearse")
    assert (rehearsed["merges"], rehearsed["splits"]) == (0, 0)
    before = line("status")
    done = line("relink")
    assert (done["merges"], done["splits"]) == (0, 0)
    after = line("status")
    assert (after["batches"], after["persons"]) == (before["batches"] + 1, before["persons"])


def test_link_alone_links_what_was_loaded(line: Line) -> None:
    assert line()["subjects"] >= 0
