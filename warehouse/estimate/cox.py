"""The Cox model: hazard ratios from (start, stop] rows, with robust errors, strata and case weights.

It is our own since no library that we know gives all of it at the size of a warehouse. statsmodels (0.15) has no
case weights, counts a row as at risk AT its start, and its clustered errors take time that grows with the square of
the rows; lifelines (0.30) goes through the event times one by one in Python. The spec tests hold this model
against the worked data of Therneau and Grambsch, against published tables, and against both libraries.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, sqrt
from typing import Final

import numpy as np
import polars as pl

from warehouse.estimate.errors import NotEstimable
from warehouse.estimate.maximum import Likelihood, Maximum, maximum
from warehouse.estimate.partial_likelihood import PartialLikelihood
from warehouse.estimate.patterns import PatternLikelihood, Patterns, are_few
from warehouse.estimate.proportions import Z
from warehouse.estimate.risk_sets import Index, RiskSets, Values

TABLE: Final = pl.Schema(
    {
        "term": pl.String(), "coefficient": pl.Float64(), "se": pl.Float64(), "robust_se": pl.Float64(),
        "low": pl.Float64(), "high": pl.Float64(), "p": pl.Float64(),
    }
)  # fmt: skip


@dataclass(frozen=True)
class CoxFit:
    """A fitted model. ``table`` has schema `TABLE`; ``covariance`` is what its intervals rest on, in its order.

    ``left_out``: covariates without a coefficient: those that the others determine among the people at risk, and
    those where nobody, or everybody, with such a value has the event; the rest is as if their rows were not there.
    ``persons``: distinct values of ``person``, else of ``cluster``, else rows. ``events``: rows with the event.
    """

    table: pl.DataFrame
    left_out: tuple[str, ...]
    covariance: Values
    log_likelihood: float
    null_log_likelihood: float
    persons: int
    events: int


def cox(
    rows: pl.DataFrame, covariates: Sequence[str], *, start: str | None, stop: str, event: str,
    cluster: str | None = None, weight: str | None = None, strata: str | None = None, person: str | None = None,
) -> CoxFit:  # fmt: skip
    """Fit the Cox model, ties by Efron, to rows that are at risk from just after ``start`` up to ``stop``.

    ``covariates`` name numeric columns (`design_matrix` makes them), first the one that is asked about. ``event`` is
    true where the row ends with the event: for a cause-specific hazard, with that cause. Rows of weight 0 do not
    count. Interval and p rest on the robust errors (Lin and Wei 1989, summed over ``cluster``) where ``cluster`` or
    ``weight`` is given, else on the model's. `NotEstimable` without events, and where the first covariate has no
    coefficient; `ValueError` for empty cells, rows that end before they start, negative weights.
    """
    used = [name for name in (*covariates, start, stop, event, cluster, weight, strata, person) if name is not None]
    rows = _checked(rows.select(*dict.fromkeys(used)), start, stop, weight)
    sets = _risk_sets(rows, start, stop, event, strata)
    null, scale = _at_zero(sets, rows.select(covariates).cast(pl.Float64), None if weight is None else rows[weight])
    found = maximum(null)
    terms = [term for term, finite in zip(covariates, found.finite, strict=True) if finite]
    if covariates[0] not in terms:
        raise NotEstimable(f"no coefficient of {covariates[0]}: it does not vary, or the event comes on one side only")
    model, robust = _errors(found, scale[found.finite], rows, cluster, robust=bool(cluster or weight))
    who = person or cluster
    return CoxFit(
        _table(terms, found.at.coefficient[found.bounded] / scale[found.finite], model, robust),
        tuple(term for term in covariates if term not in terms), model if robust is None else robust,
        found.at.log_likelihood, found.null_log_likelihood,
        len(rows) if who is None else rows[who].n_unique(), len(sets.failing),
    )  # fmt: skip


def _checked(rows: pl.DataFrame, start: str | None, stop: str, weight: str | None) -> pl.DataFrame:
    """The rows that count; `ValueError` where a column that is used has holes or a row ends before it starts."""
    holes = [name for name, count in rows.null_count().row(0, named=True).items() if count]
    if holes:
        raise ValueError(f"these columns have empty cells: {', '.join(holes)}")
    if start is not None and not (rows[start] < rows[stop]).all():
        raise ValueError(f"a row must start before it stops: {start} < {stop}")
    if weight is None:
        return rows
    if not (rows[weight] >= 0).all():
        raise ValueError(f"weights are 0 or more: {weight}")
    return rows.filter(pl.col(weight) > 0)


def _at_zero(sets: RiskSets, covariates: pl.DataFrame, weight: pl.Series | None) -> tuple[Likelihood, Values]:
    """The likelihood without any effect, by the shorter way, and the standard deviations of the covariates.

    For the arithmetic only, covariates have mean 0 and standard deviation 1.
    """
    rows = covariates.to_numpy()
    centre, scale = rows.mean(axis=0), rows.std(axis=0)
    scale[scale <= 1e-12 * np.maximum(1, np.abs(centre))] = 1
    weights = np.ones(len(rows)) if weight is None else weight.cast(pl.Float64).to_numpy()
    nothing = np.zeros(rows.shape[1])
    distinct = covariates.unique(maintain_order=True)
    if not are_few(distinct.height, sets):
        return PartialLikelihood(sets, np.asfortranarray((rows - centre) / scale), weights, nothing), scale
    patterns = Patterns.counted(sets, _places(covariates, distinct), weights)
    return PatternLikelihood(patterns, (distinct.to_numpy() - centre) / scale, nothing), scale


def _places(rows: pl.DataFrame, distinct: pl.DataFrame) -> Index:
    """At which place of ``distinct`` each row stands."""
    placed = rows.join(distinct.with_row_index("place"), on=rows.columns, how="left", maintain_order="left")
    return placed["place"].to_numpy().astype(np.intp)


def _risk_sets(rows: pl.DataFrame, start: str | None, stop: str, event: str, strata: str | None) -> RiskSets:
    sets = RiskSets.of(
        None if start is None else rows[start].cast(pl.Float64).to_numpy(),
        rows[stop].cast(pl.Float64).to_numpy(),
        rows[event].cast(pl.Boolean).to_numpy(),
        None if strata is None else rows[strata].rank("dense").to_numpy(),
    )
    if not len(sets.failing):
        raise NotEstimable("nobody has the event")
    return sets


def _errors(
    found: Maximum, scale: Values, rows: pl.DataFrame, cluster: str | None, robust: bool
) -> tuple[Values, Values | None]:
    """The model's covariance, and the sandwich of Lin and Wei: weighted score residuals summed within clusters."""
    unit, bounded = np.outer(scale, scale), found.bounded
    model = np.asarray(np.linalg.inv(found.at.information[np.ix_(bounded, bounded)]), dtype=np.float64)
    if not robust:
        return model / unit, None
    influence = (found.at.residuals[:, bounded] * found.at.weight[:, None]) @ model
    if cluster is not None:
        members = rows.select(cluster)
        member = _places(members, members.unique(maintain_order=True))
        influence = np.column_stack([np.bincount(member, column) for column in influence.T])
    return model / unit, np.asarray(influence.T @ influence / unit)


def _table(terms: Sequence[str], coefficient: Values, model: Values, robust: Values | None) -> pl.DataFrame:
    """Coefficients with errors, 95 % intervals and two-sided p values of the normal distribution."""
    se = np.sqrt(np.diag(model))
    robust_se = None if robust is None else np.sqrt(np.diag(robust))
    used = se if robust_se is None else robust_se
    return pl.DataFrame(
        {
            "term": list(terms), "coefficient": coefficient, "se": se,
            "robust_se": [None] * len(se) if robust_se is None else robust_se,
            "low": coefficient - Z * used, "high": coefficient + Z * used,
            "p": [erfc(abs(z) / sqrt(2)) for z in coefficient / used],
        },
        schema=TABLE,
    )  # fmt: skip
