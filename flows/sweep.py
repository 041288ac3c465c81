"""What nobody announced and what was left lying: files in the intake, staging in the vault, missing receipts."""

import datetime as dt
import logging
import time
from pathlib import Path
from typing import Final

from connectors.intake import RECEIPTS, settled, strays
from connectors.receipts import Receipt
from flows.errors import describe
from flows.ingest import hand_out, land
from flows.stores import Stores
from warehouse.store.engine import Unavailable

log = logging.getLogger("throughcare")

ENDED_UNLOADED: Final = frozenset({"refused", "held", "quarantined", "duplicate"})
RENDERED_DAYS: Final = 1
"""An agency may clear its receipts away: what is older was read and is not written again."""


def sweep(stores: Stores) -> dict[str, int]:
    """Repair what needs no drain and count it; an expired lease is taken over by the drain that follows."""
    return {
        "files_landed": land_missed(stores),
        "files_out_of_place": strays(stores.settings.intake),
        "staging_confirmed": confirm_loaded(stores),
        "staging_discarded": discard_abandoned(stores),
        "receipts_rendered": render_missing(stores),
        "extracts_pending": len(stores.ledger.pending()),
    }


def land_missed(stores: Stores) -> int:
    """Land the files that stand in the intake and have settled; the number of extracts entered.

    A file that cannot be landed, for its permissions say, stays for the next sweep and stops no other.
    """
    settings, entered = stores.settings, 0
    for path in settled(settings.intake, settings.quiet_seconds, time.time()):
        try:
            entered += len(land(stores, path))
        except Unavailable:
            raise
        except Exception as error:
            log.error("a file could not be landed: %s", describe(error))
    return entered


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
    """Write the receipts that the ledger has and the agency's folder lacks, of the last `RENDERED_DAYS`."""
    intake, since = stores.settings.intake, dt.datetime.now(dt.UTC) - dt.timedelta(days=RENDERED_DAYS)
    recent = (one for one in stores.ledger.extracts() if one.receipt and one.finished_at and one.finished_at > since)
    stated = (Receipt.from_json(one.receipt) for one in recent)
    missing = [one for one in stated if not _is_written(intake / one.agency / RECEIPTS, one)]
    return sum(hand_out(stores, receipt) for receipt in missing)


def _is_written(folder: Path, receipt: Receipt) -> bool:
    return all((folder / f"{receipt.extract_id}.{kind}").exists() for kind in ("json", "txt"))
