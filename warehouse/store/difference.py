"""What a delivery changes against the one before it: records new, changed, gone, and the same."""

import datetime as dt
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

import polars as pl
from sqlalchemy import Connection, text

from schemas.difference import Difference
from warehouse.store import versions
from warehouse.store.extract import Extract
from warehouse.store.order import NOT_SUPERSEDED


def difference(
    connection: Connection, extract: Extract, as_of: dt.date, delivery: str, stated: pl.DataFrame
) -> Difference | None:
    """What ``stated`` (schema `versions.STATED`) changes, in the order of deliveries, at this moment.

    None where a record on either side has no version: a delivery loaded before versions were kept.
    """
    base = _base(connection, extract, as_of, delivery)
    before = base[0].extract_id if base else None
    among = None if delivery == "full" else stated["source_key"]
    known = versions.latest(connection, (one.extract_id for one in base), among)
    unversioned = stated["version"].null_count() or known["version"].null_count()
    if unversioned or any(one.loaded and not one.recorded for one in base):
        return None
    return compare(before, known, stated, whole=delivery == "full")


def compare(before: int | None, known: pl.DataFrame, stated: pl.DataFrame, *, whole: bool) -> Difference:
    """Count; ``known`` has each record once, ``whole`` says that what is not stated is gone."""
    live = known.filter(~pl.col("deleted")).select("source_key", "version")
    now = stated.filter(~pl.col("deleted")).select("source_key", "version")
    pairs = now.join(live, "source_key", how="left", suffix="_before", coalesce=True)
    counted = pairs.select(
        new=pl.col("version_before").is_null().sum(), same=(pl.col("version") == pl.col("version_before")).sum()
    ).row(0, named=True)
    matched = now.height - counted["new"]
    ended = stated.filter("deleted").select("source_key").unique().join(live, "source_key", how="semi").height
    gone = live.height - matched if whole else ended
    changed = matched - counted["same"]
    return Difference(before=before, new=counted["new"], changed=changed, gone=max(gone, 0), same=counted["same"])


@dataclass(frozen=True)
class _Before:
    """A delivery before this one, with whether its records are known."""

    extract_id: int
    delivery: str
    loaded: int
    recorded: bool


def _base(connection: Connection, extract: Extract, as_of: dt.date, delivery: str) -> list[_Before]:
    """The deliveries whose statements hold just before this one, the last first: back to the last full one."""
    place = {
        "feed": extract.feed, "me": extract.extract_id, "as_of": as_of, "supersedes": extract.supersedes,
        "sequence": -1 if extract.sequence is None else extract.sequence, "digest": extract.digest,
        "is_delta": delivery == "delta",
    }  # fmt: skip
    found = [_Before(*row) for row in connection.execute(text(f"{_BEFORE} LIMIT 1"), place)]
    if not found or found[0].delivery == "full":
        return found
    every = [_Before(*row) for row in connection.execute(text(_BEFORE), place)]
    deltas = list(takewhile(lambda one: one.delivery == "delta", every))
    return every[: len(deltas) + 1]


_BEFORE: Final = f"""
SELECT other.extract_id, other.delivery, other.loaded,
       EXISTS (SELECT FROM timeline.record_block AS block WHERE block.extract_id = other.extract_id)
FROM ledger.extract AS other
WHERE other.feed = :feed AND other.state = 'loaded' AND other.extract_id <> :me AND {NOT_SUPERSEDED}
  AND (other.extract_id = :supersedes OR (
      other.as_of <= :as_of
      AND (other.as_of, coalesce(other.sequence, -1), other.delivery = 'delta', other.digest)
          < (CAST(:as_of AS date), :sequence, :is_delta, :digest)))
ORDER BY other.extract_id IS NOT DISTINCT FROM CAST(:supersedes AS bigint) DESC,
         other.as_of DESC, other.sequence DESC NULLS LAST, other.delivery, other.digest DESC
"""
"""Deliveries before this one in their order; one that this one supersedes counts as the last of them."""
