"""Small vectorised pieces that the agencies of the city share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from bench.city.calendar import as_dates

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Delivery:
    """One file of one feed: the feed's declared and unused columns by header, and ``person`` (the truth)."""

    feed: str
    file: str
    rows: pl.DataFrame


def pick(options: Mapping[str, float], size: int, rng: np.random.Generator) -> pl.Series:
    """``size`` texts drawn with the given weights."""
    weights = np.array(list(options.values()))
    return pl.Series(list(options)).gather(pl.Series(rng.choice(len(options), size, p=weights / weights.sum())))


def one_of(options: Sequence[str], size: int, rng: np.random.Generator) -> pl.Series:
    """``size`` texts drawn evenly."""
    return pl.Series(list(options)).gather(pl.Series(rng.integers(0, len(options), size)))


def numbered(prefix: str, numbers: Array | pl.Series, width: int) -> pl.Series:
    """Agency numbers: prefix and zero-padded number."""
    return prefix + pl.Series(numbers).cast(pl.Int64).cast(pl.String).str.zfill(width)


def repeated(frame: pl.DataFrame, times: Array) -> pl.DataFrame:
    """Each row ``times`` times, with its ordinal 0, 1, … in ``nth``."""
    times = np.maximum(times, 0).astype(np.int64)
    rows = np.repeat(np.arange(len(frame)), times)
    nth = np.arange(len(rows)) - np.repeat(np.cumsum(times) - times, times)
    return frame[rows].with_columns(nth=pl.Series(nth, dtype=pl.Int64))


def dates(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """The same frame with the named day numbers as dates."""
    return frame.with_columns(as_dates(frame[name]).alias(name) for name in columns)
