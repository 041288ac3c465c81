"""The warehouse as DuckDB reads it: one connection, read-only, one moment for everything that is read."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb
from sqlalchemy.engine import make_url

from schemas.errors import StoreError

SOURCE: Final = "source"
LINKS_ARE_SOUGHT: Final = "SET disabled_optimizers = 'build_side_probe_side'"
"""DuckDB's guess of which side of a join is small takes events, with all that they say, for smaller than links.

Where it does not guess, the right side is kept in memory and sought in, as the views have it: queries of events take
two thirds of the time, and much less memory.
"""
MEMORY: Final = "4GB"
"""What DuckDB may hold; more than that spills. Models and frames take another gigabyte for 300,000 people."""
_PARAMETERS: Final = {"host": "host", "port": "port", "username": "user", "password": "password", "database": "dbname"}


@contextmanager
def warehouse(url: str, spill: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB connection with the PostgreSQL warehouse of the SQLAlchemy ``url`` attached as ``source``.

    All reads see the state of one instant (repeatable read); what does not fit in memory spills to ``spill``.
    Raises `StoreError` without a cause: DuckDB's own messages can hold the password or a value.
    """
    with _attached(url, spill) as connection:
        yield connection


@contextmanager
def beside(connection: duckdb.DuckDBPyConnection, url: str, spill: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Another connection, for another thread, that sees the warehouse at the very instant that ``connection`` sees."""
    query = from_warehouse("SELECT pg_export_snapshot()")
    instant: str = connection.execute(f"FROM {query}").fetchall()[0][0]
    with _attached(url, spill) as other:
        statement = f"SET TRANSACTION SNAPSHOT {_literal(instant)}"
        other.execute(f"CALL postgres_execute('{SOURCE}', {_literal(statement)})")
        yield other


@contextmanager
def _attached(url: str, spill: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    from duckdb_extensions import import_extension

    import_extension("postgres_scanner")
    with duckdb.connect(config={"temp_directory": str(spill), "memory_limit": MEMORY}) as connection:
        try:
            connection.execute("LOAD postgres_scanner")
            connection.execute(LINKS_ARE_SOUGHT)
            connection.execute(f"ATTACH {_literal(conninfo(url))} AS {SOURCE} (TYPE postgres, READ_ONLY)")
            connection.execute("BEGIN")
        except duckdb.Error as error:
            failure = StoreError(f"snapshot: the warehouse cannot be read ({type(error).__name__})")
        else:
            yield connection
            connection.execute("COMMIT")
            return
    raise failure


def conninfo(url: str) -> str:
    """The libpq connection string of an SQLAlchemy URL; the password stays in it."""
    parsed = make_url(url)
    values = {target: getattr(parsed, name) for name, target in _PARAMETERS.items()} | dict(parsed.query)
    return " ".join(f"{name}={_quoted(str(value))}" for name, value in values.items() if value is not None)


def from_warehouse(query: str) -> str:
    """A FROM item of the rows of a query that PostgreSQL runs itself."""
    return f"postgres_query('{SOURCE}', {_literal(query)})"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
