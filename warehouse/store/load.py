"""The one transaction that makes an extract part of the warehouse: rows, ledger and receipt, all or nothing."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import polars as pl
from sqlalchemy import Connection, Engine

from schemas.contract import Delta, Feed, Full
from schemas.errors import StoreError
from warehouse.store.copy import copy
from warehouse.store.engine import valueless
from warehouse.store.extract import Counts, Extract
from warehouse.store.ledger import finish, hold_lease
from warehouse.store.tables import event, record_version, rejection, span
from warehouse.timeline.mapping import events, spans


@valueless
def load(
    engine: Engine,
    extract: Extract,
    feed: Feed,
    content: pl.DataFrame,
    counts: Counts,
    rejected: pl.DataFrame,
    verdict: object,
    as_of: dt.date,
    coverage: tuple[dt.date, dt.date],
    receipt: Mapping[str, Any],
) -> None:
    """Load an extract that was claimed; afterwards it is ``loaded``, with ``receipt`` as the agency gets it.

    ``content`` is what `identity.split` returned (see `timeline.mapping`), ``rejected`` has
    `schemas.table.FAULTS`, ``coverage`` is (first day, day after the last), ``verdict`` and ``receipt`` go
    in as JSON. `LeaseLost` where another worker has taken over or it is loaded already; `StoreError`
    where the counts do not agree with the rows; then nothing of it is visible.
    """
    if content.height != counts.loaded:
        raise StoreError(f"extract {extract.extract_id}: rows and counts disagree")
    with engine.begin() as connection:
        hold_lease(connection, extract.extract_id, extract.fence)
        _copy_rows(connection, extract.extract_id, feed, content, rejected)
        dated = {"as_of": as_of, "covered_from": coverage[0], "covered_until": coverage[1]}
        said = {
            "delivery": _delivery(feed),
            "contract_version": feed.version,
            "verdict": verdict,
            "receipt": dict(receipt),
        }
        finish(connection, extract.extract_id, "loaded", counts, {**dated, **said})


def _copy_rows(
    connection: Connection, extract_id: int, feed: Feed, content: pl.DataFrame, rejected: pl.DataFrame
) -> None:
    frames = [(event, events(feed, content)), (span, spans(feed, content)), (rejection, rejected)]
    if isinstance(feed.delivery, Delta):
        frames.append((record_version, content.select("source_key")))
    for table, rows in frames:
        if rows.height:
            copy(connection, table, rows.select(pl.lit(extract_id).alias("extract_id"), pl.all()))


def _delivery(feed: Feed) -> str:
    match feed.delivery:
        case Full():
            return "full"
        case Delta():
            return "delta"
