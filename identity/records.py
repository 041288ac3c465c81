"""Records as their agencies delivered them, in clear: for the reviewer's screen and nothing else."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from identity import fields
from identity.keys import VaultKeys, decrypt_one, unwrap


@dataclass(frozen=True)
class Delivered:
    """One identity: which agency's feed brought it first, in which extract and row, and what it says."""

    identity_id: int
    number_id: int | None
    agency: str
    feed: str
    extract_id: int
    row_number: int
    says: Mapping[str, Sequence[str]] = field(repr=False)


def delivered(cursor: psycopg.Cursor, keys: VaultKeys, identities: Iterable[int]) -> list[Delivered]:
    """The identities that the vault still holds, those that came first first."""
    cursor.execute(
        "SELECT r.identity_id, r.number_id, e.agency, e.feed, r.extract_id, r.row_number, r.blob, e.data_key "
        "FROM record AS r JOIN extract AS e USING (extract_id) WHERE r.identity_id = ANY(%s) "
        "ORDER BY r.extract_id, r.row_number, r.identity_id",
        (list(identities),),
    )
    return [_opened(keys, *row) for row in cursor.fetchall()]


def _opened(
    keys: VaultKeys, identity: int, number: int | None, agency: str, feed: str, extract: int, row: int,
    blob: bytes, wrapped: bytes,
) -> Delivered:  # fmt: skip
    cipher = AESGCM(unwrap(keys, bytes(wrapped), f"extract {extract}"))
    says = fields.parsed(decrypt_one(cipher, identity.to_bytes(8, "big"), bytes(blob)))
    return Delivered(identity, number, agency, feed, extract, row, says)
