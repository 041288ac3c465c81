"""What each comparison of a pair weighs: from the prior, one step after the other, to the weight of its edge.

It is computed from the model, level by level, as Splink's documentation defines it: log₂(m/u) of the level that the
pair falls into, and log₂(u/frequency) where the level replaces u by how common the value is.
"""

import math
from typing import Final

import polars as pl

from identity.compare import PAIRS, compare, ruled
from identity.model import Model

BARS = pl.Schema({
    **PAIRS, "place": pl.Int64(), "comparison": pl.String(), "level": pl.String(), "bits": pl.Float64(),
    "rarity": pl.Float64(),
})  # fmt: skip
"""One row per step of a pair, in the order of ``place``: the ``prior`` first, then the model's comparisons.

``level`` names the level that the pair fell into, `EMPTY` where one side says nothing. ``bits`` is the whole of the
step; ``rarity`` the part of it that comes from how rare the value is. Where relatives, namesakes or pairs of which
little is known weigh less than their fields say, a last step takes that off. The bits of a pair sum to its weight.
"""

PRIOR: Final = "prior"
EMPTY: Final = "empty"
RULE: Final = "rule"


def waterfall(standard: pl.DataFrame, pairs: pl.DataFrame, model: Model) -> pl.DataFrame:
    """The steps of the pairs (`compare.PAIRS`), as `BARS`; ``standard`` holds all their identities."""
    if pairs.is_empty():
        return pl.DataFrame(schema=BARS)
    compared = compare(standard, pairs, model)
    frequencies = model.frequencies(standard)
    columns = [name for name in frequencies.columns if name.startswith("tf_")]
    for side in ("left_id", "right_id"):
        compared = compared.join(
            frequencies.select(pl.col("identity_id").alias(side), pl.col(columns).name.suffix(f"_{side}")), on=side
        )
    steps = [_prior(compared, model)]
    steps += [_step(compared, model, name, place) for place, name in enumerate(model.comparisons, 1)]
    return pl.concat([*steps, _rule(compared, model, len(steps))]).sort("left_id", "right_id", "place")


def _prior(compared: pl.DataFrame, model: Model) -> pl.DataFrame:
    bits = math.log2(model.prior / (1 - model.prior))
    return compared.select(
        *PAIRS, place=pl.lit(0), comparison=pl.lit(PRIOR), level=pl.lit(PRIOR), bits=pl.lit(bits), rarity=pl.lit(0.0)
    ).cast(BARS)


def _step(compared: pl.DataFrame, model: Model, name: str, place: int) -> pl.DataFrame:
    """One comparison of all pairs."""
    levels = model.comparisons[name]
    gamma = pl.col(f"gamma_{name}")
    label, plain, rarity = pl.lit(EMPTY), pl.lit(0.0), pl.lit(0.0)
    for level, numbers in levels.items():
        met = gamma == model.gamma(name, level)
        label = pl.when(met).then(pl.lit(level)).otherwise(label)
        plain = pl.when(met).then(math.log2(numbers.m / numbers.u)).otherwise(plain)
        if numbers.frequency:
            rarity = pl.when(met).then(_rarity(numbers.frequency, numbers.u)).otherwise(rarity)
    return compared.select(
        *PAIRS, place=pl.lit(place), comparison=pl.lit(name), level=label, bits=plain + rarity, rarity=rarity
    ).cast(BARS)


def _rule(compared: pl.DataFrame, model: Model, place: int) -> pl.DataFrame:
    """What a rule takes off the weight of a pair."""
    both = compared.select(*PAIRS, "match_weight").join(ruled(compared, model), on=list(PAIRS))
    less = both.with_columns(bits=pl.col("weight") - pl.col("match_weight")).filter(pl.col("bits") < 0)
    return less.select(
        *PAIRS,
        place=pl.lit(place),
        comparison=pl.lit(RULE),
        level=pl.lit("relatives, namesakes, little known"),
        bits="bits",
        rarity=pl.lit(0.0),
    ).cast(BARS)


def _rarity(column: str, u: float) -> pl.Expr:
    """What is added where the value is rarer than the level's values are on the whole: the commoner side counts."""
    common = pl.max_horizontal(f"tf_{column}_left_id", f"tf_{column}_right_id")
    return (math.log2(u) - common.log(2)).fill_null(0.0)
