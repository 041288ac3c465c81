"""From scored pairs to persons: decisions, agency numbers, loose components, average linkage with vetoes.

An *entity* is what is one person without asking the model: the identities under one agency number, unless
they contradict each other, what a reviewer has put together, or a single identity.
"""

import math
from typing import Final

import numpy as np
import polars as pl

from identity.average import LEAST, MOST, UNIT, UNKNOWN, Pairs, Whole, linked, units
from identity.compare import PAIRS, ordered
from identity.connected import labels
from identity.encode import Places
from identity.registers import exclusive

THRESHOLDS: Final = (0.5, 0.9, 0.99)
"""Probabilities at which persons are made: the first is the main one, the others refine it."""

IDENTITIES = pl.Schema({"identity_id": pl.Int64(), "number_id": pl.Int64(), "rank": pl.Int64()})
"""``number_id`` 0 where there is none; ``rank`` orders identities by content, not by arrival."""
DECIDED = pl.Schema({**PAIRS, "together": pl.Boolean()})
"""What reviewers decided: the lower id left, at most one row a pair."""
GROUPED = pl.Schema({
    "identity_id": pl.Int64(), "group": pl.Int64(), "group_90": pl.Int64(), "group_99": pl.Int64(),
    "probability": pl.Float64(),
})  # fmt: skip
"""Groups are named after their identity of lowest rank; ``group_90`` and ``group_99`` are parts of ``group``."""

LOOSE: Final = 0.0
"""Weight at which a pair ties a component together: probability one half."""
WHOLE: Final = 60
"""Components of up to so many entities have every pair scored; a bigger one is tied anew at higher weights."""
_STEPS: Final = (4.0, 8.0, 12.0, 16.0, 20.0, 24.0, 28.0, 32.0)
FULL_NUMBER: Final = 200
"""A number under which more sets of identifiers came stands for "unknown": nobody is written in so many ways."""


def unscored(identities: pl.DataFrame, edges: pl.DataFrame, decided: pl.DataFrame | None = None) -> pl.DataFrame:
    """`PAIRS` inside components that no block brought together: to be scored before `group`."""
    return Clustering(identities, edges, decided).unscored()


def mates(numbered: pl.DataFrame) -> pl.DataFrame:
    """`PAIRS` of identities under one agency number that is not over-full; ``numbered``: identity_id, number_id."""
    usable = _several(numbered).filter(~_over_full()).select("identity_id", "number_id")
    met = usable.join(usable, on="number_id", suffix="_other").filter(
        pl.col("identity_id") < pl.col("identity_id_other")
    )
    return ordered(met["identity_id"], met["identity_id_other"])


def contradictory(identities: pl.DataFrame, edges: pl.DataFrame) -> pl.Series:
    """The numbers whose identities cannot all be one person."""
    numbers = identities.filter(pl.col("number_id") != 0).select("identity_id", "number_id")
    both = edges.filter("contradicts").join(numbers, left_on="left_id", right_on="identity_id")
    both = both.join(numbers, left_on="right_id", right_on="identity_id", suffix="_right")
    both = both.filter(pl.col("number_id") == pl.col("number_id_right"))
    return pl.concat([both["number_id"], _several(numbers).filter(_over_full())["number_id"]]).unique().sort()


def group(
    identities: pl.DataFrame,
    edges: pl.DataFrame,
    decided: pl.DataFrame | None = None,
    register: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The persons among the identities, as `GROUPED`.

    ``edges`` holds the scored pairs (`compare.SCORED`) of all components, those inside them completely;
    ``decided`` (`DECIDED`) what reviewers decided: who must be together is (also through others), and who must
    not be is apart, whatever numbers and weights say. A number that holds together what was decided to be two
    people holds nothing. Two numbers of one ``register`` (`registers.HELD`) are two people, unless a reviewer says
    otherwise. The probability is that of the average weight by which the identity's entity is held, 1 where nothing
    had to be inferred.
    """
    return Clustering(identities, edges, decided).group(register)


class Clustering:
    """Identities with the scored pairs between them, on the way to persons."""

    def __init__(self, identities: pl.DataFrame, edges: pl.DataFrame, decided: pl.DataFrame | None = None) -> None:
        """Find entities and components. An entity is named after its lowest place, and so is a component.

        A component is tied by a number, a decision, or a likely pair that is not vetoed. One of more than `WHOLE`
        entities is tied anew by pairs of 4 bits and more, what is still too big by 8 and more, up to 32: a function
        of the pairs alone.
        """
        self._identities = identities
        self._nodes = _Nodes(identities)
        self._edges = _Edges(self._nodes, edges, decided)
        bad = contradictory(identities, edges)
        self._entity = _entities(self._nodes, identities, bad, decided, self._edges)
        self._component = _components(self._entity, self._edges)

    def unscored(self) -> pl.DataFrame:
        """`PAIRS` inside components that no block brought together: to be scored and added before `group`."""
        entity, component = self._entity, self._component
        size = np.bincount(component, minlength=len(component))[component]
        entities = np.bincount(component[_heads(entity)[0]], minlength=len(component))[component]
        rows = pl.DataFrame({"node": np.arange(len(component)), "entity": entity, "component": component})
        rows = rows.filter(pl.Series((size > 2) & (entities > 1) & (entities <= WHOLE)))
        every = rows.join(rows, on="component", suffix="_other")
        every = every.filter((pl.col("node") < pl.col("node_other")) & (pl.col("entity") != pl.col("entity_other")))
        met = pl.Series(every["node"].to_numpy() << 32 | every["node_other"].to_numpy())
        known = pl.Series(self._edges.one << 32 | self._edges.other)
        missing = met.filter(~met.is_in(known.implode())).to_numpy()
        one, other = self._nodes.ids[missing >> 32], self._nodes.ids[missing & 0xFFFF_FFFF]
        return ordered(pl.Series(one), pl.Series(other))

    def add(self, scored: pl.DataFrame) -> None:
        """Take in what was `unscored`: it lies inside components, and therefore changes none of them."""
        self._edges.add(_Edges(self._nodes, scored, None))

    def group(self, register: pl.DataFrame | None = None) -> pl.DataFrame:
        """The persons, as `group` has them."""
        found = self._edges
        if register is not None and register.height:
            found.apart = _exclusive(self._nodes, self._identities, self._entity, self._component, register, found)
        heads, place = _heads(self._entity)
        cuts = tuple(math.log2(threshold / (1 - threshold)) for threshold in THRESHOLDS)
        cluster, held = linked(self._component[heads], _entity_pairs(place, self._component, found), cuts)
        groups = self._nodes.ids[heads[cluster]][:, place]
        columns = [self._nodes.ids, *groups, 1 / (1 + np.exp2(-held[place]))]
        return pl.DataFrame(columns, schema=GROUPED, strict=False, orient="col")


class _Nodes:
    """Identities as the places 0, 1, … of their rank."""

    def __init__(self, identities: pl.DataFrame) -> None:
        given = identities["identity_id"].to_numpy()
        self._given = Places(given)
        order = identities.select(pl.arg_sort_by("rank", "identity_id")).to_series().to_numpy()
        self.ids = given[order]
        self._place = np.full(len(order) + 1, -1)
        self._place[order] = np.arange(len(order))

    def places(self, ids: pl.Series) -> Whole:
        """Places of identities, -1 of those that are none of these."""
        return self._place[self._given.of(ids.to_numpy())]


class _Edges:
    """Scored pairs and separations as places: ``one`` < ``other``."""

    def __init__(self, nodes: _Nodes, edges: pl.DataFrame, decided: pl.DataFrame | None) -> None:
        one, other = nodes.places(edges["left_id"]), nodes.places(edges["right_id"])
        known = (one >= 0) & (other >= 0)
        self.one, self.other = np.minimum(one, other)[known], np.maximum(one, other)[known]
        self.weight = units(np.maximum(edges["weight"].to_numpy(), LEAST))[known]
        self.vetoed = edges["vetoed"].to_numpy().astype(bool)[known]
        self.rivals = edges["rivals"].to_numpy().astype(bool)[known]
        self.apart = _decisions(nodes, decided, together=False)

    def add(self, more: "_Edges") -> None:
        """Take in further pairs."""
        for name in ("one", "other", "weight", "vetoed", "rivals"):
            setattr(self, name, np.concatenate([getattr(self, name), getattr(more, name)]))


def _decisions(nodes: _Nodes, decided: pl.DataFrame | None, *, together: bool) -> tuple[Whole, Whole]:
    if decided is None or decided.is_empty():
        return np.empty(0, np.int64), np.empty(0, np.int64)
    rows = decided.filter(pl.col("together") == together)
    one, other = nodes.places(rows["left_id"]), nodes.places(rows["right_id"])
    known = (one >= 0) & (other >= 0)
    return one[known], other[known]


def _tied(
    nodes: _Nodes, identities: pl.DataFrame, decided: pl.DataFrame | None, without: pl.Series
) -> tuple[Whole, Whole]:
    """Ties that ask no model: mates under a number (but those ``without``), and decisions."""
    numbered = _several(identities).filter(~_over_full() & ~pl.col("number_id").is_in(without.implode()))
    mates = numbered.select("identity_id", first=pl.col("identity_id").first().over("number_id"))
    one, other = _decisions(nodes, decided, together=True)
    return np.r_[nodes.places(mates["first"]), one], np.r_[nodes.places(mates["identity_id"]), other]


def _several(numbered: pl.DataFrame) -> pl.DataFrame:
    """The rows whose number others have too: to look for those first is faster than to count all."""
    return numbered.filter((pl.col("number_id") != 0) & pl.col("number_id").is_duplicated())


def _over_full() -> pl.Expr:
    return pl.len().over("number_id") > FULL_NUMBER


def _entities(
    nodes: _Nodes, identities: pl.DataFrame, bad: pl.Series, decided: pl.DataFrame | None, edges: _Edges
) -> Whole:
    """The entity of each node, as the lowest place in it."""
    one, other = edges.apart
    # First the numbers that hold two such people by themselves, then all of an entity that does so through others.
    for chain in (False, True):
        entity = labels(len(nodes.ids), *_tied(nodes, identities, decided, bad))
        clash = entity[one] == entity[other]
        if not clash.any():
            return entity
        numbers = pl.DataFrame({"place": nodes.places(identities["identity_id"]), "number": identities["number_id"]})
        number = numbers.sort("place")["number"]
        of = number.gather(pl.Series(one[clash])), number.gather(pl.Series(other[clash]))
        guilty = of[0].filter(of[0] == of[1])
        if chain:
            guilty = number.filter(pl.Series(np.isin(entity, entity[one[clash]])))
        bad = pl.concat([bad, guilty.filter(guilty != 0)]).unique()
    return labels(len(nodes.ids), *_tied(nodes, identities, decided, bad))


def _exclusive(
    nodes: _Nodes, identities: pl.DataFrame, entity: Whole, component: Whole, register: pl.DataFrame, edges: _Edges
) -> tuple[Whole, Whole]:
    """What decisions keep apart, and two numbers of one register in a component that is not too big to be clustered."""
    numbered = identities.filter((pl.col("number_id") != 0) & ~_over_full()).select("identity_id", "number_id")
    node = entity[nodes.places(numbered["identity_id"])]
    small = (np.bincount(component[_heads(entity)[0]], minlength=len(component)) <= MOST)[component[node]]
    numbers = numbered.with_columns(node=pl.Series(node), component=pl.Series(component[node])).filter(pl.Series(small))
    pairs = exclusive(numbers, register)
    one, other = edges.apart
    return np.r_[one, pairs["node"].to_numpy()], np.r_[other, pairs["node_other"].to_numpy()]


def _heads(entity: Whole) -> tuple[Whole, Whole]:
    """The lowest place of each entity, ascending, and for each node which of them is its own."""
    is_head = entity == np.arange(len(entity))
    return np.flatnonzero(is_head), (np.cumsum(is_head) - 1)[entity]


def _ties_of(entity: Whole) -> tuple[Whole, Whole]:
    nodes = np.flatnonzero(entity != np.arange(len(entity)))
    return entity[nodes], nodes


def _components(entity: Whole, edges: _Edges) -> Whole:
    count, ties = len(entity), _ties_of(entity)
    heads, _ = _heads(entity)
    open_edges = ~edges.vetoed & (edges.weight >= LOOSE / UNIT)
    one, other, weight = edges.one[open_edges], edges.other[open_edges], edges.weight[open_edges]
    label = labels(count, np.r_[ties[0], one], np.r_[ties[1], other])
    for step in _STEPS:
        big = np.bincount(label[heads], minlength=count)[label] > WHOLE
        if not big.any():
            break
        # What is no longer too big stays as it is; only the big ones lose their weaker ties.
        kept = ~big[one] | (weight >= step / UNIT)
        one, other, weight = one[kept], other[kept], weight[kept]
        label = labels(count, np.r_[ties[0], one], np.r_[ties[1], other])
    return label


def _entity_pairs(place: Whole, component: Whole, edges: _Edges) -> Pairs:
    """Mean weight and veto of each pair of entities of a component; vetoed where most of their pairs are."""
    inside = (component[edges.one] == component[edges.other]) & (place[edges.one] != place[edges.other])
    one, other = place[edges.one[inside]], place[edges.other[inside]]
    pairs = pl.DataFrame({
        "both": np.minimum(one, other) << 32 | np.maximum(one, other), "weight": edges.weight[inside],
        "vetoed": edges.vetoed[inside], "rivals": edges.rivals[inside],
    })  # fmt: skip
    mean = pairs.group_by("both").agg(
        pl.len().cast(pl.Int64).alias("pairs"), pl.col("weight", "vetoed", "rivals").cast(pl.Int64).sum()
    )
    return _with_separations(mean, place, component, edges)


def _with_separations(mean: pl.DataFrame, place: Whole, component: Whole, edges: _Edges) -> Pairs:
    low, high = mean["both"].to_numpy() >> 32, mean["both"].to_numpy() & 0xFFFF_FFFF
    weight = np.rint(mean["weight"].to_numpy() / mean["pairs"].to_numpy()).astype(np.int64)
    vetoed, rivals = (mean[name].to_numpy() * 2 > mean["pairs"].to_numpy() for name in ("vetoed", "rivals"))
    one, other = edges.apart
    inside = (component[one] == component[other]) & (place[one] != place[other])
    one, other = place[one[inside]], place[other[inside]]
    apart = pl.DataFrame({"low": np.minimum(one, other), "high": np.maximum(one, other)}).unique()
    known = pl.DataFrame({"low": low, "high": high}).with_row_index("at")
    at = apart.join(known, on=["low", "high"], how="left")
    barred = np.zeros(len(low), bool)
    barred[at["at"].drop_nulls().to_numpy()] = True
    new = at.filter(pl.col("at").is_null())
    unknown, none = np.full(len(new), int(UNKNOWN / UNIT)), np.zeros(len(new), bool)
    return Pairs(
        np.r_[low, new["low"].to_numpy()], np.r_[high, new["high"].to_numpy()], np.r_[weight, unknown],
        np.r_[vetoed, none], np.r_[rivals, none], np.r_[barred, ~none],
    )  # fmt: skip
