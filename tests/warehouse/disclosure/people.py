"""Grids of outcomes counted from made-up persons: whatever is drawn, they are consistent."""

from typing import Any

import numpy as np
import polars as pl

WINDOWS = (6, 12, 24)


def grid(seed: int, n: int, hazard: float, competing: float, cut: float, arms: bool = True) -> pl.DataFrame:
    """Rates of one outcome by arm, two kinds of strata and three windows, schema as `protect` takes them."""
    rng = np.random.default_rng(seed)
    people = pl.DataFrame({
        "exposed": rng.random(n) < 0.3, "age": rng.choice(list("ABCD"), n, p=(0.5, 0.3, 0.15, 0.05)),
        "filings": rng.choice(["none", "some"], n, p=(0.8, 0.2)), "followed": 30 * rng.random(n) ** cut,
        "event": rng.exponential(1 / hazard, n), "other": rng.exponential(1 / competing, n),
    })  # fmt: skip
    parts = [("all", people)]
    if arms:
        parts += [("exposed", people.filter("exposed")), ("unexposed", people.filter(~pl.col("exposed")))]
    rows = [_count(part, arm, kind, stratum, window)
            for arm, part in parts for kind, stratum in _strata(people) for window in WINDOWS]  # fmt: skip
    return pl.DataFrame(rows)


def _strata(people: pl.DataFrame) -> list[tuple[str, str]]:
    kinds = [(kind, str(level)) for kind in ("age", "filings") for level in people[kind].unique().sort()]
    return [("overall", "overall"), *kinds]


def _count(people: pl.DataFrame, arm: str, kind: str, stratum: str, window: int) -> dict[str, Any]:
    chosen = people if kind == "overall" else people.filter(pl.col(kind) == stratum)
    seen = chosen.filter(pl.col("followed") >= window)
    came = seen.filter(pl.min_horizontal("event", "other") <= window)
    return {
        "outcome": "recharge", "arm": arm, "stratum_kind": kind, "stratum": stratum, "window_months": window,
        "n": chosen.height, "observable": seen.height,
        "events": came.filter(pl.col("event") <= pl.col("other")).height,
        "competing": came.filter(pl.col("event") > pl.col("other")).height,
    }  # fmt: skip
