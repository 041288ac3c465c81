"""What of a curve may be drawn: few steps, each of many persons, and no exact day or value."""

from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from warehouse.disclosure.rounding import REACH, rounded
from warehouse.disclosure.shares import Share, snapped

STEP: Final = REACH + 1
"""A curve, and the numbers at risk, move by at least this many persons: a flat stretch can hide as many as ten."""
GRID: Final = {"day": 7, "week": 1, "month": 1}
"""Steps stand at whole weeks where the clock counts days: a day since the index could be looked up."""

DRAWN: Final = pl.Schema({"time": pl.Float64(), "value": pl.Float64(), "low": pl.Float64(), "high": pl.Float64()})


def drawn(curve: pl.DataFrame, unit: str = "day") -> pl.DataFrame:
    """The points of one curve as they may be drawn, schema `DRAWN`; without rows where there are too few people.

    ``curve``: time, at_risk, events (cumulative), value, low, high. Each point but the last stands at least `STEP`
    events after the one before; the last value is drawn on as long as `STEP` persons are followed.
    """
    followed = curve.filter(pl.col("at_risk") >= STEP).sort("time")
    n = max(followed["at_risk"].to_list(), default=0)
    rows = [_point(row, n, unit) for row in _stepping(followed, "events", 0, 1)]
    rows = [row for row in rows if row["value"] is not None]
    if rows:
        rows.append(rows[-1] | {"time": _on_grid(followed["time"].to_list()[-1], unit)})
    return pl.DataFrame(rows, schema=DRAWN)


def numbers_at_risk(curve: pl.DataFrame, times: Sequence[float]) -> list[int | None]:
    """How many were still followed at each of the times, rounded; the number falls by at least `STEP` or stays.

    None from where on fewer than `STEP` are followed.
    """
    followed = curve.filter(pl.col("at_risk") >= STEP).sort("time")
    n = max(followed["at_risk"].to_list(), default=0)
    falling = [{"time": 0.0, "at_risk": n}, *_stepping(followed, "at_risk", n, -1)]
    last = max(followed["time"].to_list(), default=-1)
    at = (max((row for row in falling if row["time"] <= time), key=lambda row: row["time"]) for time in times)
    return [rounded(int(row["at_risk"])) if time <= last else None for time, row in zip(times, at, strict=True)]


def value_at(points: pl.DataFrame, time: float) -> Share | None:
    """The value with its interval that a drawn curve has at a time; None before it begins and after it ends."""
    rows = points.filter(pl.col("time") <= time).sort("time").to_dicts()
    if not rows or time > points["time"].to_list()[-1]:
        return None
    return rows[-1]["value"], rows[-1]["low"], rows[-1]["high"]


def _stepping(curve: pl.DataFrame, column: str, start: int, sign: int) -> list[dict[str, Any]]:
    """The rows at which the column has moved by `STEP` since the row kept before."""
    kept: list[dict[str, Any]] = []
    last = start
    for row in curve.iter_rows(named=True):
        if sign * (row[column] - last) >= STEP:
            kept.append(row)
            last = row[column]
    return kept


def _point(row: dict[str, Any], n: int, unit: str) -> dict[str, Any]:
    share = snapped(row["value"], row["low"], row["high"], n) or (None, None, None)
    return {"time": _on_grid(row["time"], unit), **dict(zip(("value", "low", "high"), share, strict=True))}


def _on_grid(time: float, unit: str) -> float:
    step = GRID[unit]
    return float(-(-time // step) * step)
