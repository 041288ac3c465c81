"""The linker in bulk"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_COMPONENT = "What pairs, numbers and decisions tie together; null for what is no identity"


def upgrade() -> None:
    # What was linked before has no components: everything is linked anew, and keeps its persons.
    op.drop_table("trait", schema="vault")
    op.drop_table("block", schema="vault")
    op.create_table(
        "block",
        sa.Column("identity_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="The identity"),
        sa.Column(
            "block_key",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="63 bits of AES-256-CMAC(rule, value)",
        ),
        schema="vault",
        comment="Blind block keys of small batches: identities that share one are compared",
    )
    op.create_index(op.f("ix_block_block_key"), "block", ["block_key"], unique=False, schema="vault")
    op.create_table(
        "block_run",
        sa.Column(
            "run_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="The link batch that wrote it"
        ),
        sa.Column("fences", sa.LargeBinary(), nullable=False, comment="The first key of each page, eight bytes each"),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_block_run")),
        schema="vault",
        comment="Blind block keys of large batches, in sorted pages",
    )
    op.create_table(
        "block_page",
        sa.Column("run_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="The run"),
        sa.Column("page", sa.Integer(), autoincrement=False, nullable=False, comment="Its place in the run, from 0"),
        sa.Column("entries", sa.LargeBinary(), nullable=False, comment="Sorted keys, then their identities"),
        sa.PrimaryKeyConstraint("run_id", "page", name=op.f("pk_block_page")),
        schema="vault",
        comment="Pages of the runs",
    )
    # Random keys do not compress, and a page is small enough to stay in its row.
    op.execute("ALTER TABLE vault.block_page ALTER COLUMN entries SET STORAGE PLAIN")
    op.create_table(
        "shared_value",
        sa.Column("block_key", sa.BigInteger(), autoincrement=False, nullable=False, comment="Block key of the value"),
        sa.Column(
            "kind", sa.SmallInteger(), nullable=False, comment="0 name, else the place of the field in blocks.IDS"
        ),
        sa.PrimaryKeyConstraint("block_key", name=op.f("pk_shared_value")),
        schema="vault",
        comment="Values that are carried by too many to identify anybody",
    )
    op.add_column(
        "membership", sa.Column("component_id", sa.BigInteger(), nullable=True, comment=_COMPONENT), schema="vault"
    )
    op.drop_index(op.f("ix_membership_batch_id"), table_name="membership", schema="vault")
    op.create_index(op.f("ix_membership_component_id"), "membership", ["component_id"], unique=False, schema="vault")
    op.create_table(
        "strict",
        sa.Column(
            "subject_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="Identity, number or alias"
        ),
        sa.Column("percent", sa.BigInteger(), autoincrement=False, nullable=False, comment="The threshold in per cent"),
        sa.Column(
            "lead",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="Names the part: the lowest rank in it",
        ),
        sa.PrimaryKeyConstraint("subject_id", "percent", name=op.f("pk_strict")),
        schema="vault",
        comment="Subjects that at a stricter threshold are in another part of their person than most of it",
    )
    why = "Why persons moved: records, decision, model, key, relink"
    op.add_column("batch", sa.Column("reason", sa.Text(), nullable=True, comment=why), schema="vault")
    what = {
        "quality": "What was measured of the batch, an Arrow table",
        "shares": "What is expected of each identity's links, the same",
    }
    for name, comment in what.items():
        op.add_column("batch", sa.Column(name, sa.LargeBinary(), nullable=True, comment=comment), schema="vault")
    op.alter_column(
        "person_event", "kind", comment="merge, split or retire", existing_comment="merge or split", schema="vault"
    )
    op.create_table_comment(
        "person_event",
        "Every merge and split, and every person that went without another in its place",
        existing_comment="Every merge and every split",
        schema="vault",
    )
    op.execute("TRUNCATE vault.edge")
    op.create_table_comment(
        "edge",
        "Pairs that may be one person and were not joined: what review looks at",
        existing_comment="Compared pairs that may be the same person",
        schema="vault",
    )


def downgrade() -> None:
    """Not back: values and pairs that the tables before held would have to be made anew."""
    raise NotImplementedError
