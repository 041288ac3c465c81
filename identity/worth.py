"""What agencies vouch for: numbers that were verified, numbers that no two people share.

No model can know it, so no weight says it: it overrules what weights and rules say of a pair.
"""

from collections.abc import Callable, Mapping
from typing import Final

import polars as pl

from identity.fields import UNIQUE, VERIFIED
from schemas.codes import ISSUED

FIELDS: Final = tuple(sorted(ISSUED))
SURE: Final = 10.0
"""What a pair weighs at least that carries the same unique number: a probability of .999."""

_PAIR: Final = ("left_id", "right_id")


def certain(standard: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Of the pairs those that carry one unique number: ``left_id``, ``right_id``."""
    both = _both(pairs.select(_PAIR), _vouched(standard))
    return both.filter(_any(_same, UNIQUE)).select(_PAIR)


def sharing(standard: pl.DataFrame) -> pl.DataFrame:
    """All pairs that carry one unique number, whether anything else brings them together: the lower id left."""
    known = _vouched(standard)
    pairs = [pl.DataFrame(schema=dict.fromkeys(_PAIR, pl.Int64))]
    for field in FIELDS:
        sole = known.filter(pl.col("vouched").str.contains(_pattern(field, UNIQUE))).select("identity_id", field)
        both = sole.join(sole, on=field, suffix="_right").filter(pl.col("identity_id") < pl.col("identity_id_right"))
        pairs.append(both.select(left_id="identity_id", right_id="identity_id_right"))
    return pl.concat(pairs).unique()


def is_unique(kinds: Mapping[int, str]) -> pl.Expr:
    """Whether ``vouched`` says that no two people carry the number whose field ``kind`` names."""
    issued = {kind: field for kind, field in kinds.items() if field in FIELDS}
    says = (
        (pl.col("kind") == kind) & pl.col("vouched").str.contains(_pattern(field, UNIQUE)).fill_null(value=False)
        for kind, field in issued.items()
    )
    return pl.any_horizontal(*says)


def settle(scored: pl.DataFrame, standard: pl.DataFrame) -> pl.DataFrame:
    """The scored pairs (`compare.SCORED`), overruled where both sides' numbers are vouched for.

    Two verified numbers that differ are two people's, even under one number of an agency; else no rule speaks against
    two that agree, and two unique ones are one person's.
    """
    known = _vouched(standard)
    if known.is_empty():
        return scored
    differ, agree, one = _any(_differ, VERIFIED), _any(_same, VERIFIED), _any(_same, UNIQUE)
    both = _both(scored.select(_PAIR), known)
    ruled = both.select(*_PAIR, apart=differ, together=~differ & (agree | one), sure=~differ & one)
    found = scored.join(ruled, on=list(_PAIR), how="left", maintain_order="left").with_columns(
        pl.col("apart", "together", "sure").fill_null(value=False)
    )
    weight = pl.when("sure").then(pl.max_horizontal("weight", SURE)).otherwise("weight")
    forbidden = {name: (pl.col(name) | pl.col("apart")) & ~pl.col("together") for name in ("vetoed", "contradicts")}
    rivals = pl.col("rivals") & ~pl.col("together")
    return found.with_columns(weight=weight, rivals=rivals, **forbidden).select(scored.columns)


def _vouched(standard: pl.DataFrame) -> pl.DataFrame:
    """The identities for whose numbers anything is vouched: ``identity_id``, `FIELDS`, and ``vouched``."""
    return standard.filter(pl.col("vouched").is_not_null()).select("identity_id", *FIELDS, "vouched")


def _both(pairs: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """The pairs of which something is vouched for on both sides, with the numbers of either (``_l``, ``_r``)."""
    for side in _PAIR:
        named = {name: f"{name}_{side[0]}" for name in known.columns if name != "identity_id"}
        pairs = pairs.join(known.rename({"identity_id": side, **named}), on=side)
    return pairs


def _any(how: Callable[[str], pl.Expr], worth: str) -> pl.Expr:
    """Whether any field of which both sides say ``worth`` is the same, or differs."""
    return pl.any_horizontal(how(field) & _says(field, worth) for field in FIELDS)


def _same(field: str) -> pl.Expr:
    return (pl.col(f"{field}_l") == pl.col(f"{field}_r")).fill_null(value=False)


def _differ(field: str) -> pl.Expr:
    return (pl.col(f"{field}_l") != pl.col(f"{field}_r")).fill_null(value=False)


def _says(field: str, worth: str) -> pl.Expr:
    return pl.all_horizontal(pl.col(f"vouched_{side}").str.contains(_pattern(field, worth)) for side in "lr")


def _pattern(field: str, worth: str) -> str:
    return rf"{worth}:[^;]*\b{field}\b"
