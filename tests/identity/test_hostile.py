"""Deliveries that would give somebody another's record, or lose one: what a hostile reader of the rules tried."""

import threading
import time
from typing import Any

import pytest
import sqlalchemy as sa

from identity import split as splitting
from identity.keys import ProjectKey
from identity.split import split
from identity.vault import Vault
from schemas.contract import Column, Identify, Key, Text, Via
from tests.identity.feeds import COURT, feed, rows
from tests.identity.town import Town

ANN = {"full_name": "THORVALDSEN, ANN", "birth_date": "1980-02-03", "sex": "F"}
LETTERS = feed(
    "court",
    "letters",
    (
        Column("Letter", Text(), "Letter", Key("court.letter")),
        Column("Number", Text(), "Number", Key("court.number"), null=True),
        Column("full_name", Text(), "Name", Identify("full_name"), null=True),
    ),
    Key("court.number"),
    ("Letter",),
)
VISITS = feed("court", "visits", (Column("Number", Text(), "Number", Key("court.number")),), Via("court.number"),
              ("Number",))  # fmt: skip


@pytest.fixture
def town(vault: Vault, project: ProjectKey) -> Town:
    return Town(vault, project)


def count(vault: Vault, table: str) -> int:
    with vault.engine.connect() as connection:
        return int(connection.scalar(sa.text(f"SELECT count(*) FROM vault.{table}")) or 0)


def test_rows_without_a_number_are_not_one_person_because_they_name_the_same(town: Town) -> None:
    james = {"full_name": "SMITH, JAMES"}
    town.deliver(LETTERS, {"Letter": "L1", **james}, {"Letter": "L2", **james})
    town.link()
    assert len(set(town.who(1))) == 2
    town.deliver(LETTERS, {"Letter": "L1", **james}, {"Letter": "L2", **james})
    town.link()
    assert town.who(2) == town.who(1)


def test_a_number_keeps_its_participant_when_rows_only_refer_to_it(town: Town) -> None:
    town.deliver(COURT, {"Number": "1"}, via={"court.number"})
    town.link()
    before = town.who(1)
    town.deliver(VISITS, {"Number": "1"}, via={"court.number"})
    town.link()
    assert town.who(2) == town.who(1) == before
    assert town.statuses(1) == ["unlinked"]


def test_father_and_son_under_one_number_are_two(town: Town) -> None:
    senior = {"full_name": "CASTELLANO, VITO SR", "birth_date": "1955-04-30"}
    junior = {"full_name": "CASTELLANO, VITO JR", "birth_date": "1979-11-12"}
    town.deliver(COURT, {"Number": "1", **senior}, {"Number": "1", **junior}, {"Number": "1"})
    town.link()
    assert town.who(1)[0] != town.who(1)[1]
    assert town.statuses(1)[2] == "ambiguous_subject"


def test_a_number_that_stands_for_unknown_does_not_compare_everybody_with_everybody(town: Town) -> None:
    born = [f"19{50 + i % 40}-0{1 + i % 9}-1{i % 7}" for i in range(900)]
    people = [{"Number": "0", "full_name": f"N{i:04}AB, GIVEN{i}", "birth_date": day} for i, day in enumerate(born)]
    town.deliver(COURT, *people, {"Number": "0"})
    town.link()
    assert town.statuses(1)[-1] == "ambiguous_subject"
    assert count(town.vault, "edge") < 100_000


def test_names_of_another_script_are_compared(town: Town) -> None:
    same = {"birth_date": "1980-02-03", "sex": "F", "zip": "60601", "address": "12 Elm St"}
    town.deliver(COURT, {"Number": "1", "full_name": "Иванова, Анна", **same},
                 {"Number": "2", "full_name": "Чехова, Ольга", **same},
                 {"Number": "3", "full_name": "ИВАНОВА, АННА", **same})  # fmt: skip
    town.link()
    assert town.who(1)[0] == town.who(1)[2] != town.who(1)[1]


def test_discarding_leaves_no_identifiers_that_nobody_carries(vault: Vault) -> None:
    for extract_id in (1, 2):
        split(vault, COURT, extract_id, rows(COURT, {"Number": "1", **ANN}), via=())
    vault.discard(1)
    vault.discard(2)
    assert (count(vault, "record"), count(vault, "extract")) == (0, 0)


def test_discarding_waits_for_a_split_that_carries_the_same_identity(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    split(vault, COURT, 1, rows(COURT, {"Number": "1", **ANN}), via=())
    found, plain = threading.Event(), splitting._sight

    def slow(*args: Any) -> None:
        found.set()
        time.sleep(0.5)
        plain(*args)

    monkeypatch.setattr(splitting, "_sight", slow)
    other = threading.Thread(
        target=split, args=(vault, COURT, 2, rows(COURT, {"Number": "1", **ANN})), kwargs={"via": ()}
    )
    other.start()
    found.wait()
    vault.discard(1)
    other.join()
    assert count(vault, "record") == 1
