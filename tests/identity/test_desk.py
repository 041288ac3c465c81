"""A reviewer's session, key by key."""

from collections.abc import Iterator

import pytest
from rich.console import Console, RenderableType

from identity.decisions import decide
from identity.desk import DIFFERENT, Desk, Session
from identity.keys import ProjectKey
from identity.review import queue
from identity.terminal import ESCAPE, NoTerminal, Terminal
from identity.vault import Vault
from tests.identity.doubt import perhaps
from tests.identity.feeds import COURT, PROBATION
from tests.identity.town import Town


class Script(Terminal):
    """A terminal that presses the given keys and keeps what it is shown."""

    def __init__(self, *keys: str) -> None:
        self.keys = list(keys)
        self.shown: list[str] = []

    def show(self, content: RenderableType, footer: RenderableType) -> str:
        console = Console(width=120, force_terminal=False, no_color=True)
        with console.capture() as captured:
            console.print(content, footer)
        self.shown.append(captured.get())
        return self.keys.pop(0)

    def ask(self, content: RenderableType, question: str) -> str | None:
        return self.keys.pop(0)


@pytest.fixture
def town(vault: Vault, project: ProjectKey) -> Iterator[Town]:
    """Two questions: Ann may be Ann, Bo may be Bo."""
    town = Town(vault, project)
    people = [("Ann", "Thorvaldsen", "1980-02-03", "F"), ("Boipelo", "Mbekiwitz", "1991-12-04", "M")]
    names = [
        {"full_name": f"{surname}, {given}", "birth_date": born, "sex": sex} for given, surname, born, sex in people
    ]
    town.deliver(COURT, *({"Number": str(place), **record} for place, record in enumerate(names)))
    town.deliver(PROBATION, *({"Number": str(place), **perhaps(*record)} for place, record in enumerate(people)))
    town.link()
    assert len(queue(vault)) == 2
    yield town


def session(town: Town, *keys: str) -> tuple[Session, Script]:
    script = Script(*keys)
    held = Desk(town.vault, queue(town.vault), "kim", script).run()
    assert script.keys == []
    return held, script


def test_each_question_is_asked_once_and_an_unsure_one_again_in_another_session(town: Town) -> None:
    held, script = session(town, "?", "d", "2", "q")
    assert (held.unsure, held.different) == (1, 1)
    assert "1 of 2" in script.shown[0]
    assert "2 of 2" in script.shown[1]
    assert DIFFERENT[1] in script.shown[2]
    assert len(queue(town.vault)) == 1


def test_back_shows_the_question_before(town: Town) -> None:
    _, script = session(town, "b", "?", "b", "h", "x", "q")
    assert ["2 of 2" in shown for shown in script.shown][:4] == [False, False, True, False]
    assert "take back your last decision" in script.shown[4]


def test_turning_back_from_the_reason_decides_nothing(town: Town) -> None:
    held, script = session(town, "s", "9", ESCAPE, "q")
    assert held == Session()
    assert "Nothing was decided." in script.shown[-1]
    assert len(queue(town.vault)) == 2


def test_undo_goes_back_to_the_question_it_undoes(town: Town) -> None:
    held, script = session(town, "s", "1", "u", "2", "q")
    assert (held.same, held.undone) == (1, 1)
    assert "1 of 2" in script.shown[-1]
    assert len(queue(town.vault)) == 2


def test_undo_reaches_the_last_decision_of_an_earlier_session(town: Town) -> None:
    session(town, "d", "1", "q")
    held, script = session(town, "u", "1", "q")
    assert held.undone == 1
    assert "Decision 1 is undone." in script.shown[-1]
    assert len(queue(town.vault)) == 2
    held, script = session(town, "u", "q")
    assert "You have no decision in force." in script.shown[-1]


def test_what_somebody_else_decided_meanwhile_is_said(town: Town) -> None:
    items = queue(town.vault)
    script = Script("d", "1", "q")
    desk = Desk(town.vault, items, "kim", script)
    decide(town.vault, items[0].left_id, items[0].right_id, True, "lee", "x")
    assert desk.run() == Session()
    assert "undo decision 1 first" in script.shown[-1]


def test_a_session_says_in_numbers_what_was_done(town: Town) -> None:
    held, _ = session(town, "s", "1", "?", "q")
    assert held.text() == "1 same, 0 different, 1 unsure, 0 undone; the next link takes the decisions in"


def test_a_pipe_is_no_terminal() -> None:
    with pytest.raises(NoTerminal, match="on a terminal only"):
        Terminal()
