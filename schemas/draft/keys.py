"""Which columns make a record unique, by counting."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import polars as pl

_ROWS: Final = 50_000
"""Rows looked at: enough to tell a key from a chance."""
_CANDIDATES: Final = 10
_WIDEST: Final = 4
_UNIQUE: Final = 0.99
"""Share of the rows that a key must tell apart: a file has slips, and a key of too many columns hides them."""
_WORTH: Final = 0.0025
"""Share of the rows that one more column must tell apart to be part of the key."""
_SLIPS: Final = 3
"""So few rows are told apart by chance, in a sample that is not very small."""
_FEW: Final = 50
_EMPTY: Final = 0.05


@dataclass(frozen=True)
class FoundKey:
    """The columns, how many different keys they make, and of how many different rows."""

    columns: tuple[str, ...]
    keys: int
    rows: int

    @property
    def is_certain(self) -> bool:
        """Whether the columns tell nearly all rows apart."""
        return self.rows - self.keys <= max(_SLIPS if self.rows > _FEW else 0, (1 - _UNIQUE) * self.rows)


def find_key(rows: pl.DataFrame, numbers: Sequence[str], others: Sequence[str]) -> FoundKey:
    """The fewest columns that tell the rows apart: a number of the agency, where there is one, and what it needs.

    Where none do, all of the columns together are the key.
    """
    every = [*numbers, *others]
    looked_at = rows.select(every).head(_ROWS).unique()
    height = looked_at.height
    filled = [name for name in every if looked_at[name].null_count() <= _EMPTY * height]
    best: FoundKey | None = None
    for width in range(1, min(_WIDEST, len(every)) + 1):
        found = [
            FoundKey(columns, looked_at.n_unique(columns), height)
            for columns in combinations(every[:_CANDIDATES], width)
            if columns[0] in (set(numbers) & set(filled) or filled or every)
        ]
        widest = max(found, key=lambda key: key.keys, default=None)
        if widest is None:
            continue
        if best is not None and best.is_certain and widest.keys - best.keys <= max(_WORTH * height, _SLIPS):
            return best
        best = widest
    return best if best is not None and best.is_certain else FoundKey(tuple(every), height, height)
