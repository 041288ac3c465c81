"""Encryption of a stream in chunks, so that a large file never stands in memory twice.

A sealed stream is a mark, a salt, and chunks of AES-256-GCM under a key of its own (HKDF of the store's key and
the salt). The nonce of a chunk is its number and whether it is the last; the last is also bound to the name the
stream is stored under. So no chunk can be changed, dropped, reordered, appended or taken from another stream.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import IO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from schemas.errors import StoreError

CHUNK: Final = 4 << 20
"""Bytes of plaintext that are encrypted together; larger chunks are no faster."""

KEY_BYTES: Final = 32
_MARK: Final = b"TCLAND1\n"
_SALT_BYTES: Final = 32
_TAG_BYTES: Final = 16


def seal(key: bytes, pieces: Iterable[bytes], bound_to: Callable[[], bytes]) -> Iterator[bytes]:
    """Encrypt pieces of exactly `CHUNK` bytes (the last may be shorter); ``bound_to`` is asked at the end."""
    salt = secrets.token_bytes(_SALT_BYTES)
    cipher = _cipher(key, salt)
    yield _MARK + salt
    number, held = 0, None
    for piece in pieces:
        if held is not None:
            yield cipher.encrypt(_nonce(number, is_last=False), held, None)
            number += 1
        held = piece
    yield cipher.encrypt(_nonce(number, is_last=True), held or b"", bound_to())


def unseal(key: bytes, stream: IO[bytes], bound_to: bytes) -> bytes:
    """Decrypt a whole stream; `StoreError` where it is not exactly what was sealed under this key and name."""
    return b"".join(unsealed(key, stream, bound_to))


def unsealed(key: bytes, stream: IO[bytes], bound_to: bytes) -> Iterator[bytes]:
    """Decrypt piece by piece; `StoreError` at the first that was changed, and at the end where the end is missing.

    Each piece given is genuine and in its place; that the stream is whole and bears this name is known at its end.
    """
    if stream.read(len(_MARK)) != _MARK:
        raise StoreError("landing: not a sealed file")
    cipher = _cipher(key, stream.read(_SALT_BYTES))
    number, held = 0, read_up_to(stream, CHUNK + _TAG_BYTES)
    while following := read_up_to(stream, CHUNK + _TAG_BYTES):
        yield _opened(cipher, _nonce(number, is_last=False), held, None)
        number, held = number + 1, following
    yield _opened(cipher, _nonce(number, is_last=True), held, bound_to)


def read_up_to(stream: IO[bytes], size: int) -> bytes:
    """``size`` bytes, fewer only at the end of the stream: a remote one may give them in smaller parts."""
    parts, missing = [], size
    while missing and (part := stream.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts) if len(parts) != 1 else parts[0]


def _opened(cipher: AESGCM, nonce: bytes, sealed: bytes, bound_to: bytes | None) -> bytes:
    with suppress(InvalidTag):
        if len(sealed) >= _TAG_BYTES:
            return cipher.decrypt(nonce, sealed, bound_to)
    raise StoreError("landing: a stored file was changed, or the key is another")


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), KEY_BYTES, salt, b"throughcare landing v1").derive(key))


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])
