"""How long the bytes of deliveries are kept: as their agreement says, and not a day longer."""

import datetime as dt
from collections.abc import Mapping
from typing import Final

from flows.stores import Stores
from schemas.catalogue import agreement_of, feeds
from schemas.failpoint import reach
from warehouse.store.ledger import UNKNOWN_FEED

UNAGREED_DAYS: Final = 30
"""How long a file is kept that no agreement describes: time enough for its agency to ask what became of it."""


def erase_expired(stores: Stores, now: dt.datetime) -> int:
    """Erase the bytes of deliveries whose retention is over, in landing store and quarantine; how many extracts.

    What the ledger says of them stays; they cannot be loaded anew.
    """
    terms = _finished_before(now)
    expired = stores.ledger.expired(terms)
    for digest in {one.digest for one in expired}:
        # The same bytes may have come again while others were erased.
        if any(one.digest == digest for one in stores.ledger.expired(terms)):
            stores.landing.remove(digest)
            stores.quarantine.remove(digest)
    reach("retention.removed")
    stores.ledger.mark_expunged(one.extract_id for one in expired)
    return len(expired)


def _finished_before(now: dt.datetime) -> Mapping[str, dt.datetime]:
    """Feed → the time before which its deliveries must have ended for their bytes to be erased."""
    days = {feed.name: agreement_of(feed).landing_days for feed in feeds().values()}
    return {name: now - dt.timedelta(days=kept) for name, kept in {**days, UNKNOWN_FEED: UNAGREED_DAYS}.items()}
