"""Shares on the page are those of rounded counts, those of estimates too."""

import pytest

from warehouse.disclosure.shares import counted, snapped
from warehouse.estimate.proportions import wilson


def exact(events: int, n: int) -> tuple[float, float | None, float | None]:
    found = wilson(events, n)
    return found.value, found.low, found.high


def test_a_share_of_withheld_counts_is_withheld() -> None:
    assert counted(None, 100) is None
    assert counted(20, None) is None
    assert counted(20, 100) == pytest.approx(exact(20, 100))


@pytest.mark.parametrize(("events", "n"), [(58, 203), (62, 203), (61, 197), (33, 102)])
def test_people_whose_rounded_counts_are_the_same_have_the_same_estimate(events: int, n: int) -> None:
    rounded = (5 * round(events / 5), 5 * round(n / 5))
    found = snapped(*exact(events, n), n)
    assert found is not None
    assert found[0] == pytest.approx(rounded[0] / rounded[1])


def test_an_estimate_of_few_people_or_of_all_but_few_is_withheld() -> None:
    assert snapped(*exact(7, 200), 200) is None
    assert snapped(*exact(193, 200), 200) is None
    assert snapped(*exact(3, 7), 7) is None
    assert snapped(None, None, None, 200) is None


def test_the_interval_is_as_wide_as_that_of_the_estimate_about() -> None:
    wide, narrow = snapped(0.3, 0.2, 0.41, 400), snapped(0.3, 0.256, 0.345, 400)
    assert wide is not None
    assert narrow is not None
    assert wide[0] == narrow[0] == pytest.approx(0.3)
    assert wide[1:] == pytest.approx((0.2, 0.42), abs=0.02)
    assert narrow[1:] == pytest.approx((0.256, 0.345), abs=0.01)
