"""How an extract comes from one state to the next; each function works in the caller's transaction."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, func, select, text, update

from warehouse.store.engine import LeaseLost
from warehouse.store.extract import COUNTS, Counts
from warehouse.store.ledger_tables import extract
from warehouse.store.order import SEQUENCE_GAP, lock_feed


def hold_lease(connection: Connection, extract_id: int, fence: int) -> None:
    """Lock the extract's row; `LeaseLost` unless it is being loaded under this fence."""
    mine = select(extract.c.extract_id).filter_by(extract_id=extract_id, fence=fence, state="loading").with_for_update()
    if connection.scalar(mine) is None:
        raise LeaseLost(f"extract {extract_id}: the lease is lost")


def finish(
    connection: Connection, extract_id: int, state: str, counts: Counts, values: Mapping[str, Any] | None = None
) -> None:
    """Put an extract into a terminal state; what waited for it follows: repetitions, and the next number."""
    ended = connection.execute(
        update(extract)
        .where(extract.c.extract_id == extract_id)
        .values(
            state=state,
            finished_at=func.clock_timestamp(),
            lease_owner=None,
            lease_until=None,
            **{name: getattr(counts, name) for name in COUNTS},
            **(values or {}),
        )
        .returning(extract.c.feed, extract.c.sequence)
    ).one()
    if state == "loaded":
        release_held_copies(connection, extract_id)
    settle_repetitions(connection)
    if state == "loaded" and ended.sequence is not None:
        reopen_gaps(connection, ended.feed)


def hold(connection: Connection, feed: str, extract_id: int, counts: Counts, values: Mapping[str, Any]) -> None:
    """End as held; one held for a gap that was closed meanwhile is open again at once.

    The same bytes that wait already for the same reason are asked about once: this one repeats those.
    """
    if values["code"] == SEQUENCE_GAP:
        lock_feed(connection, feed)
    finish(connection, extract_id, "held", counts, values)
    connection.execute(text(_WAITS_ALREADY), {"extract_id": extract_id})
    if values["code"] == SEQUENCE_GAP:
        reopen_gaps(connection, feed)


def reopen_gaps(connection: Connection, feed: str) -> None:
    """Let the deliveries be tried again that were held for a gap before them, where that is closed."""
    for extract_id in connection.scalars(text(_GAPS_CLOSED), {"feed": feed, "code": SEQUENCE_GAP}).all():
        reopen(connection, extract_id)


def release_held_copies(connection: Connection, extract_id: int) -> None:
    """Let what was held with the same bytes repeat this loaded extract: nobody need decide on it any more."""
    for held in connection.scalars(text(_HELD_COPIES), {"extract_id": extract_id}).all():
        reopen(connection, held)


def reopen(connection: Connection, extract_id: int) -> None:
    """Let a held extract, and the repetitions that were held with it, be tried again.

    Where the same bytes came again meanwhile and are being loaded, it becomes a repetition of those.
    """
    connection.execute(text(_REOPEN), {"extract_id": extract_id})
    settle_repetitions(connection)


def settle_repetitions(connection: Connection) -> bool:
    """End each repetition whose first has ended: as duplicate where that is loaded, else as it ended.

    An empty file that states another date than the first is a delivery of its own. Returns whether there was any.
    """
    settled = False
    while waiting := connection.execute(text(_ENDED)).all():
        settled = True
        for extract_id in [one.extract_id for one in waiting if one.own]:
            connection.execute(text(_SET_APART), {"extract_id": extract_id})
        follow = [one.extract_id for one in waiting if not one.own]
        connection.execute(text(_FOLLOW), {"extract_ids": follow})
    return settled


_SAME_CONTENT: Final = """
SELECT min(live.extract_id) FROM ledger.extract AS live
WHERE live.agency = one.agency AND live.feed = one.feed AND live.digest = one.digest
  AND live.repeats IS NULL AND live.state IN ('landed', 'loading', 'loaded') AND live.extract_id <> one.extract_id
"""
_WAITS_ALREADY: Final = """
UPDATE ledger.extract AS one
SET repeats = (
    SELECT min(first.extract_id) FROM ledger.extract AS first
    WHERE first.agency = one.agency AND first.feed = one.feed AND first.digest = one.digest
      AND first.apart = one.apart AND first.code = one.code AND first.state = 'held'
      AND first.repeats IS NULL AND first.expunged_at IS NULL AND first.extract_id < one.extract_id)
WHERE one.extract_id = :extract_id AND one.repeats IS NULL
"""
_HELD_COPIES: Final = """
SELECT held.extract_id FROM ledger.extract AS held JOIN ledger.extract AS one
  ON held.agency = one.agency AND held.feed = one.feed AND held.digest = one.digest AND held.apart = one.apart
WHERE one.extract_id = :extract_id AND held.state = 'held' AND held.repeats IS NULL AND held.expunged_at IS NULL
"""
_ENDED: Final = """
SELECT one.extract_id,
       first.state = 'loaded' AND first.received = 0 AND one.stated IS NOT NULL
           AND one.stated IS DISTINCT FROM first.stated AND one.sequence IS NULL AS own
FROM ledger.extract AS one JOIN ledger.extract AS first ON first.extract_id = one.repeats
WHERE one.state = 'landed' AND one.repeats IS NOT NULL AND first.state NOT IN ('landed', 'loading')
ORDER BY one.extract_id
"""
_SET_APART: Final = f"""
UPDATE ledger.extract AS one
SET apart = one.stated, repeats = ({_SAME_CONTENT} AND live.apart = one.stated)
WHERE one.extract_id = :extract_id AND one.state = 'landed'
"""
_FOLLOW: Final = """
UPDATE ledger.extract AS one
SET state = CASE first.state WHEN 'loaded' THEN 'duplicate' ELSE first.state END,
    code = first.code,
    received = first.received,
    duplicate = CASE first.state WHEN 'loaded' THEN first.received ELSE first.duplicate END,
    rejected = CASE first.state WHEN 'loaded' THEN 0 ELSE first.rejected END,
    quarantined = CASE first.state WHEN 'loaded' THEN 0 ELSE first.quarantined END,
    as_of = first.as_of, contract_version = first.contract_version,
    finished_at = clock_timestamp()
FROM ledger.extract AS first
WHERE one.extract_id = ANY(:extract_ids) AND one.repeats = first.extract_id
  AND one.state = 'landed' AND first.state NOT IN ('landed', 'loading')
"""
_GAPS_CLOSED: Final = """
SELECT held.extract_id FROM ledger.extract AS held
WHERE held.feed = :feed AND held.state = 'held' AND held.code = :code
  AND held.repeats IS NULL AND held.expunged_at IS NULL
  AND EXISTS (SELECT FROM ledger.extract AS before
              WHERE before.feed = held.feed AND before.state = 'loaded' AND before.sequence = held.sequence - 1)
ORDER BY held.extract_id
"""
_REOPEN: Final = f"""
UPDATE ledger.extract AS one
SET state = 'landed', finished_at = NULL, code = NULL, verdict = NULL, receipt = NULL, attempts = 0,
    received = 0, rejected = 0, duplicate = 0, quarantined = 0,
    repeats = coalesce(one.repeats, ({_SAME_CONTENT} AND live.apart = one.apart))
WHERE (one.extract_id = :extract_id OR one.repeats = :extract_id) AND one.state = 'held'
"""
