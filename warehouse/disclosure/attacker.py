"""What an attacker can work out who has everything that is shown, and knows the rounding rule and what adds up.

Every count is an unknown. A shown one lies within `SLACK` of what is shown, a withheld one is any number from zero
up, whatever the reason why it is withheld. A linear programme (HiGHS, by scipy) then gives the least and the most
that any sum or difference of counts can be.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import NDArray

from schemas.errors import StoreError
from warehouse.disclosure.rounding import REACH, SLACK, SMALL, nearest

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Sum = Mapping[int, int]
"""Cell → how often it counts."""

_NEAR: Final = 1e-6


@dataclass
class Knowledge:
    """What is known of how the cells hang together: sums that are zero, and sums that are at least zero."""

    zero: list[Sum] = field(default_factory=list)
    positive: list[Sum] = field(default_factory=list)


@dataclass(frozen=True)
class Secret:
    """A sum that must not be found out.

    ``small``: a withheld count, which must be able to be 0 and 10. ``holder``: a shown count, which must be able to
    be 10, or nothing inside it could be. ``difference``: must not be known to lie between 1 and 7.
    """

    of: Sum
    kind: Literal["small", "holder", "difference"]


def found_out(
    true: NDArray[np.int64], shown: NDArray[np.bool_], known: Knowledge, secrets: Sequence[Secret]
) -> list[Secret]:
    """The secrets that what is shown does not keep.

    ``true``: the counts; ``shown``: which of them are shown, rounded. All secrets that are left are tried together,
    as long as that settles any; then each is tried alone.
    """
    if not secrets:
        return []
    room = _Room(true, shown, known)
    weights = np.array([_dense(secret.of, len(true)) for secret in secrets])
    least, most = np.full(len(secrets), np.inf), np.full(len(secrets), -np.inf)
    for point, reached in ((room.lowest, _low_enough), (room.highest, _high_enough)):
        before = len(secrets) + 1
        while left := [n for n, secret in enumerate(secrets) if not reached(secret, least[n], most[n])]:
            if len(left) < before:
                before = len(left)
                _widen(least, most, weights @ point(weights[left]))
                continue
            for number in left:
                if not reached(secrets[number], least[number], most[number]):
                    _widen(least, most, weights @ point(weights[[number]]))
            break
    return [secret for secret, low, high in zip(secrets, least, most, strict=True) if not _kept(secret, low, high)]


def _low_enough(secret: Secret, least: float, most: float) -> bool:
    return least <= _NEAR or secret.kind == "holder" or (secret.kind == "difference" and _kept(secret, least, most))


def _high_enough(secret: Secret, least: float, most: float) -> bool:
    return _kept(secret, least, most) if secret.kind == "difference" else most >= REACH - _NEAR


def _kept(secret: Secret, least: float, most: float) -> bool:
    if secret.kind == "difference":
        return least <= _NEAR or most > SMALL + 1 - _NEAR
    return most >= REACH - _NEAR and (secret.kind == "holder" or least <= _NEAR)


def _widen(least: NDArray[np.float64], most: NDArray[np.float64], values: NDArray[np.float64]) -> None:
    np.minimum(least, values, out=least)
    np.maximum(most, values, out=most)


def _dense(of: Sum, width: int) -> NDArray[np.float64]:
    row = np.zeros(width)
    row[list(of)] = list(of.values())
    return row


class _Room:
    """All counts that agree with what is shown."""

    def __init__(self, true: NDArray[np.int64], shown: NDArray[np.bool_], known: Knowledge) -> None:
        as_shown = np.array([nearest(int(count)) for count in true])
        # Far more than anything shown: enough to be no bound, and the programme has a solution.
        far = 4 * float(true.max(initial=0)) + 100
        self._bounds = np.column_stack((
            np.where(shown, np.maximum(as_shown - SLACK, SMALL + 1), 0), np.where(shown, as_shown + SLACK, far)
        ))  # fmt: skip
        self._equal, self._below = _rows(known.zero, 1, len(true)), _rows(known.positive, -1, len(true))

    def lowest(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """The counts, among those that agree, for which the sums are least, taken together."""
        return self._solve(weights.sum(axis=0), self._below, self._bounds)

    def highest(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """The counts for which the sums are most, taken together, where none counts for more than `REACH`."""
        from scipy.sparse import csr_array, vstack

        sums, width = weights.shape
        capped = csr_array(np.hstack((-weights, np.identity(sums))))
        above = _wider(self._below, width + sums)
        bounds = np.vstack((self._bounds, np.tile((-np.inf, REACH), (sums, 1))))
        objective = np.concatenate((np.zeros(width), -np.ones(sums)))
        return self._solve(objective, vstack([above, capped]), bounds)[:width]

    def _solve(
        self, objective: NDArray[np.float64], below: "csr_array", bounds: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        from scipy.optimize import linprog

        equal = _wider(self._equal, len(objective))
        done = linprog(
            objective, A_eq=equal, b_eq=np.zeros(equal.shape[0]), A_ub=below, b_ub=np.zeros(below.shape[0]),
            bounds=bounds, method="highs",
        )  # fmt: skip
        if done.x is None:
            raise StoreError("disclosure: the counts contradict each other")
        found: NDArray[np.float64] = done.x
        return found


def _wider(matrix: "csr_array", width: int) -> "csr_array":
    """The matrix with columns of zeros after its own."""
    from scipy.sparse import csr_array

    return csr_array((matrix.data, matrix.indices, matrix.indptr), shape=(matrix.shape[0], width))


def _rows(sums: Sequence[Sum], sign: int, width: int) -> "csr_array":
    """The sums as a sparse matrix."""
    from scipy.sparse import coo_array

    rows = [number for number, of in enumerate(sums) for _ in of]
    cells = [cell for of in sums for cell in of]
    values = [float(sign * times) for of in sums for times in of.values()]
    return coo_array((values, (rows, cells)), shape=(len(sums), width)).tocsr()
