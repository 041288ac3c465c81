"""A Parquet file, read in a child process under limits, batch by batch."""

import contextlib
import subprocess
from collections.abc import Callable, Iterable, Iterator
from threading import Timer
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa

from connectors.readers import child, columnar
from connectors.readers.archive import MOST_BYTES
from connectors.readers.faults import fault_frame
from connectors.readers.lines import emptied
from connectors.readers.names import distinct
from schemas.errors import DeliveryRefused
from schemas.formats import Parquet
from schemas.table import RawTable

WALL_SECONDS: Final = 300
"""For the start and for each batch; the processor's time is limited for all of them together."""

MOST_TEXT_BYTES: Final = 4 * MOST_BYTES

_REFUSALS: Final = {
    columnar.BAD_PARQUET: "bad_parquet",
    columnar.UNSUPPORTED_COLUMN: "unsupported_column",
    columnar.TOO_LARGE: "parquet_too_large",
    columnar.BAD_ENCODING: "bad_encoding",
}


def read_parquet(
    pieces: Iterable[bytes], format: Parquet, seen: Callable[[bytes], None], batch_bytes: int
) -> Iterator[RawTable]:
    """Read a file in batches; the first row is row 1. The independent count is that of the file's own footer.

    Every cell is text: dates in ISO form, whole numbers without a fraction, decimals with all their places, TRUE and
    FALSE. ``seen`` is called with all cells, however the file is compressed. A text with a NUL is a fault
    (``nul_byte``) of its row. Raises `DeliveryRefused`: ``bad_parquet``, ``unsupported_column`` (nested, binary,
    a duration), ``parquet_too_large``, ``bad_encoding``, ``repeated_header``, ``too_many_columns``, ``empty_file``,
    ``count_mismatch``.
    """
    limits = (child.MEMORY_BYTES, child.PROCESSOR_SECONDS, MOST_TEXT_BYTES)
    process = child.start(child.command(columnar, *map(str, limits)))
    try:
        if not _feed(process, pieces):
            raise DeliveryRefused("empty_file")
        yield from _tables(process, format, seen, batch_bytes)
    finally:
        process.kill()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                pipe.close() if pipe else None
        process.wait()


def _feed(process: subprocess.Popen[bytes], pieces: Iterable[bytes]) -> int:
    """Give the child the whole file; returns its bytes. A child that has died takes the rest as read."""
    assert process.stdin is not None
    given = 0
    for piece in pieces:
        given += len(piece)
        if given > MOST_BYTES:
            raise DeliveryRefused("parquet_too_large")
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(piece)
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()
    return given


def _tables(
    process: subprocess.Popen[bytes], format: Parquet, seen: Callable[[bytes], None], batch_bytes: int
) -> Iterator[RawTable]:
    reader = _reader(process)
    headers = distinct(reader.schema.names)
    seen("\0".join(headers).encode())
    received, given = 0, False
    for table in _gathered(process, reader, batch_bytes):
        frame = pl.DataFrame(table.rename_columns([str(place) for place in range(len(headers))]))
        frame.columns = headers
        seen(frame.write_csv(include_header=False).encode())
        yield _table(frame, received, format.null)
        received, given = received + frame.height, True
    _refuse_failure(process)
    if received != int((reader.schema.metadata or {}).get(b"rows", -1)):
        raise DeliveryRefused("count_mismatch")
    if not given:
        yield _table(pl.DataFrame(schema=dict.fromkeys(headers, pl.String)), 0, format.null)


def _reader(process: subprocess.Popen[bytes]) -> pa.RecordBatchStreamReader:
    with _patience(process), contextlib.suppress(pa.ArrowException, OSError):
        return pa.ipc.open_stream(process.stdout)  # type: ignore[arg-type]
    _refuse_failure(process)
    raise DeliveryRefused("bad_parquet")


def _gathered(
    process: subprocess.Popen[bytes], reader: pa.RecordBatchStreamReader, batch_bytes: int
) -> Iterator[pa.Table]:
    """What the child sends, in tables of about ``batch_bytes``; nothing of it is believed to be sound."""
    waiting: list[pa.RecordBatch] = []
    while batch := _next(process, reader):
        waiting.append(batch)
        if sum(each.nbytes for each in waiting) >= batch_bytes:
            yield pa.Table.from_batches(waiting)
            waiting.clear()
    if waiting:
        yield pa.Table.from_batches(waiting)


def _next(process: subprocess.Popen[bytes], reader: pa.RecordBatchStreamReader) -> pa.RecordBatch | None:
    with _patience(process), contextlib.suppress(StopIteration, pa.ArrowException, OSError):
        batch = reader.read_next_batch()
        batch.validate(full=True)
        return batch
    return None


@contextlib.contextmanager
def _patience(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Kill a child that is silent for too long."""
    timer = Timer(WALL_SECONDS, process.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _refuse_failure(process: subprocess.Popen[bytes]) -> None:
    """Refuse the file where the child did not end well; one that a limit ended was too large."""
    if process.wait() != 0:
        raise DeliveryRefused(_REFUSALS.get(process.returncode, "parquet_too_large"))


def _table(frame: pl.DataFrame, before: int, null: tuple[str, ...]) -> RawTable:
    numbers = pl.Series("row_number", range(before + 1, before + frame.height + 1), pl.Int64)
    spoilt = frame.select(pl.any_horizontal(pl.all().str.contains("\0", literal=True).fill_null(False)).alias("any"))
    faulty = spoilt["any"].to_numpy() if frame.width else np.zeros(0, np.bool_)
    whole = emptied(frame, null).insert_column(0, numbers).filter(pl.Series(~faulty))
    return RawTable(whole, fault_frame({"nul_byte": np.flatnonzero(faulty)}, before), frame.height)
