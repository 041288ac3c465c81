"""Which records a delivery states and the version of each, packed: thousands a row, in PostgreSQL's binary form.

A million records take .1 s to write and .1 s to read so; a row a record takes five times as long.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
from psycopg.rows import args_row
from sqlalchemy import Connection

from warehouse.store.engine import raw

STATED: Final = pl.Schema({"source_key": pl.Int64(), "version": pl.Int64(), "deleted": pl.Boolean()})
"""A record as a delivery states it; ``version`` is null where the delivery has none."""

_BLOCK_RECORDS: Final = 8192
"""Records of one row: small enough for the server to hold many, large enough that rows do not count."""

_SIGNATURE: Final = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_END: Final = b"\xff\xff"
_NULL: Final = b"\xff\xff\xff\xff"
_BIGINT_OID: Final = 20
_ELEMENT: Final = np.dtype([("bytes", ">i4"), ("value", ">i8")])
_ARRAY_HEADER: Final = 20
"""Bytes before the elements: dimensions, flags, type, length, lower bound; 4 each."""
_EMPTY_HEADER: Final = 12
"""Bytes of an array without an element."""

_COPY: Final = "COPY timeline.record_block (extract_id, source_keys, versions, deleted) FROM STDIN (FORMAT binary)"
_READ: Final = """
SELECT array_send(source_keys), array_send(versions), array_send(deleted) FROM timeline.record_block
WHERE extract_id = %s
"""

Values = npt.NDArray[np.int64]


def stated(content: pl.DataFrame) -> pl.DataFrame:
    """The records of a frame of content, with schema `STATED`."""
    given = content.columns
    version = pl.col("version") if "version" in given else pl.lit(None)
    deleted = pl.col("deleted").fill_null(False) if "deleted" in given else pl.lit(False)
    columns = {"source_key": pl.col("source_key"), "version": version, "deleted": deleted}
    return content.select(column.cast(STATED[name]).alias(name) for name, column in columns.items())


def write(connection: Connection, extract_id: int, records: pl.DataFrame) -> None:
    """Append the records of an extract, schema `STATED`, in the caller's transaction."""
    if not records.height:
        return
    with raw(connection).cursor() as cursor, cursor.copy(_COPY) as sink:
        sink.write(_SIGNATURE)
        for block in records.iter_slices(_BLOCK_RECORDS):
            sink.write(_row(extract_id, block))
        sink.write(_END)


def read(connection: Connection, extract_id: int) -> pl.DataFrame:
    """The records that an extract states, schema `STATED`, in no order."""
    with raw(connection).cursor(binary=True, row_factory=args_row(_block)) as cursor:
        blocks = cursor.execute(_READ, (extract_id,)).fetchall()
    return pl.concat([STATED.to_frame(), *blocks])


def latest(connection: Connection, extract_ids: Iterable[int]) -> pl.DataFrame:
    """The last statement of each record among the extracts, which are given from the last to the first."""
    parts = [read(connection, extract_id) for extract_id in extract_ids]
    if len(parts) == 1:
        return parts[0]
    return pl.concat([STATED.to_frame(), *parts]).unique("source_key", keep="first", maintain_order=True)


def _row(extract_id: int, block: pl.DataFrame) -> bytes:
    versions, deleted = block["version"], block.filter("deleted")["source_key"]
    fields = (
        _big_endian(8, 4) + _big_endian(extract_id, 8),
        _array(block["source_key"]),
        _NULL if versions.null_count() else _array(versions),
        _array(deleted) if len(deleted) else _NULL,
    )
    return _big_endian(len(fields), 2) + b"".join(fields)


def _array(values: pl.Series) -> bytes:
    """A field that holds an array of bigint: its length in bytes, then the array as `array_recv` reads it."""
    elements = np.empty(len(values), _ELEMENT)
    elements["bytes"], elements["value"] = 8, values.to_numpy()
    header = (1, 0, _BIGINT_OID, len(values), 1)
    content = b"".join(_big_endian(number, 4) for number in header) + elements.tobytes()
    return _big_endian(len(content), 4) + content


def _block(keys: bytes, versions: bytes | None, deleted: bytes | None) -> pl.DataFrame:
    found = _values(keys)
    said = pl.Series(_values(versions)) if versions is not None else pl.repeat(None, len(found), eager=True)
    gone = np.isin(found, _values(deleted)) if deleted is not None else np.zeros(len(found), bool)
    return pl.DataFrame({"source_key": found, "version": said, "deleted": gone}, schema=STATED)


def _values(array: bytes) -> Values:
    """The elements of an array of bigint as `array_send` gives it."""
    if len(array) == _EMPTY_HEADER:
        return np.empty(0, np.int64)
    return np.frombuffer(array, _ELEMENT, offset=_ARRAY_HEADER)["value"].astype(np.int64)


def _big_endian(number: int, width: int) -> bytes:
    return number.to_bytes(width, "big", signed=True)
