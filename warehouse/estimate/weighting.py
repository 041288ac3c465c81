"""Who would have been exposed anyway: propensities, the weights from them, and how far the arms overlap."""

import warnings
from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
import polars as pl

from warehouse.estimate.design import design_matrix
from warehouse.estimate.errors import NotEstimable

Weighting = Literal["overlap", "iptw"]
_BINS: Final = 20
_TOLD_APART: Final = 1e-3


def propensity(frame: pl.DataFrame, treated: str, covariates: Sequence[str]) -> pl.Series:
    """The probability of ``treated`` given ``covariates``, by logistic regression (statsmodels).

    Rosenbaum and Rubin 1983. `NotEstimable` where one arm is empty or covariates tell the arms apart without error.
    """
    from statsmodels.discrete.discrete_model import Logit

    designed, names = design_matrix(frame, covariates)
    arm = designed[treated].cast(pl.Float64).to_numpy()
    if not 0 < arm.mean() < 1:
        raise NotEstimable("one arm is empty")
    x = np.column_stack([np.ones(len(arm)), designed.select(names).to_numpy()])
    if np.linalg.matrix_rank(x) < x.shape[1]:
        raise NotEstimable("a covariate is determined by the others")
    with warnings.catch_warnings():
        # A level of which one arm has nobody runs away; its probabilities tend to 0 or 1, as they should.
        warnings.simplefilter("ignore")
        try:
            p = np.asarray(Logit(arm, x).fit(disp=0, maxiter=35).predict(x))
        except np.linalg.LinAlgError as error:
            raise NotEstimable("the covariates leave the propensity open") from error
    if np.abs(arm - p).max() < _TOLD_APART:
        raise NotEstimable("the covariates tell the arms apart without error")
    return pl.Series("propensity", p)


def weights(p: pl.Series, treated: pl.Series, kind: Weighting = "overlap") -> pl.Series:
    """Weights that make the arms alike in what the propensity ``p`` was made from.

    ``overlap`` (Li, Morgan and Zaslavsky 2018): 1 − p for the exposed, p for the others; bounded; the effect is that
    among people who might as well have been in either arm. ``iptw`` (Robins, Hernán and Brumback 2000): 1/p and
    1/(1 − p); the effect among all, and a few people with p near 0 or 1 can carry most of the weight.
    """
    chosen = pl.select(pl.when(treated.cast(pl.Boolean)).then(p).otherwise(1 - p).alias("weight"))["weight"]
    return 1 - chosen if kind == "overlap" else 1 / chosen


def overlap(p: pl.Series, treated: pl.Series) -> float:
    """The share that the distributions of the propensity in the two arms have in common, 0 to 1.

    The overlapping coefficient (Weitzman 1970) over twenty groups of people of equal size by propensity: 1 where
    the arms are alike, 0 where no one in one arm has a counterpart in the other.
    """
    place = ((p.rank("max") / len(p) * _BINS).ceil()).alias("place")
    arms = pl.DataFrame([place, treated.cast(pl.Boolean).alias("treated")])
    shares = arms.group_by("place").agg(
        exposed=pl.col("treated").sum() / treated.sum(), unexposed=(~pl.col("treated")).sum() / (~arms["treated"]).sum()
    )
    return float(shares.select(pl.min_horizontal("exposed", "unexposed").sum()).item())
