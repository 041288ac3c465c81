"""Linking: the subjects of newly loaded extracts join persons; only what they touch is looked at again.

The model and its frequencies are frozen, pairs are kept as edges, and every component that a new identity
reaches is clustered anew as a whole: one extract after the other gives the partition that all at once give.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import polars as pl
import pyarrow as pa

from identity import blocks, clusters, persons
from identity.boundary import sealed
from identity.compare import PAIRS, SCORED, score
from identity.keys import ProjectKey, participant_key, unwrap
from identity.linkstore import LinkStore
from identity.model import Model, shipped
from identity.subjects import resolve
from identity.vault import Vault

KEPT = -4.25
"""Edges of at least this weight (probability .05) are kept; between them and .5 lies what review looks at."""
WHOLE = 60
"""Components of up to so many identities have every pair scored; a bigger one is no person."""


@dataclass(frozen=True)
class LinkBatch:
    """What a link batch states, for the warehouse.

    ``rows``: ``subject_id`` int64, ``participant_key`` (text of a UUID, null where assigned to nobody),
    ``status`` (`codes.SUBJECT_STATUSES`), ``probability``; every subject that the batch touched, in full.
    ``extracts``: the extracts it took in; ``merges``, ``splits``: pairs of persons.
    """

    batch_id: int
    model_version: str
    rows: pa.Table = field(repr=False)
    extracts: tuple[int, ...]
    merges: int
    splits: int


@sealed
def link(vault: Vault, loaded_extracts: Iterable[int], project: ProjectKey) -> LinkBatch | None:
    """Link what the ledger calls loaded and no batch has taken in; None where that is nothing.

    Where the project's key is another than before, every subject is stated anew: keys of two versions do not mix.
    """
    model = shipped()
    with vault.transaction() as cursor:
        store = LinkStore(cursor, vault.keys)
        extracts, is_rotated = store.take_extracts(loaded_extracts), store.is_rotated(project)
        if not extracts and not is_rotated:
            return None
        batch_id = store.open_batch(model.version, project, extracts)
        if is_rotated:
            store.restate_all(batch_id)
        sighted = store.sighted(extracts)
        tied = store.take_ties(extracts)
        if not sighted.is_empty():
            identities = sighted.filter(pl.col("kind") == 1)["subject_id"]
            known = store.members("subject_id", identities)["subject_id"]
            new = identities.filter(~identities.is_in(known.implode()))
            grouped = _regroup(store, model, new)
            _state(store, batch_id, grouped, sighted, tied)
    return batch(vault, batch_id)


@sealed
def is_rotated(vault: Vault, project: ProjectKey) -> bool:
    """Whether what is linked stands under another key of the project."""
    with vault.transaction() as cursor:
        return LinkStore(cursor, vault.keys).is_rotated(project)


def _regroup(store: LinkStore, model: Model, new: pl.Series) -> pl.DataFrame:
    """Score what is new and cluster what it reaches: `clusters.GROUPED` with ``number_id`` and ``before``."""
    again = _judge_values(store, new)
    scored = pl.concat([new, again]).unique().sort()
    before = store.neighbours(again)
    _score(store, model, scored)
    reached = _closure(store, pl.concat([scored, before]).unique())
    identities = store.numbers(reached)
    edges = store.edges_within(reached)
    edges = pl.concat([edges, _missing(store, model, identities, edges)])
    grouped = clusters.group(identities, edges)
    known = store.members("subject_id", reached).select(identity_id="subject_id", before="person_id")
    return grouped.join(identities, on="identity_id").join(known, on="identity_id", how="left")


def _judge_values(store: LinkStore, new: pl.Series) -> pl.Series:
    """Enter the values of the new identities; returns the others whose values came to be shared, or ceased to be."""
    standard = store.read(new)
    found = blocks.traits(standard, store.numbers(new).select("identity_id", "number_id"), store.keys.block)
    store.add_traits(found)
    carried = store.carriers(found["value_key"])
    shared = blocks.shared_values(carried, store.agency_records())
    now = pl.col("value_key").is_in(shared.implode())
    became, ceased = carried.filter(now & ~pl.col("shared")), carried.filter(~now & pl.col("shared"))
    store.mark_shared(became["value_key"], shared=True)
    store.mark_shared(ceased["value_key"], shared=False)
    changed = pl.concat([became["identity_id"], ceased["identity_id"]]).unique()
    return changed.filter(~changed.is_in(new.implode()))


def _score(store: LinkStore, model: Model, identities: pl.Series) -> None:
    """Compare these identities with all that share a block or a number; keep the pairs that matter."""
    standard = _usable(store, identities)
    keys = blocks.block_keys(standard, store.keys.block)
    store.replace_blocks(identities, keys)
    pairs = blocks.pairs(store.blocks_met(keys["block_key"]), identities)
    mates = _number_pairs(store, identities)
    pairs = pl.concat([pairs, mates]).unique()
    others = pl.concat([pairs["left_id"], pairs["right_id"]]).unique()
    others = others.filter(~others.is_in(identities.implode()))
    edges = score(pl.concat([standard, _usable(store, others)]), pairs, model)
    mate = pl.struct("left_id", "right_id").is_in(mates.select(pl.struct("left_id", "right_id")).to_series().implode())
    store.replace_edges(identities, edges.filter((pl.col("weight") >= KEPT) | mate))


def _usable(store: LinkStore, identities: pl.Series) -> pl.DataFrame:
    """The identities in standard form, without values that too many carry."""
    return blocks.without(store.read(identities), store.shared_kinds(identities))


def _number_pairs(store: LinkStore, identities: pl.Series) -> pl.DataFrame:
    """Pairs of identities under one agency number with at least one of these."""
    own = store.numbers(identities).filter(pl.col("number_id") != 0).select("identity_id", "number_id")
    known = store.members("number_id", own["number_id"]).select(identity_id="subject_id", number_id="number_id")
    all_mates = pl.concat([own, known]).unique().filter(pl.len().over("number_id") <= clusters.FULL_NUMBER)
    met = own.join(all_mates, on="number_id", suffix="_other").filter(
        pl.col("identity_id") != pl.col("identity_id_other")
    )
    return blocks.ordered(met["identity_id"], met["identity_id_other"])


def _closure(store: LinkStore, identities: pl.Series) -> pl.Series:
    """All identities that likely pairs, shared numbers and present persons lead to from these."""
    reached, frontier = identities, identities
    while len(frontier):
        own = store.members("subject_id", frontier)
        numbers = store.numbers(frontier)["number_id"]
        mates = store.members("number_id", numbers.filter(numbers != 0))
        persons_met = pl.concat([own["person_id"], mates["person_id"]]).drop_nulls()
        found = [
            store.neighbours(frontier, clusters.LOOSE),
            mates["subject_id"],
            store.mates(persons_met)["subject_id"],
        ]
        step = pl.concat(found).unique()
        # A person's members are numbers and aliases too: those have no record.
        frontier = store.numbers(step.filter(~step.is_in(reached.implode())))["identity_id"]
        reached = pl.concat([reached, frontier])
    return reached


def _missing(store: LinkStore, model: Model, identities: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    """Scores of the pairs inside components that no block brought together."""
    placed = clusters.components(identities, edges)
    size = pl.len().over("component")
    placed = placed.filter((size > 2) & (size <= WHOLE))
    every = placed.join(placed, on="component", suffix="_other").filter(
        pl.col("identity_id") < pl.col("identity_id_other")
    )
    pairs = every.select(left_id="identity_id", right_id="identity_id_other").join(
        edges, on=["left_id", "right_id"], how="anti"
    )
    if pairs.is_empty():
        return pl.DataFrame(schema=SCORED)
    ids = pl.concat([pairs["left_id"], pairs["right_id"]]).unique()
    return score(_usable(store, ids), pairs.cast(PAIRS), model)


def _state(store: LinkStore, batch_id: int, grouped: pl.DataFrame, sighted: pl.DataFrame, tied: pl.Series) -> None:
    """Give the groups their persons, the numbers and aliases theirs, and write it all down."""
    subjects = resolve(store, grouped, sighted, tied)
    assigned = persons.assign(subjects.voters)
    stated = subjects.stated(assigned)
    store.replace_members(stated, batch_id)
    living = set(stated["person_id"].drop_nulls())
    gone = (set(assigned["before"].drop_nulls()) | set(subjects.dropped)) - living
    store.enter_persons(sorted(living), sorted(gone), batch_id)
    store.enter_events(persons.moves(assigned), batch_id)


@sealed
def batch(vault: Vault, batch_id: int, project: ProjectKey | None = None) -> LinkBatch:
    """A batch as the vault has it now, by default under the project's key with which it was made.

    Subjects that a later batch restated are left to that one.
    """
    with vault.transaction() as cursor:
        cursor.execute(
            "SELECT model_version, project, key_version, project_key FROM batch WHERE batch_id = %s", (batch_id,)
        )
        model_version, name, version, wrapped = cursor.fetchall()[0]
        cursor.execute("SELECT extract_id FROM extract WHERE batch_id = %s ORDER BY 1", (batch_id,))
        extracts = tuple(row[0] for row in cursor.fetchall())
        cursor.execute("SELECT kind, count(*) FROM person_event WHERE batch_id = %s GROUP BY 1", (batch_id,))
        events = dict(cursor.fetchall())
        cursor.execute(
            "SELECT subject_id, person_id, status, probability FROM membership WHERE batch_id = %s ORDER BY 1",
            (batch_id,),
        )
        rows = cursor.fetchall()
    made_with = ProjectKey(name, version, unwrap(vault.keys, bytes(wrapped), f"project {name} {version}"))
    named = {person: str(participant_key(project or made_with, person)) for person in {row[1] for row in rows} - {None}}
    table = pa.table(
        {
            "subject_id": pa.array([row[0] for row in rows], pa.int64()),
            "participant_key": pa.array([named.get(row[1]) for row in rows], pa.string()),
            "status": pa.array([row[2] for row in rows], pa.string()),
            "probability": pa.array([row[3] for row in rows], pa.float64()),
        }
    )
    return LinkBatch(batch_id, model_version, table, extracts, events.get("merge", 0), events.get("split", 0))
