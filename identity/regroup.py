"""Who is one person with whom, after new records: only what they touch is looked at again.

Which pairs are compared, and which are tied, follows from the records alone: two records meet where they share a
block that is not over-full or a number, by values that are not shared by too many. So it does not matter in which
order and in how many batches they came. What was tied before is remembered as a *component*; a component that new
records reach is clustered anew as a whole, and one whose ties may have gone has them looked for again.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import polars as pl

from identity import blocks, clusters, left_kept, leftovers, registers, shared
from identity.compare import PAIRS, SCORED, ordered, score
from identity.connected import connected
from identity.leftovers import ENDS
from identity.linkstore import LinkStore
from identity.model import Model

if TYPE_CHECKING:
    from identity.rehearsal import Scorer

KEPT: Final = -4.25
"""Pairs of at least this weight (probability .05) are looked at; between them and .5 lies what review is asked."""

DOUBTFUL: Final = -2.0
"""Pairs of at least this weight (probability one fifth) that were not joined are kept for review."""


_PIECE: Final = 100_000
"""Records whose index entries are made together."""


@dataclass(frozen=True)
class Regrouped:
    """What one batch has looked at.

    ``identities``: `clusters.IDENTITIES`; ``grouped``: their persons (`clusters.GROUPED`); ``edges``: scored pairs
    (`SCORED`) between them and to others; ``component``: ``identity_id``, ``component_id``; ``compared``: those that
    were compared with everybody, while the others' pairs with the rest of the world are as they were.
    """

    identities: pl.DataFrame
    grouped: pl.DataFrame
    edges: pl.DataFrame
    component: pl.DataFrame
    compared: pl.Series


class Regrouping:
    """One batch's look at the vault."""

    def __init__(
        self,
        store: LinkStore,
        model: Model,
        batch_id: int,
        scorer: "Scorer | None" = None,
        registers: tuple[str, ...] = (),
    ) -> None:
        """Nothing is read yet; a ``scorer`` does the comparing where everything is linked anew.

        ``registers``: the namespaces whose numbers hold each person once.
        """
        self._store, self._model, self._batch_id = store, model, batch_id
        self._scorer, self._registers = scorer, registers
        self._shared = shared.SHARED.to_frame()
        self._entries = shared.ENTRIES.to_frame()
        self._known = pl.Series(dtype=pl.Int64)

    def regroup(self, new: pl.Series, doubtful: pl.Series) -> Regrouped:
        """Cluster ``new`` identities with all that they reach; ``doubtful``: known ones whose ties may have gone."""
        entries = self._enter(new)
        changed = pl.concat([self._judge(new, entries), self._crossed(entries), doubtful, self._full_numbers(new)])
        compared = pl.concat([new, self._components_of(changed.unique())]).unique()
        found, register = self._clustered(compared, entries)
        if len(self._registers) < 2:
            return found
        register = left_kept.named(register, self._registers)
        joined, before = self._left(found, register), left_kept.joined(self._store.cursor)
        every = pl.concat([joined, before])
        moved = every.filter(~every.is_duplicated())
        ends = pl.concat([moved[name] for name in ENDS])
        beyond = ends.filter(~ends.is_in(found.identities["identity_id"].implode())).unique()
        if len(beyond):
            # By weights these are grouped as they were: that somebody else joins them is all that is new.
            reached = pl.concat([found.compared, self._components_of(beyond)]).unique()
            found, register = self._clustered(reached, entries)
            register = left_kept.named(register, self._registers)
        return self._with_joined(found, register, joined, before)

    def _left(self, found: Regrouped, register: pl.DataFrame) -> pl.DataFrame:
        """State who is left among those clustered, and say which of all that are left join (`leftovers.JOINS`)."""
        every = left_kept.numbers(self._registers)
        left = leftovers.left(found.grouped, found.identities, register, every)
        left_kept.restate(self._store.cursor, found.identities["identity_id"], left)
        everybody = left_kept.everybody(self._store.cursor, self._registers)
        return leftovers.joins(everybody, self._score, self._model)

    def _with_joined(
        self, found: Regrouped, register: pl.DataFrame, joined: pl.DataFrame, before: pl.DataFrame
    ) -> Regrouped:
        """Let those left join; what joins is one component from now on: none is looked at without the other."""
        ids = found.identities["identity_id"]
        decided = self._store.decided(ids)
        grouped, made = leftovers.applied(found.grouped, joined, found.identities, register, decided)
        beyond = before.filter(~pl.any_horizontal(pl.col(name).is_in(ids.implode()) for name in ENDS))
        left_kept.restate_joins(self._store.cursor, pl.concat([made, beyond]))
        ties = [found.component.select(left_id="identity_id", right_id="component_id"), made.select(ENDS)]
        component = connected(ids, pl.concat(ties).filter(pl.col("left_id") != pl.col("right_id")))
        return replace(found, grouped=grouped, component=component)

    def _clustered(self, compared: pl.Series, entries: pl.DataFrame) -> tuple[Regrouped, pl.DataFrame]:
        """Compare these, and cluster all that they reach by weights; with the registers (`HELD`) of all of them."""
        edges = self._compare(compared)
        while True:
            identities, labels = self._reached(compared, edges)
            big = self._unexplained(labels, compared)
            if big.is_empty():
                break
            # Too many for every pair to be scored: the pairs that tie them are those of their blocks.
            edges = pl.concat([edges, self._compare(big)]).unique(["left_id", "right_id"])
            compared = pl.concat([compared, big])
        edges = pl.concat([edges, self._inside(labels, compared, edges)])
        decided = self._store.decided(identities["identity_id"])
        register = registers.held(self._store.cursor, identities["identity_id"], self._registers)
        with self._indexing(entries):
            # Nothing in here asks the vault: all records have been read.
            clustering = clusters.Clustering(identities, edges, decided)
            missing = self._score(clustering.unscored())
            clustering.add(missing)
            grouped, edges = clustering.group(register), pl.concat([edges, missing])
        barred = registers.barred(edges, identities, register)
        return Regrouped(identities, grouped, barred, labels, compared), register

    def _enter(self, new: pl.Series) -> pl.DataFrame:
        """The index entries of the new identities with ``rule``; where others are known, they are indexed at once."""
        entries = self._under(new)
        if not self._store.is_first:
            self._store.index.add(entries.select("identity_id", "block_key"), self._batch_id)
            # All that will be asked of the index for these, read at once.
            self.find(entries["block_key"])
        return entries

    @contextmanager
    def _indexing(self, entries: pl.DataFrame) -> Iterator[None]:
        """Index the entries of a first batch, which no other needs to be found by, while it is clustered."""
        if not self._store.is_first:
            yield
            return
        with ThreadPoolExecutor(1) as thread:
            rows = entries.select("identity_id", "block_key")
            added = thread.submit(self._store.index.add, rows, self._batch_id)
            yield
            added.result()

    def _under(self, identities: pl.Series) -> pl.DataFrame:
        """The index entries of identities with ``rule``; they follow from each record alone."""
        self._know(identities)
        if identities.n_unique() == len(self._known):
            return self._entries
        return self._entries.filter(pl.col("identity_id").is_in(identities.implode()))

    def _know(self, identities: pl.Series) -> None:
        """Make the index entries of those identities that have none here yet."""
        missing = identities.filter(~identities.is_in(self._known.implode())).unique()
        if len(missing):
            self._known = pl.concat([self._known, missing])
            made = self._made(self._store.standard(missing))
            self._entries = pl.concat([self._entries, made]) if self._entries.height else made

    def _made(self, standard: pl.DataFrame) -> pl.DataFrame:
        """The index entries of records, by key; made piece by piece, since making them takes much memory."""
        with ThreadPoolExecutor(2) as threads:
            parts = threads.map(
                lambda part: shared.entries(part, self._store.keys.block, self._model), standard.iter_slices(_PIECE)
            )
            return pl.concat([shared.ENTRIES.to_frame(), *parts]).sort("block_key")

    def _judge(self, new: pl.Series, entries: pl.DataFrame) -> pl.Series:
        """Judge the values of new identities; the identities for which a value came to be shared, or ceased to be."""
        known = self._store.shared_values()
        found = shared.judge(shared.values(entries), known, self)
        self._shared = found.shared
        if found.changed.is_empty():
            return found.changed
        self._store.replace_shared(found.shared)
        return self.find(found.changed)["identity_id"]

    def find(self, keys: pl.Series) -> pl.DataFrame:
        """``identity_id``, ``block_key`` of all identities under these keys."""
        if not self._store.is_first:
            return self._store.index.find(keys)
        return self._entries.filter(pl.col("block_key").is_in(keys.implode())).select("identity_id", "block_key")

    def standard(self, identities: pl.Series) -> pl.DataFrame:
        """The identities in standard form, all values left in."""
        return self._store.standard(identities)

    def numbers(self, identities: pl.Series) -> pl.DataFrame:
        """``identity_id``, ``number_id`` and ``rank`` of identities."""
        return self._store.numbers(identities)

    def by_agency(self, carried: pl.DataFrame) -> pl.DataFrame:
        """Where the carriers of a value are the largest share of an agency's records."""
        return self._store.by_agency(carried)

    def _crossed(self, entries: pl.DataFrame) -> pl.Series:
        """The members of blocks that these entries made over-full: pairs that only they had brought together go."""
        if self._store.is_first:
            return pl.Series(dtype=pl.Int64)
        added = shared.compared(entries, shared.SHARED.to_frame()).group_by("block_key").agg(added=pl.len())
        met = self.find(added["block_key"])
        counts = met.group_by("block_key").agg(records=pl.len()).join(added, on="block_key")
        before = counts.select("block_key", records=pl.col("records") - pl.col("added"))
        crossed = blocks.overfull(before, counts.select("block_key", "records"), blocks.FULL)
        return met.filter(pl.col("block_key").is_in(crossed.implode()))["identity_id"]

    def _full_numbers(self, new: pl.Series) -> pl.Series:
        """The identities under a number that has come to be over-full."""
        if self._store.is_first:
            return pl.Series(dtype=pl.Int64)
        own = self._store.numbers(new).filter(pl.col("number_id") != 0)
        if own.is_empty():
            return pl.Series(dtype=pl.Int64)
        known = self._store.members("number_id", own["number_id"]).filter(~pl.col("subject_id").is_in(new.implode()))
        before = known.group_by("number_id").agg(before=pl.len())
        counts = own.group_by("number_id").agg(added=pl.len()).join(before, on="number_id")
        full = pl.col("before") + pl.col("added") > clusters.FULL_NUMBER
        crossed = counts.filter(full & (pl.col("before") <= clusters.FULL_NUMBER))["number_id"]
        return known.filter(pl.col("number_id").is_in(crossed.implode()))["subject_id"]

    def _components_of(self, identities: pl.Series) -> pl.Series:
        """All identities of the components that these are in."""
        if identities.is_empty():
            return identities
        known = self._store.members("subject_id", identities)["component_id"].drop_nulls()
        return self._store.members("component_id", known)["subject_id"]

    def _compare(self, identities: pl.Series) -> pl.DataFrame:
        """Compare these with all that share a block or a number; the pairs that matter (`SCORED`)."""
        usable = shared.compared(self._under(identities), self._shared)
        met = usable if self._store.is_first else self.find(usable["block_key"])
        mates = self._mates(identities)
        if self._scorer is not None and self._store.is_first:
            return self._scorer(self._usable(identities), met, mates, self._model)
        pairs = blocks.pairs(met, None if self._store.is_first else identities)
        others = pairs.join(mates, on=list(PAIRS), how="anti") if mates.height else pairs
        return pl.concat([self._score(others, KEPT), self._score(mates)])

    def _mates(self, identities: pl.Series) -> pl.DataFrame:
        """Pairs of identities under one agency number, with at least one of these; none where it is over-full."""
        own = self._store.numbers(identities).filter(pl.col("number_id") != 0).select("identity_id", "number_id")
        known = self._store.members("number_id", own["number_id"])
        known = known.select(identity_id="subject_id", number_id="number_id")
        pairs = clusters.mates(own if known.is_empty() else pl.concat([own, known]).unique())
        return pairs.filter(pl.any_horizontal(pl.col(name).is_in(identities.implode()) for name in PAIRS))

    def _score(self, pairs: pl.DataFrame, floor: float | None = None) -> pl.DataFrame:
        """Score pairs; those below ``floor`` are left out."""
        if pairs.is_empty():
            return SCORED.to_frame()
        # Of many pairs of a first batch nearly everybody is in one: to pick those takes longer than to keep all.
        many = self._store.is_first and pairs.height > len(self._known)
        ids = self._known if many else pl.concat([pairs["left_id"], pairs["right_id"]]).unique()
        return score(self._usable(ids), pairs, self._model, floor)

    def _usable(self, identities: pl.Series) -> pl.DataFrame:
        """The identities in standard form, without values that too many carry."""
        standard = self._store.standard(identities)
        if self._shared.is_empty():
            return standard
        self._know(identities)
        carried = self._entries.filter(pl.col("block_key").is_in(self._shared["block_key"].implode()))
        return shared.without(standard, shared.values(carried), self._shared)

    def _reached(self, compared: pl.Series, edges: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The identities to be clustered, and their components (``identity_id``, ``component_id``)."""
        tied = edges.filter((pl.col("weight") >= clusters.LOOSE) & ~pl.col("vetoed"))
        if self._store.is_first:
            identities = self._store.numbers(compared)
            return identities, self._labels(identities, compared, tied)
        own = self._store.numbers(compared)["number_id"]
        decided = self._store.decided(compared).filter("together")
        met = [compared, tied["left_id"], tied["right_id"], decided["left_id"], decided["right_id"]]
        met.append(self._store.members("number_id", own.filter(own != 0).unique())["subject_id"])
        touched = pl.concat(met).unique()
        every = pl.concat([touched, self._components_of(touched)]).unique()
        identities = self._store.numbers(every)
        return identities, self._labels(identities, compared, tied)

    def _labels(self, identities: pl.DataFrame, compared: pl.Series, tied: pl.DataFrame) -> pl.DataFrame:
        """What numbers, decisions, likely pairs and what was tied before (but of those compared) tie together."""
        ids = identities["identity_id"]
        before = self._store.members("subject_id", ids.filter(~ids.is_in(compared.implode())))
        before = before.select(identity_id="subject_id", tie="component_id").drop_nulls()
        numbered = identities.filter(pl.col("number_id") != 0).select("identity_id", tie="number_id")
        decided = self._store.decided(ids).filter("together")
        stars = [
            rows.select(left_id=pl.col("identity_id").first().over("tie"), right_id="identity_id")
            for rows in (before, numbered.filter(pl.col("tie").is_duplicated()))
        ]
        pairs = [tied.select(list(PAIRS)), decided.select(list(PAIRS)), *stars]
        return connected(ids, pl.concat(pairs))

    def _unexplained(self, labels: pl.DataFrame, compared: pl.Series) -> pl.Series:
        """Members, not compared yet, of components too big for every pair to be scored."""
        big = labels.filter(pl.len().over("component_id") > clusters.WHOLE)["identity_id"]
        return big.filter(~big.is_in(compared.implode()))

    def _inside(self, labels: pl.DataFrame, compared: pl.Series, edges: pl.DataFrame) -> pl.DataFrame:
        """The scored pairs of those that were not compared with everybody, inside their components."""
        rest = labels.filter(~pl.col("identity_id").is_in(compared.implode()))
        if rest.is_empty():
            return SCORED.to_frame()
        met = rest.join(labels, on="component_id", suffix="_other")
        met = met.filter(pl.col("identity_id") != pl.col("identity_id_other"))
        pairs = ordered(met["identity_id"], met["identity_id_other"])
        return self._score(pairs.join(edges, on=list(PAIRS), how="anti"))
