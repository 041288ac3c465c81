"""Gzip: decompressed piece by piece, under caps, every member checked to its end."""

import zlib
from collections.abc import Iterable, Iterator
from typing import Final

from connectors.readers.archive import HIGHEST_RATIO, MOST_BYTES
from schemas.errors import DeliveryRefused

MOST_MEMBERS: Final = 100_000
"""Tools that compress in blocks write a member for each 64 kB."""

_GZIP: Final = 16 + zlib.MAX_WBITS
_PIECE: Final = 1 << 20
_SMALL: Final = 1 << 20
"""Below this many bytes no ratio harms."""


def gzip_pieces(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Decompress all members of a file in order.

    Raises `DeliveryRefused`: ``bad_gzip`` (damaged, cut off, or something after its last member), ``gzip_bomb``.
    """
    stream = _Stream()
    for piece in pieces:
        yield from stream.more(piece)
    stream.finish()


class _Stream:
    """Members one after the other; counts what goes in and what comes out."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP)
        self._begun = False
        self._members, self._taken, self._given = 0, 0, 0

    def more(self, data: bytes) -> Iterator[bytes]:
        self._taken += len(data)
        text = b""
        while data or len(text) == _PIECE:
            self._begun = self._begun or bool(data)
            text, data = self._decompressed(data)
            self._given += len(text)
            self._refuse_bomb()
            if text:
                yield text
            if self._member.eof:
                data, text = self._member.unused_data, b""
                self._member, self._begun = zlib.decompressobj(_GZIP), False
                self._members += 1

    def finish(self) -> None:
        if self._begun or not self._members:
            raise DeliveryRefused("bad_gzip")

    def _decompressed(self, data: bytes) -> tuple[bytes, bytes]:
        try:
            return self._member.decompress(data, _PIECE), self._member.unconsumed_tail
        except zlib.error:
            pass
        raise DeliveryRefused("bad_gzip")

    def _refuse_bomb(self) -> None:
        ratio_broken = self._given > max(_SMALL, HIGHEST_RATIO * self._taken)
        if ratio_broken or self._given > MOST_BYTES or self._members > MOST_MEMBERS:
            raise DeliveryRefused("gzip_bomb")
