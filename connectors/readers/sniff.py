"""How a file is written, found by trying: its first bytes, then each dialect, judged by how rectangular it reads."""

import contextlib
import re
import zipfile
from collections.abc import Iterable
from io import BytesIO
from pathlib import PurePosixPath
from typing import Final

from connectors.readers import read
from connectors.readers.archive import MOST_BYTES, member_pieces, refuse_hostile
from connectors.readers.gzip import gzip_pieces
from connectors.readers.sniff_header import has_header
from connectors.readers.sniff_text import sniff_text
from schemas.errors import DeliveryRefused
from schemas.formats import Excel, Format, Gzip, Parquet, Unpacked, Zip

_ZIP: Final = b"PK\x03\x04"
_EMPTY_ZIP: Final = b"PK\x05\x06"
_GZIP: Final = b"\x1f\x8b"
_PARQUET: Final = b"PAR1"
_WORKBOOK: Final = "xl/workbook.xml"
_HIDDEN: Final = ("__MACOSX/", ".")
_MOST_ABOVE: Final = 8
_LOOKED_AT: Final = 16 << 20
"""Bytes of a compressed text that are looked at."""


def sniff(content: bytes, name: str, member: str | None = None) -> Format:
    """How a file is written; nothing of its name is believed that its bytes do not say.

    ``name`` decides only between members of an archive. ``member``: which one of them (`members`), by default the one
    called most like the archive, else the largest. Raises `DeliveryRefused` with a closed code: ``empty_file``, and
    those of archives.
    """
    if not content.strip():
        raise DeliveryRefused("empty_file")
    if content.startswith((_ZIP, _EMPTY_ZIP)):
        return _workbook(content) if _WORKBOOK in _paths(content) else _member(content, name, member)
    if content.startswith(_GZIP):
        return Gzip(_unpacked(_start(gzip_pieces([content]))))
    return _unpacked(content)


def members(content: bytes) -> tuple[str, ...]:
    """The members of an archive that may be data, the largest first; none where the file is no archive."""
    if not content.startswith(_ZIP):
        return ()
    with contextlib.suppress(zipfile.BadZipFile, OSError, ValueError), zipfile.ZipFile(BytesIO(content)) as archive:
        entries = archive.infolist()
        refuse_hostile(entries)
        data = [entry for entry in entries if not entry.is_dir() and not entry.filename.startswith(_HIDDEN)]
        return tuple(entry.filename for entry in sorted(data, key=lambda entry: -entry.file_size))
    raise DeliveryRefused("bad_zip")


def _workbook(content: bytes) -> Excel:
    """The first sheet, with so many rows above its header as leave one that names all columns."""
    for above in range(_MOST_ABOVE):
        with contextlib.suppress(DeliveryRefused):
            rows = read(content, Excel(above=above)).rows.drop("row_number")
            if has_header(rows.columns, rows):
                return Excel(above=above)
    return Excel()


def _paths(content: bytes) -> tuple[str, ...]:
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            return tuple(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError):
        pass
    raise DeliveryRefused("bad_zip")


def _member(content: bytes, name: str, member: str | None) -> Zip:
    """One member of an archive; in its name digits may be others at the next delivery."""
    listed = members(content)
    if not listed:
        raise DeliveryRefused("zip_member_missing")
    stem = _letters(PurePosixPath(name).stem)
    chosen = member or next((path for path in listed if _letters(PurePosixPath(path).stem) == stem), listed[0])
    inner = _unpacked(_start(member_pieces([content], chosen)))
    last = PurePosixPath(chosen).name
    glob = re.sub(r"[0-9]+(?:[-_.]?[0-9]+)*", "*", last) if re.search(r"[0-9]{4}", last) else last
    unique = [path for path in listed if PurePosixPath(path).match(glob)]
    return Zip(glob if len(unique) == 1 else chosen, inner)


def _letters(text: str) -> str:
    return re.sub(r"[^a-z]", "", text.lower())


def _start(pieces: Iterable[bytes]) -> bytes:
    """The start of what was packed, or all of it; nothing beyond the caps is unpacked."""
    found = bytearray()
    for piece in pieces:
        found += piece
        if len(found) >= min(_LOOKED_AT, MOST_BYTES) and not found.startswith((_PARQUET, _ZIP)):
            break
    return bytes(found)


def _unpacked(content: bytes) -> Unpacked:
    if not content.strip():
        raise DeliveryRefused("empty_file")
    if content.startswith(_PARQUET):
        return Parquet()
    if content.startswith(_ZIP):
        if _WORKBOOK in _paths(content):
            return _workbook(content)
        raise DeliveryRefused("zip_nested")
    return sniff_text(content)
