"""How Alembic runs here: on the connection it is given, over the three schemas of the warehouse."""

from alembic import context

from warehouse.store.tables import LEDGER, SCHEMAS, metadata


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    return name in SCHEMAS if kind == "schema" else name != "alembic_version"


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_schemas=True,
    include_name=_ours,
    version_table_schema=LEDGER,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
