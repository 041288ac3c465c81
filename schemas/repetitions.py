"""Records of a file that share a key: the exact repetitions, and those that contradict each other.

A 64-bit hash of each key is kept for the whole file and finds the few candidates, in whatever batches they are;
these are then compared in full, so that hashes that happen to be equal decide nothing.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.contract import Feed
from schemas.natural_key import key_cells
from schemas.packed import PLAIN_BYTES, Packed

Hashes = npt.NDArray[np.uint64]

_KEY: Final = "\x1f"
_AT_ONCE: Final = 500_000
"""Candidates compared in one go: a file that says everything twice must not be in memory as a whole."""


def key_hashes(feed: Feed, rows: pl.DataFrame) -> Hashes:
    """A hash of each row's key."""
    return rows.select(pl.struct(_natural(feed)).hash()).to_series().to_numpy()


def take_out(feed: Feed, sound: Packed, hashes: Sequence[Hashes]) -> tuple[pl.Series, pl.Series]:
    """Take out of ``sound`` what shares its key with another row, but for the first of exact repetitions.

    ``hashes`` are those of the frames of ``sound``. Returns the row numbers of the records that share a key and
    differ, and of those that repeat an earlier one exactly.
    """
    shared = _shared(hashes)
    if not len(shared):
        return _NONE, _NONE
    masks = [_among(batch, shared) for batch in hashes]
    compared = [_compare(feed, rows) for rows in _candidates(sound, hashes, masks)]
    conflicting, repeated = (pl.concat(found) for found in zip(*compared, strict=True))
    gone = pl.concat([conflicting, repeated])
    for place, mask in enumerate(masks):
        if mask.any():
            sound.replace(place, without(sound[place], gone))
    return conflicting, repeated


def without(rows: pl.DataFrame, row_numbers: pl.Series) -> pl.DataFrame:
    """The rows that have none of these numbers."""
    if row_numbers.is_empty():
        return rows
    return rows.filter(~pl.col("row_number").is_in(row_numbers.implode()))


_NONE: Final = pl.Series("row_number", [], pl.Int64)


def _shared(hashes: Sequence[Hashes]) -> Hashes:
    """The hashes that occur more than once."""
    every = np.sort(np.concatenate(hashes)) if hashes else np.empty(0, np.uint64)
    return np.unique(every[1:][every[1:] == every[:-1]])


def _among(batch: Hashes, shared: Hashes) -> npt.NDArray[np.bool_]:
    """Whether each hash is one of those shared, which are sorted."""
    found = shared[np.minimum(np.searchsorted(shared, batch), len(shared) - 1)]
    return np.asarray(found == batch)


def _candidates(
    sound: Packed, hashes: Sequence[Hashes], masks: Sequence[npt.NDArray[np.bool_]]
) -> Iterator[pl.DataFrame]:
    """The rows whose hash is shared, in parts that each hold all rows of a hash."""
    count = -(-sum(int(mask.sum()) for mask in masks) // _AT_ONCE)
    parts = [Packed(sound.schema, plain_bytes=PLAIN_BYTES // count) for _ in range(count)]
    for place, (batch, mask) in enumerate(zip(hashes, masks, strict=True)):
        if mask.any():
            rows = sound[place].filter(pl.Series(mask))
            part_of = pl.Series(batch[mask] % count)
            for number, part in enumerate(parts):
                part.append(rows if count == 1 else rows.filter(part_of == number))
    return (part.frame() for part in parts)


def _natural(feed: Feed) -> list[pl.Expr]:
    """The parts of a record's key, as the split reads them."""
    return [cell.fill_null("").alias(f"{_KEY}{place}") for place, cell in enumerate(key_cells(feed.key))]


def _compare(feed: Feed, candidates: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """Row numbers of records that share a key and differ, and of those that repeat an earlier one exactly."""
    content = [name for name in candidates.columns if name != "row_number"]
    key = [f"{_KEY}{place}" for place in range(len(feed.key))]
    candidates = candidates.with_columns(_natural(feed))
    firsts = candidates.sort("row_number").unique(content, keep="first")
    versions = firsts.group_by(key).len("versions").filter(pl.col("versions") > 1)
    contradict = candidates.join(versions, on=key, how="semi")["row_number"]
    repeat = candidates.join(firsts, on="row_number", how="anti")["row_number"]
    return contradict, repeat.filter(~repeat.is_in(contradict.implode()))
