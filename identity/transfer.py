"""Arrays into and out of PostgreSQL by binary COPY, without a Python loop over rows."""

import secrets
from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import polars as pl
import psycopg

_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + b"\0" * 8
_TRAILER = b"\xff\xff"
_CHUNK_ROWS = 1 << 14
_FEW = 4_000


def copy_in(cursor: psycopg.Cursor, table: str, columns: Mapping[str, npt.NDArray[np.generic]]) -> None:
    """COPY equally long arrays of fixed-width items into the named columns of a table.

    Items are sent as their bytes, integers big-endian; ``V16`` or a 16-byte structure is a uuid, ``V<n>``
    a bytea of n bytes, bool a boolean. There are no nulls: a column that is left out takes its default.
    """
    names = ", ".join(columns)
    with cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(_SIGNATURE)
        for rows in _packed(columns):
            copy.write(rows)
        copy.write(_TRAILER)


def fetch(cursor: psycopg.Cursor, query: str, columns: tuple[str, ...]) -> npt.NDArray[np.void]:
    """The bigint columns (never null) of a query's rows, in no order, as a structured array.

    They come as ONE value: a COPY out would bring a message, and a turn of a Python loop, for each row.
    """
    packed = " || ".join(f"int8send({name})" for name in columns)
    (content,) = fetch_values(cursor, f"SELECT string_agg({packed}, ''::bytea) FROM ({query}) AS found", 1)
    return np.frombuffer(content, dtype=[(name, ">i8") for name in columns])


def fetch_values(cursor: psycopg.Cursor, query: str, count: int, parameters: tuple[object, ...] = ()) -> list[bytes]:
    """The ``count`` bytea values of a query's only row, a null as no bytes."""
    cursor.execute(query, parameters or None, binary=True)
    row = cursor.fetchone()
    return [bytes(value) if value is not None else b"" for value in row] if row else [b""] * count


def load_temporary(cursor: psycopg.Cursor, name: str, columns: Mapping[str, npt.NDArray[np.generic]]) -> None:
    """A temporary table of the arrays, analysed; it lives until the transaction ends."""
    types = ", ".join(f"{column} {_sql_type(values.dtype)}" for column, values in columns.items())
    cursor.execute(f"CREATE TEMPORARY TABLE {name} ({types}) ON COMMIT DROP")
    copy_in(cursor, name, columns)
    cursor.execute(f"ANALYZE {name}")


def temporary(cursor: psycopg.Cursor, columns: Mapping[str, npt.NDArray[np.generic]]) -> str:
    """`load_temporary` under a name of its own, which is returned."""
    name = f"given_{secrets.token_hex(8)}"
    load_temporary(cursor, name, columns)
    return name


def given(cursor: psycopg.Cursor, column: str, ids: npt.NDArray[np.int64]) -> str:
    """What stands after FROM for a column of distinct whole numbers; a few stand in the statement itself.

    A temporary table costs some milliseconds, and leaves its traces in the catalogue.
    """
    if len(ids) > _FEW:
        return temporary(cursor, {column: ids})
    listed = pl.Series(ids, dtype=pl.Int64).cast(pl.String).str.join(",").item() or ""
    return f"unnest('{{{listed}}}'::bigint[]) AS given ({column})"


def _packed(columns: Mapping[str, npt.NDArray[np.generic]]) -> Iterator[memoryview]:
    """The rows as COPY wants them, piece by piece in the same small memory: each must be sent before the next."""
    length = len(next(iter(columns.values())))
    packed = np.empty(min(length, _CHUNK_ROWS), _row_type({name: values.dtype for name, values in columns.items()}))
    packed["fields"] = len(columns)
    for name, values in columns.items():
        packed[f"length {name}"] = values.dtype.itemsize
    for start in range(0, length, _CHUNK_ROWS):
        piece = packed[: length - start]
        for name, values in columns.items():
            piece[name] = values[start : start + _CHUNK_ROWS]
        yield piece.view(np.uint8).data


def _row_type(columns: Mapping[str, np.dtype[np.generic]]) -> np.dtype[np.void]:
    fields: list[tuple[str, object]] = [("fields", ">i2")]
    for name, dtype in columns.items():
        fields += [(f"length {name}", ">i4"), (name, dtype.newbyteorder(">"))]
    return np.dtype(fields)


def _sql_type(dtype: np.dtype[np.generic]) -> str:
    if dtype.kind == "V":
        return "uuid" if dtype.itemsize == 16 else "bytea"
    return {"i2": "smallint", "i4": "integer", "i8": "bigint", "f8": "double precision", "b1": "boolean"}[
        f"{dtype.kind}{dtype.itemsize}"
    ]
