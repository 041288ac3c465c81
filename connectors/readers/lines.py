"""The lines of a text as a series, cut out of its bytes without a loop."""

import numpy as np
import polars as pl
import pyarrow as pa

from connectors.readers.scan import CR, LF, Bytes, Offsets


def text_ends(data: Bytes, starts: Offsets, ends: Offsets, returns: bool) -> Offsets:
    """Where each line ends without its LF and, where ``returns``, the CR before it."""
    ended = data[ends - 1] == LF
    found = ends - ended
    if returns:
        found = found - (ended & (found > starts) & (data[np.maximum(found - 1, 0)] == CR))
    return np.asarray(found, np.int64)


def cut_out(data: bytes, starts: Offsets, ends: Offsets) -> pl.Series:
    """The texts between ascending offsets; the bytes between must be UTF-8."""
    offsets = np.empty(2 * len(starts) + 1, np.int32)
    offsets[:-1:2], offsets[1::2] = starts, ends
    offsets[-1] = ends[-1] if len(ends) else 0
    both = pa.StringArray.from_buffers(2 * len(starts), pa.py_buffer(offsets), pa.py_buffer(data))  # type: ignore[arg-type]
    return pl.Series(values=both, dtype=pl.String).gather_every(2)


def emptied(cells: pl.DataFrame, null: tuple[str, ...]) -> pl.DataFrame:
    """The cells, null where they have one of those texts."""
    if not null or not cells.width:
        return cells
    return cells.select(pl.when(~pl.all().is_in(pl.Series(null, dtype=pl.String).implode())).then(pl.all()))
