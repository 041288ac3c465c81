import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.disclosure.rounding import parts, rounded


@pytest.mark.parametrize(("count", "seen"), [(0, None), (1, None), (7, None), (8, 10), (12, 10), (13, 15), (202, 200)])
def test_small_numbers_are_withheld_and_others_rounded_to_five(count: int, seen: int | None) -> None:
    assert rounded(count) == seen


def test_parts_of_a_known_total_are_never_withheld_alone() -> None:
    assert parts([60, 4, 30]) == [60, None, None]
    assert parts([60, 5, 6]) == [60, None, None]
    assert parts([60, 40, 30]) == [60, 40, 30]


def test_two_parts_whose_sum_is_small_take_a_third_with_them() -> None:
    assert parts([60, 4, 3]) == [None, None, None]


@settings(deadline=None)
@given(st.lists(st.integers(0, 60), min_size=2, max_size=8))
def test_the_total_leaves_every_small_part_room(counts: list[int]) -> None:
    shown = parts(counts)
    hidden = [count for count, seen in zip(counts, shown, strict=True) if seen is None]
    assert all(seen is None for count, seen in zip(counts, shown, strict=True) if count <= 7)
    if hidden and len(hidden) < len(counts):
        total = rounded(sum(counts)) or 0
        most = total + 2 - sum(seen - 2 for seen in shown if seen is not None)
        assert len(hidden) > 1
        assert most >= 10
