"""Standardised identities as whole numbers: each distinct text once, and for each row which text it has."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

Codes = npt.NDArray[np.int32]

_ODD: Final = np.uint64(0x9E3779B97F4A7C15)
_SPARE_BITS: Final = 1
"""A table of hashes has two to four cells an id."""


@dataclass(frozen=True)
class Column:
    """``codes``: for each row the place of its text in ``texts``, -1 where it is null."""

    codes: Codes
    texts: pl.Series


@dataclass(frozen=True)
class Tokens:
    """A column of lists: for each token its row (ascending) and the place of its text in ``texts``."""

    rows: npt.NDArray[np.int64]
    codes: Codes
    texts: pl.Series


def column(texts: pl.Series) -> Column:
    """Encode a column of texts."""
    encoded: Any = texts.to_arrow().dictionary_encode()
    # Filling nulls in Arrow would import pandas, which takes longer than all the rest.
    codes = pl.Series(encoded.indices, dtype=pl.Int32).fill_null(-1).to_numpy()
    return Column(codes, pl.Series(encoded.dictionary, dtype=pl.String))


def tokens(lists: pl.Series) -> Tokens:
    """Encode a column of lists of texts; a null list has no tokens."""
    sizes = lists.list.len().fill_null(0).to_numpy()
    flat = column(lists.filter(pl.Series(sizes > 0)).explode())
    return Tokens(np.repeat(np.arange(len(lists)), sizes), flat.codes, flat.texts)


def distinct(values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The distinct values, ascending."""
    return pl.Series(values).unique().sort().to_numpy()


class Places:
    """At which place of some distinct ids each of others stands: a table of hashes, whose cells hold one place each."""

    def __init__(self, ids: npt.NDArray[np.int64]) -> None:
        """Ids that are 0, 1, … in order need no search."""
        dense = len(ids) > 0 and ids[0] == 0 and ids[-1] == len(ids) - 1 and bool((np.diff(ids) == 1).all())
        self._ids, self._dense = ids, dense
        self._bits = 0 if dense else len(ids).bit_length() + _SPARE_BITS
        self._table = np.full(1 << self._bits, -1, np.int32)
        left = np.arange(0 if dense else len(ids), dtype=np.int32)
        cell = self._cells(ids[left])
        while len(left):
            free = self._table[cell] < 0
            self._table[cell[free]] = left[free]
            # Of those that met in one cell the others go on to the next.
            lost = self._table[cell] != left
            left, cell = left[lost], self._next(cell[lost])

    def of(self, wanted: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The place of each wanted id; -1 where it stands nowhere."""
        if self._dense:
            return np.where((wanted >= 0) & (wanted < len(self._ids)), wanted, -1)
        if not len(self._ids):
            return np.full(len(wanted), -1)
        cell = self._cells(wanted)
        found = self._table[cell]
        left = np.flatnonzero(self._are_others(found, wanted))
        cell = cell[left]
        while len(left):
            cell = self._next(cell)
            found[left] = self._table[cell]
            on = self._are_others(found[left], wanted[left])
            left, cell = left[on], cell[on]
        return found.astype(np.int64)

    def _are_others(self, found: Codes, wanted: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Where another id than the wanted one stands; an empty cell (-1) is the end of the search."""
        return np.asarray((found >= 0) & (self._ids[found] != wanted))

    def _cells(self, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        hashed: npt.NDArray[np.uint64] = ids.astype(np.int64).view(np.uint64) * _ODD
        return (hashed >> np.uint64(64 - self._bits)).astype(np.int64) if self._bits else np.zeros(len(ids), np.int64)

    def _next(self, cell: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return (cell + 1) & ((1 << self._bits) - 1)
