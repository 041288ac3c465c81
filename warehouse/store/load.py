"""The one transaction that makes an extract part of the warehouse: rows, ledger and receipt, all or nothing."""

import datetime as dt
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import polars as pl
from sqlalchemy import Connection, Engine, Table

from schemas.contract import Delta, Feed, Full
from schemas.difference import Difference
from schemas.errors import StoreError
from schemas.failpoint import reach
from warehouse.store import versions
from warehouse.store.copy import Rows, copy, copy_rows
from warehouse.store.difference import difference
from warehouse.store.engine import valueless
from warehouse.store.extract import Counts, Extract
from warehouse.store.order import Rival, lock_feed, rival
from warehouse.store.tables import event, rejection, span
from warehouse.store.transitions import finish, hold_lease
from warehouse.timeline.mapping import events, spans

StateReceipt = Callable[[Difference | None], Mapping[str, Any]]
"""Makes the receipt, as JSON, once it is known what the delivery changed."""

_AHEAD: Final = 2
"""So many frames are made into rows or written at a time, beside the one that is being split."""


class Rivalled(StoreError):
    """Another delivery took the same place in the order of the feed: ``rival`` says which; nothing was loaded."""

    def __init__(self, extract_id: int, found: Rival) -> None:
        """Say which extract, against which."""
        super().__init__(f"extract {extract_id}: {found.code} as extract {found.extract_id}")
        self.rival = found


@valueless
def load(
    engine: Engine,
    extract: Extract,
    feed: Feed,
    contents: pl.DataFrame | Iterable[pl.DataFrame],
    counts: Counts,
    rejected: pl.DataFrame,
    verdict: object,
    as_of: dt.date,
    coverage: tuple[dt.date, dt.date],
    receipt: Mapping[str, Any] | StateReceipt,
    *,
    delivery: str | None = None,
    measures: object = None,
    content_digest: str | None = None,
    unrivalled: bool = False,
) -> Difference | None:
    """Load an extract that was claimed; afterwards it is ``loaded``, with ``receipt`` as the agency gets it.

    ``contents`` is what `identity.split` returned (see `timeline.mapping`), whole or frame by frame: each frame is
    taken while the transaction is open. ``rejected`` has `schemas.table.FAULTS`, ``coverage`` is (first day, day
    after the last), ``verdict``, ``measures`` and ``receipt`` go in as JSON. ``delivery``: full or delta, where it is
    not as the feed says; ``content_digest``: of the text inside a packed file. Returns what the delivery changed.

    `LeaseLost` where another worker has taken over or it is loaded already; `StoreError` where the counts do not
    agree with the rows; `Rivalled`, where ``unrivalled`` is asked for, if another delivery has its place (see
    `order.rival`); then nothing of it is visible.
    """
    frames = [contents] if isinstance(contents, pl.DataFrame) else contents
    kind = delivery or _delivery(feed)
    with engine.begin() as connection:
        hold_lease(connection, extract.extract_id, extract.fence)
        stated = _copy_content(connection, extract.extract_id, feed, frames)
        if stated.height != counts.loaded:
            raise StoreError(f"extract {extract.extract_id}: rows and counts disagree")
        _copy(connection, rejection, extract.extract_id, rejected)
        lock_feed(connection, extract.feed)
        if unrivalled and (found := rival(connection, extract, as_of, kind)):
            raise Rivalled(extract.extract_id, found)
        changes = difference(connection, extract, as_of, kind, stated)
        dated = {"as_of": as_of, "covered_from": coverage[0], "covered_until": coverage[1], "delivery": kind}
        said = {
            "contract_version": feed.version, "verdict": verdict, "measures": measures,
            "content_digest": content_digest, "difference": changes and changes.to_json(),
            "receipt": dict(receipt(changes) if callable(receipt) else receipt),
        }  # fmt: skip
        reach("load.finishing")
        finish(connection, extract.extract_id, "loaded", counts, dated | said)
        reach("load.finished")
    return changes


def _copy_content(connection: Connection, extract_id: int, feed: Feed, frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Write the moments and the records of each frame; all the records, schema `versions.STATED`.

    One thread makes the rows of a frame while another writes those of the frame before, so that the server need not
    wait for either; nothing else uses the connection meanwhile.
    """
    stated = [versions.STATED.to_frame()]
    with ThreadPoolExecutor(1) as writer, ThreadPoolExecutor(1) as maker:
        writing: deque[Future[pl.DataFrame]] = deque()
        for content in frames:
            if len(writing) == _AHEAD:
                stated.append(_copied(writing.popleft()))
            made = maker.submit(_made, extract_id, feed, content)
            writing.append(writer.submit(_write, connection, extract_id, made))
        stated.extend(map(_copied, writing))
    return pl.concat(stated)


def _copied(writing: Future[pl.DataFrame]) -> pl.DataFrame:
    stated = writing.result()
    reach("load.copied")
    return stated


@dataclass(frozen=True)
class _Made:
    """What a frame of content comes to: its moments as COPY takes them, and its records (`versions.STATED`)."""

    moments: tuple[Rows, ...]
    stated: pl.DataFrame


def _made(extract_id: int, feed: Feed, content: pl.DataFrame) -> _Made:
    moments = ((event, events(feed, content)), (span, spans(feed, content)))
    owned = ((table, _owned(extract_id, rows)) for table, rows in moments if rows.height)
    return _Made(tuple(Rows.of(table, rows) for table, rows in owned), versions.stated(content))


def _write(connection: Connection, extract_id: int, making: Future[_Made]) -> pl.DataFrame:
    """Write the moments and the records of a frame; returns the records."""
    made = making.result()
    for rows in made.moments:
        copy_rows(connection, rows)
    versions.write(connection, extract_id, made.stated)
    return made.stated


def _copy(connection: Connection, table: Table, extract_id: int, rows: pl.DataFrame) -> None:
    if rows.height:
        copy(connection, table, _owned(extract_id, rows))


def _owned(extract_id: int, rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(pl.lit(extract_id, pl.Int64).alias("extract_id"), pl.all())


def _delivery(feed: Feed) -> str:
    match feed.delivery:
        case Full():
            return "full"
        case Delta():
            return "delta"
