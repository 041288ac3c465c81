"""Decisions of reviewers, and the audit trail"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "decision",
        sa.Column("decision_id", sa.BigInteger(), sa.Identity(always=False), nullable=False, comment="Running number"),
        sa.Column("left_id", sa.BigInteger(), nullable=False, comment="The lower identity"),
        sa.Column("right_id", sa.BigInteger(), nullable=False, comment="The higher identity"),
        sa.Column("together", sa.Boolean(), nullable=False, comment="Whether they are one person"),
        sa.Column("reviewer", sa.Text(), nullable=False, comment="The account that decided"),
        sa.Column("reason", sa.Text(), nullable=False, comment="Why, without identifiers"),
        sa.Column(
            "decided_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False, comment="When"
        ),
        sa.Column("batch_id", sa.BigInteger(), nullable=True, comment="The link batch that took it in"),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True, comment="When it was undone"),
        sa.Column("undone_by", sa.Text(), nullable=True, comment="The account that undid it"),
        sa.Column("undo_reason", sa.Text(), nullable=True, comment="Why it was undone, without identifiers"),
        sa.Column("undo_batch_id", sa.BigInteger(), nullable=True, comment="The link batch that took the undoing in"),
        sa.CheckConstraint("left_id < right_id", name=op.f("ck_decision_order")),
        sa.CheckConstraint(
            "(undone_at IS NULL) = (undone_by IS NULL) AND (undone_at IS NULL) = (undo_reason IS NULL)",
            name=op.f("ck_decision_undone"),
        ),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_decision")),
        schema="vault",
        comment="Decisions of reviewers: must-link and cannot-link",
    )
    op.create_index(
        op.f("ix_decision_left_id_right_id"),
        "decision",
        ["left_id", "right_id"],
        unique=True,
        schema="vault",
        postgresql_where=sa.text("undone_at IS NULL"),
    )
    op.create_index(op.f("ix_decision_right_id"), "decision", ["right_id"], unique=False, schema="vault")
    _audit()


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("audit_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="Running number, no gaps"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="When"),
        sa.Column("actor", sa.Text(), nullable=False, comment="The account that acted"),
        sa.Column("action", sa.Text(), nullable=False, comment="What was done"),
        sa.Column("persons", postgresql.ARRAY(sa.Uuid()), nullable=False, comment="The persons it was about"),
        sa.Column(
            "identities", postgresql.ARRAY(sa.BigInteger()), nullable=False, comment="The identities it was about"
        ),
        sa.Column(
            "digest", sa.LargeBinary(), nullable=False, comment="HMAC-SHA256 over this row and the digest before it"
        ),
        sa.PrimaryKeyConstraint("audit_id", name=op.f("pk_audit")),
        schema="vault",
        comment="What was seen and decided inside the secure zone: rows are added, never changed",
    )
    op.create_table(
        "audit_head",
        sa.Column("one", sa.SmallInteger(), autoincrement=False, nullable=False, comment="Always 1: there is one head"),
        sa.Column("rows", sa.BigInteger(), nullable=False, comment="The number of rows of the trail"),
        sa.Column(
            "digest",
            sa.LargeBinary(),
            nullable=False,
            comment="HMAC-SHA256 over that number and the last digest",
        ),
        sa.CheckConstraint("one = 1", name=op.f("ck_audit_head_one")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_audit_head")),
        schema="vault",
        comment="Where the audit trail ends",
    )
    op.execute(
        "CREATE FUNCTION vault.keep_audit() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'rows of the audit trail are added, never changed'; END $$"
    )
    op.execute(
        "CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON vault.audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION vault.keep_audit()"
    )


def downgrade() -> None:
    op.drop_table("audit_head", schema="vault")
    op.drop_table("audit", schema="vault")
    op.execute("DROP FUNCTION vault.keep_audit()")
    op.drop_index(op.f("ix_decision_right_id"), table_name="decision", schema="vault")
    op.drop_index(op.f("ix_decision_left_id_right_id"), table_name="decision", schema="vault")
    op.drop_table("decision", schema="vault")
