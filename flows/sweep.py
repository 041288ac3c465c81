"""What nobody announced and what was left lying: files in the intake, staging in the vault, missing receipts."""

import datetime as dt
from typing import Final

from connectors.intake import strays
from flows.arriving import land_all, pairing
from flows.expunge import carry_out, erase_covered_bytes
from flows.handing import render_missing
from flows.retention import erase_expired
from flows.status import late_feeds
from flows.stores import Stores
from schemas.failpoint import reach

ENDED_UNLOADED: Final = frozenset({"refused", "held", "quarantined", "duplicate"})
TAKEN_SECONDS: Final = 60.0
"""A file that was taken so long ago, by a process that holds it no more, is taken again."""
UNFINISHED_SECONDS: Final = 3_600.0
"""What a writer has not finished after so long, it will not finish."""
ARRIVALS_DAYS: Final = 7
"""So long the ledger remembers which file of an intake was taken by whom."""


def sweep(stores: Stores) -> dict[str, int]:
    """Repair what needs no drain and count it; an expired lease is taken over by the drain that follows."""
    now = dt.datetime.now(dt.UTC)
    return {
        "files_landed": land_missed(stores),
        "files_out_of_place": strays(stores.settings.intake),
        "staging_confirmed": confirm_loaded(stores),
        "staging_discarded": discard_abandoned(stores),
        "receipts_rendered": render_missing(stores),
        "unfinished_removed": sum(store.remove_unfinished(UNFINISHED_SECONDS) for store in stores.files),
        "orders_carried_out": carry_out(stores),
        "extracts_erased": erase_expired(stores, now) + erase_covered_bytes(stores),
        "arrivals_forgotten": stores.ledger.forget_arrivals(now - dt.timedelta(days=ARRIVALS_DAYS)),
        "feeds_late": len(late_feeds(stores.ledger.latest(), now)),
        "extracts_pending": len(stores.ledger.pending()),
    }


def land_missed(stores: Stores) -> int:
    """Land the files that have settled in the intake, or whose taker died; the number of extracts entered."""
    settings, intake = stores.settings, stores.intake
    found = [*intake.abandoned(TAKEN_SECONDS), *intake.settled(settings.quiet_seconds, pairing(settings))]
    return sum(len(entered) for entered in land_all(stores, found))


def confirm_loaded(stores: Stores) -> int:
    """Confirm staging whose extract the warehouse has: its process died between the two."""
    loaded = set(stores.ledger.loaded_extracts())
    found = [extract_id for extract_id in stores.vault.staged() if extract_id in loaded]
    for extract_id in found:
        stores.vault.confirm(extract_id)
        reach("sweep.confirmed")
    return len(found)


def discard_abandoned(stores: Stores) -> int:
    """Forget staging whose extract has ended without being loaded."""
    found = [staged for staged in stores.vault.staged() if stores.ledger.get(staged).state in ENDED_UNLOADED]
    for extract_id in found:
        stores.vault.discard(extract_id)
        reach("sweep.discarded")
    return len(found)
