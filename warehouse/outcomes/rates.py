"""Rates by window and stratum: the fixed window and the cumulative incidence side by side."""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
import polars as pl

from warehouse.estimate.curves import Status, Times, aalen_johansen
from warehouse.estimate.proportions import Estimate, wilson
from warehouse.outcomes.definitions import INDEX_KIND, STRATA, WINDOWS

ESTIMATOR: Final = "aalen_johansen"
"""Every outcome here has competing causes, so Kaplan-Meier never applies."""

RATES: Final = pl.Schema(
    {
        "index_kind": pl.String(), "outcome": pl.String(), "window_months": pl.Int32(), "stratum_kind": pl.String(),
        "stratum": pl.String(), "n": pl.Int64(), "observable": pl.Int64(), "events": pl.Int64(),
        "competing": pl.Int64(), "rate": pl.Float64(), "low": pl.Float64(), "high": pl.Float64(),
        "estimator": pl.String(), "cumulative_incidence": pl.Float64(), "ci_low": pl.Float64(),
        "ci_high": pl.Float64(), "late": pl.Int64(),
    }
)  # fmt: skip
CURVES: Final = pl.Schema(
    {
        "outcome": pl.String(), "day": pl.Int32(), "at_risk": pl.Int64(), "events": pl.Int64(),
        "incidence": pl.Float64(), "low": pl.Float64(), "high": pl.Float64(),
    }
)  # fmt: skip
_GROUP: Final = ("outcome", "window_months", "stratum")
_NOTHING: Final = Estimate(float("nan"), None, None)


def rates(counts: pl.DataFrame, survival: pl.DataFrame, kinds: Iterable[str] = tuple(STRATA)) -> pl.DataFrame:
    """The table ``outcome_rate``, schema `RATES`, from the tables of `values`.

    ``rate`` = events / observable with Wilson's interval; observable = events + competing + no_event.
    ``cumulative_incidence`` uses everybody whose index is covered, censored where coverage less lag ends; null
    where nobody is followed to the window's end. ``late`` counts the events that became known after the lag.
    ``kinds``: of which strata.
    """
    rows = [row for kind in kinds for row in _stratified(kind, counts, survival)]
    return pl.DataFrame(rows, schema=RATES).sort("outcome", "window_months", "stratum_kind", "stratum")


def curves(survival: pl.DataFrame, months: int = max(WINDOWS)) -> pl.DataFrame:
    """The table ``outcome_curve``, schema `CURVES`: everybody's cumulative incidence, day by day, over one window.

    A curve ends where nobody is followed any longer; ``at_risk`` counts the persons still followed on the day,
    ``events`` those who had the outcome up to and including it.
    """
    chosen = survival.filter(window_months=months).sort("outcome").group_by("outcome", maintain_order=True)
    return pl.concat([CURVES.to_frame(), *(_curve(str(name), part) for (name,), part in chosen)])


def _curve(outcome: str, followed: pl.DataFrame) -> pl.DataFrame:
    days, status = _expanded(followed)
    curve = aalen_johansen(days, status)
    columns = {
        "day": curve.time, "at_risk": curve.at_risk, "events": curve.events,
        "incidence": curve.value, "low": curve.low, "high": curve.high,
    }  # fmt: skip
    bounds = pl.col("low", "high").fill_nan(None)
    return (
        pl.DataFrame(columns)
        .select(pl.lit(outcome).alias("outcome"), "day", "at_risk", "events", "incidence", bounds)
        .cast(CURVES)
    )


def _stratified(kind: str, counts: pl.DataFrame, survival: pl.DataFrame) -> Iterator[dict[str, object]]:
    """The rows of one way of dividing the persons."""
    stratum = (pl.lit(kind) if kind == "overall" else pl.col(kind)).alias("stratum")
    persons = pl.col("persons")
    counted = counts.with_columns(stratum).group_by(_GROUP).agg(
        persons.sum().alias("n"),
        persons.filter(pl.col("value") != "not_observable").sum().alias("observable"),
        persons.filter(pl.col("value") == "event").sum().alias("events"),
        persons.filter(pl.col("value") == "competing").sum().alias("competing"),
        persons.filter("late").sum().alias("late"),
    )  # fmt: skip
    times = survival.with_columns(stratum).partition_by(_GROUP, as_dict=True)
    for row in counted.iter_rows(named=True):
        followed = times.get(tuple(row[name] for name in _GROUP))
        estimate = _incidence(followed) if row["observable"] and followed is not None else _NOTHING
        yield row | _shown(row, estimate) | {"index_kind": INDEX_KIND, "stratum_kind": kind, "estimator": ESTIMATOR}


def _incidence(followed: pl.DataFrame) -> Estimate:
    return aalen_johansen(*_expanded(followed)).last


def _expanded(followed: pl.DataFrame) -> tuple[Times, Status]:
    """Days and status person by person: the standard error needs persons, not weights."""
    persons = followed["persons"].to_numpy()
    return np.repeat(followed["days"].to_numpy(), persons), np.repeat(followed["status"].to_numpy(), persons)


def _shown(row: dict[str, int], incidence: Estimate) -> dict[str, float | None]:
    """The two estimates of a row under their column names."""
    fixed = wilson(row["events"], row["observable"]) if row["observable"] else _NOTHING
    return {
        "rate": _number(fixed.value), "low": fixed.low, "high": fixed.high,
        "cumulative_incidence": _number(incidence.value), "ci_low": incidence.low, "ci_high": incidence.high,
    }  # fmt: skip


def _number(value: float) -> float | None:
    return None if np.isnan(value) else value
