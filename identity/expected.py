"""What the probabilities of links lead one to expect: links that are wrong, links that are missing, persons torn apart.

A *person* is a group of records, numbered from 0; a link is a pair of its records, seen from both ends. A link is as
sure as the less sure of its ends. Two persons are expected to be one with the probability of the average weight of
their pairs, which is what would have joined them; those that a rule holds apart are expected to be two.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

UNSCORED: Final = -5.0
"""Weight of a pair between two persons that was not scored: as `clusters.UNKNOWN`."""

Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Between:
    """Pairs of persons that may be one: their numbers ``low`` and ``high``, and the probability ``p`` that they are."""

    low: Places
    high: Places
    p: Numbers


@dataclass(frozen=True)
class Expected:
    """Records in the order of their persons: ``person`` of each record, ``start`` and ``size`` of each person.

    Of each record: links expected to be ``wrong`` and ``missed``, and its part in people torn apart (``splits``), which
    both persons that are one share alike.
    """

    person: Places
    start: Places
    size: Places
    wrong: Numbers
    missed: Numbers
    splits: Numbers
    between: Between

    @property
    def links(self) -> Numbers:
        """How many other records each record is joined with."""
        return np.asarray(self.size[self.person] - 1, np.float64)


@dataclass(frozen=True)
class Sums:
    """By level: records, and what is expected of them with the variance of it."""

    records: Numbers
    links: Numbers
    wrong: Numbers
    wrong_variance: Numbers
    persons: Numbers
    torn: Numbers
    missed: Numbers
    missed_variance: Numbers
    splits: Numbers
    splits_variance: Numbers


def numbered(members: pl.DataFrame) -> pl.DataFrame:
    """The members by ``group`` and ``probability``, with the number of their ``person``."""
    ordered = members.sort("group", "probability")
    begins = np.diff(ordered["group"].to_numpy(), prepend=np.nan) != 0
    return ordered.with_columns(person=pl.Series(np.cumsum(begins) - 1, dtype=pl.Int64))


def expect(ordered: pl.DataFrame, placed: pl.DataFrame) -> Expected:
    """What is to be expected of the members (`numbered`); ``placed``: pairs with ``person``, ``person_right``."""
    person = ordered["person"].to_numpy()
    start = np.flatnonzero(np.diff(person, prepend=-1))
    size = np.diff(start, append=len(person))
    between = _between(placed, size)
    missed = np.bincount(between.low, between.p * size[between.high], len(size))
    missed += np.bincount(between.high, between.p * size[between.low], len(size))
    torn = (np.bincount(between.low, between.p, len(size)) + np.bincount(between.high, between.p, len(size))) / 2
    splits = (torn / size)[person]
    return Expected(person, start, size, _wrong(ordered, start, size), missed[person], splits, between)


def summed(expected: Expected, level: Places, levels: int, torn: npt.NDArray[np.bool_]) -> Sums:
    """By level (``level``: of each record, from 0): all links of a person, and all between two, are one draw.

    ``torn``: the persons that another rule would tear apart. A person counts in every level that its records have.
    """
    rows = [_of_level(expected, level == one, torn) for one in range(levels)]
    columns = zip(*rows, strict=True) if rows else [()] * len(Sums.__dataclass_fields__)
    return Sums(*(np.asarray(column, np.float64) for column in columns))


def _of_level(expected: Expected, chosen: npt.NDArray[np.bool_], torn: npt.NDArray[np.bool_]) -> tuple[float, ...]:
    """The numbers of `Sums` of the chosen records."""
    size, between = expected.size, expected.between
    person = expected.person[chosen]
    here = np.bincount(person, minlength=len(size))
    links = here * (size - 1.0)
    wrong = np.bincount(person, expected.wrong[chosen], len(size))
    several = (here > 0) & (size > 1)
    missing = here[between.low] * size[between.high] + here[between.high] * size[between.low]
    p, met = between.p, missing > 0
    return (
        len(person), links.sum(), wrong.sum(), (np.maximum(links - wrong, 0) * wrong).sum(),
        several.sum(), (several & torn).sum(),
        (p * missing).sum(), (p * (1 - p) * missing**2.0).sum(), p[met].sum(), (p * (1 - p))[met].sum(),
    )  # fmt: skip


def any_of(expected: Expected, flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Of each person whether any of its records has the flag."""
    return np.logical_or.reduceat(flags, expected.start) if len(flags) else flags


def _between(placed: pl.DataFrame, size: Places) -> Between:
    """By the average weight of all their pairs; those of which most are vetoed are left out."""
    one, other = placed["person"].to_numpy(), placed["person_right"].to_numpy()
    apart = np.flatnonzero(one != other)
    one, other = one[apart], other[apart]
    key = np.minimum(one, other) * len(size) + np.maximum(one, other)
    found, place = np.unique(key, return_inverse=True)
    low, high = np.divmod(found, max(len(size), 1))
    pairs = np.bincount(place, minlength=len(found))
    weight = np.bincount(place, placed["weight"].to_numpy()[apart], len(found))
    vetoed = np.bincount(place, placed["vetoed"].to_numpy()[apart], len(found))
    possible = size[low] * size[high]
    mean = (weight + (possible - pairs) * UNSCORED) / np.maximum(possible, 1)
    kept = vetoed <= pairs / 2
    return Between(low[kept], high[kept], 1 / (1 + np.exp2(-mean[kept])))


def _wrong(ordered: pl.DataFrame, start: Places, size: Places) -> Numbers:
    """The links of each record that are expected to be wrong; those before it in its person are less sure than it."""
    sure = ordered["probability"].to_numpy()
    first, many = np.repeat(start, size), np.repeat(size, size)
    before = np.concatenate([[0.0], np.cumsum(sure)])[:-1]
    place = np.arange(len(sure)) - first
    wrong = (many - 1.0) - (before - before[first]) - (many - 1 - place) * sure
    if "number_id" in ordered.columns:
        wrong -= _held(ordered) * (1 - sure)
    return np.asarray(np.maximum(wrong, 0.0))


def _held(ordered: pl.DataFrame) -> Numbers:
    """With how many others of its person each record shares its agency's number: those links are given."""
    shared = pl.when(pl.col("number_id") != 0).then(pl.len().over("person", "number_id") - 1).otherwise(0)
    return ordered.select(shared.cast(pl.Float64).alias("held"))["held"].to_numpy()
