"""`throughcare review` and `explain` as a reviewer meets them: on a real terminal, with real keys."""

import datetime as dt
import json
import signal

import polars as pl
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from flows.cli import app
from flows.link import link
from flows.once import ingest_once
from flows.stores import Stores
from identity.audit import verify
from identity.explain import NoSuchParticipant
from identity.terminal import NoTerminal
from tests.flows.conftest import content, deliver
from tests.flows.pseudo_terminal import PseudoTerminal, environment
from tests.identity.doubt import perhaps

SURNAME, GIVEN, BORN = "Thorvaldsen", "Annelise", "1980-02-03"
IDENTIFIERS = (SURNAME, GIVEN, BORN)
EMPTY = ("SID", "SSN Last 4", "Middle Name", "Suffix", "AKA", "Street", "Zip", "Phone")
SEXES = {"F": "Female", "M": "Male"}


@pytest.fixture
def doubtful(stores: Stores) -> Stores:
    """An installation in which two probationers of one name may be one person."""
    people = [{"given_name": GIVEN, "surname": SURNAME, "birth_date": BORN, "sex": "F"}]
    people.append(perhaps(GIVEN, SURNAME, BORN, "F"))
    born = [
        dt.date.fromisoformat(one["birth_date"]).strftime("%m/%d/%Y") if one["birth_date"] else "" for one in people
    ]
    cells = content(size=2).with_columns(
        pl.Series("Probationer ID", ["P-1", "P-2"]), pl.Series("Supervision No", ["S-1", "S-2"]),
        pl.Series("Last Name", [one["surname"] for one in people]), pl.Series("Date of Birth", born),
        pl.Series("First Name", [one["given_name"] for one in people]),
        pl.Series("Gender", [SEXES[one["sex"]] for one in people]),
        *(pl.lit("").alias(name) for name in EMPTY),
    )  # fmt: skip
    deliver(stores.settings, "supervision_20250601.csv", cells)
    (receipt,) = ingest_once(stores)
    assert receipt.loaded == 2
    link(stores)
    assert len(participants(stores)) == 2
    return stores


def participants(stores: Stores) -> set[str]:
    with stores.warehouse.connect() as connection:
        keys = connection.scalars(sa.text("SELECT DISTINCT participant_key FROM timeline.link"))
        return {str(key) for key in keys if key is not None}


def decisions(stores: Stores) -> list[tuple[bool, str, str, bool]]:
    with stores.vault.engine.connect() as connection:
        rows = connection.execute(
            sa.text("SELECT together, reviewer, reason, undone_at IS NOT NULL FROM vault.decision ORDER BY 1")
        )
        return [(row[0], row[1], row[2], row[3]) for row in rows]


def run(stores: Stores, *arguments: str) -> Result:
    """The command in this process, without a terminal."""
    return CliRunner().invoke(app, arguments, env=environment(stores.settings))


def leaks(text: str) -> list[str]:
    return [word for word in IDENTIFIERS if word.casefold() in text.casefold()]


def test_a_decision_made_with_keys_binds_in_the_next_link_and_leaves_no_identifier(doubtful: Stores) -> None:
    with PseudoTerminal(doubtful.settings, "review", "--as", "kim") as terminal:
        terminal.see("1 of 1")
        terminal.see("2 persons become one")
        terminal.see("q quit")
        terminal.press("s")
        terminal.see("SAME: why?")
        terminal.press("4")
        terminal.see("No question is left.")
        terminal.press("q")
        assert terminal.ended() == 0
        assert terminal.is_restored()
        assert {SURNAME, GIVEN} <= set(leaks(terminal.on_other_screen()))
        assert leaks(terminal.on_main_screen()) == []
        assert "1 same, 0 different" in terminal.on_main_screen()
    ((together, reviewer, reason, undone),) = decisions(doubtful)
    assert (together, reason, undone) == (True, "same photograph or fingerprints", False)
    assert reviewer.startswith("kim via ")
    link(doubtful)
    assert len(participants(doubtful)) == 1
    written = [path for path in doubtful.settings.home.rglob("*") if path.is_file()]
    assert leaks("".join(path.read_bytes().decode("latin-1") for path in written)) == []
    assert verify(doubtful.vault).problem == ""


def test_different_and_undo_and_a_reason_in_words_that_says_too_much(doubtful: Stores) -> None:
    with PseudoTerminal(doubtful.settings, "review") as terminal:
        terminal.see("q quit")
        terminal.press("d")
        terminal.see("DIFFERENT: why?")
        terminal.press("t")
        terminal.see("because")
        terminal.press(f"{GIVEN} is not she\r")
        terminal.see("Not decided: the reason says what one of the records says")
        terminal.see("q quit")
        terminal.press("dt")
        terminal.see("because")
        terminal.press("two photographx\x7fs\r")
        terminal.see("No question is left.")
        terminal.press("u")
        terminal.see("undo decision")
        terminal.press("1")
        terminal.see("q quit")
        terminal.press("\x03")
        assert terminal.ended() == 0
        assert leaks(terminal.on_main_screen()) == []
    assert [row[0::2] for row in decisions(doubtful)] == [(False, "two photographs")]
    assert decisions(doubtful)[0][3]
    link(doubtful)
    assert len(participants(doubtful)) == 2


def test_a_session_that_is_killed_leaves_a_clean_screen(doubtful: Stores) -> None:
    with PseudoTerminal(doubtful.settings, "review") as terminal:
        terminal.see("q quit")
        terminal.process.send_signal(signal.SIGHUP)
        assert terminal.ended() == 128 + signal.SIGHUP
        assert terminal.is_restored()
        assert leaks(terminal.on_main_screen()) == []
        assert terminal.on_other_screen().endswith("\x1b[2J\x1b[H")
    assert decisions(doubtful) == []


def test_without_a_terminal_nothing_is_shown_and_the_queue_is_listed_without_identifiers(doubtful: Stores) -> None:
    refused = run(doubtful, "review")
    assert isinstance(refused.exception, NoTerminal)
    assert refused.exception.exit_code == 2
    listed = run(doubtful, "review", "--list")
    assert listed.exit_code == 0
    (question,) = json.loads(listed.stdout)["questions"]
    assert set(question["participants"]) == participants(doubtful)
    assert leaks(listed.output + refused.output + str(refused.exception)) == []


def test_explain_says_why_and_identifiers_only_on_the_other_screen(doubtful: Stores) -> None:
    participant = sorted(participants(doubtful))[0]
    told, drawn = run(doubtful, "explain", participant, "--json"), run(doubtful, "explain", participant)
    found = json.loads(told.stdout)
    assert (found["participant"], found["status"]) == (participant, "living")
    assert found["members"][0]["known_from"] == "2025-06-01"
    assert "Not joined" in drawn.stdout
    assert leaks(told.output + drawn.output) == []
    for arguments in (("--identifiers",), ("--identifiers", "--json")):
        refused = run(doubtful, "explain", participant, *arguments)
        assert isinstance(refused.exception, NoTerminal)
        assert leaks(refused.output) == []
    assert isinstance(run(doubtful, "explain", "nobody").exception, NoSuchParticipant)
    with PseudoTerminal(doubtful.settings, "explain", participant, "--identifiers") as terminal:
        terminal.see("any key ends")
        terminal.press("q")
        assert terminal.ended() == 0
        assert leaks(terminal.on_other_screen()) != []
        assert leaks(terminal.on_main_screen()) == []


def test_the_terminal_of_the_tests_would_notice() -> None:
    seen = PseudoTerminal.__new__(PseudoTerminal)
    seen.printed = f"before {SURNAME}\x1b[?1049hinside {GIVEN}\x1b[?1049lafter"
    assert leaks(seen.on_main_screen()) == [SURNAME]
    assert leaks(seen.on_other_screen()) == [GIVEN]
