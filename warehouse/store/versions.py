"""Which records a delivery states and the version of each, packed: thousands a row, in PostgreSQL's binary form.

A million records take .1 s to write and .1 s to read so; a row a record takes five times as long.
"""

from collections.abc import Iterable
from dataclasses import dataclass
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
"""Bytes before the elements: dimensions, flags, type, length, lower bound; 4 each. No block is empty."""

_COPY: Final = "COPY timeline.record_block (extract_id, source_keys, versions, deleted) FROM STDIN (FORMAT binary)"
_READ: Final = """
SELECT array_send(source_keys), array_send(versions), deleted
FROM unnest(%s::bigint[]) WITH ORDINALITY AS wanted(extract_id, place)
JOIN timeline.record_block AS block USING (extract_id) ORDER BY wanted.place
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
        for deleted in (False, True):
            for block in records.filter(pl.col("deleted") == deleted).iter_slices(_BLOCK_RECORDS):
                sink.write(_row(extract_id, block, deleted))
        sink.write(_END)


def latest(connection: Connection, extract_ids: Iterable[int], among: pl.Series | None = None) -> pl.DataFrame:
    """The last statement of each record in the extracts, which are given from the last to the first; `STATED`.

    ``among``: of these records only.
    """
    given = list(extract_ids)
    with raw(connection).cursor(binary=True, row_factory=args_row(_Block)) as cursor:
        blocks = cursor.execute(_READ, (given,)).fetchall()
    records = _records(blocks)
    wanted = records if among is None else records.join(among.to_frame("source_key"), "source_key", how="semi")
    return wanted if len(given) == 1 else wanted.unique("source_key", keep="first", maintain_order=True)


@dataclass(frozen=True)
class _Block:
    """A row of the table, its arrays as `array_send` gives them."""

    keys: bytes
    versions: bytes | None
    deleted: bool


def _row(extract_id: int, block: pl.DataFrame, deleted: bool) -> bytes:
    versions = block["version"]
    fields = (
        _big_endian(8, 4) + _big_endian(extract_id, 8),
        _array(block["source_key"]),
        _NULL if versions.null_count() else _array(versions),
        _big_endian(1, 4) + _big_endian(deleted, 1),
    )
    return _big_endian(len(fields), 2) + b"".join(fields)


def _array(values: pl.Series) -> bytes:
    """A field that holds an array of bigint: its length in bytes, then the array as `array_recv` reads it."""
    elements = np.empty(len(values), _ELEMENT)
    elements["bytes"], elements["value"] = 8, values.to_numpy()
    header = (1, 0, _BIGINT_OID, len(values), 1)
    content = b"".join(_big_endian(number, 4) for number in header) + elements.tobytes()
    return _big_endian(len(content), 4) + content


def _records(blocks: list[_Block]) -> pl.DataFrame:
    """The records of the blocks in their order, schema `STATED`."""
    sizes = [(len(block.keys) - _ARRAY_HEADER) // _ELEMENT.itemsize for block in blocks]
    columns = {
        "source_key": _values(block.keys for block in blocks),
        "version": _values(block.versions or block.keys for block in blocks),
        "versioned": np.repeat(np.array([block.versions is not None for block in blocks], bool), sizes),
        "deleted": np.repeat(np.array([block.deleted for block in blocks], bool), sizes),
    }
    version = pl.when("versioned").then("version").alias("version")
    return pl.DataFrame(columns).select("source_key", version, "deleted")


def _values(arrays: Iterable[bytes]) -> Values:
    """The elements of arrays of bigint, one after the other."""
    elements = b"".join(array[_ARRAY_HEADER:] for array in arrays)
    return np.frombuffer(elements, _ELEMENT)["value"].astype(np.int64)


def _big_endian(number: int, width: int) -> bytes:
    return number.to_bytes(width, "big", signed=True)
