"""One sheet of an xlsx workbook, read in a child process under limits."""

import json
import os
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Final

import polars as pl

from connectors.readers import sheet
from connectors.readers.archive import refuse_hostile
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


def read_excel(content: bytes, format: Excel) -> RawTable:
    """Read a sheet: its first row is the header, blank rows at its end are none.

    Every cell is text: dates in ISO form, whole numbers without a fraction. Raises `DeliveryRefused`:
    ``bad_workbook``, ``missing_sheet``, ``workbook_too_large``, ``empty_file``, ``repeated_header``, and for a
    hostile archive what `connectors.readers.archive` raises.
    """
    _refuse_bomb(content)
    rows = _rows_of(content, format.sheet or "")
    while rows and not any(rows[-1]):
        rows.pop()
    if not rows:
        raise DeliveryRefused("empty_file")
    width = max(place for row in rows for place, cell in enumerate(row, start=1) if cell)
    headers = rows[0][:width]
    for place, header in enumerate(headers):
        if header in headers[:place] or header == "row_number":
            raise DeliveryRefused("repeated_header", row_number=1, column=f"#{place + 1}")
    return _table(headers, rows[1:], format.null)


def _table(headers: list[str], rows: list[list[str]], null: tuple[str, ...]) -> RawTable:
    numbers = pl.Series("row_number", range(2, len(rows) + 2), pl.Int64)
    columns = [
        pl.Series(header, [None if row[place] in null else row[place] for row in rows], pl.String)
        for place, header in enumerate(headers)
    ]
    return RawTable(pl.DataFrame([numbers, *columns]), FAULTS.to_frame(), len(rows))


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


def _rows_of(content: bytes, name: str) -> list[list[str]]:
    """Run the child; what it prints is JSON and no more is believed of it."""
    program = str(Path(sheet.__file__).resolve())
    command = [sys.executable, "-I", program, str(MEMORY_BYTES), str(PROCESSOR_SECONDS), name]
    refusal, printed = "workbook_too_large", b""
    try:
        finished = subprocess.run(
            command, input=content, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False,
            timeout=WALL_SECONDS, cwd="/", env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        refusal = _REFUSALS.get(finished.returncode, refusal) if finished.returncode else ""
        printed = finished.stdout
    except subprocess.TimeoutExpired:
        pass
    if refusal:
        raise DeliveryRefused(refusal)
    rows: list[list[str]] = json.loads(printed)
    return rows
