"""Receipts into the hands of agencies: written beside their files, again where they are missing, and listed."""

import datetime as dt
import logging
from collections.abc import Iterable
from typing import Final

from connectors.receipts import INDEXED, KINDS, Receipt, is_written, rendered, write, write_index
from flows.errors import describe
from flows.stores import Stores
from schemas.errors import StoreError

log = logging.getLogger("throughcare")

RENDERED_DAYS: Final = 1
"""An agency may clear its receipts away: what is older was read and is not written again."""


def hand_out(stores: Stores, receipt: Receipt) -> bool:
    """Write a receipt that the ledger has; where the disk is full or the folder closed, a later sweep does."""
    try:
        if stores.settings.intake_url is None:
            write(receipt, stores.settings.intake)
        else:
            for name, content in rendered(receipt, KINDS).items():
                stores.intake.put_receipt(receipt.agency, name, content)
    except StoreError as error:
        log.error("a receipt was not written: %s", describe(error, receipt.extract_id))
        return False
    return True


def list_receipts(stores: Stores, agencies: Iterable[str]) -> None:
    """Write the list of receipts of each agency anew: once after many receipts, not after each."""
    if stores.settings.intake_url is not None:
        return
    for agency in sorted(set(agencies)):
        newest = [Receipt.from_json(one) for one in stores.ledger.receipts(agency, INDEXED)]
        try:
            write_index(agency, newest, stores.settings.intake)
        except StoreError as error:
            log.error("a list of receipts was not written: %s", describe(error))


def render_missing(stores: Stores) -> int:
    """Write the receipts that the ledger has and the agency's folder lacks, of the last `RENDERED_DAYS`.

    Behind a URL nobody looks: there a receipt is written once.
    """
    if stores.settings.intake_url is not None:
        return 0
    since = dt.datetime.now(dt.UTC) - dt.timedelta(days=RENDERED_DAYS)
    stated = (Receipt.from_json(one.receipt) for one in stores.ledger.receipted_since(since))
    missing = [one for one in stated if not is_written(one, stores.settings.intake)]
    return sum(hand_out(stores, receipt) for receipt in missing)
