"""Models"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "model",
        sa.Column("version", sa.Text(), nullable=False, comment="Name of the model, unique for ever"),
        sa.Column(
            "content",
            sa.JSON(),
            nullable=False,
            comment="Prior, parameters, frequencies: identity/model.json's form",
        ),
        sa.Column("state", sa.Text(), nullable=False, comment="candidate until promoted, retired once another is"),
        sa.Column(
            "made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False, comment="When"
        ),
        sa.Column("promoted_at", sa.DateTime(timezone=True), nullable=True, comment="When it was last promoted"),
        sa.Column("promoted_by", sa.Text(), nullable=True, comment="Who last promoted it"),
        sa.Column("reason", sa.Text(), nullable=True, comment="Why, in the words of who promoted it"),
        sa.Column(
            "report", sa.JSON(), nullable=False, comment="How it was trained and what it would change: counts only"
        ),
        sa.CheckConstraint("state IN ('candidate', 'promoted', 'retired')", name=op.f("ck_model_state")),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_model")),
        schema="vault",
        comment="Linkage models: what was trained here, and the shipped ones that were promoted",
    )
    op.create_index(
        "uq_model_promoted",
        "model",
        ["state"],
        unique=True,
        schema="vault",
        postgresql_where=sa.text("state = 'promoted'"),
    )


def downgrade() -> None:
    op.drop_index("uq_model_promoted", table_name="model", schema="vault")
    op.drop_table("model", schema="vault")
