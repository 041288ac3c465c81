"""Bring a warehouse to the newest schema: tables by Alembic, then views and what analysts may read."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, text

from warehouse.store.engine import connect, raw, valueless
from warehouse.store.tables import LEDGER, TIMELINE, WAREHOUSE
from warehouse.store.views import VIEWS

ANALYST: Final = "throughcare_analyst"
_GRANTS: Final = (
    f"GRANT USAGE ON SCHEMA {WAREHOUSE} TO {ANALYST}",
    f"GRANT SELECT ON ALL TABLES IN SCHEMA {WAREHOUSE} TO {ANALYST}",
    f"ALTER DEFAULT PRIVILEGES IN SCHEMA {WAREHOUSE} GRANT SELECT ON TABLES TO {ANALYST}",
)
_UNREADABLE: Final = f"""
SELECT NOT has_schema_privilege(:name, '{WAREHOUSE}', 'USAGE') OR EXISTS (
    SELECT FROM pg_class WHERE relnamespace = '{WAREHOUSE}'::regnamespace AND relkind IN ('r', 'v')
    AND NOT has_table_privilege(:name, oid, 'SELECT')
)
"""
"""Default privileges hold for what the same role makes: a migration by another role must grant anew."""
_HAS_SEARCH_PATH: Final = f"""
SELECT count(*) FROM pg_db_role_setting AS setting JOIN pg_database AS known ON known.oid = setting.setdatabase
WHERE known.datname = current_database() AND array_to_string(setconfig, ' ') LIKE '%search_path={WAREHOUSE},%'
"""
_SEARCH_PATH: Final = f"""
DO $$ BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path TO {WAREHOUSE}, public', current_database());
EXCEPTION WHEN insufficient_privilege THEN NULL;
END $$
"""
"""Only the database's owner may; elsewhere analysts write ``warehouse.event``."""
_LOCK: Final = 7_214_806_321
"""Advisory lock: one migration at a time, whatever the number of hosts."""


@valueless
def migrate(url: str, typed_views: Sequence[str] = ()) -> None:
    """Upgrade the tables, then replace the views where they changed; ``typed_views`` are further statements.

    Safe to call at every start and from several hosts at once; it takes no lock when nothing changed.
    """
    engine = connect(url)
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {LEDGER}"))
            command.upgrade(_configuration(connection), "head")
            _replace_views(connection, (*VIEWS, *typed_views))
            _admit_analyst(connection)
    finally:
        engine.dispose()


@valueless
def is_current(engine: Engine) -> bool:
    """Whether the tables are those that this version of the code declares."""
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table_schema": LEDGER})
        return set(context.get_current_heads()) == set(
            ScriptDirectory.from_config(_configuration(connection)).get_heads()
        )


def _configuration(connection: Connection) -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    configuration.attributes["connection"] = connection
    return configuration


def _replace_views(connection: Connection, statements: Sequence[str]) -> None:
    """Drop and create all views in the analysts' schema, unless their text is the one applied before."""
    wanted = f"What analysts read; views {hashlib.sha256(chr(0).join(statements).encode()).hexdigest()[:16]}"
    if connection.scalar(text("SELECT obj_description(to_regnamespace(:name))"), {"name": WAREHOUSE}) == wanted:
        return
    found = text("SELECT schemaname, viewname FROM pg_views WHERE schemaname IN (:timeline, :warehouse)")
    for schema, name in connection.execute(found, {"timeline": TIMELINE, "warehouse": WAREHOUSE}).all():
        connection.execute(text(f'DROP VIEW IF EXISTS {schema}."{name}" CASCADE'))
    connection.execute(text(f"SET LOCAL search_path TO {WAREHOUSE}, public"))
    driver = raw(connection)
    for statement in statements:
        driver.execute(statement.encode())
    connection.execute(text(f"COMMENT ON SCHEMA {WAREHOUSE} IS '{wanted}'"))
    connection.execute(text("SET LOCAL search_path TO public"))


def _admit_analyst(connection: Connection) -> None:
    """Let the analysts' role read schema ``warehouse`` and nothing else, and find it without a prefix.

    On a server of one's own the role may be made later: the next migration then admits it.
    """
    name = {"name": ANALYST}
    if not connection.scalar(text("SELECT count(*) FROM pg_roles WHERE rolname = :name"), name):
        return
    if connection.scalar(text(_UNREADABLE), name):
        for grant in _GRANTS:
            connection.execute(text(grant))
    if not connection.scalar(text(_HAS_SEARCH_PATH)):
        connection.execute(text(_SEARCH_PATH))
