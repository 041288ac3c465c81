"""Zip archives: one member is decompressed piece by piece, under caps, and nothing is ever unpacked to a disk."""

import stat
import zipfile
from collections.abc import Iterable, Iterator
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
_MAGIC: Final = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"\xfd7zXZ", b"7z\xbc\xaf", b"\x28\xb5\x2f\xfd")
"""How zip, gzip, xz, 7z and zstd begin; no text of a register does."""

_LONGEST_MAGIC: Final = max(map(len, _MAGIC))
_PIECE: Final = 1 << 20


def member_pieces(pieces: Iterable[bytes], member: str) -> Iterator[bytes]:
    """Decompress the one member whose path or name matches ``member`` (a glob), piece by piece.

    An archive's directory stands at its end: the archive itself is kept in memory, compressed.
    Raises `DeliveryRefused`: ``bad_zip``, ``zip_bomb``, ``zip_path``, ``zip_nested``, ``zip_encrypted``,
    ``zip_member_missing`` (also where several match).
    """
    packed = kept(pieces, "zip_bomb")
    refusal: str | None = "bad_zip"
    try:
        with zipfile.ZipFile(packed) as archive:
            entries = archive.infolist()
            refuse_hostile(entries)
            yield from _read(archive, _wanted(entries, member))
        refusal = None
    except DeliveryRefused as refused:
        refusal = refused.code
    except Exception:
        # Whatever a damaged archive makes of the decompressors: it is the archive that is bad.
        pass
    if refusal:
        raise DeliveryRefused(refusal)


def kept(pieces: Iterable[bytes], refusal: str) -> BytesIO:
    """The whole of a file whose parts cannot be read in order; one over the cap is refused."""
    packed = BytesIO()
    for piece in pieces:
        packed.write(piece)
        if packed.tell() > MOST_BYTES:
            raise DeliveryRefused(refusal)
    packed.seek(0)
    return packed


def refuse_nested(pieces: Iterable[bytes], refusal: str) -> Iterator[bytes]:
    """Pass text on; what begins as an archive does is none."""
    rest, start = iter(pieces), b""
    while len(start) < _LONGEST_MAGIC and (piece := next(rest, None)) is not None:
        start += piece
    if start.startswith(_MAGIC):
        raise DeliveryRefused(refusal)
    yield start
    yield from rest


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


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """The member, no byte more than its directory says, its checksum verified."""
    left = entry.file_size
    with archive.open(entry) as stream:
        while piece := stream.read(_PIECE):
            left -= len(piece)
            yield piece
    if left:
        raise DeliveryRefused("bad_zip")
