"""The certificate of an order that was carried out: which stores, how much, and a signature that anybody can check.

It names nobody, and not on whose authority: a docket number leads to a person. The key that signs follows from the
master key, so that an installation signs all its certificates with one; its public half stands in each.
"""

import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from flows.stores import Stores
from identity.keys import MASTER_BYTES, derive
from identity.orders import Order, OrderRefused, orders


def certificate(stores: Stores, order_id: int) -> dict[str, Any]:
    """What an order removed, by store and table, signed (Ed25519 over the rest as `spelled`)."""
    found = next((order for order in orders(stores.vault) if order.order_id == order_id), None)
    if found is None:
        raise OrderRefused(f"there is no order {order_id}")
    key = _key(stores.settings.master())
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
    said = {**_said(found), "public_key": public}
    return {**said, "signature": key.sign(spelled(said)).hex()}


def is_genuine(said: dict[str, Any]) -> bool:
    """Whether a certificate is as it was signed by the key that it names; whose key that is, the reader must know."""
    rest = {name: value for name, value in said.items() if name != "signature"}
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(said["public_key"]))
        key.verify(bytes.fromhex(said["signature"]), spelled(rest))
    except (InvalidSignature, KeyError, TypeError, ValueError):
        return False
    return True


def spelled(said: dict[str, Any]) -> bytes:
    """The bytes that are signed: JSON, sorted by name, without blanks."""
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()


def _said(order: Order) -> dict[str, Any]:
    return {
        "action": "expunge", "order": order.order_id, "scope": order.scope,
        "agencies": list(order.agencies) if order.agencies else "all", "ordered_at": order.ordered_at,
        "state": order.state, "done_at": order.done_at, "removed": dict(sorted(order.removed.items())),
        "not_reached": "backups, and exports in folders of the user's own: see docs/expungement.md",
    }  # fmt: skip


def _key(master: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(derive(master, b"certificate", MASTER_BYTES))
