"""Keys of agencies and the manifests they sign: what an agency runs beside its files, and where we keep its keys.

A public key stands in ``<folder>/<agency>/<key id>.pem``: whoever can write there decides whose files we believe.
"""

import datetime as dt
import hashlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization as pem
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import ValidationError

from connectors.manifest import ENDING, Manifest
from schemas.errors import SettingsError, StoreError

_WRITABLE_BY_OTHERS: Final = 0o022
_OPEN_TO_OTHERS: Final = 0o077


def new_key(private: Path, public: Path, passphrase: bytes | None = None) -> None:
    """Make a key pair: the private file for its owner only, both as PEM; neither may exist already."""
    key = Ed25519PrivateKey.generate()
    lock = pem.BestAvailableEncryption(passphrase) if passphrase else pem.NoEncryption()
    _create(private, key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, lock), 0o600)
    spoken = key.public_key().public_bytes(pem.Encoding.PEM, pem.PublicFormat.SubjectPublicKeyInfo)
    _create(public, spoken, 0o644)


def private_key(path: Path, passphrase: bytes | None = None) -> Ed25519PrivateKey:
    """Read the key that an agency signs with; `SettingsError` where others may read it or it is no such key."""
    content = _content(path, _OPEN_TO_OTHERS)
    try:
        key = pem.load_pem_private_key(content, passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError("a private key is no Ed25519 key in PEM, or its passphrase is another")
    return key


def public_keys(folder: Path, agency: str) -> dict[str, Ed25519PublicKey]:
    """The keys of an agency by their ids; `SettingsError` where one is no public key or others may exchange it."""
    home = folder / agency
    if not home.is_dir():
        return {}
    if home.stat().st_mode & _WRITABLE_BY_OTHERS:
        raise SettingsError("a folder of agency keys may be written to by others: chmod go-w")
    return {path.stem: _public_key(path) for path in sorted(home.glob("*.pem"))}


def write_manifest(
    path: Path, *, rows: int, agency: str, agreement: str, expires: dt.date,
    key: Ed25519PrivateKey | None = None, key_id: str | None = None,
    feed: str | None = None, sequence: int | None = None, kind: Literal["full", "delta"] | None = None,
    as_of: dt.date | None = None, totals: Mapping[str, str] | None = None,
) -> Path:  # fmt: skip
    """Write the manifest of a file beside it, signed where a key is given, and return where it stands.

    Raises `StoreError` where the file cannot be read or the manifest not be written.
    """
    try:
        with path.open("rb") as stream:
            digest, size = hashlib.file_digest(stream, "sha256").hexdigest(), stream.tell()
        manifest = Manifest.model_validate({
            "file": path.name, "sha256": digest, "bytes": size, "rows": rows, "agency": agency, "agreement": agreement,
            "expires": expires, "feed": feed, "sequence": sequence, "kind": kind, "as_of": as_of,
            "totals": dict(totals or {}),
        })  # fmt: skip
        if key is not None and key_id is not None:
            manifest = manifest.signed(key, key_id)
        return _replace(path.with_name(path.name + ENDING), manifest.to_bytes())
    except OSError as error:
        problem = f"errno {error.errno}"
    except ValidationError as error:
        problem = ", ".join(sorted({str(one["loc"][0]) for one in error.errors(include_input=False)}))
    raise StoreError(f"a manifest cannot be written ({problem})")


def _public_key(path: Path) -> Ed25519PublicKey:
    content = _content(path, _WRITABLE_BY_OTHERS)
    try:
        key = pem.load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise SettingsError("a key of an agency is no public Ed25519 key in PEM")
    return key


def _content(path: Path, forbidden: int) -> bytes:
    try:
        if not path.stat().st_mode & forbidden:
            return path.read_bytes()
        problem = "a key file is open to others: chmod 600 (private) or go-w (public)"
    except OSError as error:
        problem = f"a key file cannot be read (errno {error.errno})"
    raise SettingsError(problem)


def _create(path: Path, content: bytes, mode: int) -> None:
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as stream:
            stream.write(content)
        return
    except OSError as error:
        number = error.errno
    raise SettingsError(f"a key file cannot be written (errno {number})")


def _replace(path: Path, content: bytes) -> Path:
    """Put the whole content there at once: half a manifest must not be seen."""
    aside = path.with_name(f".{secrets.token_hex(8)}.part")
    aside.write_bytes(content)
    return aside.replace(path)
