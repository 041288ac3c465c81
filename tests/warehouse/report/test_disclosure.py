import polars as pl
import pytest

from warehouse.report.disclosure import COUNTS, coarsen, rounded, withhold


def rates(*counts: tuple[int, int, int, int]) -> pl.DataFrame:
    strata = [{"outcome": "recharge", "stratum": str(number)} for number in range(len(counts))]
    return pl.DataFrame(
        [row | dict(zip(COUNTS, given, strict=True)) for row, given in zip(strata, counts, strict=True)]
    )


def shown(*counts: tuple[int, int, int, int]) -> list[tuple[int | None, ...]]:
    return withhold(rates(*counts), ["outcome"]).select(COUNTS).rows()


@pytest.mark.parametrize(("count", "seen"), [(0, None), (1, None), (7, None), (8, 10), (12, 10), (13, 15), (202, 200)])
def test_small_numbers_are_withheld_and_others_rounded_to_five(count: int, seen: int | None) -> None:
    assert rounded(count) == seen


def test_counts_that_leave_few_are_withheld_with_what_they_leave() -> None:
    assert shown((100, 100, 60, 36)) == [(100, 100, None, None)]
    assert shown((100, 100, 60, 20)) == [(100, 100, 60, 20)]


def test_a_single_withheld_count_takes_the_next_smallest_with_it() -> None:
    events = [row[2] for row in shown((200, 200, 60, 20), (200, 200, 4, 20), (200, 200, 30, 20))]
    assert events == [60, None, None]


def test_two_withheld_counts_need_no_third() -> None:
    events = [row[2] for row in shown((200, 200, 60, 20), (200, 200, 4, 20), (200, 200, 3, 20))]
    assert events == [60, None, None]


def test_a_curve_steps_by_ten_people_and_ends_where_fewer_are_followed() -> None:
    days = list(range(1, 41))
    curve = pl.DataFrame({
        "outcome": "recharge", "day": days, "at_risk": [50 - day for day in days], "events": days,
        "incidence": [day / 50 for day in days], "low": [0.0] * 40, "high": [1.0] * 40,
    })  # fmt: skip
    assert coarsen(curve)["day"].to_list() == [10, 20, 30, 40, 40]
    assert coarsen(curve.head(9)).is_empty()
