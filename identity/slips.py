"""Which of many short texts are one slip of the pen apart."""

import numpy as np
import numpy.typing as npt
import polars as pl

Flags = npt.NDArray[np.bool_]


class Slips:
    """Distinct texts as bytes, to see which are one slip of the pen apart (Damerau-Levenshtein 1)."""

    def __init__(self, texts: pl.Series) -> None:
        """From distinct texts, whose places are their codes."""
        self._size = texts.str.len_bytes().to_numpy().astype(np.int64)
        self._width = max(int(self._size.max(initial=0)), 1)
        self._left = self._bytes(texts.str.pad_end(self._width, "\0"))
        self._right = self._bytes(texts.str.pad_start(self._width, "\0"))
        third = int(self._size.min(initial=self._width)) // 3
        self._first, self._last = _codes(self._left[:, :third]), _codes(self._right[:, self._width - third :])

    def one_apart(self, one: npt.NDArray[np.int32], other: npt.NDArray[np.int32]) -> Flags:
        """Whether two texts (as codes) differ by one letter put in, left out, replaced or swapped with the next."""
        # One slip leaves the first third of both as it was, or the last.
        alike = (self._first[one] == self._first[other]) | (self._last[one] == self._last[other])
        found, at = np.zeros(len(one), bool), np.flatnonzero(alike)
        found[at] = self._compared(one[at], other[at])
        return found

    def _compared(self, one: npt.NDArray[np.int32], other: npt.NDArray[np.int32]) -> Flags:
        longest, shortest = (
            np.maximum(self._size[one], self._size[other]),
            np.minimum(self._size[one], self._size[other]),
        )
        start = self._common(self._left[one] != self._left[other], longest)
        end = self._common((self._right[one] != self._right[other])[:, ::-1], longest)
        single = (longest - shortest <= 1) & (start + end >= longest - 1)
        at = np.flatnonzero((longest == shortest) & (start + end == longest - 2))
        first = start[at]
        left, right = self._left[one[at]], self._left[other[at]]
        place = np.arange(len(at))
        single[at] = (left[place, first] == right[place, first + 1]) & (left[place, first + 1] == right[place, first])
        return single

    def _bytes(self, texts: pl.Series) -> npt.NDArray[np.uint8]:
        return np.frombuffer("".join(texts.to_list()).encode(), np.uint8).reshape(-1, self._width)

    @staticmethod
    def _common(differ: Flags, longest: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return np.where(differ.any(axis=1), differ.argmax(axis=1), longest)


def _codes(bytes_: npt.NDArray[np.uint8]) -> npt.NDArray[np.int32]:
    """Rows of bytes as numbers that are the same where all bytes are."""
    if not bytes_.shape[1]:
        return np.zeros(len(bytes_), np.int32)
    rows = np.ascontiguousarray(bytes_).view(f"V{bytes_.shape[1]}").reshape(-1)
    return np.unique(rows, return_inverse=True)[1].astype(np.int32)
