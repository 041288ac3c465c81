"""Which key opens it"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "seal",
        sa.Column("one", sa.SmallInteger(), autoincrement=False, nullable=False, comment="Always 1: there is one seal"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False, comment="A constant, encrypted under the vault's key"),
        sa.CheckConstraint("one = 1", name=op.f("ck_seal_one")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_seal")),
        schema="vault",
        comment="Tells the vault's own key from any other before anything is read or written under it",
    )


def downgrade() -> None:
    op.drop_table("seal", schema="vault")
