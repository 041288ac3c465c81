"""Lines of one length, in which each field has its place."""

from collections.abc import Iterable, Iterator

import numpy as np
import polars as pl

from connectors.readers.dialect import Dialect, Restore
from connectors.readers.faults import byte_faults, fault_frame, sound
from connectors.readers.lines import cut_out, text_ends
from connectors.readers.names import distinct
from connectors.readers.portions import Portion, check_footer, portions
from connectors.readers.scan import Mask
from schemas.errors import DeliveryRefused
from schemas.formats import FixedWidth
from schemas.table import RawTable


def read_fixed_width(pieces: Iterable[bytes], format: FixedWidth, batch_bytes: int) -> Iterator[RawTable]:
    """Read a file in batches; lengths are characters of the declared encoding.

    Faults of a row: ``field_count`` (another length), ``outside_fields`` (text where no field is), ``nul_byte``,
    ``bad_encoding``. Raises `DeliveryRefused`: ``empty_file``, ``bad_encoding``, ``record_too_long``,
    ``no_spare_character``, ``repeated_header``, ``footer_missing``, ``footer_count``.
    """
    distinct([name for name, _, _ in format.fields])
    dialect = Dialect(terminator=None if format.terminator is None else format.terminator.encode(), parsed=False)
    first = True
    for portion in portions(pieces, format.encoding, dialect, format.header_rows, format.footer, batch_bytes):
        heading = format.header_rows if first else 0
        portion.refuse_problem()
        if first and len(portion.layout) < (heading or format.footer is None):
            raise DeliveryRefused("empty_file")
        table = _table(portion, format, heading)
        if portion.last and format.footer:
            check_footer(format.footer, portion.footer, portion.before + len(portion.layout) - format.header_rows)
        if first or table.received:
            yield table
        first = False


def _table(portion: Portion, format: FixedWidth, heading: int) -> RawTable:
    layout = portion.layout
    faults = {rule: indexes[indexes >= heading] for rule, indexes in byte_faults(portion, format.encoding).items()}
    good = sound(faults, len(layout))
    good[:heading] = False
    lines = _restored(_lines(portion, good, format.terminator is None), portion.text.restore)
    indexes = np.flatnonzero(good)
    long = (lines.str.len_chars() == format.length).to_numpy()
    blank = _blank_gaps(lines, format)
    faults |= {"field_count": indexes[~long], "outside_fields": indexes[long & ~blank]}
    kept = long & blank
    rows = pl.DataFrame([lines.filter(pl.Series(kept))]).select(
        pl.Series("row_number", indexes[kept] + (portion.before + 1), pl.Int64), *_fields(format)
    )
    if rows.height != int(kept.sum()):
        raise DeliveryRefused("count_mismatch")
    return RawTable(rows, fault_frame(faults, portion.before), len(layout) - heading)


def _lines(portion: Portion, good: Mask, returns: bool) -> pl.Series:
    """The good lines without their ends."""
    starts, ends = portion.layout.starts[good], portion.layout.ends[good]
    data = portion.text.data
    return cut_out(data, starts, text_ends(np.frombuffer(data, np.uint8), starts, ends, returns)).alias("line")


def _restored(lines: pl.Series, restore: Restore) -> pl.Series:
    for mark, original in restore:
        lines = lines.str.replace_all(mark.decode(), original.decode(), literal=True)
    return lines


def _fields(format: FixedWidth) -> Iterator[pl.Expr]:
    for name, start, width in format.fields:
        cell = pl.col("line").str.slice(start - 1, width)
        cell = cell.str.strip_chars(" ") if format.trim else cell
        yield pl.when(~cell.is_in(list(format.null))).then(cell).alias(name)


def _blank_gaps(lines: pl.Series, format: FixedWidth) -> Mask:
    """Which lines have blanks only where no field is."""
    blank = np.ones(len(lines), np.bool_)
    covered = np.zeros(format.length + 2, np.bool_)
    for _, start, width in format.fields:
        covered[start : start + width] = True
    covered[0] = covered[-1] = True
    edges = np.flatnonzero(np.diff(~covered))
    for before, last in edges.reshape(-1, 2):
        blank &= (lines.str.slice(int(before), int(last - before)).str.strip_chars(" ") == "").to_numpy()
    return blank
