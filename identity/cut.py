"""Fields cut out of the texts of records: columns that point into the texts' bytes, without a search for each field."""

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from identity.cmac import flat
from identity.fields import SEPARATOR

_TELLS: Final = 4
"""Bytes by which the names of fields are told apart, the sign of equality included."""
_INLINE: Final = 12
"""Bytes that a view of a text holds itself."""
_MOST: Final = (1 << 31) - 1
"""Bytes into which views can point."""

Places = npt.NDArray[np.int64]


class Cut:
    """Texts (`fields`) taken apart at their separators."""

    def __init__(self, texts: pl.Series) -> None:
        """All pieces are found at once; the texts together have less than 2 GB."""
        whole = texts.to_frame("text").select(pl.concat_str(pl.lit(SEPARATOR), "text")).to_series()
        starts, content = flat(whole)
        # Windows at the last piece reach beyond the end.
        self._content = np.concatenate([content, np.zeros(_INLINE, np.uint8)])
        assert len(self._content) <= _MOST
        self._count = len(texts)
        begins = np.flatnonzero(content == ord(SEPARATOR))
        self._rows = np.repeat(np.arange(self._count), np.diff(np.searchsorted(begins, starts)))
        self._begins, self._ends = begins + 1, np.append(begins[1:], len(content))
        self._names = self._bytes(self._begins, _TELLS).view(np.uint32)

    def values(self, name: str, place: int = 0) -> pl.Series:
        """What each text has under the name of a field for the first time, or after so many others; or null."""
        at = np.flatnonzero(self._names == np.frombuffer(f"{name}="[:_TELLS].encode(), np.uint32))
        rows = self._rows[at]
        for _ in range(place + 1):
            first = np.diff(rows, prepend=-1) > 0
            found, at, rows = at[first], at[~first], rows[~first]
        if not len(found):
            return pl.repeat(None, self._count, dtype=pl.String, eager=True).alias(name)
        begins = self._begins[found] + len(name) + 1
        return self._column(self._rows[found], begins, self._ends[found] - begins).alias(name)

    def _column(self, rows: Places, begins: Places, sizes: Places) -> pl.Series:
        """A column of what stands at these places of the content, null in other rows, as views of Arrow."""
        views = np.zeros((self._count, 4), np.int32)
        cells = self._bytes(begins, _INLINE).view(np.uint8).reshape(-1, _INLINE)
        cells *= np.arange(_INLINE) < sizes[:, None]
        views[rows, 0], views[rows, 1:] = sizes, cells.view(np.int32)
        # A longer text has its first four bytes there, the number of a buffer, and where it begins in that.
        long = sizes > _INLINE
        views[rows[long], 2], views[rows[long], 3] = 0, begins[long]
        known = np.zeros(self._count, bool)
        known[rows] = True
        buffers: list[pa.Buffer | None] = [pa.py_buffer(np.packbits(known, bitorder="little").data)]
        buffers += [pa.py_buffer(part.data) for part in ((views, self._content) if long.any() else (views,))]
        return pl.Series(pa.Array.from_buffers(pa.string_view(), self._count, buffers))

    def _bytes(self, begins: Places, width: int) -> npt.NDArray[np.void]:
        """The bytes from these places on."""
        content = self._content
        return np.ndarray((len(content) - width + 1,), f"V{width}", content.data, strides=(1,))[begins]
