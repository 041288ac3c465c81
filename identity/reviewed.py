"""How good a partition is by the judgement of reviewers: pairs drawn at random within bands of probability.

Pairs of the review queue are chosen because they matter and say nothing about the others; those of a draw do.
Pairs that no block brings together are in no draw: what reviewers find missing is missing among scored pairs.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from identity.intervals import TAIL, wilson
from identity.quality import OVERALL, QUALITY, band, divided, divisions

DRAWN: Final = pl.Schema({
    "left_id": pl.Int64(), "right_id": pl.Int64(), "weight": pl.Float64(), "joined": pl.Boolean(),
})  # fmt: skip
"""A pair to be judged, and how it stood when it was drawn: a decision that binds changes that."""
REVIEWED: Final = pl.Schema({**DRAWN, "together": pl.Boolean()})

_DRAWS: Final = 4000
_STRATUM: Final = ("joined", "band")


def draw(members: pl.DataFrame, edges: pl.DataFrame, each: int, seed: int) -> pl.DataFrame:
    """``each`` pairs, as `DRAWN`, of each band of probability, of those joined and of those apart.

    ``members``: `quality.MEMBERS`, ``edges``: `compare.SCORED`. The same seed draws the same pairs from the same ones.
    """
    pairs = _placed(members, edges).sort("left_id", "right_id")
    order = pl.Series("order", np.random.default_rng(seed).permutation(pairs.height))
    drawn = pairs.with_columns(order).sort("order").group_by(_STRATUM, maintain_order=True).head(each)
    return drawn.select(list(DRAWN))


def estimate(members: pl.DataFrame, edges: pl.DataFrame, reviewed: pl.DataFrame) -> pl.DataFrame:
    """What the judged pairs (`REVIEWED`) say of all scored pairs, as `quality.QUALITY`.

    ``review_yield``: by whether they were joined and by band, the share that is one person, with Wilson's interval.
    ``false_discovery_reviewed``: the share of joined pairs that are two people; ``false_negative_reviewed``: the share
    of the pairs of one person that are not joined; by what `quality.measure` divides by, a pair counting for the
    levels of both ends. Each stratum's share counts by the number of its pairs; intervals are 95 % of draws from the
    strata's posteriors (Jeffreys' prior), so that a stratum that nobody looked at makes them wide. ``n``: judged pairs.
    """
    known = divided(members)
    pairs = _placed(known, edges)
    judged = reviewed.with_columns(band=band("weight"))
    parts = [_yields(judged)]
    for grp in divisions(known):
        population = _levelled(known, pairs, grp).group_by("level", *_STRATUM).len("pairs")
        seen = _levelled(known, judged, grp).group_by("level", *_STRATUM).agg(
            pl.len().alias("n"), pl.col("together").sum().alias("one")
        )  # fmt: skip
        strata = population.join(seen, on=["level", *_STRATUM], how="left").with_columns(
            pl.col("n", "one").fill_null(0)
        )
        parts += [
            rows.with_columns(grp=pl.lit(grp), level=pl.lit(level))
            for (level,), stratum in strata.sort("level", *_STRATUM).group_by("level", maintain_order=True)
            for rows in [_shares(stratum)]
        ]
    return pl.concat(parts, how="diagonal_relaxed").select(list(QUALITY)).cast(QUALITY)


def _placed(members: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    of = members.select("identity_id", "group")
    placed = edges.select("left_id", "right_id", "weight").join(of, left_on="left_id", right_on="identity_id")
    placed = placed.join(of, left_on="right_id", right_on="identity_id", suffix="_right")
    joined = (pl.col("group") == pl.col("group_right")).alias("joined")
    return placed.select("left_id", "right_id", "weight", joined, band=band("weight"))


def _levelled(known: pl.DataFrame, pairs: pl.DataFrame, grp: str) -> pl.DataFrame:
    """The pairs under the level of either end: once where both have the same."""
    if grp == OVERALL:
        return pairs.with_columns(level=pl.lit(OVERALL))
    of = known.select("identity_id", level=grp)
    ends = [pairs.join(of, left_on=end, right_on="identity_id") for end in ("left_id", "right_id")]
    return pl.concat(ends).unique(["left_id", "right_id", "level"])


def _yields(judged: pl.DataFrame) -> pl.DataFrame:
    counted = judged.group_by(_STRATUM).agg(pl.len().alias("n"), pl.col("together").sum().alias("one"))
    counted = counted.sort("joined", "band", descending=[True, False])
    value, low, high = wilson(counted["one"].to_numpy(), counted["n"].to_numpy())
    return counted.select(
        pl.lit("review_yield").alias("metric"),
        pl.when("joined").then(pl.lit("joined")).otherwise(pl.lit("apart")).alias("grp"),
        pl.col("band").alias("level"), "n",
        value=pl.Series(value), low=pl.Series(low), high=pl.Series(high),
    )  # fmt: skip


def _shares(strata: pl.DataFrame) -> pl.DataFrame:
    """The two shares of one level from its strata."""
    n, one, pairs = (strata[name].to_numpy().astype(float) for name in ("n", "one", "pairs"))
    joined = strata["joined"].to_numpy()
    seen = np.where(n > 0, one / np.maximum(n, 1), np.nan)
    posterior = np.random.default_rng(0).beta(one + 0.5, n - one + 0.5, (_DRAWS, len(n)))
    metrics = {"false_discovery_reviewed": _wrong, "false_negative_reviewed": _missed}
    rows = []
    for metric, share in metrics.items():
        value = share(seen[np.newaxis], pairs, joined)[0]
        drawn = share(posterior, pairs, joined)
        drawn = drawn[np.isfinite(drawn)]
        low, high = np.quantile(drawn, (TAIL, 1 - TAIL)) if len(drawn) else (np.nan, np.nan)
        limits = {"value": value, "low": min(low, value), "high": max(high, value)}
        rows.append({"metric": metric, "n": int(n.sum())} | limits)
    return pl.DataFrame(rows).with_columns(pl.col("value", "low", "high").fill_nan(None))


def _wrong(
    one: npt.NDArray[np.float64], pairs: npt.NDArray[np.float64], joined: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    with np.errstate(invalid="ignore"):
        return np.asarray(((1 - one) * pairs)[:, joined].sum(axis=1) / pairs[joined].sum())


def _missed(
    one: npt.NDArray[np.float64], pairs: npt.NDArray[np.float64], joined: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    true = one * pairs
    with np.errstate(invalid="ignore"):
        return np.asarray(true[:, ~joined].sum(axis=1) / true.sum(axis=1))
