"""Deliveries in order: numbers, corrections, decisions, differences; the records of every delivery, packed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BLOCK = 8192
INDEXES = {
    "ix_extract_order": (["feed", "as_of"], "state = 'loaded'"),
    "ix_extract_held": (["feed"], "state = 'held'"),
    "ix_extract_number": (["feed", "sequence"], "sequence IS NOT NULL"),
    "ix_extract_repeats": (["repeats"], "repeats IS NOT NULL"),
    "ix_extract_waiting": (["extract_id"], "repeats IS NOT NULL AND state = 'landed'"),
    "ix_extract_superseded": (["supersedes"], "supersedes IS NOT NULL"),
    "ix_extract_unreceipted": (["extract_id"], "finished_at IS NOT NULL AND receipt IS NULL"),
    "ix_extract_unlinked": (["extract_id"], "state = 'loaded' AND link_batch IS NULL"),
}
CONTENT = "repeats IS NULL AND state IN ('landed', 'loading', 'loaded')"
CHECKS = {"sequence_counts": "sequence >= 0", "supersedes_another": "supersedes <> extract_id"}


def upgrade() -> None:
    _drop_views()
    for column in _columns():
        op.add_column("extract", column, schema="ledger")
    op.create_foreign_key(
        op.f("fk_extract_supersedes"),
        "extract",
        "extract",
        ["supersedes"],
        ["extract_id"],
        source_schema="ledger",
        referent_schema="ledger",
    )
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_extract_{name}"), "extract", condition, schema="ledger")
    op.drop_index("uq_extract_content", "extract", schema="ledger")
    _index("uq_extract_content", ["agency", "feed", "digest", "apart"], CONTENT, unique=True)
    _index(
        "uq_extract_text",
        ["agency", "feed", "content_digest", "apart"],
        "state = 'loaded' AND received > 0",
        unique=True,
    )
    for name, (columns, condition) in INDEXES.items():
        _index(name, columns, condition)
    _create_decision()
    _create_arrival()
    _create_record_block()
    op.drop_table("record_version", schema="timeline")


def _columns() -> tuple[sa.Column, ...]:
    return (
        sa.Column(
            "sequence", sa.BigInteger(), comment="The delivery's number in its feed, where the agency numbers them"
        ),
        sa.Column("stated", sa.Text(), comment="The date that the file's name states, as it stands there"),
        sa.Column(
            "apart",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="What makes the same bytes a delivery of their own: its number, or the date of an empty file",
        ),
        sa.Column(
            "content_digest", sa.String(length=64), comment="SHA-256 of the text inside a packed file, hexadecimal"
        ),
        sa.Column(
            "supersedes", sa.BigInteger(), comment="The extract that this one replaces as a whole, once it is loaded"
        ),
        sa.Column(
            "measures",
            postgresql.JSONB(astext_type=sa.Text()),
            comment="What was measured of the delivery: numbers, never values",
        ),
        sa.Column(
            "difference",
            postgresql.JSONB(astext_type=sa.Text()),
            comment="Records new, changed, gone and same against the delivery before, at load",
        ),
        sa.Column(
            "expunged_at",
            sa.DateTime(timezone=True),
            comment="When the delivered bytes were erased: retention is over",
        ),
    )


def _index(name: str, columns: list[str], condition: str, unique: bool = False) -> None:
    op.create_index(name, "extract", columns, unique=unique, schema="ledger", postgresql_where=sa.text(condition))


def _create_decision() -> None:
    op.create_table(
        "decision",
        sa.Column(
            "decision_id",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="One decision of a person",
        ),
        sa.Column("extract_id", sa.BigInteger(), nullable=False, comment="The extract held"),
        sa.Column(
            "decision", sa.Text(), nullable=False, comment="accept: it is taken up again; refuse: it ends as refused"
        ),
        sa.Column("code", sa.Text(), comment="Why the extract was held"),
        sa.Column(
            "reason",
            sa.Text(),
            nullable=False,
            comment="Why it was decided so, in the person's words; kept here only",
        ),
        sa.Column("decided_by", sa.Text(), nullable=False, comment="Who decided"),
        sa.Column(
            "decided_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When",
        ),
        sa.CheckConstraint("decision IN ('accept', 'refuse')", name=op.f("ck_decision_decision_known")),
        sa.CheckConstraint("reason <> '' AND decided_by <> ''", name=op.f("ck_decision_accountable")),
        sa.ForeignKeyConstraint(["extract_id"], ["ledger.extract.extract_id"], name=op.f("fk_decision_extract_id")),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_decision")),
        schema="ledger",
        comment="What persons decided on deliveries that were held",
    )
    op.create_index("ix_decision_extract_id", "decision", ["extract_id"], schema="ledger")


def _create_arrival() -> None:
    op.create_table(
        "arrival",
        sa.Column("agency", sa.Text(), nullable=False, comment="The agency in whose folder the file stands"),
        sa.Column(
            "token",
            sa.Text(),
            nullable=False,
            comment="Keyed hash of the file's place and identity: names identify",
        ),
        sa.Column("owner", sa.Text(), nullable=False, comment="The process that takes the file over"),
        sa.Column(
            "lease_until",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="After this time another may take it",
        ),
        sa.Column("fence", sa.Integer(), server_default=sa.text("1"), nullable=False, comment="Rises with each lease"),
        sa.Column("finished_at", sa.DateTime(timezone=True), comment="When the file was entered in the ledger"),
        sa.PrimaryKeyConstraint("agency", "token", name=op.f("pk_arrival")),
        schema="ledger",
        comment="Who is taking over which file from an intake folder: one watcher, whatever the number of hosts",
    )


def _create_record_block() -> None:
    """The records of every delivery; those of full ones, which had none, from the moments they left."""
    op.create_table(
        "record_block",
        sa.Column("extract_id", sa.BigInteger(), nullable=False, comment="The extract"),
        sa.Column(
            "source_keys",
            postgresql.ARRAY(sa.BigInteger()),
            nullable=False,
            comment="The records it states: hashes of their keys",
        ),
        sa.Column(
            "versions",
            postgresql.ARRAY(sa.BigInteger()),
            comment="Keyed hash of all that the row of each record says, in that order",
        ),
        sa.Column(
            "deleted",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="It says that they were deleted",
        ),
        sa.CheckConstraint(
            "cardinality(versions) = cardinality(source_keys)", name=op.f("ck_record_block_version_each")
        ),
        schema="timeline",
        comment=(
            "Which delivery states which records, thousands a row: as rows they would take five times as long to load"
        ),
    )
    # Hashes do not compress: the attempt would cost more than the copy.
    for column in ("source_keys", "versions"):
        op.execute(f"ALTER TABLE timeline.record_block ALTER {column} SET STORAGE EXTERNAL")
    op.create_index("ix_record_block_extract_id", "record_block", ["extract_id"], schema="timeline")
    op.execute(f"""
        INSERT INTO timeline.record_block (extract_id, source_keys)
        SELECT extract_id, array_agg(source_key) FROM (
            SELECT extract_id, source_key,
                   row_number() OVER (PARTITION BY extract_id ORDER BY source_key) / {BLOCK} AS block
            FROM (
                SELECT extract_id, source_key FROM timeline.record_version
                UNION SELECT extract_id, source_key FROM timeline.event
                UNION SELECT extract_id, source_key FROM timeline.span
            ) AS told
        ) AS stated GROUP BY extract_id, block
    """)


def _drop_views() -> None:
    """The next migration's end makes them anew: its note of which ones stand is taken away too."""
    op.execute("""
        DO $$ DECLARE found record; BEGIN
            FOR found IN SELECT schemaname, viewname FROM pg_views WHERE schemaname IN ('timeline', 'warehouse') LOOP
                EXECUTE format('DROP VIEW IF EXISTS %I.%I CASCADE', found.schemaname, found.viewname);
            END LOOP;
        END $$
    """)
    op.execute("COMMENT ON SCHEMA warehouse IS NULL")


def downgrade() -> None:
    _drop_views()
    op.create_table(
        "record_version",
        sa.Column("extract_id", sa.BigInteger(), nullable=False, comment="The extract of a delta feed"),
        sa.Column(
            "source_key",
            sa.BigInteger(),
            nullable=False,
            comment="The record it states anew, even one that leaves no moment",
        ),
        schema="timeline",
        comment="Which delta delivery states which record: the later delivery replaces the earlier record",
    )
    op.create_index(
        "ix_record_version_extract_id",
        "record_version",
        ["extract_id"],
        schema="timeline",
        postgresql_using="brin",
    )
    op.execute("""
        INSERT INTO timeline.record_version
        SELECT extract_id, unnest(source_keys) FROM timeline.record_block JOIN ledger.extract USING (extract_id)
        WHERE delivery = 'delta'
    """)
    op.drop_table("record_block", schema="timeline")
    op.drop_table("arrival", schema="ledger")
    op.drop_table("decision", schema="ledger")
    for name in (*INDEXES, "uq_extract_text", "uq_extract_content"):
        op.drop_index(name, "extract", schema="ledger")
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_extract_{name}"), "extract", schema="ledger", type_="check")
    for column in _columns():
        op.drop_column("extract", column.name, schema="ledger")
    _index("uq_extract_content", ["agency", "feed", "digest"], CONTENT, unique=True)
