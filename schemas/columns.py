"""What a column says (its type) and what may become of it (its uses)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from schemas.codes import Identifier


@dataclass(frozen=True)
class Text:
    """Free or coded text, kept as it was written; ``pattern`` is a full-match regular expression."""

    max_length: int = 200
    pattern: str | None = None


@dataclass(frozen=True)
class Integer:
    """A whole number within ``low`` and ``high``, both inclusive."""

    low: int | None = None
    high: int | None = None


@dataclass(frozen=True)
class Decimal:
    """A decimal number within ``low`` and ``high``, both inclusive; ``.`` is the decimal mark."""

    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, init=False)
class Date:
    """A calendar date in one of ``formats`` (strptime); a time of day in the format is cut off.

    ``open_end`` lists the texts, as delivered, that mean "not ended yet": they become null.
    """

    formats: tuple[str, ...]
    open_end: tuple[str, ...]

    def __init__(self, *formats: str, open_end: str | tuple[str, ...] = ()) -> None:
        """Take the accepted formats in the order in which they are tried."""
        object.__setattr__(self, "formats", formats or ("%Y-%m-%d",))
        object.__setattr__(self, "open_end", (open_end,) if isinstance(open_end, str) else open_end)


@dataclass(frozen=True)
class Code:
    """A closed list: the agency's text → our code. A text that is not listed rejects the row."""

    codes: Mapping[str, str]

    def __hash__(self) -> int:
        """Hash by content, so that a contract is hashable as a whole."""
        return hash(tuple(sorted(self.codes.items())))


ColumnType = Text | Integer | Decimal | Date | Code


Coarsening = Literal["birth_year", "year", "month", "zip3"]


@dataclass(frozen=True)
class Keep:
    """The cell is content and goes to the warehouse, coarsened to ``as_`` where that is said."""

    as_: Coarsening | None = None


@dataclass(frozen=True)
class Identify:
    """The cell suggests who the person is: it goes to the vault and nowhere else.

    What it is worth, for a number that is issued to people: ``verified``, where the agency has seen it proved (by
    fingerprint, say): of two such that differ no rule makes one person, of two that agree none makes two. ``unique``:
    no two people carry the same, so that two records that do are one person whatever else they say.
    """

    field: Identifier
    verified: bool = False
    unique: bool = False


@dataclass(frozen=True)
class Key:
    """A number that joins an agency's own records; the warehouse sees a random surrogate of it.

    A key of several columns has one ``part`` (1, 2, …) on each of them.
    """

    namespace: str
    part: int = 1


@dataclass(frozen=True)
class Drop:
    """The cell is never persisted."""


Use = Keep | Identify | Key | Drop


@dataclass(frozen=True, init=False)
class Column:
    """One column: header as delivered, type, meaning, uses; ``null`` says whether it may be empty."""

    name: str
    type: ColumnType
    meaning: str
    uses: tuple[Use, ...]
    null: bool
    unit: str | None

    def __init__(
        self, name: str, type: ColumnType, meaning: str, *uses: Use, null: bool = False, unit: str | None = None
    ) -> None:
        """Take the uses as further positional arguments."""
        for attribute, value in (
            ("name", name), ("type", type), ("meaning", meaning), ("uses", uses), ("null", null), ("unit", unit),
        ):  # fmt: skip
            object.__setattr__(self, attribute, value)

    @property
    def keep(self) -> Keep | None:
        """The `Keep` among the uses."""
        return next((use for use in self.uses if isinstance(use, Keep)), None)

    @property
    def identifies(self) -> tuple[Identify, ...]:
        """The `Identify` uses."""
        return tuple(use for use in self.uses if isinstance(use, Identify))

    @property
    def keys(self) -> tuple[Key, ...]:
        """The `Key` uses."""
        return tuple(use for use in self.uses if isinstance(use, Key))
