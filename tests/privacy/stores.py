"""Every place where a canary could have been left, read as deeply as the place allows."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import duckdb
import sqlalchemy as sa

from tests.privacy.canaries import Canaries

_CHUNK = 16_000_000
_OVERLAP = 4_096


def files(root: Path, canaries: Canaries, permitted: tuple[Path, ...] = ()) -> Iterator[str]:
    """Name each file below ``root`` that holds a canary in its bytes, its columns, or its name."""
    for path in sorted(root.rglob("*")):
        if any(path.is_relative_to(place) for place in permitted):
            continue
        where = str(path.relative_to(root))
        if canaries.found_in(where.encode()):
            yield f"the name of a file in {path.parent.relative_to(root)}"
        if path.is_file() and not path.is_symlink():
            if any(canaries.found_in(block) for block in _blocks(path)):
                yield where
            yield from (f"{where}: {column}" for column in _columns(path, canaries))


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        tail = b""
        while block := stream.read(_CHUNK):
            yield tail + block
            tail = block[-_OVERLAP:]


def _columns(path: Path, canaries: Canaries) -> Iterator[str]:
    with path.open("rb") as stream:
        head = stream.read(16)
    if head.startswith(b"SQLite format 3"):
        yield from sqlite(path, canaries)
    elif head.startswith(b"PAR1"):
        yield from parquet(path, canaries)
    elif head[8:12] == b"DUCK":
        yield from duckdb_file(path, canaries)


def sqlite(path: Path, canaries: Canaries) -> Iterator[str]:
    """Name each column of a SQLite database in which a canary stands."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            cursor = connection.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in cursor.description]
            columns: dict[str, list[bytes]] = {name: [] for name in names}
            for row in cursor:
                for name, value in zip(names, row, strict=True):
                    columns[name].append(value if isinstance(value, bytes) else str(value).encode())
            yield from (f"{table}.{name}" for name, cells in columns.items() if canaries.found_in(b"\n".join(cells)))
    connection.close()


def parquet(path: Path, canaries: Canaries) -> Iterator[str]:
    """Name each column of a Parquet file in which a canary stands."""
    with duckdb.connect() as connection:
        yield from _relation(connection, f"read_parquet('{path}')", canaries)


def duckdb_file(path: Path, canaries: Canaries) -> Iterator[str]:
    """Name each column of a DuckDB file, views included, in which a canary stands."""
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute("SELECT table_schema, table_name FROM information_schema.tables").fetchall()
        for schema, table in tables:
            yield from (f"{table}.{column}" for column in _relation(connection, f'"{schema}"."{table}"', canaries))


def _relation(connection: duckdb.DuckDBPyConnection, relation: str, canaries: Canaries) -> Iterator[str]:
    names = [row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()]
    for name in names:
        cells = connection.execute(f'SELECT DISTINCT "{name}"::VARCHAR FROM {relation}').fetchall()
        if canaries.found_in("\n".join(str(cell) for (cell,) in cells).encode()):
            yield name


def postgres(url: str, canaries: Canaries) -> Iterator[str]:
    """Name each column of every table and view of a PostgreSQL database in which a canary stands."""
    engine = sa.create_engine(url, hide_parameters=True)
    columns = sa.text(
        "SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns "
        "WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
    )
    with engine.connect() as connection:
        for schema, table, column, kind in connection.execute(columns).fetchall():
            cell = f"encode(\"{column}\", 'escape')" if kind == "bytea" else f'"{column}"::text'
            rows = connection.execute(sa.text(f'SELECT DISTINCT {cell} FROM "{schema}"."{table}"')).scalars()
            if canaries.found_in("\n".join(str(row) for row in rows).encode()):
                yield f"{schema}.{table}.{column}"
    engine.dispose()
