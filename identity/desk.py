"""A reviewer's session: question after question, answered by single keys."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import psycopg
from rich.console import RenderableType
from rich.text import Text

from identity.boundary import sealed
from identity.case import Case, open_case
from identity.decisions import DecisionRefused, decide, undo
from identity.drawing import question
from identity.review import Item
from identity.terminal import ESCAPE, QUIT, Terminal
from identity.vault import Vault

KEYS: Final = "s same   d different   ? unsure   u undo   b back   h help   q quit"
SAME: Final = (
    "name changed: marriage, divorce or court order",
    "slip of the pen in a name, a date or a number",
    "the agencies confirm it",
    "same photograph or fingerprints",
    "other documents were seen",
)
DIFFERENT: Final = (
    "twins or other siblings",
    "parent and child",
    "two people of one name",
    "one number was given to two people",
    "the agencies confirm it",
    "other documents were seen",
)
UNDOING: Final = ("pressed the wrong key", "new information", "an agency corrected its records")

_HELP: Final = """\
s  the records are one person: they are linked from the next link on
d  they are different people: they are kept apart from the next link on
?  you cannot tell: nothing is decided, the question comes again in another session
u  take back your last decision
b  back to the question before
space, k, arrows, pages  look further down and up
q  end the session; decisions made are kept

A decision asks for a reason. Others read it: it must hold no name, number, date or place of the people.
Everything that you look at is recorded with your account.

any key goes back"""


@dataclass
class Session:
    """What came of a session: counts only."""

    same: int = 0
    different: int = 0
    unsure: int = 0
    undone: int = 0
    changed: int = 0

    def text(self) -> str:
        """In one line; no identifier."""
        said = f"{self.same} same, {self.different} different, {self.unsure} unsure, {self.undone} undone"
        if self.changed:
            said += f"; {self.changed} questions had changed meanwhile"
        if self.same or self.different or self.undone:
            said += "; the next link takes the decisions in"
        return said


class Desk:
    """A session of one reviewer over the questions of a queue."""

    def __init__(self, vault: Vault, items: list[Item], reviewer: str, terminal: Terminal) -> None:
        """Nothing is opened yet."""
        self._vault, self._items, self._reviewer, self._terminal = vault, items, reviewer, terminal
        self._place = 0
        self._made: list[tuple[int, Item]] = []
        self.session = Session()

    def run(self) -> Session:
        """Ask until the questions or the reviewer end."""
        while self._place < len(self._items):
            case = open_case(self._vault, self._items[self._place], self._reviewer)
            if case is None:
                self.session.changed += 1
                del self._items[self._place]
            elif not self._answer(case):
                return self.session
        end = Text("No question is left.")
        if self._made and self._terminal.show(end, "u undo   any other key ends") == "u":
            self._undo(end)
            return self.run()
        return self.session

    def _answer(self, case: Case) -> bool:
        """Take one answer, whatever else is asked for before; False where the session ends."""
        drawn, said = question(case, self._place + 1, len(self._items)), ""
        while True:
            key = self._terminal.show(drawn, f"{said}\n{KEYS}" if said else KEYS)
            said = ""
            if key in QUIT:
                return False
            if key in ("s", "d"):
                said = self._decide(case, drawn, together=key == "s")
                if not said:
                    return True
            elif key == "?":
                self.session.unsure += 1
                self._place += 1
                return True
            elif key == "b" and self._place:
                self._place -= 1
                return True
            elif key == "u":
                before = self._place
                said = self._undo(drawn)
                if self._place != before:
                    return True
            elif key == "h":
                self._terminal.show(Text(_HELP), "")

    def _decide(self, case: Case, drawn: RenderableType, *, together: bool) -> str:
        """Make the decision; why it was not made, empty where it was."""
        reason = self._reason(drawn, SAME if together else DIFFERENT, "SAME" if together else "DIFFERENT")
        if not reason:
            return "Nothing was decided."
        try:
            number = decide(self._vault, *case.pair, together, self._reviewer, reason)
        except DecisionRefused as refused:
            return f"Not decided: {refused}."
        self._made.append((number, case.item))
        self._place += 1
        if together:
            self.session.same += 1
        else:
            self.session.different += 1
        return ""

    def _undo(self, drawn: RenderableType) -> str:
        """Take back the last decision and go to its question; what to say."""
        number, item = self._made[-1] if self._made else (last(self._vault, self._reviewer), None)
        if number is None:
            return "You have no decision in force."
        reason = self._reason(drawn, UNDOING, f"undo decision {number}")
        if not reason:
            return "Nothing was undone."
        try:
            undo(self._vault, number, self._reviewer, reason)
        except DecisionRefused as refused:
            return f"Not undone: {refused}."
        self._made = self._made[:-1]
        if item in self._items:
            self._place = self._items.index(item)
        self.session.undone += 1
        return f"Decision {number} is undone."

    def _reason(self, drawn: RenderableType, reasons: tuple[str, ...], what: str) -> str | None:
        """One of the reasons by its number, or a text; None where the reviewer turns back."""
        keys: Mapping[str, str] = {str(place): reason for place, reason in enumerate(reasons, 1)}
        listed = "\n".join(f"{key}  {reason}" for key, reason in keys.items())
        while True:
            key = self._terminal.show(drawn, f"{what}: why?\n{listed}\nt  in your words   Esc  back")
            if key in keys:
                return keys[key]
            if key == "t":
                return self._terminal.ask(drawn, f"{what}, because (no name, number, date or place of the people):")
            if key == ESCAPE or key in QUIT:
                return None


@sealed
def last(vault: Vault, reviewer: str) -> int | None:
    """The reviewer's last decision in force."""
    with vault.transaction() as cursor:
        return _last(cursor, reviewer)


def _last(cursor: psycopg.Cursor, reviewer: str) -> int | None:
    cursor.execute("SELECT max(decision_id) FROM decision WHERE reviewer = %s AND undone_at IS NULL", (reviewer,))
    row = cursor.fetchone()
    return None if row is None or row[0] is None else int(row[0])


def review(vault: Vault, items: list[Item], reviewer: str) -> Session:
    """Hold a session on this terminal's other screen; `terminal.NoTerminal` where there is none."""
    with Terminal() as terminal:
        return Desk(vault, items, reviewer, terminal).run()
