"""Standardised identities as whole numbers: each distinct text once, and for each row which text it has."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

Codes = npt.NDArray[np.int32]


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
    """The distinct values, ascending; by sorting, which is several times faster than NumPy's table of hashes."""
    ordered = pl.Series(values).sort().to_numpy()
    return ordered[np.r_[True, ordered[1:] != ordered[:-1]]] if len(ordered) else ordered


class Places:
    """At which place of some distinct ids each of others stands."""

    def __init__(self, ids: npt.NDArray[np.int64]) -> None:
        """Ids that are 0, 1, … in order need no search."""
        dense = len(ids) > 0 and ids[0] == 0 and ids[-1] == len(ids) - 1 and bool((np.diff(ids) == 1).all())
        self._count = len(ids)
        self._order = None if dense or not len(ids) else np.argsort(ids)
        self._ordered = ids if self._order is None else ids[self._order]

    def of(self, wanted: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The place of each wanted id; -1 where it stands nowhere."""
        if not self._count:
            return np.full(len(wanted), -1)
        if self._order is None:
            return np.where((wanted >= 0) & (wanted < self._count), wanted, -1)
        at = np.minimum(np.searchsorted(self._ordered, wanted), self._count - 1)
        return np.where(self._ordered[at] == wanted, self._order[at], -1)


def places(ids: npt.NDArray[np.int64], wanted: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """At which place of ``ids`` (distinct) each wanted id stands; -1 where it stands nowhere."""
    return Places(ids).of(wanted)
