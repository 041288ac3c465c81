"""The order of a feed's deliveries, and what may stand in the way of one: a gap, a rival, a number used twice."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text

from warehouse.store.extract import Extract

SEQUENCE_GAP: Final = "sequence_gap"
SEQUENCE_CONFLICT: Final = "sequence_conflict"
SAME_DAY: Final = "same_day"

NOT_SUPERSEDED: Final = """
other.extract_id <> ALL (ARRAY(SELECT supersedes FROM ledger.extract WHERE state = 'loaded' AND supersedes IS NOT NULL))
"""
"""That no loaded extract supersedes ``other``."""


@dataclass(frozen=True)
class Rival:
    """A loaded delivery that claims the same place in the order: which, and the code to hold the later one with."""

    code: str
    extract_id: int


def lock_feed(connection: Connection, feed: str) -> None:
    """Let one transaction at a time decide about the order of a feed."""
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:feed, 0))"), {"feed": feed})


def rival(connection: Connection, extract: Extract, as_of: dt.date, delivery: str) -> Rival | None:
    """The loaded delivery of the same number, or the full one of the same day where neither has a number.

    What the extract supersedes, and what is superseded already, is no rival.
    """
    values = {
        "feed": extract.feed, "me": extract.extract_id, "supersedes": extract.supersedes, "as_of": as_of,
        "sequence": extract.sequence, "delivery": delivery,
    }  # fmt: skip
    found = connection.scalar(text(_RIVAL), values)
    if found is None:
        return None
    return Rival(SAME_DAY if extract.sequence is None else SEQUENCE_CONFLICT, int(found))


def gap(connection: Connection, feed: str, sequence: int, first: int) -> int | None:
    """The number before ``sequence`` where no delivery of it is loaded; None where it is, or there is none."""
    before = sequence - 1
    if before < first or connection.scalar(text(_LOADED_NUMBER), {"feed": feed, "sequence": before}):
        return None
    return before


_RIVAL: Final = f"""
SELECT other.extract_id FROM ledger.extract AS other
WHERE other.feed = :feed AND other.state = 'loaded' AND other.extract_id <> :me
  AND other.extract_id IS DISTINCT FROM CAST(:supersedes AS bigint) AND {NOT_SUPERSEDED}
  AND (other.sequence = CAST(:sequence AS bigint) OR (
      CAST(:sequence AS bigint) IS NULL AND other.sequence IS NULL
      AND other.as_of = :as_of AND other.delivery = 'full' AND :delivery = 'full'))
ORDER BY other.extract_id LIMIT 1
"""
_LOADED_NUMBER: Final = """
SELECT EXISTS (SELECT FROM ledger.extract WHERE feed = :feed AND sequence = :sequence AND state = 'loaded')
"""
