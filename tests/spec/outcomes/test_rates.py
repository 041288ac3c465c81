"""Rates from persons: the fixed window and the cumulative incidence."""

import polars as pl
import pytest

from warehouse.outcomes.rates import rates


def people(values: list[str], days: list[int], status: list[int]) -> tuple[pl.DataFrame, pl.DataFrame]:
    shared = {"outcome": "recharge", "window_months": 12, "age_band": "25-34", "prior_filings": "0"}
    columns = [pl.lit(value).alias(name) for name, value in shared.items()]
    counts = pl.DataFrame({"value": values}).with_columns(
        pl.lit(False).alias("late"), pl.lit(1).alias("persons"), *columns
    )
    return counts, pl.DataFrame({"days": days, "status": status}).with_columns(pl.lit(1).alias("persons"), *columns)


def test_a_rate_leaves_out_the_unobservable_and_keeps_the_competing_in_its_denominator() -> None:
    outcome, survival = people(
        ["event", "no_event", "competing", "not_observable", "not_observable"], [40, 372, 80, 100, 20], [1, 0, 2, 0, 1]
    )
    row = rates(outcome, survival).filter(pl.col("stratum_kind") == "overall").row(0, named=True)
    assert (row["n"], row["observable"], row["events"], row["competing"]) == (5, 3, 1, 1)
    assert row["rate"] == pytest.approx(1 / 3)
    assert row["cumulative_incidence"] == pytest.approx(1 / 5 + 4 / 5 * 1 / 4)


def test_where_everybody_is_mature_incidence_and_rate_are_the_same_number() -> None:
    outcome, survival = people(["event"] * 3 + ["competing"] * 2 + ["no_event"] * 5, [*range(1, 6), *[372] * 5],
                               [1] * 3 + [2] * 2 + [0] * 5)  # fmt: skip
    row = rates(outcome, survival).row(0, named=True)
    assert row["rate"] == pytest.approx(row["cumulative_incidence"]) == pytest.approx(0.3)


def test_nothing_is_claimed_at_a_window_end_that_nobody_has_reached() -> None:
    outcome, survival = people(["not_observable"] * 3, [40, 50, 60], [1, 0, 2])
    row = rates(outcome, survival).row(0, named=True)
    assert row["observable"] == 0
    assert [row[name] for name in ("rate", "low", "high", "cumulative_incidence", "ci_low", "ci_high")] == [None] * 6
