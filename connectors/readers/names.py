"""From the cells of header rows to the names of columns."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from schemas.errors import DeliveryRefused

MOST_COLUMNS: Final = 10_000
"""More columns than any register has; each costs memory whatever is in it."""


def joined(rows: Sequence[Sequence[str]]) -> list[str]:
    """One name a column: its cells that are not blank, joined by a space; a single row is kept as it is."""
    if len(rows) == 1:
        return list(rows[0])
    return [" ".join(part.strip() for part in parts if part.strip()) for parts in zip(*rows, strict=True)]


def distinct(names: Sequence[str], number: bool = False) -> list[str]:
    """The names, each once; where ``number``, the second column of a name is called ``Name (2)``.

    Raises `DeliveryRefused`: ``repeated_header``, ``too_many_columns``.
    """
    refuse_width(len(names))
    seen: Counter[str] = Counter()
    taken = {"row_number"}
    found: list[str] = []
    for place, name in enumerate(names, start=1):
        seen[name] += 1
        called = f"{name} ({seen[name]})" if number and seen[name] > 1 else name
        if called in taken:
            raise DeliveryRefused("repeated_header", row_number=1, column=f"#{place}")
        taken.add(called)
        found.append(called)
    return found


def refuse_width(columns: int) -> None:
    """Refuse a table that is wider than any register; ``too_many_columns``."""
    if columns > MOST_COLUMNS:
        raise DeliveryRefused("too_many_columns", row_number=1)
