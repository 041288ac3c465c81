"""The tables of linkage: who is who, at which threshold, what became of keys, and how good it is."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
)

from warehouse.store.ledger_tables import link_batch
from warehouse.store.metadata import TIMELINE, WAREHOUSE, metadata

MAIN_THRESHOLD: Final = 0.5
THRESHOLDS: Final = (MAIN_THRESHOLD, 0.9, 0.99)
"""Probabilities of a link at which the partition into participants is held; the first is the one that all else uses."""
EXPECTED: Final = ("links", "links_wrong", "links_missed", "splits", "exact_split", "lacks")
"""What a batch may say of each subject beside who it is: to be added up, not to be looked at one by one."""
FROM_THE_FIRST: Final = 0
"""The batch of a statement that was made before batches were noted with it: lower than that of any."""
MOVES: Final = ("merge", "split", "retire")


def _batch(comment: str, *, null: bool = False) -> Column[int]:
    return Column("batch_id", BigInteger, ForeignKey(link_batch.c.batch_id), nullable=null, comment=comment)


def _since() -> Column[int]:
    return Column("since_batch", BigInteger, comment="The batch from which on the same was stated; empty: batch_id")


link = Table(
    "link",
    metadata,
    Column("subject_id", BigInteger, primary_key=True, autoincrement=False, comment="An agency's own person"),
    Column("participant_key", Uuid, comment="The participant; empty where the status assigns nobody"),
    Column("status", Text, nullable=False, comment="See SUBJECT_STATUSES in schemas/codes.py"),
    Column("probability", Double, comment="Probability of the weakest link that holds the subject"),
    Column("batch_id", BigInteger, nullable=False, comment="The batch that stated it"),
    Column("links", Double, comment="Other sets of identifiers that it is joined with; empty where it has none itself"),
    Column("links_wrong", Double, comment="How many of these are expected to be another person's, by the model"),
    Column("links_missed", Double, comment="How many others are expected to be this person's, by the model"),
    Column("splits", Double, comment="Its part in people who are expected to be two participants here, by the model"),
    Column("exact_split", Boolean, comment="Whether exact name and birth date would tear the participant apart"),
    Column("lacks", Integer, comment="Which identifiers it lacks: bit by bit, by place in codes.Identifier"),
    _since(),
    Index("ix_link_participant_key", "participant_key"),
    schema=TIMELINE,
    comment="Which participant an agency's subject is, as of now",
)

link_strict = Table(
    "link_strict",
    metadata,
    Column("subject_id", BigInteger, primary_key=True, autoincrement=False, comment="An agency's own person"),
    Column("threshold", Double, primary_key=True, autoincrement=False, comment="Probability at which links count"),
    Column("participant_key", Uuid, nullable=False, comment="The participant at that threshold"),
    _since(),
    Index("ix_link_strict_participant_key", "participant_key"),
    schema=TIMELINE,
    comment="The participants of subjects that are others at a stricter threshold than in link",
)

link_history = Table(
    "link_history",
    metadata,
    Column("subject_id", BigInteger, nullable=False, comment="An agency's own person"),
    Column("threshold", Double, nullable=False, comment="Probability at which links count"),
    Column("participant_key", Uuid, comment="The participant that it was; empty where the status assigned nobody"),
    Column("status", Text, comment="Its status then; empty at a stricter threshold than the first"),
    Column("probability", Double, comment="Probability of the weakest link that held it then"),
    Column("since_batch", BigInteger, nullable=False, comment="The batch from which on this was stated"),
    Column("until_batch", BigInteger, nullable=False, comment="The batch that stated otherwise"),
    Index("ix_link_history_subject_id", "subject_id"),
    schema=TIMELINE,
    comment="Which participant a subject was before a batch stated otherwise; append-only",
)

supersession = Table(
    "supersession",
    metadata,
    _batch("The batch that moved them"),
    Column("kind", Text, nullable=False, comment="merge, split or retire"),
    Column("from_key", Uuid, nullable=False, comment="The participant whose subjects moved"),
    Column("to_key", Uuid, comment="The participant to which they moved; empty where none is left of them"),
    Column("subjects", BigInteger, nullable=False, comment="Number of subjects that moved"),
    Column("reason", Text, nullable=False, comment="Why"),
    CheckConstraint(f"kind IN ({', '.join(map(repr, MOVES))})", name="kind_known"),
    CheckConstraint("from_key <> to_key", name="moves_on"),
    CheckConstraint("to_key IS NOT NULL OR kind = 'retire'", name="moves_somewhere"),
    Index("ix_supersession_batch_id", "batch_id"),
    Index("ix_supersession_from_key", "from_key"),
    Index("ix_supersession_to_key", "to_key"),
    schema=TIMELINE,
    comment="What became of participants' keys, batch by batch; append-only",
)

link_quality = Table(
    "link_quality",
    metadata,
    Column("scope", Text, nullable=False, comment="batch: what the batch touched; overall: everybody, as published"),
    _batch("The batch; empty where overall", null=True),
    Column("metric", Text, nullable=False, comment="What is measured"),
    Column("grp", Text, nullable=False, comment="By what it is divided; overall where by nothing"),
    Column("level", Text, nullable=False, comment="Which part"),
    Column("n", BigInteger, nullable=False, comment="How many the value is about"),
    Column("value", Double, comment="The value; empty where it cannot be estimated"),
    Column("low", Double, comment="Lower limit of its 95 % interval"),
    Column("high", Double, comment="Upper limit of its 95 % interval"),
    CheckConstraint("scope IN ('batch', 'overall') AND (scope = 'batch') = (batch_id IS NOT NULL)", name="scope"),
    Index("ix_link_quality_batch_id", "batch_id"),
    schema=WAREHOUSE,
    comment="How good the linkage is, per batch and overall: counts of records, shares, and their intervals",
)
