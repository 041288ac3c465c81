"""Reads a Parquet file in a process of its own: file on stdin, an Arrow stream of text columns on stdout.

Started by path from `connectors.readers.parquet`, so that a hostile file meets neither the project's memory nor its
keys. It imports nothing of the project. Its limits are its arguments: bytes of memory, seconds of processor, bytes of
text. The stream's schema says (``rows``) how many rows the file's own footer counts.
"""

import contextlib
import resource
import sys
from collections.abc import Callable
from typing import Any

import pyarrow as pa
from pyarrow import compute, parquet, types

BAD_PARQUET = 3
UNSUPPORTED_COLUMN = 4
TOO_LARGE = 5
BAD_ENCODING = 6

_HIGHEST_RATIO = 1000
_SMALL = 1 << 24
_ROWS = 50_000
"""Rows that are read together; a hostile row group does not grow beyond the limits before it is looked at."""


def main(memory: str, seconds: str, text: str) -> int:
    """Read stdin, write stdout; returns the exit code."""
    content = sys.stdin.buffer.read()
    for limit, value in ((resource.RLIMIT_AS, int(memory)), (resource.RLIMIT_CPU, int(seconds))):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(limit, (value, value))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    most = min(int(text), max(_SMALL, _HIGHEST_RATIO * len(content)))
    try:
        return convert(content, most)
    except (MemoryError, pa.ArrowMemoryError):
        return TOO_LARGE
    except (pa.ArrowException, OSError, ValueError, OverflowError):
        return BAD_PARQUET


def convert(content: bytes, most: int) -> int:
    """Write the file as text to stdout, no more than ``most`` bytes and cells of it; returns the exit code."""
    pa.set_memory_pool(pa.system_memory_pool())
    file = parquet.ParquetFile(pa.BufferReader(content), pre_buffer=False)
    types = file.schema_arrow.types
    if not all(map(is_plain, types)):
        return UNSUPPORTED_COLUMN
    cells = file.metadata.num_rows * len(types)
    if cells > most:
        return TOO_LARGE
    schema = pa.schema([(name, pa.string()) for name in file.schema_arrow.names])
    schema = schema.with_metadata({"rows": str(file.metadata.num_rows)})
    with pa.ipc.new_stream(sys.stdout.buffer, schema) as stream:  # type: ignore[arg-type]
        for batch in file.iter_batches(_ROWS, use_threads=False):
            columns = [written(column) for column in batch.columns]
            most -= sum(column.nbytes for column in columns)
            if most < 0:
                return TOO_LARGE
            try:
                for column in columns:
                    column.validate(full=True)
            except pa.ArrowInvalid:
                return BAD_ENCODING
            stream.write_batch(pa.record_batch(columns, schema=schema))
    return 0


def is_plain(type: pa.DataType) -> bool:
    """Whether cells of this type have a text of their own."""
    type = type.value_type if isinstance(type, pa.DictionaryType) else type
    asked = (
        types.is_string, types.is_large_string, types.is_string_view, types.is_null, types.is_boolean,
        types.is_integer, types.is_floating, types.is_decimal, types.is_date, types.is_timestamp, types.is_time,
    )  # fmt: skip
    return any(question(type) for question in asked)


def written(column: "pa.Array[Any]") -> Any:  # noqa: ANN401
    """A column as text; a null stays one."""
    if isinstance(column, pa.DictionaryArray):
        return written(column.dictionary_decode())
    if types.is_boolean(column.type):
        return compute.utf8_upper(column.cast(pa.string()))
    if types.is_floating(column.type):
        return spelled(column.cast(pa.string()), lambda value: number(float(value.as_py())))
    if types.is_decimal(column.type):
        return spelled(column, lambda value: format(value.as_py(), "f"))
    text: Any = column.cast(pa.string())
    if types.is_timestamp(column.type) or types.is_time(column.type):
        text = compute.replace_substring_regex(text, r"(\.[0-9]*[1-9])0+([-+Z].*)?$", r"\1\2")
        text = compute.replace_substring_regex(text, r"\.0+([-+Z].*)?$", r"\1")
    if types.is_timestamp(column.type):
        text = compute.replace_substring_regex(text, " 00:00:00$", "")
    return text


def spelled(column: "pa.Array[Any]", spell: "Callable[[pa.Scalar[Any]], str]") -> "pa.Array[Any]":
    """Each distinct value in the words of ``spell``."""
    encoded = column.dictionary_encode()
    words = pa.array([None if not value.is_valid else spell(value) for value in encoded.dictionary], pa.string())
    return words.take(encoded.indices)


def number(value: float) -> str:
    """A number as workbooks are read too: whole ones without a fraction."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
