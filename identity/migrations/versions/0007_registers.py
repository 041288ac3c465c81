"""Registers, and what a batch rests on"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_REASON = "Why persons moved: records, decision, model, key, relink"


def upgrade() -> None:
    namespace = sa.Column(
        "namespace", sa.Text(), nullable=True, comment="Namespace of the numbers that its rows' persons have"
    )
    register = sa.Column(
        "register",
        sa.Boolean(),
        server_default=sa.text("false"),
        nullable=False,
        comment="Whether the contract says that each person has one of these numbers",
    )
    identities = sa.Column(
        "identities",
        sa.BigInteger(),
        nullable=True,
        comment="Identities linked in all: the prior is sized to them",
    )
    registers = sa.Column(
        "registers", sa.ARRAY(sa.Text()), nullable=True, comment="Namespaces that hold each person once"
    )
    for table, column in (
        ("extract", namespace),
        ("extract", register),
        ("batch", identities),
        ("batch", registers),
    ):
        op.add_column(table, column, schema="vault")
    op.alter_column(
        "batch",
        "reason",
        existing_type=sa.Text(),
        existing_nullable=True,
        existing_comment=_REASON,
        comment="Why persons moved: records, decision, model, size, register, key, relink",
        schema="vault",
    )


def downgrade() -> None:
    op.alter_column("batch", "reason", existing_type=sa.Text(), existing_nullable=True, comment=_REASON, schema="vault")
    for table, column in (
        ("batch", "registers"),
        ("batch", "identities"),
        ("extract", "register"),
        ("extract", "namespace"),
    ):
        op.drop_column(table, column, schema="vault")
