"""An attacker of a published grid, written without a look at the gate: what is printed, and what everybody knows of it.

Known to everybody: a shown count is the true one rounded to five, the strata of a kind add up to everybody and the
arms to all, events and competing causes lie inside the observable and these inside the people, and who is observable
over a window is so over a shorter one, with the event that came then.
"""

from typing import Any

import numpy as np
import polars as pl
from scipy.optimize import linprog
from scipy.sparse import lil_array

MEASURES = ("n", "observable", "events", "competing")
FAR = 100_000.0
Sum = dict[tuple[Any, ...], int]


class Attacker:
    """Bounds of any sum of counts, from what is printed of one outcome."""

    def __init__(self, printed: pl.DataFrame) -> None:
        self._rows = {(r["arm"], r["stratum_kind"], r["stratum"], r["window_months"]): r for r in printed.to_dicts()}
        self._cells = {cell: number for number, cell in enumerate(
            {self.cell(measure, row): None for row in self._rows for measure in MEASURES}
        )}  # fmt: skip
        self._bounds = [(0.0, FAR)] * len(self._cells)
        for row, shown in self._rows.items():
            for measure in MEASURES:
                if shown[measure] is not None:
                    number = self._cells[self.cell(measure, row)]
                    self._bounds[number] = (max(8.0, shown[measure] - 2), shown[measure] + 2)
        self._points: list[Any] = []
        self._equal, self._at_most = self._matrix(self._sums()), self._matrix(self._inequalities())

    def cell(self, measure: str, row: tuple[Any, ...]) -> tuple[Any, ...]:
        """The unknown of a count: the people are the same over all windows."""
        return (measure, *row[:3]) if measure == "n" else (measure, *row)

    def least(self, of: Sum, enough: float) -> float:
        """The least that the sum can be, or something that it can be and that is ``enough`` or less."""
        return self._reach(of, 1, enough)

    def most(self, of: Sum, enough: float) -> float:
        """The most that the sum can be, or something that it can be and that is ``enough`` or more."""
        return -self._reach(of, -1, -enough)

    def _sums(self) -> list[Sum]:
        found: list[Sum] = []
        for arm, kind, stratum, window in self._rows:
            for measure in MEASURES:
                total = self.cell(measure, (arm, kind, stratum, window))
                if kind == "overall":
                    for other in {row[1] for row in self._rows} - {"overall"}:
                        parts = [row for row in self._rows if row[:2] == (arm, other) and row[3] == window]
                        found.append({total: 1} | {self.cell(measure, row): -1 for row in parts})
                arms = [(part, kind, stratum, window) for part in ("exposed", "unexposed")]
                if arm == "all" and all(row in self._rows for row in arms):
                    found.append({total: 1} | {self.cell(measure, row): -1 for row in arms})
        return found

    def _inequalities(self) -> list[Sum]:
        """Sums that are zero at most."""
        found: list[Sum] = []
        for row in self._rows:
            n, observable, events, competing = (self.cell(measure, row) for measure in MEASURES)
            found += [{observable: 1, n: -1}, {events: 1, competing: 1, observable: -1}]
            later = [other for other in self._rows if other[:3] == row[:3] and other[3] > row[3]]
            for other in later:
                observed, came = self.cell("observable", other), self.cell("events", other)
                found += [{observed: 1, observable: -1}, {events: 1, came: -1, observable: -1, observed: 1}]
        return found

    def _matrix(self, sums: list[Sum]) -> Any:
        matrix = lil_array((max(len(sums), 1), len(self._cells)))
        for number, of in enumerate(sums):
            for cell, times in of.items():
                matrix[number, self._cells[cell]] = times
        return matrix.tocsr()

    def _reach(self, of: Sum, sign: int, enough: float) -> float:
        """Of the possible points found so far one may do: else the extreme is looked for."""
        objective = np.zeros(len(self._cells))
        for cell, times in of.items():
            objective[self._cells[cell]] = sign * times
        if self._points and (least := float((np.array(self._points) @ objective).min())) <= enough:
            return least
        zeros = [np.zeros(matrix.shape[0]) for matrix in (self._equal, self._at_most)]
        done = linprog(objective, A_eq=self._equal, b_eq=zeros[0], A_ub=self._at_most, b_ub=zeros[1],
                       bounds=self._bounds, method="highs")  # fmt: skip
        assert done.status == 0, "what is printed contradicts itself"
        self._points.append(done.x)
        return float(done.fun)
