"""Between two registers: who is left without a counterpart, and joins the one that is left on the other side.

Where two registers hold each person once, a record of one has at most one counterpart in the other. When the sure
pairs are made, few are left, and one of them need be told only from the few others: not from everybody. How many of
those left have a counterpart at all, ρ, the pairs tell themselves: it is estimated by expectation and maximisation
(Dempster, Laird and Rubin 1977) from the likelihood ratios of all pairs of those left. The odds that b is the
counterpart of a are then ρ·L(a,b)/n against (1 - ρ) + ρ·ΣL(a,b')/n over the others (Fellegi and Sunter 1969 under
one-to-one, as in Jaro 1989). Where ρ is below a half, those left are rather strangers: nobody joins.

Who is left follows from the partition by weights alone, never from what joins here: the order of batches is no matter.
"""

from collections.abc import Callable, Iterator
from itertools import combinations
from math import log2
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from identity.model import Model

LEFT: Final = pl.Schema({
    "identity_id": pl.Int64(), "rank": pl.Int64(), "register_id": pl.Int64(), "other_id": pl.Int64(),
    "lead_id": pl.Int64(),
})  # fmt: skip
"""An identity of a register whose group, named ``lead_id``, holds nobody of the register ``other_id``."""
JOINS: Final = pl.Schema({"left_id": pl.Int64(), "right_id": pl.Int64(), "probability": pl.Float64()})
"""Two groups that join, named by their leads."""
MOST: Final = 500
"""Of more identities left on a side than these none is told from the others by being left."""
LIKELY: Final = 0.5
_CERTAIN: Final = 0.99
"""ρ is never taken for certain: somebody may always have no counterpart."""
_ROUNDS: Final = 100
_STEPS: Final = 200
_PARTS: Final = {"group": 0.5, "group_90": 0.9, "group_99": 0.99}

Scorer = Callable[[pl.DataFrame], pl.DataFrame]
"""Pairs (`compare.PAIRS`) → `compare.SCORED`, all of them."""
Numbers = npt.NDArray[np.float64]


def left(grouped: pl.DataFrame, numbers: pl.DataFrame, register: pl.DataFrame, every: pl.Series) -> pl.DataFrame:
    """Who is left (`LEFT`) in a partition by weights: `clusters.GROUPED`, `clusters.IDENTITIES`, `registers.HELD`.

    ``every``: the registers that there are.
    """
    held = grouped.select("identity_id", lead_id="group").join(register, on="identity_id")
    there = held.select("lead_id", other_id="register_id").unique()
    others = every.rename("other_id").to_frame()
    wanted = held.join(others, how="cross").filter(pl.col("register_id") != pl.col("other_id"))
    alone = wanted.join(there, on=["lead_id", "other_id"], how="anti")
    return alone.join(numbers.select("identity_id", "rank"), on="identity_id").select(list(LEFT)).cast(LEFT)


def joins(found: pl.DataFrame, scorer: Scorer, model: Model) -> pl.DataFrame:
    """Which groups of those left (`LEFT`) join, as `JOINS`; ``model`` gives the prior that the scores hold."""
    registers = found["register_id"].unique().sort().to_list()
    parts = [_between(found, one, other, scorer, log2(model.prior / (1 - model.prior)))
             for one, other in combinations(registers, 2)]  # fmt: skip
    return pl.concat([JOINS.to_frame(), *parts])


def _between(found: pl.DataFrame, one: int, other: int, scorer: Scorer, prior: float) -> pl.DataFrame:
    sides = [found.filter(register_id=here, other_id=there).sort("rank", "identity_id")
             for here, there in ((one, other), (other, one))]  # fmt: skip
    leads = [side["lead_id"].unique(maintain_order=True) for side in sides]
    if not all(0 < side.height <= MOST for side in sides):
        return JOINS.to_frame()
    weight, barred = _weights(sides[0], sides[1], leads[0], leads[1], scorer)
    chance = _counterparts(np.where(barred, 0.0, np.exp2(weight - prior)))
    rows, columns = np.nonzero(chance > LIKELY)
    names = [lead.gather(pl.Series(place)) for lead, place in zip(leads, (rows, columns), strict=True)]
    return _lower_left(*names).with_columns(probability=pl.Series(_stated(chance[rows, columns]))).cast(JOINS)


def _stated(chance: Numbers) -> Numbers:
    """Rounded down: a batch that hardly moves a probability need not state everybody anew."""
    return np.floor(chance * _STEPS) / _STEPS


def _lower_left(one: pl.Series, other: pl.Series) -> pl.DataFrame:
    """``left_id``, ``right_id``, row by row."""
    both = pl.DataFrame({"one": one, "other": other}, schema={"one": pl.Int64, "other": pl.Int64})
    return both.select(left_id=pl.min_horizontal("one", "other"), right_id=pl.max_horizontal("one", "other"))


def _weights(
    here: pl.DataFrame, there: pl.DataFrame, leads: pl.Series, others: pl.Series, scorer: Scorer
) -> tuple[Numbers, npt.NDArray[np.bool_]]:
    """Mean weight of each pair of groups in bits, and whether most of its pairs are vetoed, or rivals."""
    cross = here.select("identity_id", "lead_id").join(there.select("identity_id", "lead_id"), how="cross", suffix="_r")
    pairs = _lower_left(cross["identity_id"], cross["identity_id_r"])
    scored = pairs.join(scorer(pairs.unique()), on=pairs.columns, how="left", maintain_order="left")
    row, column = (np.argsort(lead.to_numpy(), kind="stable") for lead in (leads, others))
    at = (row[np.searchsorted(leads.to_numpy()[row], cross["lead_id"].to_numpy())],
          column[np.searchsorted(others.to_numpy()[column], cross["lead_id_r"].to_numpy())])  # fmt: skip
    shape = len(leads), len(others)
    count, weight, against = (np.zeros(shape) for _ in range(3))
    np.add.at(count, at, 1)
    np.add.at(weight, at, scored["weight"].to_numpy())
    np.add.at(against, at, (scored["vetoed"] | scored["rivals"]).to_numpy())
    return weight / count, against * 2 > count


def _counterparts(ratio: Numbers) -> Numbers:
    """The probability that each pair of groups is one person, from the likelihood ratios; 0 where ρ is below a half.

    The lower of what the two sides say.
    """
    count = max(ratio.shape)
    share = LIKELY
    for _ in range(_ROUNDS):
        share = min(_CERTAIN, float(_posterior(ratio, share, count, 1).sum()) / min(ratio.shape))
    if share < LIKELY:
        return np.zeros(ratio.shape)
    return np.minimum(_posterior(ratio, share, count, 0), _posterior(ratio, share, count, 1))


def _posterior(ratio: Numbers, share: float, count: int, axis: int) -> Numbers:
    odds = share * ratio / count
    found: Numbers = odds / ((1 - share) + odds.sum(axis=axis, keepdims=True))
    return found


def applied(
    grouped: pl.DataFrame, joined: pl.DataFrame, numbers: pl.DataFrame, register: pl.DataFrame, decided: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The partition after the joins whose groups are in it, the surest first, and those `JOINS` that could be made.

    None brings together two numbers of one register, or what was decided to be two people.
    """
    here = joined.filter(pl.all_horizontal(pl.col(name).is_in(grouped["group"].implode()) for name in ENDS))
    if here.is_empty():
        return grouped, JOINS.to_frame()
    touched = pl.col("group").is_in(pl.concat([here[name] for name in ENDS]).implode())
    members = grouped.filter(touched).join(numbers.select("identity_id", "number_id", "rank"), on="identity_id")
    made = list(_allowed(here.sort("probability", *ENDS, descending=[True, False, False]), members, register, decided))
    for row in made:
        members = _one(members, *row)
    return (
        pl.concat([grouped.filter(~touched), members.select(grouped.columns)]),
        pl.DataFrame(made, schema=JOINS, orient="row"),
    )


ENDS: Final = ("left_id", "right_id")


def _allowed(
    joined: pl.DataFrame, members: pl.DataFrame, register: pl.DataFrame, decided: pl.DataFrame
) -> Iterator[tuple[int, int, float]]:
    """The joins that nothing speaks against, one after the other: those left are few."""
    numbers = members.join(register, on="identity_id").select("group", "register_id", "number_id").unique()
    held = {(lead, place): number for lead, place, number in numbers.iter_rows()}
    places = register["register_id"].unique().to_list()
    apart = _apart(members, decided)
    together = {lead: {lead} for lead in members["group"].unique().to_list()}
    for one, other, chance in joined.iter_rows():
        both = together[one] | together[other]
        counted = [{held[lead, place] for lead in both if (lead, place) in held} for place in places]
        clash = any((a, b) in apart for a in together[one] for b in together[other])
        if together[one] is not together[other] and not clash and all(len(found) < 2 for found in counted):
            together |= dict.fromkeys(both, both)
            yield one, other, chance


def _apart(members: pl.DataFrame, decided: pl.DataFrame) -> set[tuple[int, int]]:
    """Pairs of groups, both ways round, of which two identities were decided to be two people."""
    of = members.select("identity_id", "group")
    two = decided.filter(~pl.col("together")).join(of, left_on="left_id", right_on="identity_id")
    two = two.join(of, left_on="right_id", right_on="identity_id", suffix="_r").select("group", "group_r")
    return {pair for one, other in two.iter_rows() for pair in ((one, other), (other, one))}


def _one(members: pl.DataFrame, one: int, other: int, chance: float) -> pl.DataFrame:
    """Let two groups be one, and their parts at stricter thresholds where the probability reaches them.

    What is joined is named after the identity of lowest rank, as all groups are.
    """
    ends = members.filter(pl.col("identity_id").is_in([one, other]))
    for part, threshold in _PARTS.items():
        if chance >= threshold:
            names = members.filter(pl.col("identity_id").is_in(ends[part].implode())).sort("rank", "identity_id")
            lead = names["identity_id"].first()
            members = members.with_columns(
                pl.when(pl.col(part).is_in(ends[part].implode())).then(lead).otherwise(part).alias(part)
            )
    both = pl.col("group") == members.filter(pl.col("identity_id") == one)["group"].first()
    lower = pl.when(both).then(pl.min_horizontal("probability", pl.lit(chance))).otherwise("probability")
    return members.with_columns(lower.alias("probability"))


def settled(
    grouped: pl.DataFrame, numbers: pl.DataFrame, register: pl.DataFrame, decided: pl.DataFrame, scorer: Scorer,
    model: Model,
) -> pl.DataFrame:  # fmt: skip
    """A whole partition by weights (`clusters.GROUPED`), with those left between registers joined."""
    joined = joins(left(grouped, numbers, register, register["register_id"].unique()), scorer, model)
    return applied(grouped, joined, numbers, register, decided)[0]
