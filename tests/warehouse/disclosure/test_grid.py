"""The gate over the grid of outcomes: what is withheld, and that nothing withheld can be worked out."""

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.warehouse.disclosure.attack import Attacker
from tests.warehouse.disclosure.people import WINDOWS, grid
from warehouse.disclosure.grid import COUNTS, protect

NEAR = 1e-6
KEY = ["arm", "stratum_kind", "stratum", "window_months"]


def rates(*counts: tuple[int, int, int, int]) -> pl.DataFrame:
    strata = [{"outcome": "recharge", "stratum": str(number)} for number in range(len(counts))]
    return pl.DataFrame(
        [row | dict(zip(COUNTS, given, strict=True)) for row, given in zip(strata, counts, strict=True)]
    )


def shown(*counts: tuple[int, int, int, int]) -> list[tuple[int | None, ...]]:
    return protect(rates(*counts)).select(COUNTS).rows()


def test_counts_that_leave_few_are_withheld_with_what_they_leave() -> None:
    assert shown((100, 100, 60, 36)) == [(100, 100, None, None)]
    assert shown((100, 100, 60, 20)) == [(100, 100, 60, 20)]


def test_zero_is_a_small_count_too() -> None:
    assert shown((100, 100, 0, 20)) == [(100, 100, None, 20)]


def test_what_lies_inside_something_withheld_is_withheld() -> None:
    assert shown((100, 7, 3, 2)) == [(100, None, None, None)]
    assert shown((7, 7, 3, 2)) == [(None, None, None, None)]


def test_a_single_withheld_count_takes_the_next_smallest_with_it() -> None:
    events = [row[2] for row in shown((200, 200, 60, 20), (200, 200, 4, 20), (200, 200, 30, 20))]
    assert events == [60, None, None]


def test_two_withheld_counts_need_no_third_where_their_sum_leaves_room() -> None:
    events = [row[2] for row in shown((200, 200, 60, 20), (200, 200, 5, 20), (200, 200, 6, 20))]
    assert events == [60, None, None]


def test_two_withheld_counts_take_a_third_where_their_sum_is_small_itself() -> None:
    events = [row[2] for row in shown((200, 200, 60, 20), (200, 200, 4, 20), (200, 200, 3, 20))]
    assert events == [None, None, None]


def test_what_is_withheld_at_one_threshold_is_withheld_at_all() -> None:
    few = rates((200, 200, 60, 20)).with_columns(threshold=pl.lit(0.5))
    more = few.with_columns(threshold=pl.lit(0.99), events=pl.lit(3, pl.Int64))
    assert protect(pl.concat([few, more]))["events"].to_list() == [None, None]


def test_where_a_total_from_elsewhere_tells_too_much_nothing_is_shown() -> None:
    few = pl.DataFrame({"outcome": ["o", "o"], "stratum": ["a", "b"], "n": [8, 13], "with_it": [8, 5]})
    assert protect(few, ["n"], ["with_it"]).select("n", "with_it").rows() == [(None, None), (None, None)]


def test_rows_and_columns_stay_as_they_are() -> None:
    given = grid(1, 300, 0.05, 0.02, 0.5)
    kept = [name for name in given.columns if name not in COUNTS]
    assert_frame_equal(protect(given).select(kept), given.select(kept))
    assert protect(given.clear()).is_empty()


def test_with_many_people_all_is_shown() -> None:
    assert not protect(grid(3, 40_000, 0.05, 0.05, 0.4)).select(COUNTS).null_count().sum_horizontal().item()


@pytest.mark.parametrize("count", [0, 1, 7])
def test_a_mark_does_not_tell_how_small_or_why(count: int) -> None:
    assert shown((200, 200, 60, 20), (200, 200, count, 20), (200, 200, 30, 20)) == [
        (200, 200, 60, 20), (200, 200, None, 20), (200, 200, None, 20),
    ]  # fmt: skip


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@example(seed=7, n=56, hazard=0.02, competing=0.01, cut=0.1, arms=True)
@given(
    seed=st.integers(0, 10_000), n=st.integers(8, 500), hazard=st.floats(0.005, 0.2),
    competing=st.floats(0.002, 0.1), cut=st.floats(0.05, 1.5), arms=st.booleans(),
)  # fmt: skip
def test_nothing_small_can_be_worked_out(
    seed: int, n: int, hazard: float, competing: float, cut: float, arms: bool
) -> None:
    true = grid(seed, n, hazard, competing, cut, arms)
    printed = protect(true)
    attacker = Attacker(printed)
    exact = {tuple(row[name] for name in KEY): row for row in true.to_dicts()}
    for row in printed.to_dicts():
        place = tuple(row[name] for name in KEY)
        for measure in COUNTS:
            if exact[place][measure] <= 7:
                assert row[measure] is None
                _able_to_be_nothing_and_ten(attacker, {attacker.cell(measure, place): 1})
            elif row[measure] is not None:
                assert row[measure] % 5 == 0
                assert abs(row[measure] - exact[place][measure]) <= 2
        if exact[place]["observable"] - exact[place]["events"] - exact[place]["competing"] <= 7:
            left = {attacker.cell("observable", place): 1} | {
                attacker.cell(measure, place): -1 for measure in ("events", "competing")
            }
            _able_to_be_nothing_and_ten(attacker, left)
    for place in exact:
        later = next((window for window in WINDOWS if window > place[3]), None)
        for measure, sign in (("observable", 1), ("events", -1)):
            after = (*place[:3], later)
            if later is not None and 0 < sign * (exact[place][measure] - exact[after][measure]) <= 7:
                of = {attacker.cell(measure, place): sign, attacker.cell(measure, after): -sign}
                _not_known_to_be_few(attacker, of)


def _able_to_be_nothing_and_ten(attacker: Attacker, of: dict[tuple[object, ...], int]) -> None:
    assert attacker.least(of, 0) <= NEAR
    assert attacker.most(of, 10) >= 10 - NEAR


def _not_known_to_be_few(attacker: Attacker, of: dict[tuple[object, ...], int]) -> None:
    assert attacker.least(of, 0) <= NEAR or attacker.most(of, 8) >= 8 - NEAR
