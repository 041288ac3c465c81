"""Whether the arms are alike before and after weighting."""

from collections.abc import Iterator, Sequence
from typing import Final

import polars as pl

from warehouse.estimate.design import is_category, levels, levels_of
from warehouse.estimate.errors import NotEstimable

BALANCE: Final = pl.Schema(
    {
        "covariate": pl.String(), "level": pl.String(), "exposed": pl.Float64(), "unexposed": pl.Float64(),
        "difference": pl.Float64(), "weighted_difference": pl.Float64(),
    }
)  # fmt: skip


def balance(frame: pl.DataFrame, treated: str, covariates: Sequence[str], weights: pl.Series) -> pl.DataFrame:
    """Standardised differences between exposed and unexposed, a row a number or a level of a category.

    ``exposed``, ``unexposed``: means (shares of a level), unweighted. ``difference``: of these, in units of
    √((s₁² + s₀²) / 2), for shares with s² = p(1 − p) (Austin 2009). ``weighted_difference``: of the weighted means,
    in the same units, so that it is smaller only where the means are closer (Stuart 2010). Empty where both
    arms are constant but differ. `NotEstimable` where one arm is empty.
    """
    if frame[treated].cast(pl.Boolean).n_unique() < 2:
        raise NotEstimable("one arm is empty")
    rows = [row for covariate in covariates for row in _compared(frame, treated, covariate, weights)]
    return pl.DataFrame(rows, schema=BALANCE)


def _compared(
    frame: pl.DataFrame, treated: str, covariate: str, weights: pl.Series
) -> Iterator[dict[str, str | float | None]]:
    """The rows of one covariate."""
    column = frame[covariate]
    category = is_category(column)
    found = {level: levels_of(column) == level for level in levels(column)} if category else {None: pl.col(covariate)}
    arms = frame.select(pl.col(treated).cast(pl.Boolean), covariate).with_columns(weights.alias("_weight"))
    for level, value in found.items():
        exposed, unexposed = (
            _moments(arms.filter(pl.col(treated) == arm), value.cast(pl.Float64), share=category or _is_truth(column))
            for arm in (True, False)
        )
        unit = ((exposed[1] + unexposed[1]) / 2) ** 0.5
        yield {
            "covariate": covariate, "level": level, "exposed": exposed[0], "unexposed": unexposed[0],
            "difference": _in_units(exposed[0] - unexposed[0], unit),
            "weighted_difference": _in_units(exposed[2] - unexposed[2], unit),
        }  # fmt: skip


def _is_truth(column: pl.Series) -> bool:
    return column.dtype == pl.Boolean


def _moments(arm: pl.DataFrame, value: pl.Expr, *, share: bool) -> tuple[float, float, float]:
    """Mean, variance and weighted mean in one arm."""
    mean, variance, weighted = arm.select(
        mean=value.mean(),
        variance=value.mean() * (1 - value.mean()) if share else value.var(),
        weighted=(value * pl.col("_weight")).sum() / pl.col("_weight").sum(),
    ).row(0)
    return float(mean), float(variance or 0), float(weighted)


def _in_units(difference: float, unit: float) -> float | None:
    if unit:
        return difference / unit
    return 0.0 if not difference else None
