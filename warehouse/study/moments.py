"""Dated moments of a timeline, and from which day on each part of them is known.

What a span's record says is not all known when the span starts: its end, the reason of its end, its number of
sessions come later. A study that picks spans by such a part picks by what happens after the start.
"""

from dataclasses import dataclass
from typing import Final

AT_START: Final[dict[str, frozenset[str]]] = {
    "supervision": frozenset(("text", "birth_year", "sex", "race")),
    "enrolment": frozenset(("code", "referral_source", "birth_year", "sex", "race")),
    "custody": frozenset(("code", "birth_year", "sex", "race")),
    "programme": frozenset(("code",)),
}
"""Kind of span → the parts and details that are known when it starts; all others only when it ends."""

ALL_AT_START: Final = ("study",)
"""A research follow-up describes a person at its start; what happens later is told by other feeds."""

LATER: Final[dict[str, frozenset[str]]] = {
    "referral": frozenset(("accepted_date", "first_attended_date", "closed_date")),
}
"""Kind of event → the details that are known only after its day; all others are known on it."""


@dataclass(frozen=True)
class Moment:
    """Something with a date; only records with one of these codes, of these texts, told by these agencies."""

    kind: str
    codes: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of the record by which it is picked."""
        return ("code",) * bool(self.codes) + ("text",) * bool(self.texts)

    def known(self, part: str) -> bool:
        """Whether a part of the record is known on the day of the moment."""
        return part not in LATER.get(self.kind, ())

    @property
    def hindsight(self) -> str | None:
        """The part by which it is picked although it is known only later; None where there is none."""
        return next((part for part in self.parts if not self.known(part)), None)

    @property
    def words(self) -> str:
        """The moment as a sentence names it."""
        picked = [*self.codes, *self.texts]
        return f"{self.verb} {self.kind}" + (f" ({', '.join(picked)})" if picked else "")

    @property
    def verb(self) -> str:
        """What it is of its kind."""
        return "an event of kind"


@dataclass(frozen=True)
class Happens(Moment):
    """An event of a kind happens, on its date."""


@dataclass(frozen=True)
class Start(Moment):
    """A span of a kind starts."""

    def known(self, part: str) -> bool:
        """Whether a part of the record is known when the span starts."""
        return self.kind in ALL_AT_START or part in AT_START.get(self.kind, ())

    @property
    def verb(self) -> str:
        """What it is of its kind."""
        return "the start of"


@dataclass(frozen=True)
class End(Moment):
    """A span of a kind ends; all that its record says is known then."""

    @property
    def verb(self) -> str:
        """What it is of its kind."""
        return "the end of"


@dataclass(frozen=True)
class FirstStart(Start):
    """The index: a person's first start of such a span inside the coverage of the feed that told it."""


@dataclass(frozen=True)
class FirstEnd(End):
    """The index: a person's first end of such a span inside coverage, a release from custody for one."""


@dataclass(frozen=True)
class FirstEvent(Happens):
    """The index: a person's first such event inside coverage."""


Index = FirstStart | FirstEnd | FirstEvent
