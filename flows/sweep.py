"""What nobody announced and what was left lying: files in the intake, staging in the vault, missing receipts."""

import time
from typing import Final

from connectors.intake import settled
from connectors.receipts import Receipt, write
from flows.ingest import land, state_repetitions
from flows.stores import Stores

FINISHED_UNLOADED: Final = frozenset({"refused", "held", "quarantined", "duplicate"})


def sweep(stores: Stores) -> dict[str, int]:
    """Repair what is repairable without a drain; returns counts. Expired leases are taken by the next drain."""
    return {
        "files_landed": land_missed(stores),
        "staging_confirmed": confirm_loaded(stores),
        "staging_discarded": discard_abandoned(stores),
        "receipts_stated": sum(1 for _ in state_repetitions(stores)),
        "receipts_rendered": render_missing(stores),
        "pending": len(stores.ledger.pending()),
    }
