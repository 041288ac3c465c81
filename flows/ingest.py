"""From a file in the intake folder to its receipt: plain functions, with or without Prefect around them.

The ledger says what is pending; whoever drains it takes all there is. Data faults become states and
receipts; only a store that is away raises.
"""

import datetime as dt
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Final

from connectors.receipts import Receipt
from connectors.signing import public_keys
from flows.arriving import delivery_key
from flows.delivered import Delivered, Known
from flows.errors import describe
from flows.expunged import without_expunged
from flows.handing import hand_out, list_receipts
from flows.judgement import Judgement, examine
from flows.loading import Stage, Work, load_judged, measures_of, verdict_of
from flows.owner import owner
from flows.receipt import Heading, abandoned_receipt, judged_receipt, repetition_receipt
from flows.standing import HELD, Standing, standing
from flows.stores import Stores
from identity.references import resolving
from schemas.catalogue import feeds
from schemas.errors import StoreError
from schemas.failpoint import reach
from schemas.measures import Measures
from schemas.table import Judged
from schemas.terms import Kind, Refers
from warehouse.store.engine import LeaseLost, Unavailable
from warehouse.store.extract import Extract

log = logging.getLogger("throughcare")

_UNEXPECTED: Final = "unexpected"


def drain(stores: Stores, on_stage: Stage | None = None, until: int | None = None) -> Iterator[Receipt]:
    """Take every pending extract, or those entered up to ``until``, to its receipt; then list the receipts."""
    return _listed(stores, iter(partial(take_next, stores, on_stage, until), None))


def take_for(stores: Stores, seconds: float, until: int | None = None) -> Iterator[Receipt]:
    """Take pending extracts to their receipts, one at least where there is one, and no new one after ``seconds``."""
    return _listed(stores, _until(time.monotonic() + seconds, iter(partial(take_next, stores, None, until), None)))


def _until(deadline: float, receipts: Iterator[Receipt]) -> Iterator[Receipt]:
    for receipt in receipts:
        yield receipt
        if time.monotonic() >= deadline:
            return


def _listed(stores: Stores, receipts: Iterator[Receipt]) -> Iterator[Receipt]:
    agencies: set[str] = set()
    try:
        for receipt in receipts:
            agencies.add(receipt.agency)
            yield receipt
    finally:
        list_receipts(stores, agencies)


def take_next(stores: Stores, on_stage: Stage | None = None, until: int | None = None) -> Receipt | None:
    """Take the oldest pending extract to its receipt; None when nothing is pending up to the extract ``until``.

    Raises `StoreError` only where a store is away. Any other failure counts as an attempt of the extract,
    which is quarantined after ``attempts`` of them, so that the files behind it go on.
    """
    _require_vault(stores)
    while (extract := _claim(stores, until)) is not None:
        reach("extract.claimed")
        receipt = _attempt(stores, extract, on_stage or _unwatched)
        if receipt is not None:
            return receipt
    return next(state_repetitions(stores), None)


def state_repetitions(stores: Stores) -> Iterator[Receipt]:
    """Give a receipt to each delivery that ended with the first one of the same bytes."""
    for extract in stores.ledger.without_receipt():
        receipt = repetition_receipt(extract)
        stores.ledger.state_receipt(extract.extract_id, receipt.to_json())
        reach("receipt.stated")
        hand_out(stores, receipt)
        yield receipt


def _attempt(stores: Stores, extract: Extract, on_stage: Stage) -> Receipt | None:
    """One attempt on a claimed extract; None where it is to be tried again or another process has it."""
    if extract.attempts > stores.settings.attempts:
        return _quarantine(stores, extract, "worker_lost")
    try:
        return _take(stores, extract, on_stage)
    except LeaseLost:
        return None
    except Unavailable:
        _give_back(stores, extract, is_blameless=True)
        raise
    except Exception as error:
        failed = describe(error, extract.extract_id)
    except BaseException:
        _give_back(stores, extract, is_blameless=True)
        raise
    _give_back_where_vault_is_away(stores, extract)
    if extract.attempts >= stores.settings.attempts:
        return _quarantine(stores, extract, failed.code)
    log.warning("an attempt failed: %s", failed)
    _give_back(stores, extract)
    return None


def _claim(stores: Stores, until: int | None) -> Extract | None:
    """The oldest extract that is pending, taken under a lease."""
    return stores.ledger.claim(owner(), stores.settings.lease_seconds, until=until)


def _require_vault(stores: Stores) -> None:
    """`StoreError` where the vault is away, before an attempt is counted; the claim itself asks the warehouse."""
    stores.vault.staged()


def _give_back_where_vault_is_away(stores: Stores, extract: Extract) -> None:
    """A failure while the vault is away says nothing about the file: `StoreError`, as before an attempt."""
    try:
        _require_vault(stores)
    except StoreError:
        _give_back(stores, extract, is_blameless=True)
        raise


def _give_back(stores: Stores, extract: Extract, *, is_blameless: bool = False) -> None:
    """Let the next attempt begin at once; where the ledger is away too, the lease runs out by itself."""
    with suppress(StoreError):
        stores.ledger.release(extract.extract_id, extract.fence, is_blameless=is_blameless)


def _take(stores: Stores, extract: Extract, on_stage: Stage) -> Receipt:
    """Judge, split, load: the warehouse's one transaction decides, the vault then confirms."""
    work = Work(stores, extract, on_stage)
    work.enter("open")
    delivered = _delivered(stores, extract)
    pieces = work.beating(stores.landing.pieces(extract.digest))
    judgement = examine(feeds().get(extract.feed), delivered, pieces, _known(stores, extract), work.enter)
    judgement = without_expunged(stores.vault, judgement)
    reach("extract.judged")
    receipt = _end(work, judgement, standing(stores.ledger, extract, judgement))
    work.enter("receipt")
    hand_out(stores, receipt)
    return receipt


def _end(work: Work, judgement: Judgement, standing: Standing) -> Receipt:
    """Bring an extract into its state; the receipt is part of the same transaction."""
    stores, extract = work.stores, work.extract
    # The rows of what is loaded are counted as they pass: looking at all of them once more takes 2 s in 5 million.
    scored = standing.state != "loaded"
    receipt = judged_receipt(Heading.of(extract), judgement, standing, extract.sequence, scored=scored)
    stated, ledger = receipt.to_json(), stores.ledger
    match standing.state:
        case "refused":
            if judgement.feed is None:
                stores.quarantine.adopt(stores.landing, extract.digest)
            ledger.refuse(extract.extract_id, extract.fence, standing.code or _UNEXPECTED, stated, receipt.received)
        case "duplicate":
            assert standing.other is not None
            ledger.repeat(extract.extract_id, extract.fence, standing.other, stated)
        case "held":
            ledger.hold(
                extract.extract_id, extract.fence, standing.code or HELD, stated, receipt.received,
                verdict_of(judgement), measures=measures_of(judgement), supersedes=standing.other,
            )  # fmt: skip
        case _:
            return load_judged(work, judgement, receipt)
    return receipt


def _delivered(stores: Stores, extract: Extract) -> Delivered:
    name, manifest = stores.landing.belongings(extract.digest, delivery_key(extract.agency, extract.arrived_at))
    return Delivered(extract.agency, extract.digest, extract.size_bytes, extract.arrived_at, name, manifest)


def _known(stores: Stores, extract: Extract) -> Known:
    """What ledger, vault and the folder of keys know beside the file."""
    feed = feeds().get(extract.feed)

    def history(before: dt.date, kind: Kind) -> list[Measures]:
        return [Measures.from_json(one) for one in stores.ledger.history(extract.feed, before, delivery=kind)]

    def references(judged: Judged) -> Mapping[str, float]:
        asked = feed is not None and any(isinstance(expectation, Refers) for expectation in feed.expects)
        return resolving(stores.vault, feed, judged.batches) if feed is not None and asked else {}

    return Known(public_keys(stores.settings.agency_keys, extract.agency), history, references)


def _quarantine(stores: Stores, extract: Extract, code: str) -> Receipt:
    """Give up on an extract: its bytes go to the quarantine, its agency gets a receipt that says so.

    Bytes that cannot be read any more stay where they are: giving up must not fail on what is given up.
    """
    try:
        stores.quarantine.adopt(stores.landing, extract.digest)
    except StoreError as error:
        log.error("a file was not copied to the quarantine: %s", describe(error, extract.extract_id))
    reach("quarantine.adopted")
    receipt = abandoned_receipt(extract, code)
    stores.ledger.quarantine(extract.extract_id, extract.fence, code, receipt.to_json())
    hand_out(stores, receipt)
    return receipt


def _unwatched(_extract: Extract, _stage: str) -> None:
    """Nobody looks on."""
