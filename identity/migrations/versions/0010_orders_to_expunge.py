"""Orders to expunge"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "expungement",
        sa.Column("order_id", sa.BigInteger(), sa.Identity(), nullable=False, comment="Running number"),
        sa.Column("scope", sa.Text(), nullable=False, comment="person: all of a person; record: all under one key"),
        sa.Column("agencies", postgresql.ARRAY(sa.Text()), nullable=True, comment="Whose records; null: those of all"),
        sa.Column(
            "authority", sa.LargeBinary(), nullable=False, comment="On what authority, encrypted: dockets identify"
        ),
        sa.Column("ordered_by", sa.Text(), nullable=False, comment="The account that entered it"),
        sa.Column(
            "ordered_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False, comment="When"
        ),
        sa.Column(
            "state", sa.Text(), nullable=False, comment="ordered; erased: gone from all stores; done: from snapshots"
        ),
        sa.Column(
            "removed",
            postgresql.JSONB(),
            nullable=True,
            comment="Store and table → rows or files that went: counts only",
        ),
        sa.Column(
            "relinked", sa.Boolean(), server_default=sa.false(), nullable=False, comment="Whether neighbours were"
        ),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True, comment="When the last step was done"),
        sa.CheckConstraint("scope IN ('person', 'record')", name=op.f("ck_expungement_scope")),
        sa.CheckConstraint("state IN ('ordered', 'erased', 'done')", name=op.f("ck_expungement_state")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_expungement")),
        schema="vault",
        comment="Orders to expunge, open and carried out",
    )
    op.create_table(
        "expunged_subject",
        sa.Column("order_id", sa.BigInteger(), nullable=False, comment="The order"),
        sa.Column("subject_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="Random id"),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="covered: its rows go; candidate: it goes where none of its rows is left; gone: it went",
        ),
        sa.CheckConstraint("kind IN ('covered', 'candidate', 'gone')", name=op.f("ck_expunged_subject_kind")),
        sa.ForeignKeyConstraint(["order_id"], ["vault.expungement.order_id"]),
        sa.PrimaryKeyConstraint("order_id", "subject_id", "kind", name=op.f("pk_expunged_subject")),
        schema="vault",
        comment="Random ids that an order takes; forgotten once it is carried out",
    )
    op.create_table(
        "tombstone",
        sa.Column("order_id", sa.BigInteger(), nullable=False, comment="The order"),
        sa.Column("namespace", sa.Text(), nullable=False, comment="Namespace of a number; empty: a set of identifiers"),
        sa.Column("digest", sa.Uuid(), nullable=False, comment="Blind digest, as in key or record"),
        sa.ForeignKeyConstraint(["order_id"], ["vault.expungement.order_id"]),
        sa.PrimaryKeyConstraint("order_id", "namespace", "digest", name=op.f("pk_tombstone")),
        schema="vault",
        comment="What is not taken in again: keyed digests of what orders cover",
    )
    # Numbers that were only sighted had lost their parts at stricter thresholds: without an index all is linked anew.
    op.execute("TRUNCATE vault.block, vault.block_run, vault.block_page")


def downgrade() -> None:
    for table in ("tombstone", "expunged_subject", "expungement"):
        op.drop_table(table, schema="vault")
