"""What persons decide on deliveries that are held: to take them up again, or to refuse them."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import Connection, Engine, insert, select, text

from schemas.errors import StoreError
from warehouse.store.engine import valueless
from warehouse.store.extract import Extract, from_row, read
from warehouse.store.ledger_tables import decision, extract
from warehouse.store.order import lock_feed
from warehouse.store.transitions import reopen

REFUSED: Final = "refused_after_review"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a person decided on a held extract; ``code`` is what it was held for. The reason is for the ledger only."""

    extract_id: int
    decision: Literal["accept", "refuse"]
    code: str | None
    reason: str
    decided_by: str
    decided_at: dt.datetime


@dataclass(frozen=True)
class Decisions:
    """The part of the ledger in which persons decide."""

    engine: Engine

    @valueless
    def accept(self, extract_id: int, reason: str, by: str, supersedes: int | None = None) -> Extract:
        """Take a held extract up again; it then counts as decided what it was held for (see `decisions`).

        ``supersedes``: the extract that it is to replace as a whole, once it is loaded; unless stated, the one
        that it was held against. `LookupError` where there is no such extract, `StoreError` where it is not held,
        repeats another one, or its bytes are erased.
        """
        with self.engine.begin() as connection:
            held = _held(connection, extract_id)
            if held.expunged_at is not None:
                raise StoreError(f"extract {extract_id}: its bytes are erased")
            _note(connection, held, "accept", reason, by)
            if supersedes is not None:
                superseding = {"extract_id": extract_id, "supersedes": _same_feed(connection, held, supersedes)}
                connection.execute(text(_SUPERSEDE), superseding)
            reopen(connection, extract_id)
            return read(connection, extract_id)

    @valueless
    def refuse_held(
        self, extract_id: int, reason: str, by: str, receipt: Mapping[str, Any] | None = None, code: str = REFUSED
    ) -> Extract:
        """End a held extract as refused, with the ``receipt`` that says so; errors as of `accept`.

        ``code``: why, where it was not the delivery itself that a person refused. The repetitions that were held with
        it end likewise and wait for a receipt (`Ledger.without_receipt`).
        """
        with self.engine.begin() as connection:
            _note(connection, _held(connection, extract_id), "refuse", reason, by)
            values = {"extract_id": extract_id, "code": code}
            connection.execute(text(_REFUSE), values)
            if receipt is not None:
                stated = extract.update().where(extract.c.extract_id == extract_id).values(receipt=dict(receipt))
                connection.execute(stated)
            return read(connection, extract_id)

    @valueless
    def decisions(self, extract_id: int) -> tuple[Decision, ...]:
        """What was decided on an extract, the first decision first."""
        wanted = select(decision).filter_by(extract_id=extract_id).order_by(decision.c.decision_id)
        with self.engine.connect() as connection:
            rows = connection.execute(wanted).all()
        named = ("extract_id", "decision", "code", "reason", "decided_by", "decided_at")
        return tuple(Decision(**{name: row._mapping[name] for name in named}) for row in rows)

    def decision(self, extract_id: int) -> Decision | None:
        """The last decision on an extract; None where there is none."""
        return next(reversed(self.decisions(extract_id)), None)

    @valueless
    def held(self) -> tuple[Extract, ...]:
        """The extracts that wait for a decision, oldest first; repetitions share that on their first."""
        waiting = select(extract).where(extract.c.state == "held", extract.c.repeats.is_(None))
        with self.engine.connect() as connection:
            return tuple(from_row(row) for row in connection.execute(waiting.order_by(extract.c.extract_id)))


def _held(connection: Connection, extract_id: int) -> Extract:
    """The extract, locked; `StoreError` where nothing is to be decided about it."""
    lock_feed(connection, read(connection, extract_id).feed)
    connection.execute(select(extract.c.extract_id).filter_by(extract_id=extract_id).with_for_update())
    found = read(connection, extract_id)
    if found.state != "held":
        raise StoreError(f"extract {extract_id} is {found.state}, not held")
    if found.repeats is not None:
        raise StoreError(f"extract {extract_id} repeats extract {found.repeats}: decide about that one")
    return found


def _note(connection: Connection, held: Extract, decided: str, reason: str, by: str) -> None:
    if not reason.strip() or not by.strip():
        raise StoreError("a decision needs a reason and a person")
    row = {"extract_id": held.extract_id, "decision": decided, "code": held.code, "reason": reason, "decided_by": by}
    connection.execute(insert(decision).values(row))


def _same_feed(connection: Connection, held: Extract, other: int) -> int:
    found = read(connection, other)
    is_circle = found.supersedes == held.extract_id or other == held.extract_id
    if is_circle or found.feed != held.feed or found.state != "loaded":
        raise StoreError(f"extract {held.extract_id} cannot supersede extract {other}")
    return other


_SUPERSEDE: Final = "UPDATE ledger.extract SET supersedes = :supersedes WHERE extract_id = :extract_id"
_REFUSE: Final = """
UPDATE ledger.extract
SET state = 'refused', code = :code, finished_at = clock_timestamp(),
    receipt = CASE WHEN extract_id = :extract_id THEN receipt END
WHERE (extract_id = :extract_id OR repeats = :extract_id) AND state = 'held'
"""
