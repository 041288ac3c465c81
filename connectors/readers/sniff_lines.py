"""Lines without separators: where their fields are; and whether the last line closes a file."""

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Final

import polars as pl

from connectors.readers.sniff_header import has_header
from schemas.formats import FixedWidth, Footer
from schemas.table import RawTable

_LEAST_LINES: Final = 3
_LEAST_LENGTH: Final = 12
_ALIKE: Final = 0.95
_LOOKED_AT: Final = 2000
_CLOSING: Final = frozenset({"trailer", "trl", "tr", "total", "count", "records", "rows", "end", "eof", "footer", "t"})


def sniff_fixed_width(text: str, encoding: str) -> FixedWidth | None:
    """Lines of one length whose fields are divided by columns of blanks; None where that is not evident."""
    lines = [line.removesuffix("\r") for line in text.split("\n")][:_LOOKED_AT]
    lines = [line for line in lines[:-1] if line] if len(lines) > 1 else lines
    lengths = [len(line) for line in lines]
    usual = max(set(lengths), key=lengths.count, default=0)
    if len(lines) < _LEAST_LINES or usual < _LEAST_LENGTH or lengths.count(usual) < _ALIKE * len(lines):
        return None
    alike = [line for line in lines if len(line) == usual]
    places = _fields(alike)
    if len(places) < 2:
        return None
    cells = [tuple(line[start : start + width].strip() for start, width in places) for line in alike]
    header = _is_named(cells)
    names = cells[0] if header else tuple(f"field_{number}" for number in range(1, len(places) + 1))
    fields = tuple((name, start + 1, width) for name, (start, width) in zip(names, places, strict=True))
    return FixedWidth(fields, encoding=encoding, record_length=usual, header_rows=int(header))


def _is_named(cells: Sequence[tuple[str, ...]]) -> bool:
    names = [f"field_{number}" for number in range(len(cells[0]))]
    rest = pl.DataFrame(cells[1:], schema=dict.fromkeys(names, pl.String), orient="row")
    return len(set(cells[0])) == len(names) and all(cells[0]) and has_header(cells[0], rest)


def _fields(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Start and width of each field: a field begins where something stands after a column of blanks."""
    blank = [all(line[place] == " " for line in lines) for place in range(len(lines[0]))]
    runs = [
        (is_blank, [place for place, _ in places]) for is_blank, places in groupby(enumerate(blank), lambda p: p[1])
    ]
    starts = [places[0] for is_blank, places in runs if not is_blank]
    ends = [*starts[1:], len(blank)]
    return [(start, end - start) for start, end in zip(starts, ends, strict=True)]


def footer_of(table: RawTable, text: str, terminator: str | None, heading: int) -> Footer | None:
    """The last record as a footer, where it is of another width and says how many records there are."""
    faults = table.faults.filter(table.faults["row_number"] == table.received)
    if not faults.height or faults["rule"][0] != "field_count" or table.received < _LEAST_LINES:
        return None
    lines = [line.strip("\r") for line in text.split(terminator or "\n") if line.strip()]
    last = lines[-1] if lines else ""
    rows = str(table.received - 1 - heading)
    words = re.findall(r"[A-Za-z]+", last)
    if rows not in re.findall(r"[0-9]+", last) or any(word.lower() not in _CLOSING for word in words):
        return None
    return Footer(_pattern(last, rows))


def _pattern(last: str, rows: str) -> str:
    """The footer with its count as a group, other numbers as any number."""
    parts: list[str] = []
    counted = False
    for part in re.findall(r"[0-9]+|[^0-9]+", last):
        if part == rows and not counted:
            parts.append("(?P<rows>[0-9]+)")
            counted = True
        else:
            parts.append("[0-9]+" if part.isdigit() else re.escape(part))
    return "".join(parts)
