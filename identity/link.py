"""Linking: the subjects of newly loaded extracts join persons; only what they touch is looked at again.

The model and its frequencies are frozen and what is compared follows from the records alone (see `regroup`): one
extract after the other gives the partition that all at once give.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ParamSpec, Protocol

import polars as pl
import psycopg
import pyarrow as pa

from identity import basis, decisions, persons, promotion, registers
from identity.basis import Basis
from identity.boundary import sealed
from identity.compare import SCORED
from identity.keys import ProjectKey, unwrap
from identity.linkstore import LinkStore
from identity.measured import measure, packed, unpacked
from identity.model import Model
from identity.order_tables import mark_relinked, unlinked_orders
from identity.participants import part_keys, participant_keys
from identity.parts import parts
from identity.regroup import DOUBTFUL, Regrouped, Regrouping
from identity.subjects import resolve
from identity.vault import Vault

if TYPE_CHECKING:
    from identity.rehearsal import Scorer

P = ParamSpec("P")


@dataclass(frozen=True)
class LinkBatch:
    """What a link batch states, for the warehouse.

    ``rows``: ``subject_id`` int64, ``participant_key`` (text of a UUID, null where assigned to nobody),
    ``status`` (`codes.SUBJECT_STATUSES`), ``probability``; every subject that the batch touched, in full.
    ``strict``: ``subject_id``, ``threshold``, ``participant_key``: where a subject of ``rows`` is another
    participant at a stricter threshold. ``moves``: ``kind`` (merge, split, retire), ``from_key``, ``to_key`` (null
    where retired), ``subjects``, ``reason``. ``extracts``: the extracts it took in; ``merges``, ``splits``: pairs
    of persons.
    """

    batch_id: int
    model_version: str
    rows: pa.Table = field(repr=False)
    extracts: tuple[int, ...]
    merges: int
    splits: int
    strict: pa.Table = field(repr=False)
    moves: pa.Table = field(repr=False)
    quality: pa.Table | None = field(repr=False)
    key_version: int


@sealed
def link(
    vault: Vault,
    loaded_extracts: Iterable[int],
    project: ProjectKey,
    *,
    scorer: "Scorer | None" = None,
    anew: bool = False,
) -> LinkBatch | None:
    """Link what the ledger calls loaded and no batch has taken in; None where that is nothing.

    A decision of a reviewer that no batch has taken makes one too. Under another model than before everything is
    linked anew, as it is where ``anew`` says so, where the vault has outgrown its prior, where a feed has come to
    declare a register (`basis`), or where an order has taken records out; a ``scorer`` then does the comparing. Under
    another key of the project every subject is stated anew: keys of two versions do not mix.
    """
    with vault.transaction() as cursor:
        store, model = LinkStore(cursor, vault.keys), promotion.current(cursor)
        decided = decisions.pending(cursor)
        extracts, is_rotated = store.take_extracts(loaded_extracts), store.is_rotated(project)
        sighted = store.sighted(extracts)
        new = store.unlinked(sighted.filter(pl.col("kind") == 1)["subject_id"])
        expunged = unlinked_orders(cursor)
        now, changed = _basis(store, model, len(new), recount=bool(expunged))
        anew = anew or bool(expunged)
        reasons = {"records": extracts, "decision": len(decided), **changed, "key": is_rotated,
                   "expungement": expunged, "relink": anew and not expunged}  # fmt: skip
        reason = " and ".join(name for name, holds in reasons.items() if holds)
        if not reason:
            return None
        batch_id = store.open_batch(model.version, project, extracts, reason)
        basis.keep(cursor, batch_id, now)
        mark_relinked(cursor, expunged)
        if is_rotated:
            store.restate_all(batch_id)
        tied = store.take_ties(extracts)
        if anew or any(changed.values()) or store.is_unindexed():
            store.rebuild()
            new = pl.concat([new, store.identities()]).unique()
        decisions.take(cursor, batch_id)
        made = None
        if len(new) or len(decided) or not sighted.is_empty():
            regrouping = Regrouping(store, model.sized(now.identities), batch_id, scorer, now.registers)
            regrouped = regrouping.regroup(new, decided)
            with _writing() as later:
                stated = _state(store, later, batch_id, regrouped, sighted, tied)
                if not is_rotated:
                    made = _batch(batch_id, model.version, extracts, project, reason, stated)
    return made or batch(vault, batch_id)


@sealed
def is_due(vault: Vault, project: ProjectKey) -> bool:
    """Whether there is something to link though nothing was loaded: a decision, an order, another model or key."""
    with vault.transaction() as cursor:
        store = LinkStore(cursor, vault.keys)
        if unlinked_orders(cursor):
            return True
        _, changed = _basis(store, promotion.current(cursor), 0)
        return any(changed.values()) or store.is_rotated(project) or len(decisions.pending(cursor)) > 0


def _basis(store: LinkStore, model: Model, new: int, *, recount: bool = False) -> tuple[Basis, dict[str, bool]]:
    """What a batch with so many new identities rests on, and what of it is not as it was.

    ``recount``: identities have gone since the last batch.
    """
    before = basis.last(store.cursor)
    known = before.identities if before and not recount else len(store.identities())
    now = Basis(known + new, registers.declared(store.cursor))
    return now, {"model": store.is_remodelled(model.version), **basis.changes(store.cursor, before, now, model)}


@dataclass(frozen=True)
class _Stated:
    """What a batch states, as the vault keeps it."""

    members: pl.DataFrame
    strict: pl.DataFrame
    events: pl.DataFrame
    quality: pl.DataFrame | None
    shares: pl.DataFrame | None


class _Later(Protocol):
    """Has the store do something after all that it was told before."""

    def __call__(self, act: Callable[P, None], /, *args: P.args, **kwargs: P.kwargs) -> None: ...


@contextmanager
def _writing() -> Iterator[_Later]:
    """A thread that writes while what comes next is worked out; nothing else may ask the vault. All is done in the end.

    Raises what went wrong.
    """
    queued: list[Future[None]] = []
    with ThreadPoolExecutor(1) as thread:

        def later(act: Callable[P, None], /, *args: P.args, **kwargs: P.kwargs) -> None:
            queued.append(thread.submit(act, *args, **kwargs))

        yield later
        for done in queued:
            done.result()


def _state(
    store: LinkStore, later: _Later, batch_id: int, regrouped: Regrouped, sighted: pl.DataFrame, tied: pl.Series
) -> _Stated:
    """Give the groups their persons, the numbers and aliases theirs, and write it all down."""
    grouped = _placed(store, regrouped)
    subjects = resolve(store, grouped, sighted, tied)
    assigned = persons.assign(subjects.voters)
    stated = subjects.stated(assigned)
    strict = parts(grouped, stated, store)
    standard = store.standard(grouped["identity_id"])
    later(store.replace_members, stated, batch_id)
    later(store.replace_strict, stated["subject_id"], strict)
    later(store.replace_edges, regrouped.compared, grouped["identity_id"], _doubtful(regrouped))
    living = stated["person_id"].drop_nulls().unique()
    before = pl.concat([assigned["before"].drop_nulls(), pl.Series(subjects.dropped, dtype=pl.String)]).unique()
    gone = before.filter(~before.is_in(living.implode()))
    named = assigned["person_id"].unique()
    later(store.enter_persons, named.filter(~named.is_in(before.implode())), gone, batch_id)
    moved = persons.moves(assigned)
    events = pl.concat([moved, persons.retirements(gone, moved)])
    later(store.enter_events, events, batch_id)
    found = measure(standard, regrouped.edges, grouped)
    later(store.keep_measures, batch_id, packed(found.table), packed(found.shares))
    return _Stated(stated, strict, events.rename({"members": "subjects"}), found.table, found.shares)


def _placed(store: LinkStore, regrouped: Regrouped) -> pl.DataFrame:
    """`clusters.GROUPED` with ``number_id``, ``rank``, ``component_id`` and the person ``before``."""
    identities = regrouped.grouped["identity_id"]
    known = store.members("subject_id", identities).select(identity_id="subject_id", before="person_id")
    grouped = regrouped.grouped.join(regrouped.identities, on="identity_id").join(regrouped.component, on="identity_id")
    return grouped.join(known, on="identity_id", how="left")


def _doubtful(regrouped: Regrouped) -> pl.DataFrame:
    """The pairs that may be one person and are not, and those that are although a rule speaks against it."""
    group = regrouped.grouped.select("identity_id", "group")
    pairs = regrouped.edges.join(group, left_on="left_id", right_on="identity_id", how="left")
    pairs = pairs.join(group, left_on="right_id", right_on="identity_id", how="left", suffix="_right")
    apart = pl.col("group").ne_missing(pl.col("group_right"))
    return pairs.filter((apart | pl.col("vetoed")) & (pl.col("weight") >= DOUBTFUL)).select(list(SCORED))


@sealed
def batch(vault: Vault, batch_id: int, project: ProjectKey | None = None) -> LinkBatch:
    """A batch as the vault has it now, by default under the project's key with which it was made.

    Subjects that a later batch restated are left to that one.
    """
    with vault.transaction() as cursor:
        store = LinkStore(cursor, vault.keys)
        cursor.execute(
            "SELECT model_version, project, key_version, project_key, reason, quality, shares FROM batch "
            "WHERE batch_id = %s",
            (batch_id,),
        )
        model_version, name, version, wrapped, reason, quality, shares = cursor.fetchall()[0]
        made_with = ProjectKey(name, version, unwrap(vault.keys, bytes(wrapped), f"project {name} {version}"))
        stated = _Stated(
            store.stated(batch_id), store.strict(batch_id), store.events(batch_id), unpacked(quality), unpacked(shares)
        )
        return _batch(batch_id, model_version, _extracts(cursor, batch_id), project or made_with, reason or "", stated)


def _batch(
    batch_id: int, model_version: str, extracts: Iterable[int], project: ProjectKey, reason: str, stated: _Stated
) -> LinkBatch:
    """A batch, for the warehouse."""
    events = stated.events.sort("kind", "from_person_id", "to_person_id")
    return LinkBatch(
        batch_id,
        model_version,
        _rows(stated.members, project, stated.shares),
        tuple(extracts),
        events.filter(pl.col("kind") == "merge").height,
        events.filter(pl.col("kind") == "split").height,
        _strict(stated.strict, stated.members, project),
        _moves(events, project, reason),
        None if stated.quality is None else _table(stated.quality),
        project.version,
    )


def _extracts(cursor: psycopg.Cursor, batch_id: int) -> tuple[int, ...]:
    cursor.execute("SELECT extract_id FROM extract WHERE batch_id = %s ORDER BY 1", (batch_id,))
    return tuple(row[0] for row in cursor.fetchall())


def _rows(members: pl.DataFrame, project: ProjectKey, shares: pl.DataFrame | None) -> pa.Table:
    keys = participant_keys(project, members["person_id"])
    stated = members.with_columns(participant_key=keys).sort("subject_id")
    stated = stated.select("subject_id", "participant_key", "status", "probability")
    if shares is not None:
        expected = shares.rename({"identity_id": "subject_id"})
        stated = stated.join(expected, on="subject_id", how="left", maintain_order="left")
    return _table(stated)


def _strict(strict: pl.DataFrame, members: pl.DataFrame, project: ProjectKey) -> pa.Table:
    of = strict.join(members.select("subject_id", "person_id"), on="subject_id").sort("subject_id", "percent")
    part = of.select(pl.concat_str("percent", "lead", separator=" ")).to_series()
    keyed = of.with_columns(participant_key=part_keys(project, of["person_id"], part))
    return _table(keyed.select("subject_id", "participant_key", threshold=pl.col("percent") / 100))


def _moves(events: pl.DataFrame, project: ProjectKey, reason: str) -> pa.Table:
    went = pl.col("kind") != "retire"
    keyed = events.with_columns(
        from_key=participant_keys(project, events["from_person_id"]),
        to_key=participant_keys(project, events["to_person_id"]),
    )
    return _table(
        keyed.select(
            "kind", "from_key", pl.when(went).then("to_key").alias("to_key"), "subjects", reason=pl.lit(reason)
        )
    )


def _table(rows: pl.DataFrame) -> pa.Table:
    """Arrow with plain strings, as the warehouse reads them."""
    table = rows.to_arrow()
    plain = [pa.field(f.name, pa.string() if pa.types.is_large_string(f.type) or f.type == pa.string_view() else f.type)
             for f in table.schema]  # fmt: skip
    return table.cast(pa.schema(plain))
