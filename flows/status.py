"""How an installation stands: the ledger by feed, what is pending, what adds up and what does not."""

from typing import Any, Final

from flows.display import COUNTED
from flows.server import server_of
from flows.stores import Stores
from schemas.errors import StoreError

UNFINISHED: Final = ("landed", "loading")


def read_status(stores: Stores) -> dict[str, Any]:
    """``feeds``: a row each; then pending and unlinked extracts, whether all sums reconcile, whether it is up."""
    tallies = stores.ledger.counts()
    rows = [
        {
            "feed": tally.feed,
            "latest": tally.latest_as_of,
            "extracts": sum(tally.extracts.values()),
            "not_loaded": sum(n for state, n in tally.extracts.items() if state not in ("loaded", "duplicate")),
            **{name: getattr(tally.counts, name) for name in COUNTED},
        }
        for tally in tallies
    ]
    return {
        "feeds": rows,
        "pending_extracts": sum(tally.extracts.get(state, 0) for tally in tallies for state in UNFINISHED),
        "unlinked_extracts": len(stores.ledger.unlinked_extracts()),
        "reconciled": all(row["received"] == sum(row[name] for name in COUNTED[1:]) for row in rows),
        "up": _is_up(stores),
    }


def _is_up(stores: Stores) -> bool:
    try:
        return server_of(stores.settings).is_healthy()
    except StoreError:
        return False
