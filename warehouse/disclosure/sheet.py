"""One table of counts as cells that hang together: rows that add up, columns that hold each other, nested windows."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import polars as pl

from warehouse.disclosure.attacker import Knowledge, Secret, Sum, found_out
from warehouse.disclosure.rounding import REACH, SLACK, SMALL

Key = tuple[Any, ...]
"""Measure, arm, stratum kind, stratum, window."""

OVERALL: Final = "overall"
ALL: Final = "all"
ROW: Final = ("arm", "stratum_kind", "stratum", "window_months")


class Sheet:
    """Counts of one outcome, by arm, stratum and window, and which of them are withheld.

    ``outer``: measures from the widest to the narrowest, each holding the next. ``inner``: measures that lie apart
    inside the narrowest. ``constant``: measures that are one number for all windows.
    """

    def __init__(
        self, rates: pl.DataFrame, outer: Sequence[str], inner: Sequence[str], constant: Sequence[str] = ()
    ) -> None:
        """Read the rows: arm, stratum_kind, stratum, window_months and the measures."""
        self._outer, self._inner = outer, inner
        self._place: dict[Key, int] = {}
        self._true: list[int] = []
        self._rows: list[Key] = []
        self._in_no_row: set[int] = set()
        self._constant: set[int] = set()
        self._totals: list[tuple[int, list[int]]] = []
        self._known = Knowledge()
        self._read(rates, constant)
        self.withheld: set[int] = set()

    def withhold(self, keys: Iterable[Key]) -> None:
        """Withhold these cells, for a reason of another sheet."""
        self.withheld |= {self._place[key] for key in keys if key in self._place}

    def protect(self) -> set[Key]:
        """Withhold what is small, then more until nothing can be found out; the keys of the cells withheld."""
        self.withheld |= set(self._small())
        free = set(self._place.values()) - self._in_no_row
        self._close(free)
        while found := found_out(*self._view(), self._secrets()):
            more = set[int]()
            for secret in found:
                more |= self._next(secret, free, more)
            if not more:
                # Nothing of the sheet is shown any more: what is left are totals that somebody else may have told.
                break
            self.withheld |= more
            self._close(free)
        return {key for key, place in self._place.items() if place in self.withheld}

    def _view(self) -> tuple[Any, Any, Knowledge]:
        shown = np.ones(len(self._true), dtype=np.bool_)
        shown[list(self.withheld)] = False
        return np.array(self._true), shown, self._known

    def _read(self, rates: pl.DataFrame, constant: Sequence[str]) -> None:
        for row in rates.iter_rows(named=True):
            key = tuple(row[name] for name in ROW)
            self._rows.append(key)
            for measure in (*self._outer, *self._inner):
                cell = (measure, *key[:3], None if measure in constant else key[3])
                if cell not in self._place:
                    self._place[cell] = len(self._true)
                    self._true.append(row[measure])
                if measure in constant:
                    self._constant.add(self._place[cell])
        self._add_totals()
        self._nest()

    def _at(self, measure: str, row: Key) -> int:
        found = self._place.get((measure, *row))
        return self._place[measure, *row[:3], None] if found is None else found

    def _add_totals(self) -> None:
        """What adds up: the strata of a kind to everybody, and the arms to all. A total that no row has is known."""
        groups: dict[tuple[Key, str], list[int]] = defaultdict(list)
        for measure, arm, kind, stratum, window in list(self._place):
            cell = self._place[measure, arm, kind, stratum, window]
            if kind != OVERALL:
                groups[(measure, arm, OVERALL, OVERALL, window), kind].append(cell)
            if arm != ALL and (measure, ALL, kind, stratum, window) in self._place:
                groups[(measure, ALL, kind, stratum, window), "arms"].append(cell)
        for (total, _), cells in groups.items():
            place = self._place.get(total)
            if place is None:
                place = self._place[total] = len(self._true)
                self._true.append(sum(self._true[cell] for cell in cells))
                self._in_no_row.add(place)
            if self._true[place] == sum(self._true[cell] for cell in cells):
                self._totals.append((place, cells))
                self._known.zero.append({place: 1} | dict.fromkeys(cells, -1))

    def _nest(self) -> None:
        """What holds what: the columns of a row, and an earlier window a later one."""
        for row in self._rows:
            outer = [self._at(measure, row) for measure in self._outer]
            inside = {self._at(measure, row): -1 for measure in self._inner}
            sums: list[Sum] = [{wide: 1, narrow: -1} for wide, narrow in pairwise(outer) if wide != narrow]
            self._known.positive += [of for of in (*sums, {outer[-1]: 1} | inside) if self._value(of) >= 0]
        for before, after in self._successive():
            wide, narrow = (self._at(self._outer[-1], row) for row in (before, after))
            came = [{self._at(m, after): 1, self._at(m, before): -1, wide: 1, narrow: -1} for m in self._inner]
            self._known.positive += [of for of in ({wide: 1, narrow: -1}, *came) if self._value(of) >= 0]

    def _successive(self) -> Iterator[tuple[Key, Key]]:
        """Rows that differ by the window alone, each with the one of the next window."""
        rows = sorted(self._rows, key=lambda row: (*map(str, row[:3]), row[3] or 0))
        return ((before, after) for before, after in pairwise(rows) if before[:3] == after[:3])

    def _value(self, of: Sum) -> int:
        return sum(times * self._true[cell] for cell, times in of.items())

    def _small(self) -> Iterator[int]:
        """Cells of seven or fewer, and those that leave so few of the narrowest measure that holds them."""
        yield from (place for place, count in enumerate(self._true) if count <= SMALL)
        for row in self._rows:
            inside = [self._at(measure, row) for measure in self._inner]
            if self._true[self._at(self._outer[-1], row)] - sum(self._true[cell] for cell in inside) <= SMALL:
                yield from inside

    def _close(self, free: set[int]) -> None:
        """Withhold what lies inside something withheld, and never one alone of those that add up."""
        before = -1
        while len(self.withheld) != before:
            before = len(self.withheld)
            for row in self._rows:
                chain = [self._at(measure, row) for measure in self._outer]
                hidden = [number for number, cell in enumerate(chain) if cell in self.withheld]
                if hidden:
                    inside = [*chain[hidden[0] + 1 :], *(self._at(measure, row) for measure in self._inner)]
                    self.withheld |= set(inside) & free
            for total, cells in self._totals:
                self._never_alone([total, *cells], free)

    def _never_alone(self, group: Sequence[int], free: set[int]) -> None:
        others = [cell for cell in group if cell not in self.withheld and cell in free]
        if len([cell for cell in group if cell in self.withheld]) == 1 and others:
            self.withheld.add(min(others, key=lambda cell: self._true[cell]))

    def _secrets(self) -> list[Secret]:
        """What must stay unknown: what is small, what few are left, and differences of one to seven."""
        secrets = [Secret({cell: 1}, "small") for cell in self.withheld if self._true[cell] <= SMALL]
        differences: list[Sum] = []
        for row in self._rows:
            chain = [self._at(measure, row) for measure in self._outer]
            rest: Sum = {chain[-1]: 1} | {self._at(measure, row): -1 for measure in self._inner}
            if self._inner and self._value(rest) <= SMALL:
                secrets.append(Secret(rest, "small"))
            differences += [{wide: 1, narrow: -1} for wide, narrow in pairwise(chain)]
            held = (cell for cell in chain if cell not in self.withheld and self._true[cell] <= REACH + SLACK)
            secrets += [Secret({cell: 1}, "holder") for cell in held]
        for before, after in self._successive():
            differences.append({self._at(self._outer[-1], before): 1, self._at(self._outer[-1], after): -1})
            differences += [{self._at(m, after): 1, self._at(m, before): -1} for m in self._inner]
        return secrets + [Secret(of, "difference") for of in differences if 0 < self._value(of) <= SMALL]

    def _next(self, secret: Secret, free: set[int], more: set[int]) -> set[int]:
        """What to withhold next so that the secret may be kept: the smallest neighbour; in the end all.

        Nothing where ``more``, which other secrets want withheld, is near enough to help this one too.
        """
        near = {cell for total, cells in self._totals for cell in (total, *cells)
                if not secret.of.keys().isdisjoint((total, *cells))}  # fmt: skip
        if more & (near | secret.of.keys()):
            return set()
        whole = {place for key, place in self._place.items() if key[2] == OVERALL}
        for cells in (set() if secret.kind == "small" else set(secret.of), near):
            if left := (cells & free) - self.withheld:
                return {min(left, key=lambda cell: (cell in self._constant, cell in whole, self._true[cell]))}
        windows = {key[4] for key, place in self._place.items() if place in secret.of}
        same = {place for key, place in self._place.items() if key[4] in windows} - self._constant
        every = set(self._place.values())
        steps = (same - whole, same, every - whole - self._constant, every - self._constant, every)
        return next(filter(None, ((cells & free) - self.withheld for cells in steps)), set())
