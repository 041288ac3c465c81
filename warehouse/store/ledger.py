"""The ledger: which delivered file stands where. It, not Prefect, is the truth; every change is one transaction."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine, func, select, text, update

from schemas.errors import StoreError
from warehouse.store.arrivals import Arrivals
from warehouse.store.decisions import REFUSED, Decision, Decisions
from warehouse.store.deliveries import Deliveries, Latest
from warehouse.store.engine import valueless
from warehouse.store.extract import Counts, Extract, Tally, from_row, read, tallies
from warehouse.store.ledger_tables import OPEN_STATES, TERMINAL_STATES, extract
from warehouse.store.links import mark_linked
from warehouse.store.order import SAME_DAY, SEQUENCE_CONFLICT, SEQUENCE_GAP, Rival
from warehouse.store.transitions import finish, hold, hold_lease, settle_repetitions

__all__ = [
    "REFUSED",
    "SAME_DAY",
    "SEQUENCE_CONFLICT",
    "SEQUENCE_GAP",
    "UNKNOWN_FEED",
    "Counts",
    "Decision",
    "Extract",
    "Latest",
    "Ledger",
    "Rival",
    "Tally",
]

UNKNOWN_FEED: Final = "unknown"
"""The feed of a file that no contract matches."""
_LOOKS: Final = 100


@dataclass(frozen=True)
class Ledger(Deliveries, Decisions, Arrivals):
    """The ledger in the warehouse behind ``engine``. Errors are `StoreError`, without any value."""

    engine: Engine

    @valueless
    def register(
        self,
        agency: str,
        feed: str,
        digest: str,
        size: int,
        arrived_at: dt.datetime,
        stated: str | None = None,
        sequence: int | None = None,
    ) -> Extract:
        """Enter a file that is durably landed; entering the same delivery again returns its row.

        A delivery is known by digest and ``arrived_at``: give the time at which the file came to stand in
        the intake folder (its inode's change time, which a copy cannot carry over). The same bytes at
        another time are a repetition: a row of its own that ends as ``duplicate`` once the first is loaded.
        Not so the same bytes under another ``sequence`` (the number the agency gave the delivery), nor a file
        without a record that states another date (``stated``: the date's text in its name).
        What was refused, held or quarantined before is tried afresh.
        """
        delivery = {"agency": agency, "feed": feed, "digest": digest, "arrived_at": arrived_at}
        said = {"size": size, "stated": stated, "sequence": sequence}
        enter = text(_REGISTER).columns(*extract.c)
        with self._at_once().connect() as connection:
            # Where another process entered the same content a moment ago, the next look sees what it entered.
            tries = (connection.execute(enter, delivery | said).one_or_none() for _ in range(_LOOKS))
            row = next((row for row in tries if row is not None), None)
        if row is None:
            raise StoreError("warehouse: a delivery could not be entered")
        entered = from_row(row)
        if entered.repeats is None or entered.finished:
            return entered
        with self.engine.begin() as connection:
            settle_repetitions(connection)
            return read(connection, entered.extract_id)

    @valueless
    def claim(
        self, owner: str, lease_seconds: float, extract_id: int | None = None, until: int | None = None
    ) -> Extract | None:
        """Take the oldest extract that waits, or whose worker has vanished; None when there is none.

        ``extract_id``: that one only; ``until``: none that was entered after that one. The lease ends by itself;
        ``fence`` of the extract returned is the token that every later call needs.
        """
        values = {"owner": owner, "seconds": lease_seconds, "only": extract_id, "until": until}
        take = text(_CLAIM).columns(*extract.c)
        with self._at_once().connect() as connection:
            row = connection.execute(take, values).one_or_none()
        if row is None and self._settle():
            return self.claim(owner, lease_seconds, extract_id, until)
        return None if row is None else from_row(row)

    @valueless
    def renew(self, extract_id: int, fence: int, lease_seconds: float) -> None:
        """Lengthen a lease; `LeaseLost` where another process has taken over.

        While the load's transaction holds the extract nobody can take over, and nothing is to be lengthened.
        """
        mine = select(extract.c.extract_id).filter_by(extract_id=extract_id, fence=fence, state="loading")
        with self.engine.begin() as connection:
            if connection.scalar(mine.with_for_update(skip_locked=True)) is None:
                if connection.scalar(mine) is None:
                    hold_lease(connection, extract_id, fence)
                return
            connection.execute(
                update(extract).where(extract.c.extract_id == extract_id).values(lease_until=_from_now(lease_seconds))
            )

    @valueless
    def release(self, extract_id: int, fence: int, *, is_blameless: bool = False) -> None:
        """Give an extract back unfinished, to be tried again.

        The attempt stays counted, unless it ended for something that the file is not to blame for.
        """
        with self.engine.begin() as connection:
            hold_lease(connection, extract_id, fence)
            connection.execute(
                update(extract)
                .where(extract.c.extract_id == extract_id)
                .values(
                    state="landed", lease_owner=None, lease_until=None,
                    attempts=extract.c.attempts - int(is_blameless),
                )
            )  # fmt: skip

    def refuse(self, extract_id: int, fence: int, code: str, receipt: Mapping[str, Any], received: int = 0) -> None:
        """End as refused: the file is not what the contract says; its ``received`` records are kept back."""
        self._keep_back(extract_id, fence, "refused", received, {"code": code, "receipt": dict(receipt)})

    def quarantine(self, extract_id: int, fence: int, code: str, receipt: Mapping[str, Any], received: int = 0) -> None:
        """End as quarantined: the file broke the pipeline more than once."""
        self._keep_back(extract_id, fence, "quarantined", received, {"code": code, "receipt": dict(receipt)})

    @valueless
    def hold(
        self,
        extract_id: int,
        fence: int,
        code: str,
        receipt: Mapping[str, Any],
        received: int,
        verdict: object = None,
        *,
        measures: object = None,
        supersedes: int | None = None,
    ) -> None:
        """End as held: a person decides; one held for `SEQUENCE_GAP` is open again once the gap is closed.

        ``supersedes``: the `Rival` against which it is held; accepting it makes it replace that one.
        """
        said = {"code": code, "receipt": dict(receipt), "verdict": verdict, "measures": measures}
        counts = Counts(received=received, quarantined=received)
        with self.engine.begin() as connection:
            hold_lease(connection, extract_id, fence)
            feed = read(connection, extract_id).feed
            hold(connection, feed, extract_id, counts, said | ({"supersedes": supersedes} if supersedes else {}))

    @valueless
    def repeat(self, extract_id: int, fence: int, of: int, receipt: Mapping[str, Any]) -> None:
        """End as a duplicate of a loaded extract that has the same text in other bytes."""
        with self.engine.begin() as connection:
            hold_lease(connection, extract_id, fence)
            first = read(connection, of)
            counts = Counts(received=first.counts.received, duplicate=first.counts.received)
            dated = {"as_of": first.as_of, "contract_version": first.contract_version}
            said = {"repeats": of, "receipt": dict(receipt)}
            finish(connection, extract_id, "duplicate", counts, dated | said)

    @valueless
    def _keep_back(self, extract_id: int, fence: int, state: str, received: int, said: Mapping[str, Any]) -> None:
        with self.engine.begin() as connection:
            hold_lease(connection, extract_id, fence)
            finish(connection, extract_id, state, Counts(received=received, quarantined=received), said)

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
        return self._where(extract.c.finished_at.is_not(None) & extract.c.receipt.is_(None))

    @valueless
    def receipted_since(self, moment: dt.datetime) -> tuple[Extract, ...]:
        """The extracts with a receipt that ended after a moment, oldest first."""
        return self._where(extract.c.receipt.is_not(None) & (extract.c.finished_at > moment))

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

    def _settle(self) -> bool:
        with self.engine.begin() as connection:
            return settle_repetitions(connection)

    def _at_once(self) -> Engine:
        """For one statement that is a transaction of its own: without BEGIN and COMMIT."""
        return self.engine.execution_options(isolation_level="AUTOCOMMIT")

    def _where(self, condition: Any) -> tuple[Extract, ...]:  # noqa: ANN401 - SQLAlchemy's own clause types
        with self.engine.connect() as connection:
            found = connection.execute(select(extract).where(condition).order_by(extract.c.extract_id))
            return tuple(from_row(row) for row in found)


def _from_now(seconds: float) -> Any:  # noqa: ANN401 - SQLAlchemy's own clause types
    return func.clock_timestamp() + dt.timedelta(seconds=seconds)


_COLUMNS: Final = ", ".join(f"one.{column.name}" for column in extract.c)
_REGISTER: Final = f"""
WITH known AS (
    SELECT extract_id,
           NOT (state = 'loaded' AND received = 0 AND sequence IS NULL
                AND CAST(:stated AS text) IS NOT NULL AND stated IS DISTINCT FROM CAST(:stated AS text)) AS repeated
    FROM ledger.extract
    WHERE agency = :agency AND feed = :feed AND digest = :digest
      AND repeats IS NULL AND state IN ('landed', 'loading', 'loaded')
      AND sequence IS NOT DISTINCT FROM CAST(:sequence AS bigint)
    ORDER BY stated IS NOT DISTINCT FROM CAST(:stated AS text) DESC, extract_id LIMIT 1
), one AS (
    INSERT INTO ledger.extract (agency, feed, digest, arrived_at, size_bytes, stated, sequence, repeats, apart)
    SELECT :agency, :feed, :digest, :arrived_at, :size, CAST(:stated AS text), CAST(:sequence AS bigint),
           CASE WHEN known.repeated THEN known.extract_id END,
           CASE WHEN CAST(:sequence AS bigint) IS NOT NULL THEN '#' || CAST(:sequence AS bigint)
                WHEN NOT known.repeated THEN CAST(:stated AS text) ELSE '' END
    FROM (SELECT) AS delivery LEFT JOIN known ON true
    ON CONFLICT DO NOTHING
    RETURNING *
)
SELECT {_COLUMNS} FROM one
UNION ALL
SELECT {_COLUMNS} FROM ledger.extract AS one
WHERE agency = :agency AND feed = :feed AND digest = :digest AND arrived_at = :arrived_at
"""
_CLAIM: Final = f"""
WITH chosen AS (
    SELECT extract_id FROM ledger.extract
    WHERE state IN ('landed', 'loading') AND repeats IS NULL
      AND (state = 'landed' OR lease_until < clock_timestamp())
      AND extract_id = coalesce(CAST(:only AS bigint), extract_id)
      AND extract_id <= coalesce(CAST(:until AS bigint), extract_id)
    ORDER BY extract_id LIMIT 1 FOR UPDATE SKIP LOCKED
)
UPDATE ledger.extract AS one
SET state = 'loading', lease_owner = :owner, lease_until = clock_timestamp() + :seconds * interval '1 second',
    fence = one.fence + 1, attempts = one.attempts + 1
FROM chosen WHERE one.extract_id = chosen.extract_id
RETURNING {_COLUMNS}
"""
