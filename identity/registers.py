"""Linking two registers: feeds that are known to hold each person once.

A record of a register then stands for at most one record of another, and what is matched is no longer open to the
rest: the fewer records are left on both sides, the likelier it is that two of them are one person. That is the beta
prior of bipartite matching (Sadinle 2017, "Bayesian Estimation of Bipartite Matchings for Record Linkage"), taken
greedily: the surest pairs first. Weights of comparisons stay as the model has them.
"""

import math
from typing import Final

import polars as pl

from identity.compare import PAIRS, SCORED
from identity.model import Model

_MOST: Final = 200.0
"""Weights beyond this would not fit into a number as odds."""


def matched(edges: pl.DataFrame, held: pl.DataFrame, model: Model) -> pl.DataFrame:
    """Of the scored pairs (`SCORED`) those that are each other's one match, at the chance they had when found.

    ``edges``: all candidates, without a floor: what is little beside a million may be enough beside ten.
    ``held``: ``identity_id`` and ``register`` of every identity of the two registers. The weights of the pairs found
    are those of `SCORED` with the chance of a match among what was left in the place of the model's prior.
    """
    sides = edges
    for side in PAIRS:
        sides = sides.join(held.rename({"identity_id": side, "register": f"in_{side}"}), on=side, how="inner")
    pairs = sides.filter((pl.col("in_left_id") != pl.col("in_right_id")) & ~pl.col("vetoed")).select(*SCORED)
    sizes = sorted(held["register"].value_counts()["count"].to_list())
    usual, found = _weight(model.prior), [pairs.clear()]
    while len(pairs):
        chance = _weight(_chance(sum(map(len, found)), sizes[0], sizes[-1]))
        new = _mutual(pairs.with_columns(pl.col("weight") + chance - usual))
        if new.is_empty():
            break
        found.append(new)
        for side in PAIRS:
            pairs = pairs.join(new, on=side, how="anti")
    return pl.concat(found)


def _chance(done: int, few: int, many: int) -> float:
    """That a pair of what is left is one person; before anything is known, half of the smaller register has a match."""
    return (done + 1) / (few + 2) / (many - done + 1)


def _weight(chance: float) -> float:
    return math.log2(chance / (1 - chance))


def _mutual(pairs: pl.DataFrame) -> pl.DataFrame:
    """The pairs that are likelier than all their rivals on both sides and than no match at all, taken together."""
    odds = pl.lit(2.0).pow(pl.col("weight").clip(-_MOST, _MOST))
    told = pairs.with_columns(odds=odds).with_columns(
        pl.max_horizontal(pl.col("odds").sum().over(side) for side in PAIRS).alias("all")
    )
    return told.filter(pl.col("odds") * 2 > pl.col("all") + 1).select(*SCORED)
