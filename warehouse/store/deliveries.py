"""What the ledger knows of a feed's deliveries: their order, history, differences, and how long their bytes stay."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine, func, select, text, update

from schemas.difference import Difference
from warehouse.store import order
from warehouse.store.engine import valueless
from warehouse.store.extract import Extract, from_row
from warehouse.store.ledger_tables import extract


@dataclass(frozen=True, kw_only=True)
class Latest:
    """The newest delivery of a feed that is loaded, in the order of deliveries; a correction is none."""

    feed: str
    agency: str
    extract_id: int
    as_of: dt.date
    sequence: int | None
    arrived_at: dt.datetime
    finished_at: dt.datetime


@dataclass(frozen=True)
class Deliveries:
    """The part of the ledger that is about the deliveries of a feed among each other."""

    engine: Engine

    @valueless
    def gap(self, feed: str, sequence: int, first: int = 1) -> int | None:
        """The number before ``sequence``, from ``first`` on, where no delivery of it is loaded; else None."""
        with self.engine.connect() as connection:
            return order.gap(connection, feed, sequence, first)

    @valueless
    def rival(self, extract: Extract, as_of: dt.date, delivery: str) -> order.Rival | None:
        """The loaded delivery that claims the same place; ``delivery``: full or delta. See `order.rival`."""
        with self.engine.connect() as connection:
            return order.rival(connection, extract, as_of, delivery)

    @valueless
    def same_text(self, agency: str, feed: str, content_digest: str, apart: str = "") -> int | None:
        """The loaded extract of the same text, packed otherwise or not at all; an empty one is nobody's copy.

        ``apart`` is that of the extract that asks: the same text under another number is a delivery of its own.
        """
        values = {"agency": agency, "feed": feed, "digest": content_digest, "apart": apart}
        with self.engine.connect() as connection:
            found = connection.scalar(text(_SAME_TEXT), values)
        return None if found is None else int(found)

    @valueless
    def history(self, feed: str, before: dt.date, n: int = 5, delivery: str | None = None) -> list[Any]:
        """The measures of the last ``n`` loaded deliveries before a day, the last first; of one kind where stated."""
        values = {"feed": feed, "before": before, "n": n, "delivery": delivery}
        with self.engine.connect() as connection:
            return list(connection.scalars(text(_HISTORY), values))

    @valueless
    def difference(self, extract_id: int) -> Difference | None:
        """What a loaded extract changed against the one before it, when it was loaded; None where unknown."""
        with self.engine.connect() as connection:
            found = connection.scalar(select(extract.c.difference).filter_by(extract_id=extract_id))
        return None if found is None else Difference.from_json(found)

    @valueless
    def latest(self) -> tuple[Latest, ...]:
        """The newest loaded delivery of each feed: what is overdue follows from it and the contract."""
        with self.engine.connect() as connection:
            return tuple(Latest(**row._mapping) for row in connection.execute(text(_LATEST)))

    @valueless
    def receipts(self, agency: str, n: int) -> list[Any]:
        """The newest ``n`` receipts of an agency, as JSON, the newest first."""
        stated = select(extract.c.receipt).where(extract.c.agency == agency, extract.c.receipt.is_not(None))
        with self.engine.connect() as connection:
            return list(connection.scalars(stated.order_by(extract.c.extract_id.desc()).limit(n)))

    @valueless
    def expired(self, finished_before: Mapping[str, dt.datetime]) -> tuple[Extract, ...]:
        """The extracts whose bytes are to be erased: finished before the time that holds for their feed.

        What waits for a decision is kept until it is made. What any extract of the same bytes still needs, whosever
        it is, or a feed that is not named, stays.
        """
        values = {"feeds": list(finished_before), "times": list(finished_before.values())}
        with self.engine.connect() as connection:
            rows = connection.execute(text(_EXPIRED).columns(*extract.c), values)
            return tuple(from_row(row) for row in rows)

    @valueless
    def mark_expunged(self, extract_ids: Iterable[int]) -> None:
        """Note that the bytes of these extracts are erased."""
        erased = update(extract).where(extract.c.extract_id.in_(list(extract_ids)), extract.c.expunged_at.is_(None))
        with self.engine.begin() as connection:
            connection.execute(erased.values(expunged_at=func.clock_timestamp()))


_SAME_TEXT: Final = """
SELECT min(extract_id) FROM ledger.extract
WHERE agency = :agency AND feed = :feed AND apart = :apart AND state = 'loaded' AND received > 0
  AND (content_digest = :digest OR digest = :digest)
"""
_HISTORY: Final = f"""
SELECT measures FROM ledger.extract AS other
WHERE feed = :feed AND state = 'loaded' AND measures IS NOT NULL AND as_of < :before AND {order.NOT_SUPERSEDED}
  AND delivery = coalesce(CAST(:delivery AS text), delivery)
ORDER BY as_of DESC, sequence DESC NULLS LAST, delivery, digest DESC LIMIT :n
"""
_LATEST: Final = f"""
SELECT DISTINCT ON (feed) feed, agency, extract_id, as_of, sequence, arrived_at, finished_at
FROM ledger.extract AS other WHERE state = 'loaded' AND covered_from < covered_until AND {order.NOT_SUPERSEDED}
ORDER BY feed, as_of DESC, sequence DESC NULLS LAST, delivery, digest DESC
"""
_EXPIRED: Final = """
WITH term AS (
    SELECT * FROM unnest(CAST(:feeds AS text[]), CAST(:times AS timestamptz[])) AS term(feed, finished_before)
), over AS (
    SELECT extract.* FROM ledger.extract JOIN term USING (feed)
    WHERE finished_at < term.finished_before AND expunged_at IS NULL AND state <> 'held'
)
SELECT over.* FROM over WHERE NOT EXISTS (
    SELECT FROM ledger.extract AS other LEFT JOIN term USING (feed)
    WHERE other.digest = over.digest AND other.expunged_at IS NULL
      AND (other.finished_at IS NULL OR other.state = 'held' OR term.feed IS NULL
           OR other.finished_at >= term.finished_before)
) ORDER BY over.extract_id
"""
