"""Publications, what each of them held, and who was who before."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

HELD = (("extract", "ledger"), ("link_batch", "ledger"))
LINKS = (("link", "timeline"), ("link_strict", "timeline"))


def upgrade() -> None:
    for table, schema in HELD:
        column = sa.Column("publication", sa.BigInteger(), comment="The first publication that held it; empty before")
        op.add_column(table, column, schema=schema)
    for table, schema in LINKS:
        column = sa.Column(
            "since_batch", sa.BigInteger(), comment="The batch from which on the same was stated; empty: batch_id"
        )
        op.add_column(table, column, schema=schema)
    op.execute(
        "UPDATE timeline.link_strict AS strict SET since_batch = link.batch_id "
        "FROM timeline.link WHERE link.subject_id = strict.subject_id"
    )
    op.execute(sa.schema.CreateSequence(sa.Sequence("publication_number", schema="ledger")))
    _create_publication()
    _create_feed_term()
    _create_link_history()


def _create_publication() -> None:
    op.create_table(
        "publication",
        sa.Column(
            "publication", sa.BigInteger(), autoincrement=False, nullable=False, comment="Number of the publication"
        ),
        sa.Column("project", sa.Text(), nullable=False, comment="The project it was made for"),
        sa.Column("version", sa.Text(), nullable=False, comment="Its version, as its manifest and its snapshot say it"),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False, comment="When it was made, UTC"),
        sa.Column(
            "told_until", sa.Date(), comment="The latest as-of day of the deliveries it held; empty where it held none"
        ),
        sa.Column("model_version", sa.Text(), comment="Version of the linkage model of the last batch it held"),
        sa.Column("key_version", sa.Integer(), comment="Version of the project's key that made the participants'"),
        sa.Column("definition", sa.Text(), nullable=False, comment="Hash of the definitions of its outcomes"),
        sa.PrimaryKeyConstraint("publication", name=op.f("pk_publication")),
        schema="ledger",
        comment="Every publication that was made; append-only",
    )


def _create_feed_term() -> None:
    op.create_table(
        "feed_term",
        sa.Column("feed", sa.Text(), nullable=False, comment="The feed's name in schemas/feeds"),
        sa.Column("contract_version", sa.Integer(), nullable=False, comment="Version of the feed's contract"),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="Kind of fact that the feed tells; <kind>_end ends a span"
        ),
        sa.Column(
            "lag_days", sa.Integer(), nullable=False, comment="Longest time that a fact takes to reach the source"
        ),
        sa.Column("publication", sa.BigInteger(), nullable=False, comment="The first publication that went by it"),
        sa.Column(
            "replaced", sa.BigInteger(), comment="The first publication that no longer did; empty while it holds"
        ),
        schema="ledger",
        comment="What the contracts of the feeds said, publication by publication, of what a delivery is complete for",
    )
    op.create_index("ix_feed_term_feed", "feed_term", ["feed"], schema="ledger")


def _create_link_history() -> None:
    op.create_table(
        "link_history",
        sa.Column("subject_id", sa.BigInteger(), nullable=False, comment="An agency's own person"),
        sa.Column("threshold", sa.Double(), nullable=False, comment="Probability at which links count"),
        sa.Column(
            "participant_key",
            sa.Uuid(),
            comment="The participant that it was; empty where the status assigned nobody",
        ),
        sa.Column("status", sa.Text(), comment="Its status then; empty at a stricter threshold than the first"),
        sa.Column("probability", sa.Double(), comment="Probability of the weakest link that held it then"),
        sa.Column("since_batch", sa.BigInteger(), nullable=False, comment="The batch from which on this was stated"),
        sa.Column("until_batch", sa.BigInteger(), nullable=False, comment="The batch that stated otherwise"),
        schema="timeline",
        comment="Which participant a subject was before a batch stated otherwise; append-only",
    )
    op.create_index("ix_link_history_subject_id", "link_history", ["subject_id"], schema="timeline")


def downgrade() -> None:
    op.drop_table("link_history", schema="timeline")
    op.drop_table("feed_term", schema="ledger")
    op.drop_table("publication", schema="ledger")
    op.execute("DROP SEQUENCE ledger.publication_number")
    for table, schema in LINKS:
        op.drop_column(table, "since_batch", schema=schema)
    for table, schema in HELD:
        op.drop_column(table, "publication", schema=schema)
