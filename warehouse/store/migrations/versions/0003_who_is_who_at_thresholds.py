"""Participants at stricter thresholds, what became of keys, and how good the linkage is."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in _columns():
        op.add_column("link", column, schema="timeline")
    # A batch is entered in the transaction that states its links: checking each of a million rows took a third of it.
    op.drop_constraint(op.f("fk_link_batch_id"), "link", schema="timeline", type_="foreignkey")
    op.add_column("link_batch", _key_version(), schema="ledger")
    _create_link_strict()
    _create_supersession()
    _create_link_quality()
    _create_outcome_sensitivity()


def _columns() -> tuple[sa.Column, ...]:
    return (
        sa.Column(
            "links",
            sa.Double(),
            comment="Other sets of identifiers that it is joined with; empty where it has none itself",
        ),
        sa.Column(
            "links_wrong", sa.Double(), comment="How many of these are expected to be another person's, by the model"
        ),
        sa.Column(
            "links_missed", sa.Double(), comment="How many others are expected to be this person's, by the model"
        ),
        sa.Column(
            "splits",
            sa.Double(),
            comment="Its part in people who are expected to be two participants here, by the model",
        ),
        sa.Column(
            "exact_split", sa.Boolean(), comment="Whether exact name and birth date would tear the participant apart"
        ),
        sa.Column(
            "lacks", sa.Integer(), comment="Which identifiers it lacks: bit by bit, by place in codes.Identifier"
        ),
    )


def _key_version() -> sa.Column:
    return sa.Column("key_version", sa.Integer(), comment="Version of the project's key that made the participants'")


def _create_link_strict() -> None:
    op.create_table(
        "link_strict",
        sa.Column("subject_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="An agency's own person"),
        sa.Column(
            "threshold",
            sa.Double(),
            autoincrement=False,
            nullable=False,
            comment="Probability at which links count",
        ),
        sa.Column("participant_key", sa.Uuid(), nullable=False, comment="The participant at that threshold"),
        sa.PrimaryKeyConstraint("subject_id", "threshold", name=op.f("pk_link_strict")),
        schema="timeline",
        comment="The participants of subjects that are others at a stricter threshold than in link",
    )
    op.create_index("ix_link_strict_participant_key", "link_strict", ["participant_key"], schema="timeline")


def _create_supersession() -> None:
    op.create_table(
        "supersession",
        sa.Column("batch_id", sa.BigInteger(), nullable=False, comment="The batch that moved them"),
        sa.Column("kind", sa.Text(), nullable=False, comment="merge, split or retire"),
        sa.Column("from_key", sa.Uuid(), nullable=False, comment="The participant whose subjects moved"),
        sa.Column("to_key", sa.Uuid(), comment="The participant to which they moved; empty where none is left of them"),
        sa.Column("subjects", sa.BigInteger(), nullable=False, comment="Number of subjects that moved"),
        sa.Column("reason", sa.Text(), nullable=False, comment="Why"),
        sa.CheckConstraint("kind IN ('merge', 'split', 'retire')", name=op.f("ck_supersession_kind_known")),
        sa.CheckConstraint("from_key <> to_key", name=op.f("ck_supersession_moves_on")),
        sa.CheckConstraint("to_key IS NOT NULL OR kind = 'retire'", name=op.f("ck_supersession_moves_somewhere")),
        sa.ForeignKeyConstraint(["batch_id"], ["ledger.link_batch.batch_id"], name=op.f("fk_supersession_batch_id")),
        schema="timeline",
        comment="What became of participants' keys, batch by batch; append-only",
    )
    for column in ("batch_id", "from_key", "to_key"):
        op.create_index(f"ix_supersession_{column}", "supersession", [column], schema="timeline")


def _create_link_quality() -> None:
    op.create_table(
        "link_quality",
        sa.Column(
            "scope",
            sa.Text(),
            nullable=False,
            comment="batch: what the batch touched; overall: everybody, as published",
        ),
        sa.Column("batch_id", sa.BigInteger(), comment="The batch; empty where overall"),
        sa.Column("metric", sa.Text(), nullable=False, comment="What is measured"),
        sa.Column("grp", sa.Text(), nullable=False, comment="By what it is divided; overall where by nothing"),
        sa.Column("level", sa.Text(), nullable=False, comment="Which part"),
        sa.Column("n", sa.BigInteger(), nullable=False, comment="How many the value is about"),
        *_estimate("value", "The value; empty where it cannot be estimated", "its"),
        sa.CheckConstraint(
            "scope IN ('batch', 'overall') AND (scope = 'batch') = (batch_id IS NOT NULL)",
            name=op.f("ck_link_quality_scope"),
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["ledger.link_batch.batch_id"], name=op.f("fk_link_quality_batch_id")),
        schema="warehouse",
        comment="How good the linkage is, per batch and overall: counts of records, shares, and their intervals",
    )
    op.create_index("ix_link_quality_batch_id", "link_quality", ["batch_id"], schema="warehouse")


def _create_outcome_sensitivity() -> None:
    op.create_table(
        "outcome_sensitivity",
        sa.Column(
            "threshold",
            sa.Double(),
            nullable=False,
            comment="Probability of a link at which participants are held apart",
        ),
        sa.Column("outcome", sa.Text(), nullable=False, comment="Which outcome"),
        sa.Column("window_months", sa.Integer(), nullable=False, comment="Length of the window, calendar months"),
        sa.Column("n", sa.BigInteger(), nullable=False, comment="Index moments"),
        sa.Column(
            "observable",
            sa.BigInteger(),
            nullable=False,
            comment="Those whose window and maturation lag lie in coverage",
        ),
        sa.Column("events", sa.BigInteger(), nullable=False, comment="Events among the observable"),
        sa.Column("competing", sa.BigInteger(), nullable=False, comment="Competing events among the observable"),
        *_estimate("rate", "events / observable", "the rate's"),
        sa.Column(
            "cumulative_incidence",
            sa.Double(),
            comment="Cumulative incidence at the window's end, all index moments",
        ),
        sa.Column("ci_low", sa.Double(), comment="Lower limit of its 95 % interval"),
        sa.Column("ci_high", sa.Double(), comment="Upper limit of its 95 % interval"),
        schema="warehouse",
        comment="Everybody's outcomes, counted anew for the participants of each threshold; refreshed at publication",
    )


def _estimate(name: str, comment: str, whose: str) -> tuple[sa.Column, ...]:
    return (
        sa.Column(name, sa.Double(), comment=comment),
        sa.Column("low", sa.Double(), comment=f"Lower limit of {whose} 95 % interval"),
        sa.Column("high", sa.Double(), comment=f"Upper limit of {whose} 95 % interval"),
    )


def downgrade() -> None:
    op.drop_table("outcome_sensitivity", schema="warehouse")
    op.drop_table("link_quality", schema="warehouse")
    # The views over these are made anew by the next migration's end: its note of which stand is taken away.
    op.execute("DROP VIEW IF EXISTS warehouse.participant_successor, warehouse.participant_supersession CASCADE")
    op.execute("DROP VIEW IF EXISTS warehouse.participant_link CASCADE")
    op.execute("COMMENT ON SCHEMA warehouse IS NULL")
    op.drop_table("supersession", schema="timeline")
    op.drop_table("link_strict", schema="timeline")
    op.drop_column("link_batch", "key_version", schema="ledger")
    op.create_foreign_key(
        op.f("fk_link_batch_id"),
        "link",
        "link_batch",
        ["batch_id"],
        ["batch_id"],
        source_schema="timeline",
        referent_schema="ledger",
    )
    for column in _columns():
        op.drop_column("link", column.name, schema="timeline")
