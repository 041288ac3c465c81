"""The landing store: every delivered file, encrypted, under the SHA-256 of its content.

The name of the file, in which names of people stand, and its manifest are kept in smaller blobs beside it.
"""

import hashlib
import hmac
import os
import re
import secrets
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import IO, Any, Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from connectors.hashed import HashedPieces
from connectors.place import Place, failure_of, guarded
from connectors.sealing import CHUNK, KEY_BYTES, read_up_to, seal, unseal, unsealed
from schemas.ahead import ahead
from schemas.errors import SettingsError, StoreError
from schemas.failpoint import reach

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_STORED: Final = re.compile(r"[0-9a-f]{2}/([0-9a-f]{64})")
_ASIDE: Final = "incoming"
_CHECK: Final = "check"
_CHECKED: Final = b"sealed"
_SAMPLE: Final = 3
"""So many names are tried where a store has no check yet: one that was damaged must not lock it."""


@dataclass(frozen=True)
class Landed:
    """A stored file: its SHA-256 in hexadecimal and its size in bytes."""

    digest: str
    size: int


class LandingStore:
    """Files below an fsspec URL, written and read under one key (32 random bytes or more).

    A constant sealed with the first file tells at opening whether the key is the one the store was made with.
    """

    def __init__(self, url: str, key: bytes, options: Mapping[str, Any] | None = None) -> None:
        """Open the store; a local folder is made, for its owner only. `SettingsError` where the key is another."""
        if len(key) < KEY_BYTES:
            raise StoreError("landing: the key is too short")
        self._place, self._key, self._is_checked = Place(url, options), key, False
        self._prepare()

    def put(self, path: Path, manifest: bytes | None = None) -> Landed:
        """Store a file and its name, durably; storing the same bytes again changes nothing.

        The plaintext is read once and written nowhere. Raises `StoreError` where ``path`` is no regular file
        or the store does not take it.
        """
        try:
            stream = open_regular(path)
        except OSError as error:
            failure = failure_of(error, "landing: a file cannot be stored")
        else:
            with stream:
                return self.put_stream(stream, path.name, manifest)
        raise failure

    @guarded
    def put_stream(self, stream: IO[bytes], name: str, manifest: bytes | None = None) -> Landed:
        """Store what a stream gives, as `put` does."""
        pieces = HashedPieces(stream)
        # One core reads and hashes while the other encrypts and writes.
        aside = self._write_aside(ahead(pieces), lambda: pieces.digest.encode())
        reach("landing.written")
        try:
            self._make_check()
            self._keep(aside, pieces.digest, name, manifest)
        except BaseException:
            with suppress(Exception):
                self._place.remove(aside)
            raise
        return Landed(pieces.digest, pieces.size)

    def read(self, digest: str) -> bytes:
        """The content stored under a digest; `StoreError` where there is none or it is not what was stored."""
        return b"".join(self.pieces(digest))

    def pieces(self, digest: str) -> Iterator[bytes]:
        """The content in pieces of 4 MiB, each genuine; `StoreError` as soon as one is not, or the end is missing."""
        return self._unsealed(self._path(digest), digest.encode())

    def name(self, digest: str) -> str:
        """The name under which the content was delivered first."""
        return os.fsdecode(b"".join(self._unsealed(self._path(digest) + ".name", _name_of(digest))))

    def manifest(self, digest: str) -> bytes | None:
        """The manifest that came with the content; None where none came."""
        path = self._path(digest) + ".manifest"
        return b"".join(self._unsealed(path, _manifest_of(digest))) if self._exists(path) else None

    @guarded
    def belong(self, digest: str, delivery: str, name: str, manifest: bytes | None) -> None:
        """Keep under which name, and with which manifest, one delivery of this content came.

        ``delivery`` tells it from all others of the same bytes, whosever they are.
        """
        path, bound_to = self._belongings(digest, delivery), delivery.encode()
        if manifest is not None:
            self._put_beside(path + ".manifest", manifest, _manifest_of(digest) + bound_to)
        self._put_beside(path + ".name", os.fsencode(name), _name_of(digest) + bound_to)
        self._sync_folder(path)

    def belongings(self, digest: str, delivery: str) -> tuple[str, bytes | None]:
        """The name and the manifest with which one delivery of the content came.

        Of a delivery that was landed before they were kept apart, those of the content.
        """
        path, bound_to = self._belongings(digest, delivery), delivery.encode()
        if not self._exists(path + ".name"):
            return self.name(digest), self.manifest(digest)
        name = b"".join(self._unsealed(path + ".name", _name_of(digest) + bound_to))
        if not self._exists(path + ".manifest"):
            return os.fsdecode(name), None
        return os.fsdecode(name), b"".join(self._unsealed(path + ".manifest", _manifest_of(digest) + bound_to))

    @guarded
    def rename(self, digest: str, name: str) -> None:
        """Let the content stored under a digest go by another name."""
        self._put_beside(self._path(digest) + ".name", os.fsencode(name), _name_of(digest))

    @guarded
    def attach(self, digest: str, manifest: bytes | None) -> None:
        """Let the content stored under a digest go with another manifest, or with none."""
        path = self._path(digest) + ".manifest"
        if manifest is None:
            self._place.remove(path)
        else:
            self._put_beside(path, manifest, _manifest_of(digest))

    def exists(self, digest: str) -> bool:
        """Whether content is stored under a digest."""
        return self._exists(self._path(digest))

    def is_whole(self, digest: str) -> bool:
        """Whether the content stored under a digest is there, to its last byte; everything is read."""
        found = hashlib.sha256()
        try:
            for piece in self.pieces(digest):
                found.update(piece)
        except StoreError:
            return False
        return found.hexdigest() == digest

    @guarded
    def digests(self) -> Iterator[str]:
        """What is stored, in the order of the digests."""
        found = self._place.system.find(self._place.root)
        inner = (path[len(self._place.root) + 1 :] for path in sorted(found))
        return (match[1] for path in inner if (match := _STORED.fullmatch(path)))

    @guarded
    def remove(self, digest: str) -> None:
        """Remove the content and all that came with it, where they are."""
        path = self._path(digest)
        beside = (str(one["name"]) for one in self._place.list(path.rpartition("/")[0]))
        for found in [path, *(one for one in beside if one.rpartition("/")[2].startswith(f"{digest}."))]:
            self._place.remove(found)

    @guarded
    def adopt(self, other: "LandingStore", digest: str) -> None:
        """Store here what another store holds; there it stays."""
        if not self.exists(digest):
            name, manifest = other.name(digest), other.manifest(digest)
            self._make_check()
            self._keep(self._write_aside(other.pieces(digest), digest.encode), digest, name, manifest)

    @guarded
    def copy_to(self, other: "LandingStore") -> int:
        """Store everything in another store, under the same key, sealed as it stands; how many files were new there.

        What is kept beside the content can change, so it is always written anew, and before the content.
        """
        inner = [path[len(self._place.root) + 1 :] for path in sorted(self._place.system.find(self._place.root))]
        kept = [name for name in inner if not name.startswith(f"{_ASIDE}/") and name != _CHECK]
        contents = {name for name in kept if _STORED.fullmatch(name)}
        other._make_check()
        for name in kept:
            if name not in contents:
                other._take(self._place, name)
        new = [name for name in sorted(contents) if not other._exists(other._place.path(name))]
        for name in new:
            other._take(self._place, name)
        return len(new)

    def token(self, text: str) -> str:
        """A keyed digest (64 hexadecimal digits) that stands for a text, as for the name of a file, in other stores."""
        key = HKDF(SHA256(), KEY_BYTES, None, b"throughcare landing token v1").derive(self._key)
        return hmac.digest(key, text.encode("utf-8", "surrogateescape"), "sha256").hex()

    @guarded
    def remove_unfinished(self, older_than_seconds: float) -> int:
        """Remove what writers left that were killed; returns how many."""
        oldest, place = time.time() - older_than_seconds, self._place
        paths = [str(one["name"]) for one in place.list(place.path(_ASIDE)) if one["type"] == "file"]
        found = [path for path in paths if place.system.modified(path).timestamp() < oldest]
        for path in found:
            place.remove(path)
        return len(found)

    @guarded
    def _prepare(self) -> None:
        self._place.make_folder(self._place.root)
        path = self._place.path(_CHECK)
        if self._place.exists(path):
            self._read_check(path)
        else:
            self._require_own_files()

    def _make_check(self) -> None:
        """Seal the constant where there is none; of two that do so at once, the second finds the first's."""
        if not self._is_checked:
            path = self._place.path(_CHECK)
            self._place.name(self._write_aside([_CHECKED], _CHECK.encode), path)
            self._sync_folder(path)
            self._read_check(path)

    def _read_check(self, path: str) -> None:
        with self._place.open(path) as stream, suppress(StoreError):
            unseal(self._key, stream, _CHECK.encode())
            self._is_checked = True
            return
        raise SettingsError("the master key is not the one that the landing store was made with")

    def _require_own_files(self) -> None:
        """A store that was made before there were checks tells its key by the files in it."""
        sample = [digest for digest, _ in zip(self.digests(), range(_SAMPLE), strict=False)]
        for digest in sample:
            with suppress(StoreError):
                self.name(digest)
                return
        if sample:
            raise SettingsError("the master key opens none of the files in the landing store")

    def _keep(self, aside: str, digest: str, name: str, manifest: bytes | None) -> None:
        """Move new content to its place, what belongs to it first: what exists is complete."""
        path, place = self._path(digest), self._place
        if place.exists(path):
            place.remove(aside)
            return
        place.make_folder(path.rpartition("/")[0])
        self.rename(digest, name)
        self.attach(digest, manifest)
        reach("landing.belongings")
        place.system.mv(aside, path)
        self._sync_folder(path)
        reach("landing.stored")

    def _belongings(self, digest: str, delivery: str) -> str:
        return f"{self._path(digest)}.{self.token(delivery)}"

    def _put_beside(self, path: str, content: bytes, bound_to: bytes) -> None:
        self._place.system.mv(self._write_aside([content], lambda: bound_to), path)

    def _write_aside(self, pieces: Iterable[bytes], bound_to: Callable[[], bytes]) -> str:
        """Seal into a file of a random name; a failure leaves none."""
        return self._write_sealed(seal(self._key, pieces, bound_to))

    def _write_sealed(self, pieces: Iterable[bytes]) -> str:
        """Write what is sealed already into a file of a random name; a failure leaves none."""
        aside = self._place.path(_ASIDE, secrets.token_hex(16))
        self._place.make_folder(self._place.path(_ASIDE))
        try:
            with self._place.create(aside) as out:
                for piece in pieces:
                    out.write(piece)
                if self._place.is_local:
                    out.flush()
                    os.fsync(out.fileno())
        except BaseException:
            with suppress(Exception):
                self._place.remove(aside)
            raise
        return aside

    def _take(self, place: Place, name: str) -> None:
        """Copy a sealed file from another place, whole or not at all."""
        path = self._place.path(name)
        with place.open(place.path(name)) as stream:
            aside = self._write_sealed(iter(partial(read_up_to, stream, CHUNK), b""))
        self._place.make_folder(path.rpartition("/")[0])
        self._place.system.mv(aside, path)
        self._sync_folder(path)

    def _unsealed(self, path: str, bound_to: bytes) -> Iterator[bytes]:
        try:
            with self._place.open(path) as stream:
                yield from unsealed(self._key, stream, bound_to)
            return
        except StoreError:
            raise
        except OSError as error:
            failure = failure_of(error, "landing")
        raise failure

    def _path(self, digest: str) -> str:
        if not _DIGEST.fullmatch(digest):
            raise StoreError("landing: not a digest")
        return self._place.path(digest[:2], digest)

    @guarded
    def _exists(self, path: str) -> bool:
        return self._place.exists(path)

    def _sync_folder(self, path: str) -> None:
        """Make a rename durable, so that the plaintext may be removed."""
        if self._place.is_local:
            folder = os.open(Path(path).parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def open_regular(path: Path) -> BufferedReader:
    """Open a file that is one: not a link, not a pipe on which opening would wait."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise StoreError("landing: not a regular file")
    return os.fdopen(descriptor, "rb")


def _name_of(digest: str) -> bytes:
    return b"name of " + digest.encode()


def _manifest_of(digest: str) -> bytes:
    return b"manifest of " + digest.encode()
