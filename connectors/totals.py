"""Control totals: exact sums of columns of numbers, taken while a file is read."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final

import polars as pl

from schemas.table import RawTable

_PLAIN: Final = r"^[-+]?[0-9]{1,18}(\.[0-9]{1,8})?$"
_EXACT: Final = pl.Decimal(38, 8)
"""Room for 10¹² numbers of 18 digits."""


class Totals:
    """``sums`` of the columns over all the rows that passed; None for a column that is missing or holds no number."""

    def __init__(self, columns: Sequence[str]) -> None:
        """Begin at nought."""
        self.sums: dict[str, Decimal | None] = dict.fromkeys(columns, Decimal(0))
        self.received = 0

    def counted(self, tables: Iterable[RawTable]) -> Iterator[RawTable]:
        """Pass the tables on and add them up."""
        for table in tables:
            self.received += table.received
            for column, sum_ in self.sums.items():
                added = _total(table.rows[column]) if column in table.rows.columns else None
                self.sums[column] = None if sum_ is None or added is None else sum_ + added
            yield table


def _total(cells: pl.Series) -> Decimal | None:
    """The sum of the cells that are not blank; None where one of them is no plain decimal number."""
    filled = cells.str.strip_chars().drop_nulls()
    filled = filled.filter(filled != "")
    if not filled.str.contains(_PLAIN).all():
        return None
    total = filled.str.strip_prefix("+").cast(_EXACT).sum()
    return total if isinstance(total, Decimal) else Decimal(0)
