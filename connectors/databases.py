"""The databases of an installation, their roles, and the URLs that lead to them."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from schemas.errors import StoreError

ADMIN: Final = "postgres"
LOADER: Final = "throughcare_loader"
IDENTITY: Final = "throughcare_identity"
ANALYST: Final = "throughcare_analyst"
ROLES: Final = (LOADER, IDENTITY, ANALYST)

_PASSWORD_BYTES: Final = 32


@dataclass(frozen=True)
class Databases:
    """SQLAlchemy URLs with passwords in them, one per role; none of them shows in ``repr``.

    ``warehouse`` as its loader, ``vault`` as identity, ``analyst`` reads the warehouse, ``admin`` owns the server.
    """

    warehouse: str = field(repr=False)
    vault: str = field(repr=False)
    analyst: str = field(repr=False)
    admin: str = field(repr=False)


def new_password() -> str:
    """A random password that needs no quoting in a URL."""
    return secrets.token_urlsafe(_PASSWORD_BYTES)


def urls(admin_url: str, passwords: Mapping[str, str], suffix: str = "") -> Databases:
    """The URLs of the databases on the server of ``admin_url``; ``passwords`` by role."""

    def url(database: str, role: str) -> str:
        address = make_url(admin_url).set(database=database + suffix, username=role, password=passwords[role])
        return address.render_as_string(hide_password=False)

    return Databases(url("warehouse", LOADER), url("vault", IDENTITY), url("warehouse", ANALYST), admin_url)


def ensure_databases(admin_url: str, passwords: Mapping[str, str], suffix: str = "") -> Databases:
    """Make the roles and the databases ``warehouse`` and ``vault`` where they are missing.

    Each database belongs to its role and only roles named here may connect to it: identity alone to the vault,
    loader and analyst (who reads only) to the warehouse. ``suffix`` sets further pairs of databases apart.
    Raises `StoreError` without any value where the server refuses.
    """
    try:
        with psycopg.connect(libpq(admin_url), autocommit=True) as connection:
            for role in ROLES:
                _ensure_role(connection, role, passwords[role])
            _ensure_database(connection, "warehouse" + suffix, LOADER, readers=(ANALYST,))
            _ensure_database(connection, "vault" + suffix, IDENTITY)
            connection.execute("REVOKE CONNECT, TEMPORARY ON DATABASE postgres, template1 FROM PUBLIC")
        return urls(admin_url, passwords, suffix)
    except psycopg.Error as error:
        failure = StoreError(f"the databases cannot be made: {error.sqlstate or type(error).__name__}")
    raise failure


def drop_databases(databases: Databases) -> None:
    """Remove the warehouse and the vault with everything in them; ends their connections."""
    with psycopg.connect(libpq(databases.admin), autocommit=True) as connection:
        for address in (databases.warehouse, databases.vault):
            name = sql.Identifier(make_url(address).database or "")
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def libpq(url: str) -> str:
    """A SQLAlchemy URL as the driver and DuckDB read it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _ensure_role(connection: psycopg.Connection[tuple[object, ...]], role: str, password: str) -> None:
    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    action = sql.SQL("ALTER ROLE {}" if found else "CREATE ROLE {}").format(sql.Identifier(role))
    connection.execute(action + sql.SQL(" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}").format(verifier))
    if role == ANALYST:
        connection.execute(sql.SQL("ALTER ROLE {} SET default_transaction_read_only = on").format(sql.Identifier(role)))


def _ensure_database(
    connection: psycopg.Connection[tuple[object, ...]], name: str, owner: str, readers: tuple[str, ...] = ()
) -> None:
    database, owned_by = sql.Identifier(name), sql.Identifier(owner)
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, owned_by))
    connection.execute(sql.SQL("REVOKE CONNECT, TEMPORARY ON DATABASE {} FROM PUBLIC").format(database))
    for reader in readers:
        grant = sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.Identifier(reader))
        connection.execute(grant)
