"""Zip archives: one member is read into memory, under caps, and nothing is ever unpacked to a disk."""

import stat
import zipfile
from fnmatch import fnmatchcase
from io import BytesIO
from pathlib import PurePosixPath
from typing import Final

from schemas.errors import DeliveryRefused

MOST_BYTES: Final = 2 << 30
MOST_ENTRIES: Final = 1000
HIGHEST_RATIO: Final = 200
"""Text of a register shrinks to a twentieth; a bomb to a thousandth."""

_SMALL: Final = 1 << 20
"""Below this many bytes no ratio harms."""
_ENCRYPTED: Final = 0x1
_ARCHIVES: Final = (".zip", ".gz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".tgz", ".zst")
_PIECE: Final = 1 << 20


def read_member(content: bytes, member: str) -> bytes:
    """The one member whose path or name matches ``member`` (a glob).

    Raises `DeliveryRefused`: ``bad_zip``, ``zip_bomb``, ``zip_path``, ``zip_nested``, ``zip_encrypted``,
    ``zip_member_missing`` (also where several match).
    """
    refusal = "bad_zip"
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            entries = archive.infolist()
            refuse_hostile(entries)
            return _read(archive, _wanted(entries, member))
    except DeliveryRefused as refused:
        refusal = refused.code
    except Exception:
        # Whatever a damaged archive makes of the decompressors: it is the archive that is bad.
        pass
    raise DeliveryRefused(refusal)


def refuse_hostile(entries: list[zipfile.ZipInfo], ratio: float = HIGHEST_RATIO, most: int = MOST_BYTES) -> None:
    """Refuse an archive by its directory, before anything of it is decompressed."""
    if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > most:
        raise DeliveryRefused("zip_bomb")
    for entry in entries:
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in entry.filename or stat.S_ISLNK(entry.external_attr >> 16):
            raise DeliveryRefused("zip_path")
        if entry.flag_bits & _ENCRYPTED:
            raise DeliveryRefused("zip_encrypted")
        if path.suffix.lower() in _ARCHIVES:
            raise DeliveryRefused("zip_nested")
        if entry.file_size > max(_SMALL, ratio * entry.compress_size):
            raise DeliveryRefused("zip_bomb")


def _wanted(entries: list[zipfile.ZipInfo], member: str) -> zipfile.ZipInfo:
    found = [
        entry
        for entry in entries
        if not entry.is_dir()
        and (fnmatchcase(entry.filename, member) or fnmatchcase(PurePosixPath(entry.filename).name, member))
    ]
    if len(found) != 1:
        raise DeliveryRefused("zip_member_missing")
    return found[0]


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """The member, no byte more than its directory says, its checksum verified."""
    pieces, left = [], entry.file_size
    with archive.open(entry) as stream:
        while piece := stream.read(_PIECE):
            pieces.append(piece)
            left -= len(piece)
    if left:
        raise DeliveryRefused("bad_zip")
    return b"".join(pieces)
