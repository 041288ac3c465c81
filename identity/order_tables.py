"""The tables of orders to expunge: what was ordered, which subjects that takes, and what is not to come back."""

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from identity.tables import metadata

expungement = sa.Table(
    "expungement", metadata,
    sa.Column("order_id", sa.BigInteger, sa.Identity(), primary_key=True, comment="Running number"),
    sa.Column("scope", sa.Text, nullable=False, comment="person: all of a person; record: all under one key"),
    sa.Column("agencies", ARRAY(sa.Text), nullable=True, comment="Whose records; null: those of all"),
    sa.Column("authority", sa.LargeBinary, nullable=False, comment="On what authority, encrypted: dockets identify"),
    sa.Column("ordered_by", sa.Text, nullable=False, comment="The account that entered it"),
    sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now(), comment="When"),
    sa.Column("state", sa.Text, nullable=False, comment="ordered; erased: gone from all stores; done: from snapshots"),
    sa.Column("removed", JSONB, nullable=True, comment="Store and table → rows or files that went: counts only"),
    sa.Column("relinked", sa.Boolean, nullable=False, server_default=sa.false(), comment="Whether neighbours were"),
    sa.Column("done_at", sa.DateTime(timezone=True), nullable=True, comment="When the last step was done"),
    sa.CheckConstraint("scope IN ('person', 'record')", name="scope"),
    sa.CheckConstraint("state IN ('ordered', 'erased', 'done')", name="state"),
    comment="Orders to expunge, open and carried out",
)  # fmt: skip

expunged_subject = sa.Table(
    "expunged_subject", metadata,
    sa.Column("order_id", sa.BigInteger, sa.ForeignKey(expungement.c.order_id), primary_key=True, comment="The order"),
    sa.Column("subject_id", sa.BigInteger, primary_key=True, autoincrement=False, comment="Random id"),
    sa.Column("kind", sa.Text, primary_key=True,
              comment="covered: its rows go; candidate: it goes where none of its rows is left; gone: it went"),
    sa.CheckConstraint("kind IN ('covered', 'candidate', 'gone')", name="kind"),
    comment="Random ids that an order takes; forgotten once it is carried out",
)  # fmt: skip

tombstone = sa.Table(
    "tombstone", metadata,
    sa.Column("order_id", sa.BigInteger, sa.ForeignKey(expungement.c.order_id), primary_key=True, comment="The order"),
    sa.Column("namespace", sa.Text, primary_key=True, comment="Namespace of a number; empty: a set of identifiers"),
    sa.Column("digest", sa.Uuid, primary_key=True, comment="Blind digest, as in key or record"),
    comment="What is not taken in again: keyed digests of what orders cover",
)  # fmt: skip


def generation(cursor: psycopg.Cursor) -> int:
    """The number of the last order; 0 where there is none."""
    cursor.execute("SELECT coalesce(max(order_id), 0) FROM expungement")
    row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def unlinked_orders(cursor: psycopg.Cursor) -> list[int]:
    """The orders that have taken records out since the last batch: who stood beside them is to be linked anew."""
    cursor.execute("SELECT order_id FROM expungement WHERE state <> 'ordered' AND NOT relinked ORDER BY 1")
    return [row[0] for row in cursor.fetchall()]


def mark_relinked(cursor: psycopg.Cursor, orders: list[int]) -> None:
    """Note that a batch has linked anew what these orders left."""
    cursor.execute("UPDATE expungement SET relinked = true WHERE order_id = ANY(%s)", (orders,))
