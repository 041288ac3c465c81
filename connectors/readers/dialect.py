"""Any delimited dialect as one: UTF-8, a separator and a quote of one byte, records that end with LF."""

import codecs
from dataclasses import dataclass
from typing import Final

import numpy as np

from connectors.readers.scan import CR, LF
from schemas.errors import DeliveryRefused
from schemas.formats import Delimited

_SPARE: Final = tuple(bytes([code]) for code in range(0x1F, 0, -1) if code not in (0x09, 0x0A, 0x0D, 0x1A, 0x1B))
"""Control characters that may stand for something else while a file is parsed, where the file has none."""

_ASCII: Final = bytes(range(128))
_UTF8_MARK: Final = codecs.BOM_UTF8
_REPLACED: Final = "�".encode()


@dataclass(frozen=True)
class Plain:
    """A file in the one dialect; ``restore``: what stands in a cell → what the agency wrote, in this order.

    ``undecodable``: a mark that stands where bytes had no meaning in a single-byte encoding; None where the
    bytes are the agency's own and may not be UTF-8 everywhere.
    """

    data: bytes
    separator: int
    quote: int | None
    restore: tuple[tuple[str, str], ...]
    undecodable: bytes | None


def plain(content: bytes, format: Delimited) -> Plain:
    """Translate; a UTF-8 file with a comma and LF or CRLF comes through without a copy.

    Raises `DeliveryRefused`: ``bad_encoding`` (a multi-byte encoding other than UTF-8 is not that encoding),
    ``no_spare_character``.
    """
    data, undecodable = _utf8(content, format.encoding)
    data, restore = _lines(data, format.terminator)
    separator, quote = format.separator.encode(), (format.quote or "").encode()
    if len(separator) > 1:
        spare = _spare(data)
        data = data.replace(separator, spare)
        if quote:
            restore.append((spare.decode(), format.separator))
        separator = spare
    if len(quote) > 1:
        spare = _spare(data)
        data = data.replace(quote, spare)
        restore.append((spare.decode(), format.quote or ""))
        quote = spare
    return Plain(data, separator[0], quote[0] if quote else None, tuple(restore), undecodable)


def _utf8(content: bytes, encoding: str) -> tuple[bytes, bytes | None]:
    codec = codecs.lookup(encoding).name
    if codec in ("utf-8", "utf-8-sig", "ascii"):
        return content.removeprefix(_UTF8_MARK), None
    if _is_single_byte(codec):
        return (content, None) if content.isascii() else (content.decode(codec, "replace").encode(), _REPLACED)
    try:
        return content.decode(codec).removeprefix("\ufeff").encode(), _REPLACED
    except UnicodeError:
        pass
    raise DeliveryRefused("bad_encoding")


def _is_single_byte(codec: str) -> bool:
    """Whether each byte is a character, and the first 128 are ASCII."""
    text = bytes(range(256)).decode(codec, "replace")
    return len(text) == 256 and text[:128] == _ASCII.decode()


def _lines(data: bytes, terminator: str | None) -> tuple[bytes, list[tuple[str, str]]]:
    """Let each record end with LF; a CR or LF that ends none is hidden from the parser, which knows only both."""
    restore: list[tuple[str, str]] = []
    if terminator == "\n" or (terminator is None and _has_lone_returns(data)):
        return _hide(data, b"\r", restore, kept=b"" if terminator else b"\r\n"), restore
    if terminator is None:
        return data, restore
    restore.append(("\n", terminator))
    mark = _spare(data)
    data = _without_last_newline(data, terminator.encode()).replace(terminator.encode(), mark)
    for character in (b"\n", b"\r"):
        data = _hide(data, character, restore, taken=mark)
    return data.replace(mark, b"\n"), restore


def _without_last_newline(data: bytes, terminator: bytes) -> bytes:
    """Leave out the newline that tools put at the end of a file whose own terminator is another."""
    shorter = data.rstrip(b"\r\n")
    return shorter if shorter.endswith(terminator) else data


def _has_lone_returns(data: bytes) -> bool:
    if b"\r" not in data:
        return False
    bytes_ = np.frombuffer(data, np.uint8)
    returns = np.flatnonzero(bytes_ == CR)
    return bool(returns[-1] == len(data) - 1 or (bytes_[returns + 1] != LF).any())


def _hide(
    data: bytes, character: bytes, restore: list[tuple[str, str]], kept: bytes = b"", taken: bytes = b""
) -> bytes:
    """Let a spare character stand for each ``character``, except inside ``kept``."""
    if character not in data:
        return data
    spare = _spare(data, taken)
    restore.append((spare.decode(), character.decode()))
    hidden = data.replace(character, spare)
    return hidden.replace(kept.replace(character, spare), kept) if kept else hidden


def _spare(data: bytes, taken: bytes = b"") -> bytes:
    for candidate in _SPARE:
        if candidate != taken and candidate not in data:
            return candidate
    raise DeliveryRefused("no_spare_character")
