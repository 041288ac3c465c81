"""Delimited text of any encoding, separator, quoting and line terminator."""

import codecs
from collections.abc import Sequence

import numpy as np
import polars as pl
import pyarrow as pa
from pyarrow import csv

from connectors.readers.dialect import Plain, plain
from connectors.readers.scan import Layout, Mask, Offsets, scan
from schemas.errors import DeliveryRefused
from schemas.formats import Delimited
from schemas.table import FAULTS, RawTable

_BLOCK = 8 << 20
"""Bytes per parsed block; at least two of the longest record."""

_LONGEST_RECORD = 64 << 20
_DECODED_TOGETHER = 1000


def read_delimited(content: bytes, format: Delimited, columns: Sequence[str] = ()) -> RawTable:
    """Read a file; ``columns`` name the fields where the format has no header.

    Records with a wrong number of fields, a NUL or undecodable bytes are faults (``field_count``, ``nul_byte``,
    ``bad_encoding``) and never reach the parser, so none shifts the cells of another.
    Raises `DeliveryRefused`: ``empty_file``, ``bad_encoding``, ``nul_byte``, ``unclosed_quote``, ``stray_quote``,
    ``repeated_header``, ``record_too_long``, ``count_mismatch``, ``no_spare_character``.
    """
    text = plain(content, format)
    layout = scan(text.data, text.separator, text.quote)
    if not len(layout):
        raise DeliveryRefused("empty_file")
    headers, first = _headers(text, layout, format, columns)
    faults = _faults(text, layout, format, len(headers))
    good = np.ones(len(layout), np.bool_)
    good[:first] = False
    good[faults["row_number"].to_numpy() - 1] = False
    table = _parse(text, layout, good, headers, format.null)
    if table.height != int(good.sum()):
        raise DeliveryRefused("count_mismatch")
    numbers = pl.Series("row_number", np.flatnonzero(good) + 1, pl.Int64)
    return RawTable(pl.DataFrame([numbers, *table.get_columns()]), faults, len(layout) - first)


def _headers(text: Plain, layout: Layout, format: Delimited, columns: Sequence[str]) -> tuple[list[str], int]:
    """The columns' names and how many records the header takes."""
    if not format.header:
        width = int(layout.fields[0])
        return list(columns) or [f"column_{number}" for number in range(1, width + 1)], 0
    first = Layout(layout.ends[:1], layout.fields[:1], layout.multiline)
    width = int(first.fields[0])
    for rule in _faults(text, first, format, width)["rule"]:
        raise DeliveryRefused(rule, row_number=1)
    places = [f"#{place}" for place in range(1, width + 1)]
    row = _parse(text, first, np.ones(1, np.bool_), places, ()).row(0)
    headers = [str(cell) for cell in row]
    for place, header in enumerate(headers):
        if header in headers[:place] or header == "row_number":
            raise DeliveryRefused("repeated_header", row_number=1, column=places[place])
    return headers, 1


def _faults(text: Plain, layout: Layout, format: Delimited, width: int) -> pl.DataFrame:
    """The records without honest cells, as `FAULTS`; the header is judged by its own width and has none."""
    found = {
        "field_count": np.flatnonzero(layout.fields != width),
        "nul_byte": _containing(b"\0", text.data, layout),
        "bad_encoding": _undecodable(
            text, layout, "ascii" if codecs.lookup(format.encoding).name == "ascii" else "utf-8"
        ),
    }
    frames = [
        pl.DataFrame({"row_number": indexes + 1, "column": None, "rule": rule}, schema=FAULTS)
        for rule, indexes in found.items()
        if len(indexes)
    ]
    return pl.concat(frames).sort("row_number", "rule") if frames else FAULTS.to_frame()


def _containing(mark: bytes, data: bytes, layout: Layout) -> Offsets:
    """The indexes of the records that contain ``mark``."""
    if not len(layout) or data.find(mark, 0, int(layout.ends[-1])) < 0:
        return np.empty(0, np.int64)
    within = np.frombuffer(data, np.uint8)[: layout.ends[-1]]
    positions = np.flatnonzero(within == mark[0])
    for place, byte in enumerate(mark[1:], start=1):
        positions = positions[positions + place < len(within)]
        positions = positions[within[positions + place] == byte]
    return layout.holding(positions)


def _undecodable(text: Plain, layout: Layout, encoding: str) -> Offsets:
    """The indexes of the records that are not what their encoding says."""
    if text.data.isascii():
        return np.empty(0, np.int64)
    if text.undecodable is not None:
        return _containing(text.undecodable, text.data, layout)
    bounds = np.concatenate(([0], layout.ends))
    found: list[int] = []
    for first in range(0, len(layout), _DECODED_TOGETHER):
        last = min(first + _DECODED_TOGETHER, len(layout))
        if not _decodes(text.data[bounds[first] : bounds[last]], encoding):
            each = range(first, last)
            found += [index for index in each if not _decodes(text.data[bounds[index] : bounds[index + 1]], encoding)]
    return np.array(found, np.int64)


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _parse(text: Plain, layout: Layout, good: Mask, headers: list[str], null: tuple[str, ...]) -> pl.DataFrame:
    """The cells of the good records; each has as many fields as there are headers."""
    if not good.any():
        return pl.DataFrame(schema=dict.fromkeys(headers, pl.String))
    longest = int(np.max(np.diff(layout.ends, prepend=0)))
    if longest > _LONGEST_RECORD:
        raise DeliveryRefused("record_too_long")
    names = [str(place) for place in range(len(headers))]
    try:
        table = csv.read_csv(
            pa.BufferReader(_records(text.data, layout, good)),  # type: ignore[arg-type]
            read_options=csv.ReadOptions(column_names=names, block_size=max(_BLOCK, 2 * longest)),
            parse_options=csv.ParseOptions(
                delimiter=chr(text.separator),
                quote_char=chr(text.quote) if text.quote is not None else False,
                newlines_in_values=layout.multiline,
                ignore_empty_lines=False,
            ),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), null_values=list(null), strings_can_be_null=True
            ),
        )
    except pa.ArrowInvalid:
        table = None
    if table is None:
        raise DeliveryRefused("count_mismatch")
    frame = pl.DataFrame(table)
    frame.columns = headers
    return _restored(frame, text.restore)


def _records(data: bytes, layout: Layout, good: Mask) -> pa.Buffer:
    """The good records one after the other: a view of the file where they are contiguous."""
    edges = np.flatnonzero(np.diff(good, prepend=False, append=False))
    bounds = np.concatenate(([0], layout.ends))
    pieces = [(int(bounds[first]), int(bounds[last])) for first, last in edges.reshape(-1, 2)]
    whole = pa.py_buffer(data)
    if len(pieces) == 1:
        start, end = pieces[0]
        return whole.slice(start, end - start)
    view = memoryview(data)
    return pa.py_buffer(b"".join(view[start:end] for start, end in pieces))


def _restored(frame: pl.DataFrame, restore: tuple[tuple[str, str], ...]) -> pl.DataFrame:
    """Put back what stood for something else while the file was parsed."""
    for mark, original in restore:
        frame = frame.with_columns(pl.all().str.replace_all(mark, original, literal=True))
    return frame
