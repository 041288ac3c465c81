"""The ledger: which delivered file stands where. It, not Prefect, is the truth; every change is one transaction."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from warehouse.store.engine import LeaseLost, valueless
from warehouse.store.extract import COUNTS, Counts, Extract, Tally, from_row, read, tallies
from warehouse.store.tables import OPEN_STATES, TERMINAL_STATES, extract

__all__ = ["UNKNOWN_FEED", "Counts", "Extract", "Ledger", "Tally", "finish", "hold_lease", "mark_linked"]

UNKNOWN_FEED: Final = "unknown"
"""The feed of a file that no contract matches."""


@dataclass(frozen=True)
class Ledger:
    """The ledger in the warehouse behind ``engine``. Errors are `StoreError`, without any value."""

    engine: Engine

    @valueless
    def register(self, agency: str, feed: str, digest: str, size: int, arrived_at: dt.datetime) -> Extract:
        """Enter a file that is durably landed; entering the same delivery again returns its row.

        A delivery is known by digest and ``arrived_at``: give the time at which the file came to stand in
        the intake folder (its inode's change time, which a copy cannot carry over). The same bytes at
        another time are a repetition: a row of its own that ends as ``duplicate`` once the first is loaded.
        What was refused, held or quarantined before is tried afresh.
        """
        delivery = {"agency": agency, "feed": feed, "digest": digest, "arrived_at": arrived_at}
        with self.engine.begin() as connection:
            known = _same_content(connection, agency, feed, digest)
            row = {**delivery, "size_bytes": size, "repeats": known}
            connection.execute(upsert(extract).values(row).on_conflict_do_nothing())
            entered = connection.scalar(select(extract.c.extract_id).filter_by(**delivery))
            while entered is None:  # another process entered the same content a moment ago
                row["repeats"] = _same_content(connection, agency, feed, digest)
                connection.execute(upsert(extract).values(row).on_conflict_do_nothing())
                entered = connection.scalar(select(extract.c.extract_id).filter_by(**delivery))
            settle_repetitions(connection)
            return read(connection, int(entered or 0))

    @valueless
    def claim(self, owner: str, lease_seconds: float, extract_id: int | None = None) -> Extract | None:
        """Take the oldest extract that waits, or whose worker has vanished; None when there is none.

        The lease ends by itself; ``fence`` of the extract returned is the token that every later call needs.
        """
        waiting = or_(extract.c.state == "landed", extract.c.lease_until < func.clock_timestamp())
        choice = select(extract.c.extract_id).where(
            extract.c.state.in_(OPEN_STATES), extract.c.repeats.is_(None), waiting
        )
        if extract_id is not None:
            choice = choice.where(extract.c.extract_id == extract_id)
        choice = choice.order_by(extract.c.extract_id).limit(1).with_for_update(skip_locked=True)
        with self.engine.begin() as connection:
            settle_repetitions(connection)
            chosen = connection.scalar(choice)
            if chosen is None:
                return None
            connection.execute(
                update(extract)
                .where(extract.c.extract_id == chosen)
                .values(
                    state="loading",
                    lease_owner=owner,
                    lease_until=_from_now(lease_seconds),
                    fence=extract.c.fence + 1,
                    attempts=extract.c.attempts + 1,
                )
            )
            return read(connection, chosen)

    @valueless
    def renew(self, extract_id: int, fence: int, lease_seconds: float) -> None:
        """Lengthen a lease; `LeaseLost` where another process has taken over."""
        with self.engine.begin() as connection:
            hold_lease(connection, extract_id, fence)
            connection.execute(
                update(extract).where(extract.c.extract_id == extract_id).values(lease_until=_from_now(lease_seconds))
            )

    @valueless
    def release(self, extract_id: int, fence: int) -> None:
        """Give an extract back unfinished, to be tried again; ``attempts`` stays counted."""
        with self.engine.begin() as connection:
            hold_lease(connection, extract_id, fence)
            connection.execute(
                update(extract)
                .where(extract.c.extract_id == extract_id)
                .values(state="landed", lease_owner=None, lease_until=None)
            )

    def refuse(self, extract_id: int, fence: int, code: str, receipt: Mapping[str, Any], received: int = 0) -> None:
        """End as refused: the file is not what the contract says; its ``received`` records are kept back."""
        self._keep_back(extract_id, fence, "refused", code, receipt, received, None)

    def hold(
        self, extract_id: int, fence: int, code: str, receipt: Mapping[str, Any], received: int, verdict: object = None
    ) -> None:
        """End as held: the delivery's expectations failed; a person decides."""
        self._keep_back(extract_id, fence, "held", code, receipt, received, verdict)

    def quarantine(self, extract_id: int, fence: int, code: str, receipt: Mapping[str, Any], received: int = 0) -> None:
        """End as quarantined: the file broke the pipeline more than once."""
        self._keep_back(extract_id, fence, "quarantined", code, receipt, received, None)

    @valueless
    def _keep_back(
        self,
        extract_id: int,
        fence: int,
        state: str,
        code: str,
        receipt: Mapping[str, Any],
        received: int,
        verdict: object,
    ) -> None:
        counts = Counts(received=received, quarantined=received)
        with self.engine.begin() as connection:
            hold_lease(connection, extract_id, fence)
            finish(connection, extract_id, state, counts, {"code": code, "receipt": dict(receipt), "verdict": verdict})

    @valueless
    def get(self, extract_id: int) -> Extract:
        """The extract as it stands; LookupError where there is none."""
        with self.engine.connect() as connection:
            return read(connection, extract_id)

    @valueless
    def pending(self) -> tuple[Extract, ...]:
        """The extracts that have not reached a terminal state, oldest first."""
        return self._where(extract.c.state.in_(OPEN_STATES))

    @valueless
    def extracts(self) -> tuple[Extract, ...]:
        """The whole ledger, oldest first."""
        return self._where(text("true"))

    @valueless
    def without_receipt(self) -> tuple[Extract, ...]:
        """Finished extracts whose receipt was never stated: repetitions that ended with their first."""
        return self._where(extract.c.state.in_(TERMINAL_STATES) & extract.c.receipt.is_(None))

    @valueless
    def state_receipt(self, extract_id: int, receipt: Mapping[str, Any]) -> None:
        """Set the receipt of a finished extract that has none yet."""
        with self.engine.begin() as connection:
            connection.execute(
                update(extract)
                .where(
                    extract.c.extract_id == extract_id,
                    extract.c.receipt.is_(None),
                    extract.c.state.in_(TERMINAL_STATES),
                )
                .values(receipt=dict(receipt))
            )

    @valueless
    def loaded_extracts(self) -> tuple[int, ...]:
        """Ids of the extracts whose rows are in the timeline."""
        with self.engine.connect() as connection:
            loaded = select(extract.c.extract_id).where(extract.c.state == "loaded").order_by(extract.c.extract_id)
            return tuple(connection.scalars(loaded))

    @valueless
    def unlinked_extracts(self) -> tuple[int, ...]:
        """Ids of the loaded extracts that no link batch has seen yet."""
        unlinked = select(extract.c.extract_id).where(extract.c.state == "loaded", extract.c.link_batch.is_(None))
        with self.engine.connect() as connection:
            return tuple(connection.scalars(unlinked.order_by(extract.c.extract_id)))

    @valueless
    def mark_linked(self, extract_ids: Iterable[int], batch_id: int) -> None:
        """Say that a batch has seen these extracts; 0 is the batch of extracts that hold no subject."""
        with self.engine.begin() as connection:
            mark_linked(connection, extract_ids, batch_id)

    @valueless
    def counts(self) -> tuple[Tally, ...]:
        """The ledger in sums, one tally a feed and agency."""
        return tallies(self._where(text("true")))

    def _where(self, condition: Any) -> tuple[Extract, ...]:  # noqa: ANN401 - SQLAlchemy's own clause types
        with self.engine.connect() as connection:
            found = connection.execute(select(extract).where(condition).order_by(extract.c.extract_id))
            return tuple(from_row(row) for row in found)


def hold_lease(connection: Connection, extract_id: int, fence: int) -> None:
    """Lock the extract's row; `LeaseLost` unless it is being loaded under this fence."""
    mine = select(extract.c.extract_id).filter_by(extract_id=extract_id, fence=fence, state="loading").with_for_update()
    if connection.scalar(mine) is None:
        raise LeaseLost(f"extract {extract_id}: the lease is lost")


def finish(
    connection: Connection, extract_id: int, state: str, counts: Counts, values: Mapping[str, Any] | None = None
) -> None:
    """Put an extract into a terminal state and let the repetitions that waited for it follow."""
    connection.execute(
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
    )
    settle_repetitions(connection)


def settle_repetitions(connection: Connection) -> None:
    """End each repetition whose first has ended: as duplicate where that is loaded, else as it ended."""
    connection.execute(text(_SETTLE))


def mark_linked(connection: Connection, extract_ids: Iterable[int], batch_id: int) -> None:
    """Note the first batch that saw each extract."""
    connection.execute(
        update(extract)
        .where(extract.c.extract_id.in_(list(extract_ids)), extract.c.link_batch.is_(None))
        .values(link_batch=batch_id)
    )


_SETTLE: Final = """
UPDATE ledger.extract AS repetition
SET state = CASE first.state WHEN 'loaded' THEN 'duplicate' ELSE first.state END,
    code = first.code,
    received = first.received,
    duplicate = CASE first.state WHEN 'loaded' THEN first.received ELSE first.duplicate END,
    rejected = CASE first.state WHEN 'loaded' THEN 0 ELSE first.rejected END,
    quarantined = CASE first.state WHEN 'loaded' THEN 0 ELSE first.quarantined END,
    as_of = first.as_of, contract_version = first.contract_version,
    finished_at = clock_timestamp()
FROM ledger.extract AS first
WHERE repetition.repeats = first.extract_id
  AND repetition.state = 'landed' AND first.state NOT IN ('landed', 'loading')
"""


def _same_content(connection: Connection, agency: str, feed: str, digest: str) -> int | None:
    """The extract that loads, or has loaded, the same bytes."""
    return connection.scalar(
        select(extract.c.extract_id).where(
            extract.c.agency == agency,
            extract.c.feed == feed,
            extract.c.digest == digest,
            extract.c.repeats.is_(None),
            extract.c.state.in_((*OPEN_STATES, "loaded")),
        )
    )


def _from_now(seconds: float) -> Any:  # noqa: ANN401 - SQLAlchemy's own clause types
    return func.clock_timestamp() + dt.timedelta(seconds=seconds)
