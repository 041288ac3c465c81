"""Delimited text of any encoding, separator, quoting and line terminator."""

from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import polars as pl
import pyarrow as pa
from pyarrow import csv

from connectors.readers.dialect import Dialect, Plain, Restore
from connectors.readers.faults import byte_faults, fault_frame, sound
from connectors.readers.names import distinct, joined, refuse_width
from connectors.readers.portions import Portion, check_footer, portions
from connectors.readers.scan import Layout, Mask, Offsets
from schemas.errors import DeliveryRefused
from schemas.formats import Delimited
from schemas.table import RawTable

_BLOCK = 8 << 20
"""Bytes per parsed block; at least two of the longest record."""


def read_delimited(
    pieces: Iterable[bytes], format: Delimited, columns: Sequence[str], batch_bytes: int
) -> Iterator[RawTable]:
    """Read a file in batches; ``columns`` name the fields where the format has no header.

    Records with a wrong number of fields, a NUL or undecodable bytes are faults (``field_count``, ``nul_byte``,
    ``bad_encoding``) and never reach the parser, so none shifts the cells of another.
    Raises `DeliveryRefused`: ``empty_file``, ``bad_encoding``, ``nul_byte``, ``unclosed_quote``, ``stray_quote``,
    ``repeated_header``, ``too_many_columns``, ``record_too_long``, ``count_mismatch``, ``no_spare_character``,
    ``field_count`` (header rows of different widths), ``footer_missing``, ``footer_count``.
    """
    terminator = None if format.terminator is None else format.terminator.encode()
    dialect = Dialect(format.separator.encode(), (format.quote or "").encode(), terminator)
    heading = format.header_rows if format.header else 0
    headers: list[str] | None = None
    for portion in portions(pieces, format.encoding, dialect, heading, format.footer, batch_bytes):
        first = headers is None
        if headers is None:
            headers = _headers(portion, format, columns)
        table = _table(portion, format, headers, heading if first else 0)
        portion.refuse_problem()
        if portion.last and format.footer:
            check_footer(format.footer, portion.footer, portion.before + len(portion.layout) - heading)
        del portion
        ready = [table] if first or table.received else []
        del table
        while ready:
            yield ready.pop()


def _table(portion: Portion, format: Delimited, headers: list[str], heading: int) -> RawTable:
    """The records of a portion after its ``heading``."""
    layout = portion.layout
    wrong = {rule: indexes[indexes >= heading] for rule, indexes in _faults(portion, format, len(headers)).items()}
    good = sound(wrong, len(layout))
    good[:heading] = False
    table = _parse(portion.text, layout, good, headers, format.null)
    if table.height != int(good.sum()):
        raise DeliveryRefused("count_mismatch")
    numbers = pl.Series("row_number", np.flatnonzero(good) + (portion.before + 1), pl.Int64)
    return RawTable(table.insert_column(0, numbers), fault_frame(wrong, portion.before), len(layout) - heading)


def _headers(portion: Portion, format: Delimited, columns: Sequence[str]) -> list[str]:
    """The names of the columns, from the header rows or without them."""
    layout = portion.layout
    if len(layout) < (format.header_rows if format.header else 0 if columns and format.footer else 1):
        portion.refuse_problem()
        raise DeliveryRefused("empty_file")
    if not format.header and columns:
        return list(columns)
    width = int(layout.fields[0])
    refuse_width(width)
    if not format.header:
        return [f"column_{number}" for number in range(1, width + 1)]
    top = Portion(portion.text, layout.first(format.header_rows), portion.before)
    for number, _, rule in fault_frame(_faults(top, format, width), 0).rows():
        raise DeliveryRefused(rule, row_number=number)
    places = [f"#{place}" for place in range(1, width + 1)]
    rows = _parse(top.text, top.layout, np.ones(len(top.layout), np.bool_), places, ()).rows()
    return distinct(joined(rows), format.repeated == "number")


def _faults(portion: Portion, format: Delimited, width: int) -> dict[str, Offsets]:
    """The records without honest cells; those of a header are judged by their own width."""
    return {"field_count": np.flatnonzero(portion.layout.fields != width), **byte_faults(portion, format.encoding)}


def _parse(text: Plain, layout: Layout, good: Mask, headers: list[str], null: tuple[str, ...]) -> pl.DataFrame:
    """The cells of the good records; each has as many fields as there are headers."""
    if not good.any():
        return pl.DataFrame(schema=dict.fromkeys(headers, pl.String))
    longest = int(np.max(np.diff(layout.ends, prepend=0)))
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
    view = memoryview(data)
    # The parser takes a byte order mark off what it is given; where it is a cell's own text, it gets another.
    marked = bytes(view[pieces[0][0] :][: len(BOM_UTF8)]) == BOM_UTF8
    if len(pieces) == 1 and not marked:
        start, end = pieces[0]
        return whole.slice(start, end - start)
    return pa.py_buffer(b"".join([BOM_UTF8 * marked, *(view[start:end] for start, end in pieces)]))


def _restored(frame: pl.DataFrame, restore: Restore) -> pl.DataFrame:
    """Put back what stood for something else while the file was parsed."""
    for mark, original in restore:
        frame = frame.with_columns(pl.all().str.replace_all(mark.decode(), original.decode(), literal=True))
    return frame
