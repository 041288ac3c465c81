"""From scored pairs to persons: agency numbers, loose components, average linkage with vetoes.

An *entity* is what is one person without asking the model: the identities under one agency number, unless
they contradict each other, or a single identity.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

IDENTITIES = pl.Schema({"identity_id": pl.Int64(), "number_id": pl.Int64(), "rank": pl.Int64()})
"""``number_id`` 0 where there is none; ``rank`` orders identities by content, not by arrival."""
GROUPED = pl.Schema({"identity_id": pl.Int64(), "group": pl.Int64(), "probability": pl.Float64()})

LOOSE: Final = 0.0
"""Weight at which a pair ties a component together: probability one half."""
CUT: Final = 0.0
"""Average weight above which two clusters are one person."""
UNKNOWN: Final = -5.0
"""Weight of a pair of a component that was not scored: they share no block, or the component is too big."""

FULL_NUMBER: Final = 200
"""A number under which more sets of identifiers came stands for "unknown": nobody is written in so many ways."""

_Matrix = npt.NDArray[np.float64]


def components(identities: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    """``identity_id``, ``component``: tied by a number (one of a person) or by a likely pair that is not vetoed."""
    tied = edges.filter((pl.col("weight") >= LOOSE) & ~pl.col("vetoed")).select("left_id", "right_id")
    numbered = identities.filter((pl.col("number_id") != 0) & ~_over_full()).sort("identity_id")
    mates = numbered.select(left_id=pl.col("identity_id").first().over("number_id"), right_id="identity_id")
    ids = identities["identity_id"].to_numpy()
    label = _labels(ids, pl.concat([tied, mates]))
    return pl.DataFrame(
        {"identity_id": ids, "component": label}, schema={"identity_id": pl.Int64, "component": pl.Int64}
    )


def contradictory(identities: pl.DataFrame, edges: pl.DataFrame) -> pl.Series:
    """The numbers whose identities cannot all be one person."""
    numbers = identities.filter(pl.col("number_id") != 0).select("identity_id", "number_id")
    both = edges.filter("contradicts").join(numbers, left_on="left_id", right_on="identity_id")
    both = both.join(numbers, left_on="right_id", right_on="identity_id", suffix="_right")
    both = both.filter(pl.col("number_id") == pl.col("number_id_right"))
    return pl.concat([both["number_id"], numbers.filter(_over_full())["number_id"]]).unique().sort()


def _over_full() -> pl.Expr:
    return pl.len().over("number_id") > FULL_NUMBER


def group(identities: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    """The persons among the identities, as `GROUPED`; ``group`` is the identity of lowest rank in it.

    ``edges`` holds the scored pairs (`compare.SCORED`) of all components, those inside them completely.
    The probability is that of the average weight by which the identity's entity is held, 1 where nothing
    had to be inferred.
    """
    bad = contradictory(identities, edges)
    number, own = pl.col("number_id"), pl.col("identity_id")
    entities = identities.with_columns(
        entity=pl.when((number == 0) | number.is_in(bad.implode())).then(own).otherwise(number)
    )
    entities = entities.join(components(identities, edges), on="identity_id")
    ranked = entities.group_by("component", "entity").agg(pl.col("rank").min()).sort("component", "rank", "entity")
    grouped = _refined(ranked, _entity_pairs(entities, edges))
    first = entities.sort("rank", "identity_id").join(grouped, on="entity", maintain_order="left")
    first = first.with_columns(group=pl.col("identity_id").first().over("cluster"))
    return first.select("identity_id", "group", "probability").cast(GROUPED)


def _labels(ids: npt.NDArray[np.int64], pairs: pl.DataFrame) -> npt.NDArray[np.int64]:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    order = np.argsort(ids)
    ordered = ids[order]
    left = np.searchsorted(ordered, pairs["left_id"].to_numpy())
    right = np.searchsorted(ordered, pairs["right_id"].to_numpy())
    graph = coo_array((np.ones(len(left), np.int8), (left, right)), shape=(len(ids), len(ids)))
    _, labels = connected_components(graph, directed=False)
    found = np.empty(len(ids), np.int64)
    found[order] = labels
    return found


def _entity_pairs(entities: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    """Mean weight and veto of each pair of entities of a component; vetoed where most of their pairs are."""
    of = entities.select("identity_id", "entity", "component")
    pairs = edges.join(of, left_on="left_id", right_on="identity_id")
    pairs = pairs.join(of, left_on="right_id", right_on="identity_id", suffix="_right")
    pairs = pairs.filter(
        (pl.col("component") == pl.col("component_right")) & (pl.col("entity") != pl.col("entity_right"))
    )
    pairs = pairs.with_columns(
        low=pl.min_horizontal("entity", "entity_right"), high=pl.max_horizontal("entity", "entity_right")
    )
    return pairs.group_by("component", "low", "high").agg(pl.col("weight").mean(), vetoed=pl.col("vetoed").mean() > 0.5)


def _refined(ranked: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """``entity``, ``cluster`` (an entity), ``probability``: each component's entities, clustered.

    Only components in which something speaks against one person are walked through one by one.
    """
    size = ranked.group_by("component").len("size")
    judged = pairs.group_by("component").agg(
        pl.len().alias("pairs"), worst=pl.col("weight").min(), vetoed=pl.col("vetoed").any()
    )
    judged = size.join(judged, on="component", how="left")
    complete = pl.col("pairs") == pl.col("size") * (pl.col("size") - 1) // 2
    plain = judged.filter((pl.col("size") == 1) | (complete & (pl.col("worst") > CUT) & ~pl.col("vetoed")))
    whole = ranked.join(plain, on="component", how="semi").sort("component", "rank", "entity")
    whole = whole.with_columns(cluster=pl.col("entity").first().over("component"))
    held = pl.concat([pairs.select(entity="low", weight="weight"), pairs.select(entity="high", weight="weight")])
    whole = whole.join(held.group_by("entity").agg(pl.col("weight").mean()), on="entity", how="left")
    whole = whole.select("entity", "cluster", probability=(1 / (1 + (2.0 ** -pl.col("weight")))).fill_null(1.0))
    disputed = ranked.join(plain, on="component", how="anti").sort("component", "rank", "entity")
    of = {key[0]: part for key, part in pairs.partition_by("component", as_dict=True).items()}
    parts = [
        _average_linkage(part["entity"].to_list(), of.get(key[0], pairs.clear()))
        for key, part in disputed.partition_by("component", as_dict=True, maintain_order=True).items()
    ]
    return pl.concat([whole, *parts])


def _average_linkage(entities: list[int], pairs: pl.DataFrame) -> pl.DataFrame:
    """Join the two clusters of the highest average weight again and again, while it is positive and not vetoed."""
    weight, vetoed = _matrices(entities, pairs)
    size = np.ones(len(entities))
    member = np.arange(len(entities))
    joined = np.where(vetoed, -np.inf, weight)
    np.fill_diagonal(joined, -np.inf)
    while True:
        best = int(np.argmax(joined))
        keep, gone = sorted(divmod(best, len(entities)))
        if not joined[keep, gone] > CUT:
            break
        share = size[keep] / (size[keep] + size[gone])
        joined[keep] = joined[keep] * share + joined[gone] * (1 - share)
        joined[:, keep] = joined[keep]
        joined[gone], joined[:, gone], joined[keep, keep] = -np.inf, -np.inf, -np.inf
        size[keep] += size[gone]
        member[member == gone] = keep
    return pl.DataFrame(
        {
            "entity": entities,
            "cluster": [entities[i] for i in member],
            "probability": [_held(weight, member, i) for i in range(len(entities))],
        },
        schema={"entity": pl.Int64, "cluster": pl.Int64, "probability": pl.Float64},
    )


def _matrices(entities: list[int], pairs: pl.DataFrame) -> tuple[_Matrix, npt.NDArray[np.bool_]]:
    place = {entity: i for i, entity in enumerate(entities)}
    low = [place[entity] for entity in pairs["low"].to_list()]
    high = [place[entity] for entity in pairs["high"].to_list()]
    weight = np.full((len(entities), len(entities)), UNKNOWN)
    vetoed = np.zeros(weight.shape, bool)
    weight[low, high] = weight[high, low] = pairs["weight"].to_numpy()
    vetoed[low, high] = vetoed[high, low] = pairs["vetoed"].to_numpy()
    return weight, vetoed


def _held(weight: _Matrix, member: npt.NDArray[np.intp], entity: int) -> float:
    others = (member == member[entity]) & (np.arange(len(member)) != entity)
    if not others.any():
        return 1.0
    return 1 / (1 + math.exp2(-float(weight[entity][others].mean())))
