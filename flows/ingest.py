"""From a file in the intake folder to its receipt: plain functions, with or without Prefect around them.

The ledger says what is pending; whoever drains it takes all there is. Data faults become states and
receipts; only a store that is away raises.
"""

import datetime as dt
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from connectors.receipts import Receipt, write
from flows.errors import RunFailed, describe
from flows.receipts import kept_back, loaded, repeated
from flows.stores import Stores
from schemas.errors import DeliveryRefused, StoreError
from warehouse.store.engine import LeaseLost, Unavailable
from warehouse.store.ledger import UNKNOWN_FEED, Extract

Stage = Callable[[Extract, str], None]
"""Told which extract enters which stage: for progress and for stage times."""

NO_FEED: Final = "no_feed"


def land(stores: Stores, path: Path) -> tuple[Extract, ...]:
    """Store a settled file of ``intake/<agency>/`` and enter it, once per feed it delivers; then remove it.

    A file that changes meanwhile stays where it is, for the next look.
    """
    from schemas.catalogue import match

    before, agency = _identity(path), path.parent.name
    arrived = dt.datetime.fromtimestamp(path.stat().st_ctime, dt.UTC)
    landed = stores.landing.put(path)
    if _identity(path) != before:
        return ()
    names = [feed.name for feed in match(path.name, agency)] or [UNKNOWN_FEED]
    entered = tuple(stores.ledger.register(agency, name, landed.digest, landed.size, arrived) for name in names)
    if _identity(path) == before:
        path.unlink()
    return entered


def drain(stores: Stores, on_stage: Stage | None = None) -> Iterator[Receipt]:
    """Take every pending extract to its receipt."""
    while (receipt := take_next(stores, on_stage)) is not None:
        yield receipt
    yield from state_repetitions(stores)


def take_next(stores: Stores, on_stage: Stage | None = None) -> Receipt | None:
    """Take the oldest pending extract to its receipt, or nearer to it; None when nothing is pending.

    Raises `StoreError` only where a store is away. Any other failure counts as an attempt of the extract,
    which is quarantined after ``attempts`` of them, so that the files behind it go on.
    """
    while (extract := stores.ledger.claim(_owner(), stores.settings.lease_seconds)) is not None:
        receipt = _attempt(stores, extract, on_stage or _unwatched)
        if receipt is not None:
            return receipt
    return None


def state_repetitions(stores: Stores) -> Iterator[Receipt]:
    """Give a receipt to each delivery that ended with the first one of the same bytes."""
    for extract in stores.ledger.without_receipt():
        receipt = repeated(extract)
        stores.ledger.state_receipt(extract.extract_id, receipt.to_json())
        write(receipt, stores.settings.intake)
        yield receipt


def _attempt(stores: Stores, extract: Extract, on_stage: Stage) -> Receipt | None:
    """One attempt on a claimed extract; None where it is to be tried again or another process has it."""
    failed: RunFailed
    try:
        if extract.attempts > stores.settings.attempts:
            return _quarantine(stores, extract, "worker_lost")
        return _take(stores, extract, on_stage)
    except DeliveryRefused as refused:
        return _refuse(stores, extract, refused)
    except LeaseLost:
        return None
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001
        failed = describe(error, extract.extract_id)
    if extract.attempts >= stores.settings.attempts:
        return _quarantine(stores, extract, failed.code)
    stores.ledger.release(extract.extract_id, extract.fence)
    return None
