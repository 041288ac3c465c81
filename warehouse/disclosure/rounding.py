"""The rule for one count: nothing of seven or fewer, the rest rounded to five; and for counts that add up."""

from collections.abc import Sequence
from typing import Final

SMALL: Final = 7
"""A count up to this, zero included, could single out a person, and so could what it leaves of its whole."""
BASE: Final = 5
SLACK: Final = BASE // 2
"""A shown count is at most this far from the true one."""
REACH: Final = 10
"""What is known of a withheld small count must leave it possible to be nothing, and to be as many as this."""


def rounded(count: int) -> int | None:
    """A number of persons as it may be shown; None where it is withheld."""
    return None if count <= SMALL else BASE * round(count / BASE)


def nearest(count: float) -> int:
    """The multiple of five nearest to a number that is not withheld."""
    return BASE * round(count / BASE)


def parts(counts: Sequence[int]) -> list[int | None]:
    """Counts that add up to a total which is known, as they may be shown.

    Beside a withheld one others are withheld, smallest first, until their sum as the total tells it leaves each of
    them room from nothing up to `REACH`. Nothing tells which is which.
    """
    order = sorted(range(len(counts)), key=lambda place: counts[place])
    hidden = {place for place in order if counts[place] <= SMALL}
    while hidden and len(hidden) < len(counts) and not _roomy([counts[place] for place in hidden], counts):
        hidden.add(next(place for place in order if place not in hidden))
    return [None if place in hidden else rounded(count) for place, count in enumerate(counts)]


def _roomy(hidden: Sequence[int], counts: Sequence[int]) -> bool:
    """Whether the hidden counts are several, and may together be `REACH` for all that the shown ones tell."""
    shown = sum(nearest(count) for count in counts if count > SMALL) - sum(nearest(n) for n in hidden if n > SMALL)
    most = nearest(sum(counts)) - shown + SLACK * (len(counts) - len(hidden) + 1)
    return len(hidden) > 1 and most >= REACH
