"""How an installation stands: the ledger by feed, what is pending, what is late, what does not add up."""

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final

from connectors.intake import strays
from flows.display import COUNTED
from flows.server import server_of
from flows.stores import Stores
from schemas.catalogue import feeds
from schemas.contract import Feed
from schemas.errors import StoreError
from schemas.terms import Every
from warehouse.store.extract import Tally
from warehouse.store.ledger import Latest

UNFINISHED: Final = ("landed", "loading")
TAKEN: Final = ("loaded", "duplicate")

LATE_DAYS: Final[dict[Every, int | None]] = {
    "day": 2,
    "week": 9,
    "month": 35,
    "quarter": 97,
    "half_year": 190,
    "once": None,
}
"""A rhythm and what weekends, holidays and the length of months add to it."""


def read_status(stores: Stores, now: dt.datetime | None = None) -> dict[str, Any]:
    """``feeds``: a row each; then pending and unlinked extracts, late feeds, whether all adds up, whether it is up."""
    extracts, tallies = stores.ledger.extracts(), stores.ledger.counts()
    late = late_feeds(stores.ledger.latest(), now or dt.datetime.now(dt.UTC))
    return {
        "feeds": [_row(tally, tally.feed in late) for tally in tallies],
        "files_out_of_place": strays(stores.settings.intake),
        "extracts_pending": sum(extract.state in UNFINISHED for extract in extracts),
        "extracts_unlinked": len(stores.ledger.unlinked_extracts()),
        "feeds_late": len(late),
        "extracts_held": len(stores.ledger.held()),
        "reconciled": all(_adds_up(tally) for tally in tallies),
        "up": _is_up(stores),
    }


def late_feeds(latest: Iterable[Latest], now: dt.datetime) -> set[str]:
    """The feeds that were taken before and whose next delivery is overdue by their rhythm."""
    return {one.feed for one in latest if _is_late(feeds().get(one.feed), one.arrived_at, now)}


def _is_late(feed: Feed | None, arrived: dt.datetime, now: dt.datetime) -> bool:
    days = LATE_DAYS[feed.delivery.every] if feed else None
    return days is not None and now - arrived > dt.timedelta(days=days)


def _row(tally: Tally, late: bool) -> dict[str, Any]:
    return {
        "feed": tally.feed,
        "as_of": tally.latest_as_of,
        "extracts": sum(tally.extracts.values()),
        "kept_back": sum(n for state, n in tally.extracts.items() if state not in (*TAKEN, *UNFINISHED)),
        **{name: getattr(tally.counts, name) for name in COUNTED},
        "late": "late" if late else "",
    }


def _adds_up(tally: Tally) -> bool:
    counts = tally.counts
    return counts.received == counts.loaded + counts.rejected + counts.duplicate + counts.quarantined


def _is_up(stores: Stores) -> bool:
    try:
        return server_of(stores.settings).is_healthy()
    except StoreError:
        return False
