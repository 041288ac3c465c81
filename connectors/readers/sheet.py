"""Reads one sheet of a workbook in a process of its own: workbook on stdin, JSON on stdout.

The JSON is an object: ``rows``, each a list of texts, and ``last``, the number of the last row with a value, counted in
the sheet's XML by another parser.

Started by path from `connectors.readers.excel`, so that a hostile workbook meets neither the project's memory nor
its keys. It imports nothing of the project. Its limits are its arguments: bytes of memory, seconds of processor.
"""

import contextlib
import datetime as dt
import json
import posixpath
import resource
import sys
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from xml.etree import ElementTree

BAD_WORKBOOK = 3
MISSING_SHEET = 4

PRESERVED = "{http://www.w3.org/XML/1998/namespace}space"


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
        last = last_row(content, name)
    except (CalamineError, LookupError, OSError, ValueError, SyntaxError, zipfile.BadZipFile, zlib.error):
        return BAD_WORKBOOK
    json.dump({"rows": [[text(cell) for cell in row] for row in rows], "last": last}, sys.stdout)
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


def last_row(content: bytes, name: str) -> int:
    """The number of the last row of a sheet with a value, 0 where there is none."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        path, strings = parts(archive, name)
        filled = [any(spelt(item, "t")) for item in elements(archive, strings, "si")] if strings else []
        number, last = 0, 0
        for element in elements(archive, path, "row", "c"):
            if local(element) == "row":
                number = int(element.get("r") or number + 1)
            elif has_value(element, filled):
                last = number
    return last


def parts(archive: zipfile.ZipFile, name: str) -> tuple[str, str | None]:
    """The paths of the sheet of that name and of the workbook's texts."""
    places = {
        relation.get("Id"): (str(relation.get("Type")), posixpath.join("/xl", str(relation.get("Target")))[1:])
        for relation in elements(archive, "xl/_rels/workbook.xml.rels", "Relationship")
    }
    strings = [path for kind, path in places.values() if kind.endswith("/sharedStrings")]
    for sheet in elements(archive, "xl/workbook.xml", "sheet"):
        if sheet.get("name") == name:
            reference = next(value for key, value in sheet.items() if key.endswith("}id"))
            return posixpath.normpath(places[reference][1]), strings[0] if strings else None
    raise LookupError


def elements(archive: zipfile.ZipFile, path: str, *tags: str) -> Iterator[ElementTree.Element]:
    """The elements of those names, as they end; a row as it begins, before its cells."""
    with archive.open(path) as stream:
        for event, element in ElementTree.iterparse(stream, ("start", "end")):
            name = local(element)
            if name in tags and (event == "start") == (name == "row"):
                yield element
            if name in tags and event == "end":
                element.clear()


def has_value(cell: ElementTree.Element, filled: list[bool]) -> bool:
    """Whether a cell has a text that is not empty; ``filled``: which of the workbook's texts are not."""
    if cell.get("t") == "inlineStr":
        return any(spelt(cell, "t"))
    value = next(spelt(cell, "v"), "")
    return filled[int(value)] if cell.get("t") == "s" and value else bool(value)


def spelt(element: ElementTree.Element, tag: str) -> Iterator[str]:
    """The texts of the elements of that name within another; blanks around them count where the file says so."""
    for inner in element.iter():
        if local(inner) == tag:
            yield (inner.text or "") if inner.get(PRESERVED) == "preserve" else (inner.text or "").strip()


def local(element: ElementTree.Element) -> str:
    """An element's name without its namespace, of which there are two dialects."""
    return element.tag.rpartition("}")[2]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
