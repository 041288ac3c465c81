"""One sheet of an xlsx workbook, read in a child process under limits."""

import json
import subprocess
import zipfile
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from typing import Final

import polars as pl

from connectors.readers import child, sheet
from connectors.readers.archive import kept, refuse_hostile
from connectors.readers.names import distinct, joined
from schemas.errors import DeliveryRefused
from schemas.formats import Excel
from schemas.table import FAULTS, RawTable

MEMORY_BYTES: Final = 4 << 30
PROCESSOR_SECONDS: Final = 120
WALL_SECONDS: Final = 300

MOST_BYTES: Final = 1 << 30
HIGHEST_RATIO: Final = 1000
"""Sheets of equal cells shrink more than text does; the memory limit holds what this lets through."""

_REFUSALS: Final = {sheet.BAD_WORKBOOK: "bad_workbook", sheet.MISSING_SHEET: "missing_sheet"}


def read_excel(pieces: Iterable[bytes], format: Excel, seen: Callable[[bytes], None]) -> Iterator[RawTable]:
    """Read a sheet as one table; blank rows at its end are none.

    Every cell is text: dates in ISO form, whole numbers without a fraction. ``seen`` is called with all cells, however
    the workbook is compressed. Raises `DeliveryRefused`: ``bad_workbook``, ``missing_sheet``, ``workbook_too_large``,
    ``empty_file``, ``repeated_header``, ``too_many_columns``, ``count_mismatch``, and for a
    hostile archive what `connectors.readers.archive` raises.
    """
    content = kept(pieces, "zip_bomb").getvalue()
    _refuse_bomb(content)
    printed = _printed(content, format.sheet or "")
    seen(printed)
    found = json.loads(printed)
    rows: list[list[str]] = found["rows"]
    while rows and not any(rows[-1]):
        rows.pop()
    if len(rows) != found["last"]:
        raise DeliveryRefused("count_mismatch")
    top = format.above + format.header_rows
    if len(rows) < top:
        raise DeliveryRefused("empty_file")
    width = max(place for row in rows[format.above :] for place, cell in enumerate(row, start=1) if cell)
    names = joined([row[:width] for row in rows[format.above : top]])
    yield _table(distinct(names, format.repeated == "number"), rows[top:], top, format.null)


def _table(headers: list[str], rows: list[list[str]], top: int, null: tuple[str, ...]) -> RawTable:
    numbers = pl.Series("row_number", range(top + 1, top + len(rows) + 1), pl.Int64)
    columns = {
        header: pl.Series([None if row[place] in null else row[place] for row in rows], dtype=pl.String)
        for place, header in enumerate(headers)
    }
    return RawTable(pl.DataFrame(columns).insert_column(0, numbers), FAULTS.to_frame(), len(rows))


def _refuse_bomb(content: bytes) -> None:
    refusal: str | None = None
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            refuse_hostile(archive.infolist(), HIGHEST_RATIO, MOST_BYTES)
    except DeliveryRefused as refused:
        refusal = refused.code
    except Exception:
        # A damaged directory makes zipfile raise whatever it likes.
        refusal = "bad_workbook"
    if refusal:
        raise DeliveryRefused(refusal)


def _printed(content: bytes, name: str) -> bytes:
    """Run the child; what it prints is JSON and no more is believed of it."""
    command = child.command(sheet, str(MEMORY_BYTES), str(PROCESSOR_SECONDS), name)
    refusal, printed = "workbook_too_large", b""
    try:
        finished = subprocess.run(
            command, input=content, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False,
            timeout=WALL_SECONDS, cwd="/", env=child.ENVIRONMENT,
        )  # fmt: skip
        refusal = _REFUSALS.get(finished.returncode, refusal) if finished.returncode else ""
        printed = finished.stdout
    except subprocess.TimeoutExpired:
        pass
    if refusal:
        raise DeliveryRefused(refusal)
    return printed
