"""Reads one sheet of a workbook in a process of its own: workbook on stdin, JSON rows of text on stdout.

Started by path from `connectors.readers.excel`, so that a hostile workbook meets neither the project's memory nor
its keys. It imports nothing of the project. Its limits are its arguments: bytes of memory, seconds of processor.
"""

import contextlib
import datetime as dt
import json
import resource
import sys
from io import BytesIO

BAD_WORKBOOK = 3
MISSING_SHEET = 4


def main(memory: str, seconds: str, sheet: str = "") -> int:
    """Read stdin, write stdout; returns the exit code."""
    content = sys.stdin.buffer.read()
    for limit, value in ((resource.RLIMIT_AS, int(memory)), (resource.RLIMIT_CPU, int(seconds))):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(limit, (value, value))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_filelike(BytesIO(content))
        name = sheet or workbook.sheet_names[0]
        if name not in workbook.sheet_names:
            return MISSING_SHEET
        rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (CalamineError, IndexError, OSError, ValueError):
        return BAD_WORKBOOK
    json.dump([[text(cell) for cell in row] for row in rows], sys.stdout)
    return 0


def text(cell: object) -> str:
    """A cell as text: dates in ISO form, whole numbers without a fraction."""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(" ")
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return str(cell)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
