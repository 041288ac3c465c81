"""Covariates as numbers."""

from collections.abc import Sequence
from typing import Final

import polars as pl

NOT_RECORDED: Final = "not recorded"
"""The level of those for whom a category is empty: a level of its own, never somebody else's."""


def design_matrix(frame: pl.DataFrame, covariates: Sequence[str]) -> tuple[pl.DataFrame, list[str]]:
    """The frame with numeric columns for ``covariates``, and their names in order.

    Numbers and truth values stay as they are. A category becomes one column 0/1 for each level, named
    ``covariate=level``, against its most frequent level (of equally frequent ones the first by name).
    `ValueError` where a number is empty: the study states a band instead. What is constant is left out.
    """
    made: list[pl.Expr] = []
    for covariate in covariates:
        column = frame[covariate]
        if is_category(column):
            made += (
                (levels_of(column) == level).cast(pl.Float64).alias(f"{covariate}={level}")
                for level in levels(column)[1:]
            )
        elif column.null_count():
            raise ValueError(f"covariate {covariate} is empty for some: use bands, of which one is '{NOT_RECORDED}'")
        elif column.n_unique() > 1:
            made.append(pl.col(covariate).cast(pl.Float64))
    return frame.with_columns(made), [expression.meta.output_name() for expression in made]


def is_category(column: pl.Series) -> bool:
    """Whether a covariate is a category and no number or truth value."""
    return not (column.dtype.is_numeric() or column.dtype == pl.Boolean)


def levels(column: pl.Series) -> list[str]:
    """The levels of a category, the most frequent first and then by name."""
    counted = column.cast(pl.String).fill_null(NOT_RECORDED).alias("level").value_counts()
    order = counted.sort("count", "level", descending=[True, False])["level"].to_list()
    return [*order[:1], *sorted(order[1:])]


def levels_of(column: pl.Series) -> pl.Expr:
    """The level of each row."""
    return pl.col(column.name).cast(pl.String).fill_null(NOT_RECORDED)
