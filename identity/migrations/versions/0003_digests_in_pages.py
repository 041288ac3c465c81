"""Digests in pages"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "page",
        sa.Column("namespace_id", sa.SmallInteger(), nullable=False, comment="Whose numbers; 0: sets of identifiers"),
        sa.Column(
            "prefix", sa.Integer(), nullable=False, comment="A bit 1, then the bits with which its digests begin"
        ),
        sa.Column("extract_id", sa.BigInteger(), nullable=False, comment="The extract that brought them first"),
        sa.Column(
            "entries", sa.LargeBinary(), nullable=False, comment="Blind digest (16 bytes), id (8 bytes), one by one"
        ),
        schema="vault",
        comment="Ids by blind digest, as in key and record_digest, of extracts that brought many",
    )
    # Digests do not compress, and a page is small enough to stay in its row.
    op.execute("ALTER TABLE vault.page ALTER COLUMN entries SET STORAGE PLAIN")
    op.create_index(op.f("ix_page_prefix"), "page", ["namespace_id", "prefix"], unique=False, schema="vault")
    op.create_table(
        "page_run",
        sa.Column("namespace_id", sa.SmallInteger(), autoincrement=False, nullable=False, comment="As in page"),
        sa.Column("extract_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="The extract"),
        sa.Column(
            "bits", sa.SmallInteger(), autoincrement=False, nullable=False, comment="Bits in the prefix of a page"
        ),
        sa.Column("entries", sa.BigInteger(), nullable=False, comment="The number of entries"),
        sa.PrimaryKeyConstraint("namespace_id", "extract_id", "bits", name=op.f("pk_page_run")),
        schema="vault",
        comment="Which extracts have pages",
    )
    op.create_table(
        "record_digest",
        sa.Column("digest", sa.Uuid(), nullable=False, comment="Blind digest of number and identifiers"),
        sa.Column("identity_id", sa.BigInteger(), nullable=False, comment="The record that has them"),
        sa.Column("extract_id", sa.BigInteger(), nullable=False, comment="The extract that brought it first"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_record_digest")),
        schema="vault",
        comment="Records by blind digest, of extracts that brought few",
    )
    op.execute("INSERT INTO vault.record_digest SELECT digest, identity_id, extract_id FROM vault.record")
    op.drop_constraint("uq_record_digest", "record", schema="vault", type_="unique")


def downgrade() -> None:
    """Every entry becomes a row again."""
    op.execute("""
        INSERT INTO vault.key (namespace_id, digest, surrogate, extract_id)
        SELECT namespace_id, encode(substr(entries, at + 1, 16), 'hex')::uuid,
               ('x' || encode(substr(entries, at + 17, 8), 'hex'))::bit(64)::bigint, extract_id
        FROM vault.page, generate_series(0, length(entries) - 1, 24) AS at WHERE namespace_id > 0
    """)
    op.drop_table("record_digest", schema="vault")
    op.drop_table("page_run", schema="vault")
    op.drop_table("page", schema="vault")
    op.create_unique_constraint("uq_record_digest", "record", ["digest"], schema="vault")
