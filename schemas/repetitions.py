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
from schemas.packed import Packed

Hashes = npt.NDArray[np.uint64]

_AT_ONCE: Final = 500_000
"""Candidates compared in one go: a file that says everything twice must not be in memory as a whole."""


def key_hashes(feed: Feed, rows: pl.DataFrame) -> Hashes:
    """A hash of each row's key."""
    return rows.select(pl.struct(feed.key).hash()).to_series().to_numpy()


def take_out(feed: Feed, sound: Packed, hashes: Sequence[Hashes]) -> tuple[pl.Series, pl.Series]:
    """Take out of ``sound`` what shares its key with another row, but for the first of exact repetitions.

    ``hashes`` are those of the frames of ``sound``. Returns the row numbers of the records that share a key and
    differ, and of those that repeat an earlier one exactly.
    """
    shared = _shared(hashes)
    if not len(shared):
        return _NONE, _NONE
    masks = [np.isin(batch, shared) for batch in hashes]
    compared = [_compare(feed, rows) for rows in _candidates(sound, hashes, masks, shared)]
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


def _candidates(
    sound: Packed, hashes: Sequence[Hashes], masks: Sequence[npt.NDArray[np.bool_]], shared: Hashes
) -> Iterator[pl.DataFrame]:
    """The rows whose hash is shared, in parts that hold all rows of a hash."""
    parts = -(-sum(int(mask.sum()) for mask in masks) // _AT_ONCE)
    for part in range(parts):
        mine = [mask & (batch % parts == part) for batch, mask in zip(hashes, masks, strict=True)]
        found = [sound[place].filter(pl.Series(mask)) for place, mask in enumerate(mine) if mask.any()]
        if found:
            yield pl.concat(found)


def _compare(feed: Feed, candidates: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """Row numbers of records that share a key and differ, and of those that repeat an earlier one exactly."""
    content = [name for name in candidates.columns if name != "row_number"]
    groups = candidates.group_by(feed.key).agg(
        pl.struct(content).n_unique().alias("versions"), pl.col("row_number").sort()
    )
    several = groups.filter(pl.col("row_number").list.len() > 1)
    conflicting = several.filter(pl.col("versions") > 1)["row_number"].explode()
    repeated = several.filter(pl.col("versions") == 1)["row_number"].list.slice(1).explode()
    return conflicting.drop_nulls().cast(pl.Int64), repeated.drop_nulls().cast(pl.Int64)
