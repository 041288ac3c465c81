"""AES-256-CMAC of whole columns: a keyed pseudorandom function without a Python loop over values.

NIST SP 800-38B (RFC 4493 writes it out for AES-128). A row is chained by one AES call per block POSITION over
all rows that are still that long, so that a million short values cost a few calls and not a million.
"""

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB

Codes = npt.NDArray[np.void]
CODE = np.dtype([("high", ">u8"), ("low", ">u8")])
"""128 bits as two big-endian halves: sorts as PostgreSQL sorts a uuid of the same bytes."""

BLOCK = 16
_ROWS = 1 << 15
_HALF = np.dtype(np.uint64)
_REDUCTION = 0x87


def codes(key: bytes, texts: pl.Series) -> Codes:
    """The 128-bit CMAC of the bytes (UTF-8) of each text (none null) under a 256-bit key, as `CODE`, in order."""
    assert not texts.null_count()
    starts, content = flat(texts)
    encryptor = Cipher(AES256(key), ECB()).encryptor()
    keep, finish = _endings(encryptor)
    found = np.empty(len(texts), CODE)
    for first in range(0, len(texts), _ROWS):
        piece = starts[first : first + _ROWS + 1]
        found[first : first + _ROWS] = _chain(encryptor, keep, finish, piece, content)
    return found


def flat(texts: pl.Series) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """A column of texts as the places where they start (and the last one ends) in their joined bytes."""
    array = texts.to_arrow().cast(pa.large_binary())
    _, starts, content = array.buffers()
    if not len(array) or starts is None or content is None:
        return np.zeros(len(array) + 1, np.int64), np.empty(0, np.uint8)
    places = np.frombuffer(memoryview(starts), np.int64)
    return places[array.offset : array.offset + len(array) + 1], np.frombuffer(memoryview(content), np.uint8)


def windows(content: npt.NDArray[np.uint8], first: int, last: int, width: int) -> Codes:
    """For each place of ``content[first:last]`` (and its end) the ``width`` bytes from there, zeros after ``last``."""
    piece = np.zeros(last - first + width, np.uint8)
    piece[: last - first] = content[first:last]
    return np.ndarray((last - first + 1,), f"V{width}", piece.data, strides=(1,))


def _endings(encryptor: CipherContext) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """By the bytes in a last block (0–16): which bits of it to keep, and what is added (padding and subkey)."""
    zero = int.from_bytes(encryptor.update(bytes(BLOCK)))
    whole = _doubled(zero)
    partial = _doubled(whole)
    keep, finish = np.zeros((BLOCK + 1, BLOCK), np.uint8), np.zeros((BLOCK + 1, BLOCK), np.uint8)
    for filled in range(BLOCK + 1):
        keep[filled, :filled] = 0xFF
        finish[filled] = np.frombuffer((whole if filled == BLOCK else partial).to_bytes(BLOCK), np.uint8)
        if filled < BLOCK:
            finish[filled, filled] ^= 0x80
    return keep.view(_HALF), finish.view(_HALF)


def _doubled(value: int) -> int:
    """The value times x in the field of 2^128 elements."""
    return (value << 1) % (1 << 128) ^ (_REDUCTION if value >> 127 else 0)


def _chain(
    encryptor: CipherContext,
    keep: npt.NDArray[np.uint64],
    finish: npt.NDArray[np.uint64],
    starts: npt.NDArray[np.int64],
    content: npt.NDArray[np.uint8],
) -> Codes:
    sizes = np.diff(starts)
    blocks = np.maximum(-(-sizes // BLOCK), 1)
    order = np.argsort(-blocks, kind="stable") if blocks.min() < blocks.max() else np.arange(len(blocks))
    begins, sizes = (starts[:-1] - starts[0])[order], sizes[order]
    view = windows(content, int(starts[0]), int(starts[-1]), BLOCK)
    # longer[n]: how many rows have at least n blocks; those rows come first.
    longer = np.append(np.cumsum(np.bincount(blocks)[::-1])[::-1], 0).tolist()
    # `update_into` asks for room of one more block less a byte.
    chained = np.zeros((len(sizes) + 1, 2), _HALF)
    for place in range(len(longer) - 2):
        running, ending = longer[place + 1], slice(longer[place + 2], longer[place + 1])
        block = view[begins[:running] + BLOCK * place].view(_HALF).reshape(running, 2)
        left = sizes[ending] - BLOCK * place
        block[ending] &= keep[left]
        block[ending] ^= finish[left]
        block ^= chained[:running]
        encryptor.update_into(block.data.cast("B"), chained.data.cast("B"))
    found = np.empty(len(sizes), CODE)
    found[order] = chained[: len(sizes)].view(CODE).reshape(-1)
    return found
