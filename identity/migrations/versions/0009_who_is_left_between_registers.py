"""Who is left between registers"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _id(name: str, comment: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False, comment=comment)


def upgrade() -> None:
    op.create_table(
        "unpaired",
        _id("identity_id", "An identity of a register"),
        _id("rank", "Its rank by content"),
        _id("register_id", "That register: the first digits of its namespace's digest"),
        _id("other_id", "The register in which its group has nobody"),
        _id("lead_id", "The identity after which its group is named"),
        sa.PrimaryKeyConstraint("identity_id", "other_id", name=op.f("pk_unpaired")),
        schema="vault",
        comment="Who has no counterpart in another register by weights alone",
    )
    op.create_index(
        op.f("ix_unpaired_register_id_other_id"), "unpaired", ["register_id", "other_id"], unique=False, schema="vault"
    )
    op.create_table(
        "unpaired_join",
        _id("left_id", "The lead of one group"),
        _id("right_id", "The lead of the other"),
        sa.Column("probability", sa.Double(), nullable=False, comment="That they are one person"),
        sa.PrimaryKeyConstraint("left_id", "right_id", name=op.f("pk_unpaired_join")),
        schema="vault",
        comment="Groups that were joined because no others are left",
    )


def downgrade() -> None:
    op.drop_table("unpaired_join", schema="vault")
    op.drop_index(op.f("ix_unpaired_register_id_other_id"), table_name="unpaired", schema="vault")
    op.drop_table("unpaired", schema="vault")
