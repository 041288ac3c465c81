"""Keys of the vault, and what is computed with them: blind digests, blobs and participant keys.

Nothing here reads the environment: the master key is handed in by `flows.settings`.
"""

import hmac
import os
import uuid
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from identity.cmac import Codes, codes
from schemas.errors import SettingsError

MASTER_BYTES = 32
NONCE_BYTES = 12
_TAG_BYTES = 16
_UNBROKEN = 1 << 11
"""So many texts are encrypted without a moment in which another thread could run: 2 ms."""
_SPREAD_BITS = 53
"""Of the 63 bits of an id; those before them are the same for all that are drawn together."""


@dataclass(frozen=True)
class VaultKeys:
    """The keys of one vault, each derived from the master key for one purpose only.

    ``wrap`` wraps the data key of an extract, ``digest`` makes blind digests of key values and of sets
    of identifiers, ``block`` the linker's blind block keys, ``source`` the natural keys of records.
    """

    wrap: bytes = field(repr=False)
    digest: bytes = field(repr=False)
    block: bytes = field(repr=False)
    source: bytes = field(repr=False)

    @classmethod
    def from_master(cls, master: bytes) -> "VaultKeys":
        """Derive by HKDF-SHA256; `SettingsError` where the master key is shorter than 32 bytes."""
        if len(master) < MASTER_BYTES:
            raise SettingsError(f"the master key must have at least {MASTER_BYTES} bytes")
        return cls(
            wrap=derive(master, b"vault wrap", 32),
            digest=derive(master, b"vault digest", 32),
            block=derive(master, b"vault block", 32),
            source=derive(master, b"vault source", 32),
        )


@dataclass(frozen=True)
class ProjectKey:
    """Under which key and key version a project's participant keys are made."""

    project: str
    version: int
    key: bytes = field(repr=False)

    @classmethod
    def from_master(cls, master: bytes, project: str, version: int = 1) -> "ProjectKey":
        """Derive a project's key of that version from the master key."""
        if len(master) < MASTER_BYTES:
            raise SettingsError(f"the master key must have at least {MASTER_BYTES} bytes")
        return cls(project, version, derive(master, f"project {project} {version}".encode(), 32))


def participant_key(project_key: ProjectKey, person_id: uuid.UUID) -> uuid.UUID:
    """The key under which a project's analysts know a person: 128 bits of HMAC-SHA256 over the random person id."""
    message = f"{project_key.project}\0{project_key.version}\0".encode() + person_id.bytes
    return uuid.UUID(bytes=hmac.digest(project_key.key, message, "sha256")[:16])


def digests(key: bytes, label: str, values: pl.Series) -> Codes:
    """128-bit blind digests of texts: AES-256-CMAC (NIST SP 800-38B) under a key derived for the label."""
    return codes(hmac.digest(key, label.encode(), "sha256"), values)


def blind_keys(key: bytes, label: str, values: pl.Series) -> npt.NDArray[np.int64]:
    """The first 63 bits of `digests`, for labels that must not meet."""
    return (digests(key, label, values)["high"] >> np.uint64(1)).astype(np.int64)


def wrap(keys: VaultKeys, key: bytes, owner: str) -> bytes:
    """A key encrypted under the vault's wrapping key and bound to its owner; without it, what it opens is noise."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(keys.wrap).encrypt(nonce, key, owner.encode())


def unwrap(keys: VaultKeys, wrapped: bytes, owner: str) -> bytes:
    """A wrapped key in clear; `cryptography`'s InvalidTag under another master key or for another owner."""
    return AESGCM(keys.wrap).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], owner.encode())


def encrypt_all(data_key: bytes, owners: npt.NDArray[np.int64], texts: Codes) -> Codes:
    """AES-256-GCM of equally long texts, each under a random 96-bit nonce and bound to its owner (an identity id)."""
    encrypt = AESGCM(data_key).encrypt
    nonces = np.frombuffer(os.urandom(NONCE_BYTES * len(texts)), f"V{NONCE_BYTES}")
    bound = owners.astype(">i8").view("V8")
    blobs = np.empty(len(texts), [("nonce", nonces.dtype), ("sealed", f"V{texts.itemsize + _TAG_BYTES}")])
    for start in range(0, len(texts), _UNBROKEN):
        piece = slice(start, start + _UNBROKEN)
        sealed = b"".join(map(encrypt, nonces[piece].tolist(), texts[piece].tolist(), bound[piece].tolist()))
        blobs["nonce"][piece], blobs["sealed"][piece] = nonces[piece], np.frombuffer(sealed, blobs.dtype["sealed"])
    return blobs.view(f"V{blobs.itemsize}")


def decrypt_one(cipher: AESGCM, owner: bytes, blob: bytes) -> bytes:
    """The text of a blob; InvalidTag where it was changed or belongs to another owner."""
    return cipher.decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], owner)


def random_ids(count: int) -> npt.NDArray[np.int64]:
    """Random positive 63-bit ids, none twice, ascending, and all in one random thousandth of the range.

    In that order, and so close together, they go into an index in two thirds of the time that ids all over it take.
    An id tells no more than which others were drawn with it: those of one batch of rows.
    """
    region = int.from_bytes(os.urandom(8)) >> (_SPREAD_BITS + 1) << _SPREAD_BITS
    ids = np.zeros(1, np.int64)
    while len(ids) <= count:
        drawn = np.frombuffer(os.urandom(8 * (count + 1 - len(ids))), np.uint64) >> np.uint64(64 - _SPREAD_BITS)
        ids = np.sort(np.concatenate((ids, drawn.astype(np.int64) + region)))
        ids = ids[np.diff(ids, prepend=-1) > 0]
    return ids[1:]


def derive(master: bytes, purpose: bytes, length: int) -> bytes:
    """A key for one purpose only, by HKDF-SHA256: what it opens says nothing of the master key or of another."""
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=b"throughcare " + purpose).derive(master)
