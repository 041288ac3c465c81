"""Alembic's environment for the vault: runs on the connection that `Vault.migrate` hands in."""

from alembic import context

from identity import audit, decisions, order_tables, promotion  # noqa: F401 - each declares tables of the metadata
from identity.tables import SCHEMA, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table_schema=SCHEMA,
    include_schemas=True,
    include_name=lambda name, kind, parents: kind != "schema" or name == SCHEMA,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
