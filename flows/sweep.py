"""What nobody announced and what was left lying: files in the intake, staging in the vault, missing receipts."""

import time
from typing import Final

from connectors.intake import settled
from connectors.receipts import Receipt, is_written, write
from flows.ingest import land, state_repetitions
from flows.stores import Stores

ENDED_UNLOADED: Final = frozenset({"refused", "held", "quarantined", "duplicate"})


def sweep(stores: Stores) -> dict[str, int]:
    """Repair what needs no drain and count it; an expired lease is taken over by the drain that follows."""
    return {
        "files_landed": land_missed(stores),
        "staging_confirmed": confirm_loaded(stores),
        "staging_discarded": discard_abandoned(stores),
        "receipts_stated": sum(1 for _ in state_repetitions(stores)),
        "receipts_rendered": render_missing(stores),
        "extracts_pending": len(stores.ledger.pending()),
    }


def land_missed(stores: Stores) -> int:
    """Land the files that stand in the intake and have settled; the number of extracts entered."""
    settings = stores.settings
    return sum(len(land(stores, path)) for path in settled(settings.intake, settings.quiet_seconds, time.time()))


def confirm_loaded(stores: Stores) -> int:
    """Confirm staging whose extract the warehouse has: its process died between the two."""
    loaded = set(stores.ledger.loaded_extracts())
    found = [extract_id for extract_id in stores.vault.staged() if extract_id in loaded]
    for extract_id in found:
        stores.vault.confirm(extract_id)
    return len(found)


def discard_abandoned(stores: Stores) -> int:
    """Forget staging whose extract has ended without being loaded."""
    found = [staged for staged in stores.vault.staged() if stores.ledger.get(staged).state in ENDED_UNLOADED]
    for extract_id in found:
        stores.vault.discard(extract_id)
    return len(found)


def render_missing(stores: Stores) -> int:
    """Write the receipts that the ledger has and the agency's folder lacks."""
    found = [
        Receipt.from_json(extract.receipt)
        for extract in stores.ledger.extracts()
        if extract.finished and extract.receipt and not is_written(stores.settings.intake, extract.agency, extract.extract_id)
    ]
    for receipt in found:
        write(receipt, stores.settings.intake)
    return len(found)
