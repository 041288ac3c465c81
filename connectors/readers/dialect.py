"""Any delimited dialect as one: UTF-8, a separator and a quote of one byte, records that end with LF."""

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from schemas.errors import DeliveryRefused

_SPARE: Final = tuple(bytes([code]) for code in range(0x1F, 0, -1) if code not in (0x09, 0x0A, 0x0D, 0x1A, 0x1B))
"""Control characters that may stand for something else while a text is parsed, where it has none."""

_ASCII: Final = bytes(range(128))
_UTF8_MARK: Final = codecs.BOM_UTF8
_LONE_RETURN: Final = re.compile(rb"\r(?!\n)")
REPLACED: Final = "�".encode()
"""What stands where the bytes of another encoding than UTF-8 had no meaning."""

Restore = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True)
class Dialect:
    """How records and fields are divided, in UTF-8; no separator: records have no fields.

    ``parsed``: whether the text goes to a parser that ends a record at any CR or LF, so that those of a cell hide.
    """

    separator: bytes = b""
    quote: bytes = b""
    terminator: bytes | None = None
    parsed: bool = True

    @property
    def cut(self) -> bytes:
        """What the end of a record looks like, in or outside of quotes."""
        return self.terminator or b"\n"


@dataclass(frozen=True)
class Plain:
    """A text in the one dialect; ``restore``: what stands in a cell → what the agency wrote, in this order.

    ``undo`` is the same for a record with its separators and its end.
    """

    data: bytes
    separator: int
    quote: int | None
    restore: Restore
    undo: Restore

    def original(self, start: int, end: int | None = None) -> bytes:
        """The text between these offsets as the agency wrote it."""
        data = self.data[start:end]
        for mark, written in self.undo:
            data = data.replace(mark, written)
        return data


def plain(data: bytes, dialect: Dialect, after: bool = False) -> Plain:
    """Translate whole records; UTF-8 with a comma and LF or CRLF comes through without a copy.

    ``after``: whether the text follows a complete record of the same file. Raises `DeliveryRefused`:
    ``no_spare_character``.
    """
    taken = [dialect.separator, dialect.quote, dialect.terminator or b""]
    data, lines = _lines(data, dialect, taken, after)
    marks: list[tuple[bytes, bytes]] = []
    separator, quote = dialect.separator or b"\n", dialect.quote
    if len(separator) > 1:
        separator = _spare(data, taken)
        taken.append(separator)
        data = data.replace(dialect.separator, separator)
        marks.append((separator, dialect.separator))
    if len(quote) > 1:
        quote = _spare(data, taken)
        data = data.replace(dialect.quote, quote)
        marks.append((quote, dialect.quote))
    undo = (*lines, *marks)
    return Plain(data, separator[0], quote[0] if quote else None, undo if quote else tuple(lines), undo)


def utf8(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """A file in UTF-8 without its mark; UTF-8 and ASCII come through as they are, sound or not.

    Raises `DeliveryRefused`: ``bad_encoding`` where a multi-byte encoding other than UTF-8 is not that encoding.
    """
    codec = codecs.lookup(encoding).name
    if is_utf8(codec):
        yield from _without_mark(pieces)
    elif _is_single_byte(codec):
        for piece in pieces:
            yield piece if piece.isascii() else piece.decode(codec, "replace").encode()
    else:
        yield from _without_mark(_decoded(pieces, codec))


def is_utf8(encoding: str) -> bool:
    """Whether the agency's bytes are looked at as they are."""
    return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig", "ascii")


def _decoded(pieces: Iterable[bytes], codec: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(codec)()
    for piece in chain(pieces, [None]):
        try:
            text: bytes | None = decoder.decode(piece or b"", final=piece is None).encode()
        except UnicodeError:
            text = None
        if text is None:
            raise DeliveryRefused("bad_encoding")
        yield text


def _without_mark(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Leave out the byte order mark of UTF-8, also where the pieces divide it."""
    start: bytes | None = b""
    for piece in pieces:
        if start is None:
            yield piece
        elif len(start + piece) >= len(_UTF8_MARK):
            yield (start + piece).removeprefix(_UTF8_MARK)
            start = None
        else:
            start += piece
    if start:
        yield start


def _is_single_byte(codec: str) -> bool:
    """Whether each byte is a character, and the first 128 are ASCII."""
    text = bytes(range(256)).decode(codec, "replace")
    return len(text) == 256 and text[:128] == _ASCII.decode()


def _lines(data: bytes, dialect: Dialect, taken: list[bytes], after: bool) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """Let each record end with LF; a CR or LF that ends none is hidden from the parser, which knows only both."""
    restore: list[tuple[bytes, bytes]] = []
    terminator = dialect.terminator
    if terminator == b"\n" or (terminator is None and dialect.parsed and _has_lone_returns(data)):
        return _hide(data, b"\r", restore, taken, kept=b"" if terminator else b"\r\n"), restore
    if terminator is None:
        return data, restore
    restore.append((b"\n", terminator))
    mark = _spare(data, taken)
    data = _without_last_newline(data, terminator, after).replace(terminator, mark)
    taken.append(mark)
    for character in (b"\n", b"\r"):
        data = _hide(data, character, restore, taken)
    return data.replace(mark, b"\n"), restore


def _without_last_newline(data: bytes, terminator: bytes, after: bool) -> bytes:
    """Leave out the newline that tools put at the end of a file whose own terminator is another."""
    if terminator[-1:] in (b"\r", b"\n"):
        return data
    shorter = data.rstrip(b"\r\n")
    return shorter if shorter.endswith(terminator) or (after and not shorter) else data


def _has_lone_returns(data: bytes) -> bool:
    return _LONE_RETURN.search(data) is not None


def _hide(
    data: bytes, character: bytes, restore: list[tuple[bytes, bytes]], taken: list[bytes], kept: bytes = b""
) -> bytes:
    """Let a spare character stand for each ``character``, except inside ``kept``."""
    if character not in data:
        return data
    spare = _spare(data, taken)
    taken.append(spare)
    restore.append((spare, character))
    hidden = data.replace(character, spare)
    return hidden.replace(kept.replace(character, spare), kept) if kept else hidden


def _spare(data: bytes, taken: list[bytes]) -> bytes:
    for candidate in _SPARE:
        if candidate not in data and not any(candidate in text for text in taken):
            return candidate
    raise DeliveryRefused("no_spare_character")
