"""What reviewers decide: that two identities are one person, or are not. It binds in every later run until undone.

A decision is about two identities, which are sets of identifiers under a number: they outlive deliveries,
corrections and changes of the model. Decisions in force never contradict each other, whatever they tie together.
"""

import uuid
from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import psycopg
import sqlalchemy as sa

from identity import audit, reasons
from identity.boundary import sealed
from identity.keys import VaultKeys
from identity.records import delivered
from identity.tables import metadata
from identity.transfer import fetch
from identity.vault import Vault
from schemas.errors import ThroughcareError

decision = sa.Table(
    "decision", metadata,
    sa.Column("decision_id", sa.BigInteger, sa.Identity(), primary_key=True, comment="Running number"),
    sa.Column("left_id", sa.BigInteger, nullable=False, comment="The lower identity"),
    sa.Column("right_id", sa.BigInteger, nullable=False, comment="The higher identity"),
    sa.Column("together", sa.Boolean, nullable=False, comment="Whether they are one person"),
    sa.Column("reviewer", sa.Text, nullable=False, comment="The account that decided"),
    sa.Column("reason", sa.Text, nullable=False, comment="Why, without identifiers"),
    sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now(), comment="When"),
    sa.Column("batch_id", sa.BigInteger, nullable=True, comment="The link batch that took it in"),
    sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True, comment="When it was undone"),
    sa.Column("undone_by", sa.Text, nullable=True, comment="The account that undid it"),
    sa.Column("undo_reason", sa.Text, nullable=True, comment="Why it was undone, without identifiers"),
    sa.Column("undo_batch_id", sa.BigInteger, nullable=True, comment="The link batch that took the undoing in"),
    sa.CheckConstraint("left_id < right_id", name="order"),
    sa.CheckConstraint(
        "(undone_at IS NULL) = (undone_by IS NULL) AND (undone_at IS NULL) = (undo_reason IS NULL)", name="undone"
    ),
    sa.Index(None, "left_id", "right_id", unique=True, postgresql_where=sa.text("undone_at IS NULL")),
    sa.Index(None, "right_id"),
    comment="Decisions of reviewers: must-link and cannot-link",
)  # fmt: skip

DECIDED = pl.Schema({"left_id": pl.Int64(), "right_id": pl.Int64(), "together": pl.Boolean()})
"""Decisions in force: identities, the lower left; at most one row a pair."""

_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtext('vault decision'))"
"""A decision waits for a link batch that has begun to look at decisions, and for another decision."""
_KNOWN: Final = (
    "EXISTS (SELECT FROM record WHERE identity_id = left_id) "
    "AND EXISTS (SELECT FROM record WHERE identity_id = right_id)"
)
"""A decision about a record that was erased says nothing any more."""


class DecisionRefused(ThroughcareError):
    """A decision that cannot be taken: it contradicts another, or it is about nothing; the message holds ids only."""

    exit_code = 2


@sealed
def decide(vault: Vault, left: int, right: int, together: bool, reviewer: str, reason: str) -> int:
    """Decide that two linked identities are one person, or are not; returns the number of the decision.

    `DecisionRefused` where it contradicts decisions in force or what follows from them, repeats one, is about an
    identity that is not linked, or gives a reason that says what the records say. It binds from the next link batch on.
    """
    low, high = sorted((left, right))
    with vault.transaction() as cursor:
        _demand(reviewer, reason)
        cursor.execute(_LOCK)
        persons = _persons(cursor, (low, high))
        if low == high or len(persons) < 2:
            raise DecisionRefused("a decision is about two records that are linked")
        _demand_consistent(cursor, low, high, together=together)
        _demand_clean(cursor, vault.keys, reason, persons, (low, high))
        cursor.execute(
            "INSERT INTO decision (left_id, right_id, together, reviewer, reason) VALUES (%s, %s, %s, %s, %s) "
            "RETURNING decision_id",
            (low, high, together, reviewer.strip(), reason.strip()),
        )
        (number,) = cursor.fetchall()[0]
        audit.record(cursor, vault.keys, reviewer, "decide", persons=_known(persons), identities=(low, high))
    return int(number)


@sealed
def undo(vault: Vault, decision_id: int, reviewer: str, reason: str) -> None:
    """Take a decision back; from the next link batch on the partition is as if it had not been made.

    `DecisionRefused` where there is none of that number in force.
    """
    with vault.transaction() as cursor:
        _demand(reviewer, reason)
        cursor.execute(_LOCK)
        cursor.execute(
            "UPDATE decision SET undone_at = now(), undone_by = %s, undo_reason = %s "
            "WHERE decision_id = %s AND undone_at IS NULL RETURNING left_id, right_id",
            (reviewer.strip(), reason.strip(), decision_id),
        )
        pair = cursor.fetchone()
        if pair is None:
            raise DecisionRefused(f"decision {decision_id} is not in force")
        persons = _persons(cursor, pair)
        _demand_clean(cursor, vault.keys, reason, persons, pair)
        audit.record(cursor, vault.keys, reviewer, "undo", persons=_known(persons), identities=pair)


def active(cursor: psycopg.Cursor, identities: pl.Series) -> pl.DataFrame:
    """The decisions in force (`DECIDED`) among these identities and all that must-links tie to them.

    The ends of the must-links belong into one run with the identities; there may be others among them.
    """
    decided = _in_force(cursor)
    if decided.is_empty():
        return decided
    party = _parties(decided)
    met = party.filter(pl.col("id").is_in(identities.implode()))["party"]
    reached = party.filter(pl.col("party").is_in(met.implode()))["id"].implode()
    return decided.filter(pl.col("left_id").is_in(reached) & pl.col("right_id").is_in(reached))


def pending(cursor: psycopg.Cursor) -> pl.Series:
    """The identities of decisions and of undoings that no link batch has taken in.

    From here to the end of the transaction nobody decides: what `active` gives and `take` takes is the same.
    """
    cursor.execute(_LOCK)
    query = (
        f"SELECT left_id, right_id FROM decision WHERE {_KNOWN} AND CASE WHEN undone_at IS NULL THEN batch_id IS NULL "
        "ELSE batch_id IS NOT NULL AND undo_batch_id IS NULL END"
    )
    found = fetch(cursor, query, ("left_id", "right_id"))
    touched = np.unique(np.concatenate([found["left_id"], found["right_id"]])).astype(np.int64)
    return pl.Series("identity_id", touched, dtype=pl.Int64)


def take(cursor: psycopg.Cursor, batch_id: int) -> None:
    """What was pending counts as taken in by this batch; called after `pending` in the same transaction."""
    cursor.execute("UPDATE decision SET batch_id = %s WHERE batch_id IS NULL AND undone_at IS NULL", (batch_id,))
    cursor.execute(
        "UPDATE decision SET undo_batch_id = %s WHERE undone_at IS NOT NULL AND batch_id IS NOT NULL "
        "AND undo_batch_id IS NULL",
        (batch_id,),
    )


def _in_force(cursor: psycopg.Cursor) -> pl.DataFrame:
    query = (
        "SELECT left_id, right_id, together::int::bigint AS together FROM decision "
        f"WHERE undone_at IS NULL AND {_KNOWN}"
    )
    found = fetch(cursor, query, ("left_id", "right_id", "together"))
    columns = {name: found[name].astype(np.int64) for name in ("left_id", "right_id", "together")}
    return pl.DataFrame(columns).with_columns(pl.col("together") > 0).cast(DECIDED).sort("left_id", "right_id")


def _demand(reviewer: str, reason: str) -> None:
    if not reviewer.strip() or not reason.strip():
        raise DecisionRefused("a decision has a reviewer and a reason")


def _demand_clean(
    cursor: psycopg.Cursor,
    keys: VaultKeys,
    reason: str,
    persons: Iterable[uuid.UUID | None],
    identities: Iterable[int],
) -> None:
    """Refuse a reason that says what a record of the persons says; which word it is stays unsaid."""
    cursor.execute(
        "SELECT subject_id FROM membership WHERE person_id = ANY(%s) AND NOT number_only", (list(_known(persons)),)
    )
    members = {row[0] for row in cursor.fetchall()} | set(identities)
    if reasons.gives_away(reason, (record.says for record in delivered(cursor, keys, members))):
        raise DecisionRefused("the reason says what one of the records says: no name, number, date or place in it")


def _persons(cursor: psycopg.Cursor, identities: Iterable[int]) -> list[uuid.UUID | None]:
    """The person of each of the identities that are linked; None where assigned to nobody."""
    cursor.execute(
        "SELECT person_id FROM membership JOIN record ON identity_id = subject_id WHERE subject_id = ANY(%s)",
        (list(identities),),
    )
    return [row[0] for row in cursor.fetchall()]


def _known(persons: Iterable[uuid.UUID | None]) -> set[uuid.UUID]:
    return {person for person in persons if person}


def _demand_consistent(cursor: psycopg.Cursor, low: int, high: int, *, together: bool) -> None:
    decided = _in_force(cursor)
    same = decided.filter((pl.col("left_id") == low) & (pl.col("right_id") == high))
    if not same.is_empty():
        cursor.execute(
            "SELECT decision_id FROM decision WHERE left_id = %s AND right_id = %s AND undone_at IS NULL", (low, high)
        )
        (number,) = cursor.fetchall()[0]
        again = same["together"][0] == together
        raise DecisionRefused(
            f"decision {number} says so" if again else f"undo decision {number} first: it says otherwise"
        )
    party = dict(_parties(decided).rows())
    left, right = party.get(low, -low), party.get(high, -high)
    if not together and left == right:
        raise DecisionRefused("decisions in force make them one person already")
    if together and _apart(decided, party, {left, right}):
        raise DecisionRefused("decisions in force keep them apart")


def _apart(decided: pl.DataFrame, party: dict[int, int], parties: set[int]) -> bool:
    """Whether a cannot-link stands between the two parties."""
    pairs = decided.filter(~pl.col("together")).select("left_id", "right_id").rows()
    return any({party[left], party[right]} == parties for left, right in pairs)


def _parties(decided: pl.DataFrame) -> pl.DataFrame:
    """``id``, ``party``: the identities of decisions, numbered by what the must-links tie together."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ids = np.unique(np.concatenate([decided["left_id"].to_numpy(), decided["right_id"].to_numpy()]))
    tied = decided.filter("together")
    ends: list[npt.NDArray[np.intp]] = [np.searchsorted(ids, tied[name].to_numpy()) for name in ("left_id", "right_id")]
    graph = coo_array((np.ones(tied.height, np.int8), (ends[0], ends[1])), shape=(len(ids), len(ids)))
    _, labels = connected_components(graph, directed=False) if len(ids) else (0, np.empty(0, np.int32))
    return pl.DataFrame({"id": ids, "party": labels}, schema={"id": pl.Int64, "party": pl.Int64})
