"""Average linkage of many small components at once, cut at several weights.

Weights are whole numbers of `UNIT` bits, so that sums are exact and no order of rows changes a result.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

UNIT: Final = 1 / 1024
"""Bits in which weights are counted: exact in any floating-point number."""
UNKNOWN: Final = -5.0
"""Weight of a pair of a component that was not scored: they share no block, or the component is too big."""
LEAST: Final = -3.0
"""No pair speaks louder against one person than this unless a rule forbids it: records that share little say little."""
VETO: Final = -20.0
"""Weight of a pair that a rule forbids: it outweighs one slip, not a crowd of pairs that speak for one person."""
MOST: Final = 2_000
"""A component of more entities than this is no person: each of them stands alone."""

_CELLS = 1 << 21
Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Pairs:
    """Pairs of nodes of one component, ``low`` < ``high``: their weight in `UNIT` and what else holds of them.

    Whether a rule forbids them (`VETO`); whether they are rivals: two clusters of several nodes each do not join
    where most of their pairs are; whether they are barred, that is, must not be in one cluster.
    """

    low: Whole
    high: Whole
    weight: Whole
    vetoed: Flags
    rivals: Flags
    barred: Flags


def units(bits: npt.NDArray[np.float64]) -> Whole:
    """Weights in bits → whole numbers of `UNIT`."""
    return np.rint(bits / UNIT).astype(np.int64)


def linked(component: Whole, pairs: Pairs, cuts: tuple[float, ...]) -> tuple[Whole, npt.NDArray[np.float64]]:
    """Clusters of nodes at each cut, and what holds each node in its cluster at the first cut.

    ``component``: the component of node 0, 1, …; nodes stand in order of rank. The clusters come as
    (cut, node) → lowest node of the cluster; the hold is the mean weight in bits to the others of the cluster,
    infinite where there are none. Joins the two clusters of the highest average weight again and again, while it
    is above the cut and no pair of them is forbidden; ties go to the lowest nodes.
    """
    nodes = np.arange(len(component))
    cluster = np.tile(nodes, (len(cuts), 1))
    held = np.full(len(nodes), np.inf)
    order = np.argsort(component, kind="stable")
    starts, sizes = _runs(component[order])
    place = np.empty_like(nodes)
    place[order] = nodes - np.repeat(starts, sizes)
    of = np.empty_like(nodes)
    of[order] = np.repeat(np.arange(len(starts)), sizes)
    by_component = np.argsort(of[pairs.low], kind="stable")
    first, last = (np.searchsorted(of[pairs.low[by_component]], np.arange(len(starts)), side=side)
                   for side in ("left", "right"))  # fmt: skip
    for some in _batches(sizes):
        size = int(sizes[some].max())
        member = order[np.minimum(starts[some][:, None] + np.arange(size), len(nodes) - 1)]
        filled = np.arange(size) < sizes[some][:, None]
        taken = by_component[_ranges(first[some], last[some])]
        batch = np.repeat(np.arange(len(some)), last[some] - first[some])
        weight, barred, rivals = _matrices(len(some), size, batch, place, pairs, taken)
        joined = _Joining(weight, barred | ~(filled[:, :, None] & filled[:, None, :]), rivals).run(cuts)
        for level, found in enumerate(joined):
            cluster[level, member[filled]] = np.take_along_axis(member, found, axis=1)[filled]
        held[member[filled]] = _held(weight, joined[0], filled)[filled]
    return cluster, held


def _runs(ordered: Whole) -> tuple[Whole, Whole]:
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(ordered) else np.empty(0, np.int64)
    return starts, np.diff(np.r_[starts, len(ordered)])


def _batches(sizes: Whole) -> Iterator[Whole]:
    """Components of two nodes and more, of like size together, so many that their matrices stay small."""
    wanted = np.flatnonzero((sizes > 1) & (sizes <= MOST))
    wanted = wanted[np.argsort(sizes[wanted], kind="stable")]
    padded = np.where(sizes[wanted] <= 8, sizes[wanted], -(-sizes[wanted] // 8) * 8)
    for width in np.unique(padded).tolist():
        alike = wanted[padded == width]
        step = max(1, _CELLS // (width * width))
        for begin in range(0, len(alike), step):
            yield alike[begin : begin + step]


def _ranges(first: Whole, last: Whole) -> Whole:
    sizes = last - first
    return np.repeat(first - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())


def _matrices(
    count: int, size: int, batch: Whole, place: Whole, pairs: Pairs, taken: Whole
) -> tuple[Whole, Flags, Whole]:
    weight = np.full((count, size, size), int(UNKNOWN / UNIT))
    barred, rivals = np.zeros(weight.shape, bool), np.zeros(weight.shape, np.int64)
    veto = int(VETO / UNIT)
    low, high = place[pairs.low[taken]], place[pairs.high[taken]]
    for one, other in ((low, high), (high, low)):
        weight[batch, one, other] = np.where(
            pairs.vetoed[taken], np.minimum(pairs.weight[taken], veto), pairs.weight[taken]
        )
        barred[batch, one, other] = pairs.barred[taken]
        rivals[batch, one, other] = pairs.rivals[taken]
    barred[:, np.arange(size), np.arange(size)] = True
    return weight, barred, rivals


class _Joining:
    """Components of like size while their clusters join; a cluster stands in the place of its first node."""

    def __init__(self, weight: Whole, barred: Flags, rivals: Whole) -> None:
        """All as (component, node, node)."""
        self._total, self._barred, self._rivals = weight.copy(), barred.copy(), rivals.copy()
        self._members = np.ones(weight.shape[:2], np.int64)
        self._average = np.where(barred, -np.inf, weight * UNIT)

    def run(self, cuts: tuple[float, ...]) -> list[Whole]:
        """For each cut (component, node) → the place of its cluster's first node."""
        count, size = len(self._members), len(self._members[0])
        found = [np.tile(np.arange(size), (count, 1)) for _ in cuts]
        # Averages only fall as clusters join, so each cut stops for good where the best is no longer above it.
        is_open = np.ones((len(cuts), count), bool)
        left = np.arange(count)
        while len(left):
            best = self._average[left].reshape(len(left), -1)
            at = best.argmax(axis=1)
            top = best[np.arange(len(left)), at]
            for level, cut in enumerate(cuts):
                is_open[level, left] &= top > cut
            going = is_open[:, left].any(axis=0)
            left, at = left[going], at[going]
            keep, gone = at // size, at % size
            for level, clusters in enumerate(found):
                moved = is_open[level, left][:, None] & (clusters[left] == gone[:, None])
                clusters[left] = np.where(moved, keep[:, None], clusters[left])
            self._merge(left, keep, gone)
        return found

    def _merge(self, left: Whole, keep: Whole, gone: Whole) -> None:
        """Take the clusters ``gone`` into ``keep``, in each of the components ``left``."""
        for sums in (self._total, self._rivals):
            sums[left, keep] += sums[left, gone]
            sums[left, :, keep] = sums[left, keep]
        self._barred[left, keep] |= self._barred[left, gone]
        self._barred[left, gone] = True
        self._barred[left, keep, keep] = True
        self._members[left, keep] += self._members[left, gone]
        own = self._members[left, keep][:, None]
        pairs = self._members[left] * own
        several = (self._members[left] > 1) & (own > 1)
        barred = self._barred[left, keep] | (several & (self._rivals[left, keep] * 2 > pairs))
        row = np.where(barred, -np.inf, self._total[left, keep] * UNIT / pairs)
        row[np.arange(len(left)), gone] = -np.inf
        self._barred[left, :, keep] = self._barred[left, keep]
        self._barred[left, :, gone] = True
        for cells, values in ((keep, row), (gone, -np.inf)):
            self._average[left, cells] = values
            self._average[left, :, cells] = values


def _held(weight: Whole, cluster: Whole, filled: Flags) -> npt.NDArray[np.float64]:
    same = (cluster[:, :, None] == cluster[:, None, :]) & filled[:, :, None] & filled[:, None, :]
    same[:, np.arange(cluster.shape[1]), np.arange(cluster.shape[1])] = False
    others = same.sum(axis=2)
    mean = (weight * same).sum(axis=2) * UNIT / np.maximum(others, 1)
    return np.where(others > 0, mean, np.inf)
