"""Control totals: what the numeric columns of a file add up to, exactly, whatever becomes of its rows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Context, Decimal
from functools import reduce
from typing import Final

import polars as pl

from schemas.decode import DECIMAL
from schemas.table import RawTable

_SCALE: Final = 9
_WIDTH: Final = 38
"""Digits of a number that polars adds up, and of those after the decimal mark; longer numbers are added up apart."""

_EXACT: Final = Context(prec=200)
_LONGEST: Final = 60
"""A text of more characters is no amount; so many, added up, need fewer digits than are kept."""


class Totals:
    """The sums of some columns over all rows that a file gave honest cells for, rejected ones included.

    A cell that is no number adds nothing: a total that the agency states differs then, and the file is refused.
    """

    def __init__(self, columns: Sequence[str]) -> None:
        """Begin at zero."""
        self._sums = dict.fromkeys(columns, Decimal(0))

    def passing(self, tables: Iterable[RawTable]) -> Iterator[RawTable]:
        """Each table as it comes, added up on its way."""
        for table in tables:
            self.add(table)
            yield table

    def add(self, table: RawTable) -> None:
        """Add the rows of a table; a column that it does not have adds nothing."""
        for name in self._sums.keys() & set(table.rows.columns):
            self._sums[name] = _EXACT.add(self._sums[name], _sum(table.rows[name]))

    @property
    def sums(self) -> Mapping[str, Decimal]:
        """Column → total so far."""
        return dict(self._sums)


def _sum(texts: pl.Series) -> Decimal:
    numbers = texts.filter((texts.str.contains(DECIMAL) & (texts.str.len_bytes() <= _LONGEST)).fill_null(False))
    usual = numbers.str.contains(rf"\A-?[0-9]{{0,18}}(?:\.[0-9]{{1,{_SCALE}}})?\z")
    total = numbers.filter(usual).cast(pl.Decimal(_WIDTH, _SCALE)).sum()
    assert isinstance(total, Decimal | int)
    long = (Decimal(number) for number in numbers.filter(~usual))
    return reduce(_EXACT.add, long, Decimal(total))
