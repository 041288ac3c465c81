"""One flat JSON object a line: most lines by their structure in one pass, the others one by one."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import polars as pl

from connectors.readers.dialect import Dialect
from connectors.readers.faults import byte_faults, fault_frame, sound
from connectors.readers.json_objects import Row, read_object
from connectors.readers.json_structure import Uniform, uniform_lines
from connectors.readers.lines import emptied
from connectors.readers.names import distinct, refuse_width
from connectors.readers.portions import Portion, portions
from schemas.errors import DeliveryRefused
from schemas.formats import JsonLines
from schemas.table import RawTable

_FEW_CELLS = 1 << 20
_CELLS_PER_BYTE = 1
"""A line has fewer keys than bytes; only where each line has other keys are there more cells than bytes."""


def read_json_lines(
    pieces: Iterable[bytes], format: JsonLines, columns: Sequence[str], batch_bytes: int
) -> Iterator[RawTable]:
    """Read a file in batches; each has the ``columns`` and whatever other keys its objects have.

    The independent count is that of the lines. Faults of a row: ``bad_json``, ``nested_value``, ``repeated_key``,
    ``nul_byte``, ``bad_encoding``. Raises `DeliveryRefused`: ``empty_file``, ``bad_encoding``, ``record_too_long``,
    ``repeated_header`` (a key that is called ``row_number``), ``too_many_columns``.
    """
    first = True
    for portion in portions(pieces, format.encoding, Dialect(parsed=False), 0, None, batch_bytes):
        portion.refuse_problem()
        if first and not len(portion.layout):
            raise DeliveryRefused("empty_file")
        if len(portion.layout):
            yield _table(portion, format, columns)
        first = False


def _table(portion: Portion, format: JsonLines, columns: Sequence[str]) -> RawTable:
    faults = byte_faults(portion, format.encoding)
    good = sound(faults, len(portion.layout))
    found = uniform_lines(portion.text.data, portion.layout, good)
    done = np.zeros(len(good), np.bool_)
    for part in found:
        done[part.lines] = True
    rows, wrong = _one_by_one(portion, np.flatnonzero(good & ~done))
    frame = _frame(found, rows, columns, portion, format.null)
    faults |= {rule: np.array(indexes, np.int64) for rule, indexes in wrong.items()}
    faulty = fault_frame(faults, portion.before)
    if frame.height + faulty["row_number"].n_unique() != len(portion.layout):
        raise DeliveryRefused("count_mismatch")
    return RawTable(frame, faulty, len(portion.layout))


def _one_by_one(portion: Portion, indexes: Iterable[int]) -> tuple[dict[int, Row], dict[str, list[int]]]:
    """The lines that are not of the plainest form: index → object, and rule → indexes."""
    starts, ends, data = portion.layout.starts, portion.layout.ends, portion.text.data
    rows: dict[int, Row] = {}
    wrong: dict[str, list[int]] = {}
    for index in indexes:
        row = read_object(data[starts[index] : ends[index]])
        if isinstance(row, str):
            wrong.setdefault(row, []).append(int(index))
        else:
            rows[int(index)] = row
    return rows, wrong


def _frame(
    found: list[Uniform], rows: dict[int, Row], columns: Sequence[str], portion: Portion, null: tuple[str, ...]
) -> pl.DataFrame:
    """All objects in their order; a key that one lacks is null there."""
    keys = dict.fromkeys(key for part in found for key in part.keys)
    for row in rows.values():
        keys.update(dict.fromkeys(row))
        refuse_width(len(keys))
    keys = dict.fromkeys([*keys, *columns])
    distinct(list(keys))
    height = sum(len(part.lines) for part in found) + len(rows)
    if len(keys) * height > max(_FEW_CELLS, len(portion.data) * _CELLS_PER_BYTE):
        raise DeliveryRefused("too_many_columns")
    frames = [part.frame() for part in found]
    if rows:
        frames.append(_scattered(rows))
    empty = pl.DataFrame(schema={"row_number": pl.Int64, **dict.fromkeys(keys, pl.String)})
    whole = pl.concat([empty, *frames], how="diagonal")
    if len(frames) > 1:
        whole = whole.sort("row_number")
    cells = pl.DataFrame({str(place): whole.get_column(key) for place, key in enumerate(keys)})
    cells = emptied(cells, null)
    cells.columns = list(keys)
    return cells.insert_column(0, whole["row_number"] + (portion.before + 1))


def _scattered(rows: dict[int, Row]) -> pl.DataFrame:
    """Objects with any keys as a frame; its cost is that of the values that are there."""
    places: dict[str, list[int]] = {}
    values: dict[str, list[str | None]] = {}
    for place, row in enumerate(rows.values()):
        for key, value in row.items():
            places.setdefault(key, []).append(place)
            values.setdefault(key, []).append(value)
    empty = pl.Series([None], dtype=pl.String).new_from_index(0, len(rows))
    columns = {key: empty.clone().scatter(places[key], pl.Series(values[key], dtype=pl.String)) for key in places}
    return pl.DataFrame({"row_number": pl.Series(list(rows), dtype=pl.Int64), **columns})
