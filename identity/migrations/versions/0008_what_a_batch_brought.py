"""What a batch stated and what an extract brought are found without reading everything"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_INDEXES = {"membership": "batch_id", "record": "extract_id"}


def upgrade() -> None:
    for table, column in _INDEXES.items():
        op.create_index(
            op.f(f"ix_{table}_{column}"), table, [column], unique=False, schema="vault", postgresql_using="brin"
        )


def downgrade() -> None:
    for table, column in _INDEXES.items():
        op.drop_index(op.f(f"ix_{table}_{column}"), table_name=table, schema="vault")
