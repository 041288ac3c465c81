"""Blind digests that were met, with their ids, in memory: sorted, so that many are found at once."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from identity.cmac import CODE, Codes

Halves = npt.NDArray[np.uint64]
Ids = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Part:
    """Digests, as their two halves, sorted by the first, and their ids: 24 bytes each."""

    high: Halves
    low: Halves
    ids: Ids

    @classmethod
    def of(cls, digests: Codes, ids: Ids) -> "Part":
        """Of sorted digests."""
        return cls(*halves(digests), ids)

    @classmethod
    def sorted(cls, high: Halves, low: Halves, ids: Ids) -> "Part":
        """Of digests in any order."""
        # A stable sort finds the stretches that are sorted already, and merges them.
        order = np.argsort(high, kind="stable")
        return cls(high[order], low[order], ids[order])

    def __len__(self) -> int:
        """The number of digests."""
        return len(self.ids)

    @property
    def digests(self) -> Codes:
        """The digests in one piece."""
        whole = np.empty(len(self), CODE)
        whole["high"], whole["low"] = self.high, self.low
        return whole

    def with_(self, other: "Part") -> "Part":
        """Both together."""
        high, low = np.concatenate((self.high, other.high)), np.concatenate((self.low, other.low))
        return Part.sorted(high, low, np.concatenate((self.ids, other.ids)))

    def fill(self, ids: Ids, high: Halves, low: Halves) -> None:
        """Write the ids of those of the digests that are among these."""
        place = np.searchsorted(self.high, high)
        asked = np.flatnonzero(place < len(self))
        # Digests that share their first half are not to be expected, and must not be taken for new.
        while len(asked := asked[self.high[place[asked]] == high[asked]]):
            same = asked[self.low[place[asked]] == low[asked]]
            ids[same] = self.ids[place[same]]
            place[asked] += 1
            asked = asked[place[asked] < len(self)]


class Met:
    """Digests that were met, batch by batch."""

    def __init__(self) -> None:
        """Begin with none."""
        self._parts: list[Part] = []

    def add(self, part: Part) -> None:
        """Take in digests that were not met yet.

        A part is joined with those before it that are not much larger, so that there are ever only a few.
        """
        while self._parts and len(self._parts[-1]) < 2 * len(part):
            part = self._parts.pop().with_(part)
        if len(part):
            self._parts.append(part)

    def fill(self, ids: Ids, high: Halves, low: Halves) -> None:
        """Write the ids of those of the digests that were met."""
        for part in self._parts:
            part.fill(ids, high, low)

    def __len__(self) -> int:
        """The number of digests."""
        return sum(len(part) for part in self._parts)

    def take(self) -> Part:
        """All in one part; none are kept here any more."""
        taken = Part.of(np.empty(0, CODE), np.empty(0, np.int64))
        while self._parts:
            taken = self._parts.pop().with_(taken)
        return taken


def halves(digests: Codes) -> tuple[Halves, Halves]:
    """The two halves of each digest."""
    return digests["high"].astype(np.uint64), digests["low"].astype(np.uint64)
