"""From a file in the intake folder to its receipt: plain functions, with or without Prefect around them.

The ledger says what is pending; whoever drains it takes all there is. Data faults become states and
receipts; only a store that is away raises.
"""

import datetime as dt
import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

from connectors.intake import Look, look_at
from connectors.receipts import Receipt, write
from flows.errors import describe
from flows.judgement import Judgement, examine
from flows.receipt import abandoned_receipt, judged_receipt, repetition_receipt
from flows.stores import Stores
from identity.split import split
from schemas.catalogue import feeds, match
from schemas.errors import StoreError
from warehouse.store.engine import LeaseLost, Unavailable
from warehouse.store.extract import COUNTS, Counts, Extract
from warehouse.store.ledger import UNKNOWN_FEED
from warehouse.store.load import load
from warehouse.store.tables import OPEN_STATES

log = logging.getLogger("throughcare")

Stage = Callable[[Extract, str], None]
"""Told which extract enters which stage: for progress and for stage times."""

_UNEXPECTED: Final = "unexpected"
_LONG_STAGES: Final = frozenset({"split", "load"})
"""Each of them alone must end within a lease."""


def land(stores: Stores, path: Path) -> tuple[Extract, ...]:
    """Store a settled file of ``intake/<agency>/`` and enter it, once per feed it delivers; then remove it.

    A file that changes meanwhile stays where it is, for the next look; one that has gone, another process took.
    """
    before, agency = _identity(path), path.parent.name
    if before is None:
        return ()
    arrived = dt.datetime.fromtimestamp(before.changed_ns / 1e9, dt.UTC)
    landed = stores.landing.put(path)
    if _identity(path) != before:
        return ()
    _keep_name(stores, landed.digest, path.name)
    names = [feed.name for feed in match(path.name, agency)] or [UNKNOWN_FEED]
    entered = tuple(stores.ledger.register(agency, name, landed.digest, landed.size, arrived) for name in names)
    if _identity(path) == before:
        path.unlink(missing_ok=True)
    return entered


def drain(stores: Stores, on_stage: Stage | None = None, until: int | None = None) -> Iterator[Receipt]:
    """Take every pending extract, or those entered up to ``until``, to its receipt."""
    while (receipt := take_next(stores, on_stage, until)) is not None:
        yield receipt


def take_for(stores: Stores, seconds: float, until: int | None = None) -> Iterator[Receipt]:
    """Take pending extracts to their receipts, one at least where there is one, and no new one after ``seconds``."""
    deadline = time.monotonic() + seconds
    while (receipt := take_next(stores, until=until)) is not None:
        yield receipt
        if time.monotonic() >= deadline:
            return


def take_next(stores: Stores, on_stage: Stage | None = None, until: int | None = None) -> Receipt | None:
    """Take the oldest pending extract to its receipt; None when nothing is pending up to the extract ``until``.

    Raises `StoreError` only where a store is away. Any other failure counts as an attempt of the extract,
    which is quarantined after ``attempts`` of them, so that the files behind it go on.
    """
    _require_vault(stores)
    while (extract := _claim(stores, until)) is not None:
        receipt = _attempt(stores, extract, on_stage or _unwatched)
        if receipt is not None:
            return receipt
    return next(state_repetitions(stores), None)


def state_repetitions(stores: Stores) -> Iterator[Receipt]:
    """Give a receipt to each delivery that ended with the first one of the same bytes."""
    for extract in stores.ledger.without_receipt():
        receipt = repetition_receipt(extract)
        stores.ledger.state_receipt(extract.extract_id, receipt.to_json())
        hand_out(stores, receipt)
        yield receipt


def hand_out(stores: Stores, receipt: Receipt) -> bool:
    """Write a receipt that the ledger has; where the disk is full or the folder closed, a later sweep does."""
    try:
        write(receipt, stores.settings.intake)
    except StoreError as error:
        log.error("a receipt was not written: %s", describe(error, receipt.extract_id))
        return False
    return True


def _attempt(stores: Stores, extract: Extract, on_stage: Stage) -> Receipt | None:
    """One attempt on a claimed extract; None where it is to be tried again or another process has it."""
    if extract.attempts > stores.settings.attempts:
        return _quarantine(stores, extract, "worker_lost")
    try:
        return _take(stores, extract, on_stage)
    except LeaseLost:
        return None
    except Unavailable:
        _give_back(stores, extract)
        raise
    except Exception as error:
        failed = describe(error, extract.extract_id)
    except BaseException:
        _give_back(stores, extract)
        raise
    _give_back_where_vault_is_away(stores, extract)
    if extract.attempts >= stores.settings.attempts:
        return _quarantine(stores, extract, failed.code)
    log.warning("an attempt failed: %s", failed)
    _give_back(stores, extract)
    return None


def _claim(stores: Stores, until: int | None) -> Extract | None:
    """The oldest extract that is pending, taken under a lease."""
    claim, lease = partial(stores.ledger.claim, _owner()), stores.settings.lease_seconds
    if until is None:
        return claim(lease)
    older = (extract.extract_id for extract in stores.ledger.pending() if extract.extract_id <= until)
    return next((claimed for extract_id in older if (claimed := claim(lease, extract_id))), None)


def _require_vault(stores: Stores) -> None:
    """`StoreError` where the vault is away, before an attempt is counted; the claim itself asks the warehouse."""
    stores.vault.staged()


def _give_back_where_vault_is_away(stores: Stores, extract: Extract) -> None:
    """A failure while the vault is away says nothing about the file: `StoreError`, as before an attempt."""
    try:
        _require_vault(stores)
    except StoreError:
        _give_back(stores, extract)
        raise


def _give_back(stores: Stores, extract: Extract) -> None:
    """Let the next attempt begin at once; where the ledger is away too, the lease runs out by itself."""
    with suppress(StoreError):
        stores.ledger.release(extract.extract_id, extract.fence)


def _take(stores: Stores, extract: Extract, on_stage: Stage) -> Receipt:
    """Judge, split, load: the warehouse's one transaction decides, the vault then confirms."""

    def enter(stage: str) -> None:
        on_stage(extract, stage)
        if stage in _LONG_STAGES:
            stores.ledger.renew(extract.extract_id, extract.fence, stores.settings.lease_seconds)

    enter("open")
    content, name = stores.landing.read(extract.digest), stores.landing.name(extract.digest)
    judgement = examine(feeds().get(extract.feed), content, name, enter)
    receipt = judged_receipt(extract, judgement)
    match judgement.state:
        case "refused":
            if judgement.feed is None:
                stores.quarantine.adopt(stores.landing, extract.digest)
            stores.ledger.refuse(*_held_back(extract, receipt))
        case "held":
            stores.ledger.hold(*_held_back(extract, receipt), verdict=_verdict(judgement))
        case _:
            _load(stores, extract, judgement, receipt, enter)
    enter("receipt")
    hand_out(stores, receipt)
    return receipt


def _load(
    stores: Stores, extract: Extract, judgement: Judgement, receipt: Receipt, enter: Callable[[str], None]
) -> None:
    feed, judged = judgement.feed, judgement.judged
    assert feed and judged and judgement.as_of and judgement.coverage
    enter("split")
    content = split(stores.vault, feed, extract.extract_id, judged.accepted)
    enter("load")
    counts = Counts(**{name: getattr(receipt, name) for name in COUNTS})
    load(
        stores.warehouse, extract, feed, content, counts, judged.rejected, _verdict(judgement),
        judgement.as_of, judgement.coverage, receipt.to_json(),
    )  # fmt: skip
    enter("confirm")
    try:
        stores.vault.confirm(extract.extract_id)
    except StoreError as error:
        # The warehouse has decided: nothing that fails now is a failure of the file, and the sweep confirms.
        log.error("a loaded extract was not confirmed: %s", describe(error, extract.extract_id))


def _quarantine(stores: Stores, extract: Extract, code: str) -> Receipt:
    """Give up on an extract: its bytes go to the quarantine, its agency gets a receipt that says so.

    Bytes that cannot be read any more stay where they are: giving up must not fail on what is given up.
    """
    try:
        stores.quarantine.adopt(stores.landing, extract.digest)
    except StoreError as error:
        log.error("a file was not copied to the quarantine: %s", describe(error, extract.extract_id))
    receipt = abandoned_receipt(extract, code)
    stores.ledger.quarantine(extract.extract_id, extract.fence, code, receipt.to_json())
    hand_out(stores, receipt)
    return receipt


def _held_back(extract: Extract, receipt: Receipt) -> tuple[int, int, str, dict[str, Any], int]:
    return extract.extract_id, extract.fence, receipt.code or _UNEXPECTED, receipt.to_json(), receipt.received


def _verdict(judgement: Judgement) -> object:
    return judgement.verdict and judgement.verdict.to_json()


def _keep_name(stores: Stores, digest: str, name: str) -> None:
    """Let the content go by this name, unless an extract that counts was entered under the one it has.

    The day of a delivery is in its name: a file that was refused for its name is sent again under another.
    """
    if stores.landing.name(digest) == name:
        return
    counting = (*OPEN_STATES, "loaded")
    if not any(one.digest == digest and one.state in counting for one in stores.ledger.extracts()):
        stores.landing.rename(digest, name)


def _identity(path: Path) -> Look | None:
    """What changes when a file is replaced, written to or truncated; None where it has gone."""
    try:
        return look_at(path)
    except FileNotFoundError:
        return None


def _owner() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def _unwatched(_extract: Extract, _stage: str) -> None:
    """Nobody looks on."""
