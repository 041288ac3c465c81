"""The landing store: every delivered file, encrypted, under the SHA-256 of its content.

The name of the file, in which names of people stand, is kept in a second, smaller blob beside it.
"""

import hashlib
import os
import re
import secrets
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import fsspec
from fsspec.implementations.local import LocalFileSystem

from connectors.sealing import CHUNK, KEY_BYTES, seal, unseal
from schemas.errors import StoreError

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_ASIDE: Final = "incoming"


@dataclass(frozen=True)
class Landed:
    """A stored file: its SHA-256 in hexadecimal and its size in bytes."""

    digest: str
    size: int


class LandingStore:
    """Files below an fsspec URL, written and read under one key (32 random bytes or more)."""

    def __init__(self, url: str, key: bytes) -> None:
        """Open the store; a local folder is made, for its owner only."""
        if len(key) < KEY_BYTES:
            raise StoreError("landing: the key is too short")
        self._fs, root = fsspec.core.url_to_fs(url)
        self._root = str(root).rstrip("/")
        self._key = key
        self._is_local = isinstance(self._fs, LocalFileSystem)
        self._make_folder(self._root)

    def put(self, path: Path) -> Landed:
        """Store a file and its name, durably; storing the same bytes again changes nothing.

        The plaintext is read once and written nowhere. Raises `StoreError` where ``path`` is no regular file
        or the store does not take it.
        """
        try:
            with _open_regular(path) as stream:
                pieces = _HashedPieces(stream)
                aside = self._write_aside(pieces, lambda: pieces.digest.encode())
            self._keep(aside, pieces.digest, path.name)
        except OSError as error:
            code = error.errno
        else:
            return Landed(pieces.digest, pieces.size)
        raise StoreError(f"landing: a file cannot be stored (errno {code})")

    def read(self, digest: str) -> bytes:
        """The content stored under a digest; `StoreError` where there is none or it is not what was stored."""
        return self._read(self._path(digest), digest.encode())

    def name(self, digest: str) -> str:
        """The name under which the content was delivered first."""
        return os.fsdecode(self._read(self._path(digest) + ".name", _name_of(digest)))

    def rename(self, digest: str, name: str) -> None:
        """Let the content stored under a digest go by another name."""
        self._put_name(self._path(digest), digest, name)

    def exists(self, digest: str) -> bool:
        """Whether content is stored under a digest."""
        return bool(self._fs.exists(self._path(digest)))

    def remove(self, digest: str) -> None:
        """Remove the content and its name, where they are."""
        for path in (self._path(digest), self._path(digest) + ".name"):
            if self._fs.exists(path):
                self._fs.rm(path)

    def adopt(self, other: "LandingStore", digest: str) -> None:
        """Store here what another store holds; there it stays."""
        if not self.exists(digest):
            content = other.read(digest)
            pieces = (content[start : start + CHUNK] for start in range(0, len(content), CHUNK))
            self._keep(self._write_aside(pieces, digest.encode), digest, other.name(digest))

    def remove_unfinished(self, older_than_seconds: float) -> int:
        """Remove what writers left that were killed; returns how many. Only a local store can leave any."""
        if not self._is_local:
            return 0
        oldest = time.time() - older_than_seconds
        found = [path for path in Path(self._root, _ASIDE).glob("*") if path.stat().st_mtime < oldest]
        for path in found:
            path.unlink(missing_ok=True)
        return len(found)

    def _keep(self, aside: str, digest: str, name: str) -> None:
        """Move new content to its place, its name first: what exists is complete."""
        path = self._path(digest)
        if self._fs.exists(path):
            self._fs.rm(aside)
            return
        self._make_folder(path.rpartition("/")[0])
        self._put_name(path, digest, name)
        self._fs.mv(aside, path)
        self._sync_folder(path)

    def _put_name(self, path: str, digest: str, name: str) -> None:
        self._fs.mv(self._write_aside([os.fsencode(name)], lambda: _name_of(digest)), path + ".name")

    def _write_aside(self, pieces: Iterable[bytes], bound_to: Callable[[], bytes]) -> str:
        """Seal into a file of a random name; a failure leaves none."""
        aside = f"{self._root}/{_ASIDE}/{secrets.token_hex(16)}"
        self._make_folder(f"{self._root}/{_ASIDE}")
        try:
            with self._create(aside) as out:
                for piece in seal(self._key, pieces, bound_to):
                    out.write(piece)
                if self._is_local:
                    out.flush()
                    os.fsync(out.fileno())
        except BaseException:
            if self._fs.exists(aside):
                self._fs.rm(aside)
            raise
        return aside

    def _read(self, path: str, bound_to: bytes) -> bytes:
        try:
            with self._fs.open(path, "rb") as stream:
                return unseal(self._key, stream, bound_to)
        except FileNotFoundError:
            problem = "no such file"
        except OSError as error:
            problem = f"a file cannot be read (errno {error.errno})"
        raise StoreError(f"landing: {problem}")

    def _path(self, digest: str) -> str:
        if not _DIGEST.fullmatch(digest):
            raise StoreError("landing: not a digest")
        return f"{self._root}/{digest[:2]}/{digest}"

    def _create(self, path: str) -> IO[bytes]:
        if self._is_local:
            return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        return self._fs.open(path, "wb")  # type: ignore[no-any-return]

    def _make_folder(self, path: str) -> None:
        if self._is_local:
            Path(path).mkdir(mode=0o700, parents=True, exist_ok=True)

    def _sync_folder(self, path: str) -> None:
        """Make a rename durable, so that the plaintext may be removed."""
        if self._is_local:
            folder = os.open(Path(path).parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


class _HashedPieces:
    """A stream in pieces of `CHUNK` bytes; ``digest`` and ``size`` of what was read so far."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._hash, self.size = stream, hashlib.sha256(), 0

    def __iter__(self) -> Iterator[bytes]:
        while piece := self._stream.read(CHUNK):
            self._hash.update(piece)
            self.size += len(piece)
            yield piece

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()


def _open_regular(path: Path) -> IO[bytes]:
    """Open a file that is one: not a link, not a pipe on which opening would wait."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise StoreError("landing: not a regular file")
    return os.fdopen(descriptor, "rb")


def _name_of(digest: str) -> bytes:
    return b"name of " + digest.encode()
