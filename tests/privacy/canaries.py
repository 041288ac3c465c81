"""Canaries: invented identifiers that occur nowhere else, and the eyes that find them again.

Every text canary carries one of the stems, so that a scan looks for a handful of stems in each disguise
instead of for thousands of strings; numbers and dates are found by their digits, whatever separates them.
"""

import base64
import binascii
import hashlib
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

STEMS = ("zqxjkv", "vkwqzy")
"""Letter sequences that no language and no code of ours contains."""

_MAX_DEPTH = 3
_DIGEST_HEAD = 16
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){8,}")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{12,}={0,2}")
_DIGITS = re.compile(rb"[0-9](?:[0-9]|[-/. ()](?=[0-9(])){6,18}")
_WIDE_DIGITS = re.compile(rb"(?:[0-9]\0(?:[-/. ]\0)?){7,}[0-9]")
_NO_DIGITS = bytes(byte for byte in range(256) if not 48 <= byte <= 57)
_GZIP = b"\x1f\x8b\x08"
_ZLIB = (b"x\x01", b"x\x9c", b"x\xda", b"x^")


@dataclass(frozen=True)
class Canaries:
    """The planted values: ``texts`` carry a stem; ``digits`` are the bare digits of numbers and dates."""

    texts: frozenset[str]
    digits: frozenset[bytes]
    digests: frozenset[bytes] = field(init=False)

    def __post_init__(self) -> None:
        """Compute the unsalted digests that a careless tool might store instead of the value."""
        plain = [text for value in self.texts for text in (value, value.lower(), value.upper())]
        plain += [number.decode() for number in self.digits]
        digests = {
            hashlib.new(name, text.encode(), usedforsecurity=False).digest()
            for text in plain
            for name in ("md5", "sha1", "sha256", "sha512")
        }
        object.__setattr__(self, "digests", frozenset(digests))

    def __len__(self) -> int:
        """Count the canaries."""
        return len(self.texts) + len(self.digits)

    def found_in(self, data: bytes) -> bool:
        """Whether any canary is in ``data``, plain or in one of the known disguises."""
        return next(self._sightings(data, 0), None) is not None

    def sightings(self, data: bytes) -> set[str]:
        """Name the disguises under which canaries stand in ``data``."""
        return set(self._sightings(data, 0))

    def _sightings(self, data: bytes, depth: int) -> Iterator[str]:
        lower = data.lower()
        for stem in STEMS:
            if stem.encode() in lower:
                yield "text"
            if stem[::-1].encode() in lower:
                yield "reversed"
            spaced = [b"\0".join(bytes([letter]) for letter in word.encode()) for word in (stem, stem[::-1])]
            if any(word in lower for word in spaced):
                yield "utf-16"
        yield from self._numbers(data)
        if self._raw_digest(data):
            yield "digest"
        if depth < _MAX_DEPTH:
            for disguise, inner in _unwrapped(data):
                if inner in self.digests:
                    yield f"digest in {disguise}"
                yield from (f"{sighting} in {disguise}" for sighting in self._sightings(inner, depth + 1))

    def _raw_digest(self, data: bytes) -> bool:
        """Whether a digest stands in the bytes as bytes; two pairs of leading bytes sieve the places to look at."""
        if len(data) < _DIGEST_HEAD:
            return False
        octets = np.frombuffer(data, np.uint8).astype(np.uint16)
        pairs = octets[:-1] << 8 | octets[1:]
        places = np.flatnonzero(self._first_pairs[pairs[:-2]] & self._second_pairs[pairs[2:]])
        return any(data[place : place + _DIGEST_HEAD] in self._heads for place in places.tolist())

    @cached_property
    def _heads(self) -> frozenset[bytes]:
        return frozenset(digest[:_DIGEST_HEAD] for digest in self.digests)

    @cached_property
    def _first_pairs(self) -> npt.NDArray[np.bool_]:
        return self._sieve(0)

    @cached_property
    def _second_pairs(self) -> npt.NDArray[np.bool_]:
        return self._sieve(2)

    def _sieve(self, at: int) -> npt.NDArray[np.bool_]:
        sieve = np.zeros(65_536, dtype=np.bool_)
        sieve[[int.from_bytes(digest[at : at + 2]) for digest in self.digests]] = True
        return sieve

    def _numbers(self, data: bytes) -> Iterator[str]:
        for name, runs in (("number", _DIGITS), ("number in utf-16", _WIDE_DIGITS)):
            for run in set(runs.findall(data)):
                bare = run.translate(None, _NO_DIGITS)
                if bare in self.digits or bare[::-1] in self.digits:
                    yield name


def date_digits(year: int, month: int, day: int) -> set[bytes]:
    """Return the digit runs of a date in the orders in which dates are written."""
    y, m, d = f"{year:04}", f"{month:02}", f"{day:02}"
    return {text.encode() for text in (y + m + d, m + d + y, d + m + y)}


def _unwrapped(data: bytes) -> Iterator[tuple[str, bytes]]:
    for text in set(_HEX.findall(data)):
        yield "hex", binascii.unhexlify(text)
    for run in set(_BASE64.findall(data)):
        text = run.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
        for start in range(min(4, len(text))):
            body = text[start:]
            body = body[: len(body) - (1 if len(body) % 4 == 1 else 0)]
            yield "base64", base64.b64decode(body + b"=" * (-len(body) % 4))
    yield from _inflated(data)


def _inflated(data: bytes) -> Iterator[tuple[str, bytes]]:
    for magic in (_GZIP, *_ZLIB):
        at, view = data.find(magic), memoryview(data)
        while at >= 0:
            try:
                inner = zlib.decompressobj(47).decompress(view[at:], 50_000_000)
            except zlib.error:
                inner = b""
            if inner:
                yield "compressed", inner
            at = data.find(magic, at + 1)
