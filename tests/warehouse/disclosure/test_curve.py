"""What of a curve is drawn: few steps, of many persons, at no exact day."""

from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.disclosure.curve import STEP, drawn, numbers_at_risk, value_at


def curve(people: int, days: list[int]) -> pl.DataFrame:
    """Of so many people one has the event on each of the days; nobody leaves."""
    events = np.arange(1, len(days) + 1)
    value = events / people
    return pl.DataFrame({
        "time": np.array(days, dtype=float), "at_risk": people - events + 1, "events": events, "value": value,
        "low": value * 0.9, "high": np.minimum(value * 1.1, 1.0),
    })  # fmt: skip


def test_a_curve_steps_by_more_than_ten_people_and_ends_where_fewer_are_followed() -> None:
    points = drawn(curve(50, list(range(1, 41))), "month")
    assert points["time"].to_list() == [11, 22, 33, 40]
    assert drawn(curve(50, list(range(1, STEP))), "month").is_empty()
    assert drawn(curve(9, list(range(1, 9))), "month").is_empty()


def test_days_are_drawn_at_whole_weeks_never_before_they_came() -> None:
    points = drawn(curve(200, list(range(3, 103))))
    assert all(time % 7 == 0 for time in points["time"])
    assert points["time"][0] == 14


def test_values_are_multiples_of_five_people() -> None:
    points = drawn(curve(203, list(range(1, 101))))
    people = points["value"] * 205
    assert (people.round(6) % 5).round(6).to_list() == [0] * points.height


def test_a_value_is_told_while_the_curve_is_drawn() -> None:
    points = drawn(curve(200, list(range(3, 103))))
    assert value_at(points, 0) is None
    assert value_at(points, 10_000) is None
    found = value_at(points, 50)
    assert found is not None
    assert found[0] == pytest.approx(0.225, abs=0.03)


@settings(deadline=None)
@given(st.integers(20, 200), st.integers(1, 60), st.integers(1, 9))
def test_numbers_at_risk_fall_by_more_than_ten_or_stay(people: int, events: int, apart: int) -> None:
    exact = curve(people, list(range(apart, apart * (min(events, people) + 1), apart)))
    shown = [number for number in numbers_at_risk(exact, range(0, 600, 10)) if number is not None]
    assert all(number % 5 == 0 for number in shown)
    falls = [before - after for before, after in pairwise(shown)]
    assert all(fall == 0 or fall >= 10 for fall in falls)


@settings(deadline=None)
@given(st.integers(20, 300), st.integers(1, 100))
def test_a_flat_stretch_can_hide_from_none_to_ten(people: int, events: int) -> None:
    exact = curve(people, list(range(1, min(events, people) + 1)))
    times = [0.0, *drawn(exact, "month")["time"].to_list()[:-1]]
    between = [exact.filter((pl.col("time") > low) & (pl.col("time") <= high)).height
               for low, high in pairwise(times)]  # fmt: skip
    assert all(came >= STEP for came in between)
