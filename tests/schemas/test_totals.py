"""Totals are exact, and the same however a file is cut into batches."""

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.table import FAULTS, RawTable
from schemas.totals import Totals


def table(*cells: str | None) -> RawTable:
    rows = pl.DataFrame(
        {"row_number": range(len(cells)), "Amount": cells}, schema={"row_number": pl.Int64, "Amount": pl.String}
    )
    return RawTable(rows, FAULTS.to_frame(), len(cells))


def total(*tables: RawTable) -> Decimal:
    totals = Totals(["Amount"])
    assert list(totals.passing(tables)) == list(tables)
    return totals.sums["Amount"]


@pytest.mark.parametrize(
    ("cells", "sum"),
    [
        ((), "0"),
        (("1", None, "2.50"), "3.5"),
        (("0.1",) * 10, "1"),
        (("-1", ".5"), "-0.5"),
        (("1,000", "1e3", "one", "", "2"), "2"),
        (("0.0000000000001", "1"), "1.0000000000001"),
        (("123456789012345678901234567890", "1"), "123456789012345678901234567891"),
    ],
)
def test_numbers_add_up_exactly(cells: tuple[str | None, ...], sum: str) -> None:
    assert total(table(*cells)) == Decimal(sum)


def test_a_column_that_is_not_there_adds_nothing() -> None:
    totals = Totals(["Other"])
    totals.add(table("1"))
    assert totals.sums == {"Other": Decimal(0)}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-1e12, max_value=1e12)),
    st.integers(0, 9),
)
def test_the_total_is_that_of_pythons_decimals_however_the_file_is_cut(numbers: list[Decimal], cut: int) -> None:
    texts = [format(number, "f") for number in numbers]
    assert total(table(*texts[:cut]), table(*texts[cut:])) == sum(numbers)
