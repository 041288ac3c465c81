"""What a study takes of a person, each with the day after time zero on which it is known."""

import math
from dataclasses import dataclass
from typing import Final

from warehouse.study.moments import Index, Moment

NEVER: Final = math.inf
"""Known on no day that could be named beforehand."""


@dataclass(frozen=True)
class Age:
    """Years at the index: year of the index less year of birth."""

    def known(self, index: Index) -> float:
        """Days after time zero."""
        return 0

    @property
    def words(self) -> str:
        """The fact as a sentence names it."""
        return "the age at the index"


@dataclass(frozen=True)
class Sex:
    """Sex as recorded."""

    def known(self, index: Index) -> float:
        """Days after time zero."""
        return 0

    @property
    def words(self) -> str:
        """The fact as a sentence names it."""
        return "the sex"


@dataclass(frozen=True)
class Recorded:
    """What the record of the index says: its ``code``, ``text`` or ``number``, or a detail by its name."""

    name: str

    def known(self, index: Index) -> float:
        """Days after time zero: 0 for what is known on the day of the index, else no day can be named."""
        return 0 if index.known(self.name) else NEVER

    @property
    def words(self) -> str:
        """The fact as a sentence names it."""
        return f"{self.name!r} of the index's record"


@dataclass(frozen=True)
class Before:
    """How many such moments there were in the months before the index day, which is excluded.

    Not observable where a feed of the kind does not cover the whole look-back and its lag. ``records``: counts
    records (cases), not rows.
    """

    of: Moment
    months: int
    records: bool = False

    def known(self, index: Index) -> float:
        """Days after time zero: 0, unless the moments are picked by what is known only later."""
        return NEVER if self.of.hindsight else 0

    @property
    def words(self) -> str:
        """The fact as a sentence names it."""
        return f"{self.of.words} in the {self.months} months before"


@dataclass(frozen=True)
class OnTheDay:
    """How many such moments fall on the index day."""

    of: Moment

    def known(self, index: Index) -> float:
        """Days after time zero: 0, unless the moments are picked by what is known only later."""
        return NEVER if self.of.hindsight else 0

    @property
    def words(self) -> str:
        """The fact as a sentence names it."""
        return f"{self.of.words} on the index day"


@dataclass(frozen=True)
class Within:
    """How many such moments there are from the index day to day ``days`` after it, inclusive; None: ever after."""

    of: Moment
    days: int | None

    def known(self, index: Index) -> float:
        """Days after time zero: the last day that is looked at."""
        return NEVER if self.of.hindsight or self.days is None else self.days

    @property
    def words(self) -> str:
        """The fact as a sentence names it."""
        return f"{self.of.words} " + ("at any time after" if self.days is None else f"within {self.days} days after")


Counted = Before | OnTheDay | Within
Fact = Age | Sex | Recorded | Before | OnTheDay | Within


@dataclass(frozen=True)
class AtLeast:
    """The number is at least ``n``."""

    n: int
    fact: Age | Recorded | Counted

    @property
    def words(self) -> str:
        """The condition as a sentence names it."""
        return f"at least {self.n}: {self.fact.words}"


@dataclass(frozen=True)
class AtMost:
    """The number is at most ``n``."""

    n: int
    fact: Age | Recorded | Counted

    @property
    def words(self) -> str:
        """The condition as a sentence names it."""
        return f"at most {self.n}: {self.fact.words}"


@dataclass(frozen=True)
class Is:
    """The value is one of these."""

    fact: Sex | Recorded
    values: tuple[str, ...]

    @property
    def words(self) -> str:
        """The condition as a sentence names it."""
        return f"{self.fact.words} is {' or '.join(self.values)}"


Condition = AtLeast | AtMost | Is


@dataclass(frozen=True)
class Covariate:
    """A fact under a name: in ``bands`` (lowest value → name), as a plain ``number``, or as a category.

    ``reference``: of a category, the level that the others are compared with; unless stated the most frequent.
    """

    name: str
    fact: Fact
    bands: tuple[tuple[int, str], ...] = ()
    number: bool = False
    reference: str | None = None
