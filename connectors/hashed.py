"""A stream whose SHA-256 and size are known once it is read."""

import hashlib
from collections.abc import Iterator
from typing import IO

from connectors.sealing import CHUNK, read_up_to


class HashedPieces:
    """A stream in pieces of `CHUNK` bytes; ``digest`` and ``size`` of what was read so far."""

    def __init__(self, stream: IO[bytes]) -> None:
        """Read nothing yet."""
        self._stream, self._hash, self.size = stream, hashlib.sha256(), 0

    def __iter__(self) -> Iterator[bytes]:
        """Each piece, once."""
        while piece := read_up_to(self._stream, CHUNK):
            self._hash.update(piece)
            self.size += len(piece)
            yield piece

    @property
    def digest(self) -> str:
        """SHA-256 of what was read so far, hexadecimal."""
        return self._hash.hexdigest()
