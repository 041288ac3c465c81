"""From the intake into landing store and ledger: a file is taken alone, stored, entered, and only then removed."""

import datetime as dt
import logging
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final

from connectors.arrival import Delivery, Pairing, Taken
from connectors.manifest import read_manifest
from flows.errors import describe
from flows.owner import owner
from flows.settings import Settings
from flows.stores import Stores
from schemas.catalogue import match
from schemas.contract import Feed
from schemas.errors import DeliveryRefused, StoreError
from schemas.failpoint import reach
from warehouse.store.engine import Unavailable
from warehouse.store.extract import Extract
from warehouse.store.ledger import UNKNOWN_FEED

LEASE_SECONDS: Final = 60.0
"""After so long another watcher may take a file whose taker is not heard of; entering it twice enters it once."""

log = logging.getLogger("throughcare")


def pairing(settings: Settings) -> Pairing:
    """Which files wait for a manifest, and for how long."""
    return Pairing(settings.manifest_wait_seconds, _demands_manifest)


def land(stores: Stores, delivery: Delivery) -> tuple[Extract, ...]:
    """Store a settled file and enter it, once per feed it delivers; then remove it from the intake.

    A file that changes meanwhile stays where it is, for the next look; one that has gone, another process took.
    """
    token = stores.landing.token(delivery.identity)
    fence = stores.ledger.claim_arrival(delivery.agency, token, owner(), LEASE_SECONDS)
    if fence is None:
        return ()
    reach("arrival.claimed")
    try:
        entered = _take(stores, delivery)
    except BaseException:
        with suppress(StoreError):
            stores.ledger.release_arrival(delivery.agency, token, fence)
        raise
    if entered:
        stores.ledger.finish_arrival(delivery.agency, token, fence)
    else:
        stores.ledger.release_arrival(delivery.agency, token, fence)
    return entered


def land_all(stores: Stores, deliveries: Iterable[Delivery]) -> Iterator[tuple[Extract, ...]]:
    """Land one delivery after the other; what cannot be landed, for its permissions say, stays and stops no other.

    Raises `Unavailable` where ledger or vault are away.
    """
    for delivery in deliveries:
        try:
            yield land(stores, delivery)
        except Unavailable:
            raise
        except Exception as error:
            log.error("a file could not be landed: %s", describe(error))


def _take(stores: Stores, delivery: Delivery) -> tuple[Extract, ...]:
    with stores.intake.take(delivery) as taken:
        if taken is None:
            return ()
        reach("arrival.taken")
        landed = stores.landing.put_stream(taken.stream, taken.name, taken.manifest)
        reach("arrival.stored")
        if not taken.unchanged():
            return ()
        stores.landing.belong(landed.digest, delivery_key(taken.agency, taken.arrived_at), taken.name, taken.manifest)
        # From here on it is one delivery, however often we are interrupted: its hidden folder knows when it came.
        taken.keep()
        named = match(taken.name, taken.agency)
        entered = tuple(_enter(stores, taken, landed.digest, landed.size, feed) for feed in named or (None,))
        if not stores.landing.exists(landed.digest) or not taken.remove():
            taken.give_back()
        reach("arrival.removed")
        return entered


def _enter(stores: Stores, taken: Taken, digest: str, size: int, feed: Feed | None) -> Extract:
    stated = feed.file_date(taken.name) if feed else None
    entered = stores.ledger.register(
        taken.agency, feed.name if feed else UNKNOWN_FEED, digest, size, taken.arrived_at,
        stated=stated.isoformat() if stated else None, sequence=_sequence(feed, taken) if feed else None,
    )  # fmt: skip
    reach("arrival.entered")
    return entered


def _sequence(feed: Feed, taken: Taken) -> int | None:
    """The number of the delivery, by its name or as its manifest says; whether that is genuine is judged later."""
    named = feed.file_sequence(taken.name)
    if named is not None or taken.manifest is None:
        return named
    try:
        return read_manifest(taken.manifest).sequence
    except DeliveryRefused:
        return None


def delivery_key(agency: str, arrived_at: dt.datetime) -> str:
    """What tells a delivery from all others of the same bytes: whose it is, and when it came."""
    return f"{agency} {arrived_at.astimezone(dt.UTC).isoformat()}"


def _demands_manifest(agency: str, name: str) -> bool:
    return any(feed.manifest is not None and feed.manifest.demanded for feed in match(name, agency))
