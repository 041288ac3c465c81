"""What an agency says of a file it sends, in ``<file>.manifest.json`` beside it, signed with a key of the agency.

A manifest is JSON; a signed one is its canonical form and nothing else: keys sorted by code point, no spaces, UTF-8,
fields without a value left out, and at most one newline at the end. So each of its bytes is signed.
"""

import base64
import binascii
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, NoReturn, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from schemas.errors import DeliveryRefused

ENDING: Final = ".manifest.json"
LARGEST: Final = 64 << 10
"""Bytes of a manifest: it names one file."""

CODES: Final = (
    "manifest_missing", "manifest_unreadable", "manifest_unsigned", "manifest_unknown_key", "manifest_bad_signature",
    "manifest_wrong_agency", "manifest_wrong_file", "manifest_expired", "manifest_agreement", "manifest_bytes",
    "manifest_hash", "manifest_rows", "manifest_total",
)  # fmt: skip
"""Everything that a file can be refused for here."""

_SIGNATURE_BYTES: Final = 64
_COUNT_LIMIT: Final = 2**53 - 1
"""Larger whole numbers are not the same in every JSON library."""

Count = Annotated[int, Field(ge=0, le=_COUNT_LIMIT)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Sha256 = Annotated[str, StringConstraints(pattern=r"\A[0-9a-f]{64}\z")]
KeyId = Annotated[str, StringConstraints(pattern=r"\A[a-z0-9][a-z0-9_-]{0,63}\z")]
DecimalText = Annotated[str, StringConstraints(pattern=r"\A-?[0-9]{1,28}(\.[0-9]{1,8})?\z")]


class Manifest(BaseModel):
    """One file as its agency states it; ``expires`` is the last day (UTC) on which it may arrive.

    ``totals``: for a column of numbers, the exact sum over all records, blank cells left out.
    """

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", hide_input_in_errors=True, populate_by_name=True
    )

    version: Literal[1] = 1
    file: Name = Field(repr=False)
    sha256: Sha256
    size: Count = Field(alias="bytes")
    rows: Count
    agency: Name
    agreement: Name
    expires: dt.date
    feed: Name | None = None
    sequence: Count | None = None
    kind: Literal["full", "delta"] | None = None
    as_of: dt.date | None = None
    totals: dict[Name, DecimalText] = Field(default_factory=dict, repr=False)
    key: KeyId | None = None
    signature: Annotated[str, StringConstraints(max_length=100)] | None = None

    def signed_bytes(self) -> bytes:
        """What the signature is over: everything but itself."""
        return _canonical(self._stated(without={"signature"}))

    def to_bytes(self) -> bytes:
        """The canonical form, as it stands in the file."""
        return _canonical(self._stated(without=set())) + b"\n"

    def signed(self, private_key: Ed25519PrivateKey, key_id: str) -> Self:
        """The same, signed under the name by which we know the public key."""
        unsigned = type(self).model_validate({**dict(self), "key": key_id, "signature": None})
        signature = base64.b64encode(private_key.sign(unsigned.signed_bytes())).decode()
        return unsigned.model_copy(update={"signature": signature})

    def _stated(self, without: set[str]) -> dict[str, Any]:
        stated = self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=without)
        return {name: value for name, value in stated.items() if value != {}}


@dataclass(frozen=True)
class Expected:
    """What we know of a delivered file ourselves, and what is asked of its manifest.

    ``agency`` is whose folder it came to, ``feed`` and ``agreement`` those of the contract that matched its name.
    """

    agency: str
    agreement: str
    digest: str
    size: int
    arrived_at: dt.datetime
    name: str = field(repr=False)
    feed: str | None = None
    demanded: bool = False
    signed: bool = False


def accept(content: bytes | None, expected: Expected, keys: Mapping[str, Ed25519PublicKey] | None) -> Manifest | None:
    """The manifest of a file, where it is genuine and fits; None where there is none and none is demanded.

    Raises `DeliveryRefused` with one of `CODES`. A signature that nobody asked for is verified all the same; without
    ``keys`` (None), as where a file is only tried, none is.
    """
    if content is None:
        return refuse("manifest_missing") if expected.demanded else None
    manifest = read_manifest(content)
    if manifest.agency != expected.agency:
        refuse("manifest_wrong_agency")
    if keys is not None and (expected.signed or manifest.signature is not None):
        verify(manifest, keys)
    check_file(
        manifest, expected.digest, expected.size, expected.agency, expected.agreement, expected.arrived_at,
        name=expected.name, feed=expected.feed,
    )  # fmt: skip
    return manifest


def read_manifest(content: bytes) -> Manifest:
    """Parse; `DeliveryRefused` for whatever is not a manifest, ambiguous, or signed in another than its own form."""
    try:
        if len(content) > LARGEST:
            raise ValueError
        json.loads(content.decode(), object_pairs_hook=_without_repetition, parse_constant=_no_number)
        manifest = Manifest.model_validate_json(content)
    except (ValueError, RecursionError, ValidationError):
        pass
    else:
        if manifest.signature is None or manifest.to_bytes() == content.removesuffix(b"\n") + b"\n":
            return manifest
    return refuse("manifest_unreadable")


def verify(manifest: Manifest, keys: Mapping[str, Ed25519PublicKey]) -> None:
    """Check the signature with the keys of the agency; `DeliveryRefused` where it is missing, strange or wrong."""
    if manifest.key is None or manifest.signature is None:
        refuse("manifest_unsigned")
    if manifest.key not in keys:
        refuse("manifest_unknown_key")
    if not _is_signed(manifest, keys[manifest.key], manifest.signature):
        refuse("manifest_bad_signature")


def check_file(
    manifest: Manifest, digest: str, size: int, agency: str, agreement: str, now: dt.datetime, *,
    name: str | None = None, feed: str | None = None,
) -> None:  # fmt: skip
    """Compare with the file that came; ``now`` is when it came (aware). Raises `DeliveryRefused`."""
    is_other_feed = feed is not None and manifest.feed is not None and manifest.feed != feed
    if manifest.agency != agency:
        refuse("manifest_wrong_agency")
    if (name is not None and manifest.file != name) or is_other_feed:
        refuse("manifest_wrong_file")
    if now.astimezone(dt.UTC).date() > manifest.expires:
        refuse("manifest_expired")
    if manifest.agreement != agreement:
        refuse("manifest_agreement")
    if manifest.size != size:
        refuse("manifest_bytes")
    if manifest.sha256 != digest:
        refuse("manifest_hash")


def check_rows(
    manifest: Manifest, received: int, totals: Mapping[str, Decimal | None], demanded: Sequence[str] = ()
) -> None:
    """Compare with what was read: the records, and the sums of columns (None: a cell is no number).

    ``demanded`` are the columns whose totals must be stated. A column is named only where the contract knows it.
    """
    if manifest.rows != received:
        refuse("manifest_rows")
    for column in (*demanded, *manifest.totals):
        stated, found = manifest.totals.get(column), totals.get(column)
        if stated is None or found is None or Decimal(stated) != found:
            refuse("manifest_total", column if column in totals or column in demanded else None)


def refuse(code: str, column: str | None = None) -> NoReturn:
    """Refuse the delivery."""
    raise DeliveryRefused(code, column=column)


def _is_signed(manifest: Manifest, key: Ed25519PublicKey, text: str) -> bool:
    """Whether the signature is right and written in its one way: base64 has several for the same bytes."""
    try:
        signature = base64.b64decode(text.encode("ascii"), validate=True)
        if len(signature) != _SIGNATURE_BYTES or base64.b64encode(signature).decode() != text:
            return False
        key.verify(signature, manifest.signed_bytes())
    except (InvalidSignature, binascii.Error, UnicodeError):
        return False
    return True


def _canonical(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _without_repetition(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(found := dict(pairs)) != len(pairs):
        raise ValueError
    return found


def _no_number(_text: str) -> NoReturn:
    raise ValueError
