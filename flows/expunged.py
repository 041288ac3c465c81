"""Rows that an order to expunge covers: left out of what is loaded, and found in files that are kept."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl

from connectors.landing import LandingStore
from flows.judgement import Judgement, read
from flows.stores import Stores
from identity.tombstones import FOUND, covered
from identity.vault import Vault
from schemas.catalogue import feeds
from schemas.codes import EXPUNGED
from schemas.packed import Packed
from schemas.table import FAULTS, Judged
from warehouse.store.extract import Extract


@dataclass(frozen=True)
class Searched:
    """A kept file: the rows in it that orders cover (`FOUND`), and whether every row of it could be looked at."""

    extract: Extract
    rows: pl.DataFrame
    is_whole: bool

    @property
    def is_clean(self) -> bool:
        """Whether nothing in it is covered, for certain."""
        return self.is_whole and self.rows.is_empty()


def without_expunged(vault: Vault, judgement: Judgement) -> Judgement:
    """The judgement with the rows that orders cover among the rejected ones, whatever else it says."""
    feed, judged = judgement.feed, judgement.judged
    if feed is None or judged is None:
        return judgement
    found = covered(vault, feed, judged.batches)
    left = judged if found.rows.is_empty() else _without(judged, found.rows["row_number"])
    return replace(judgement, judged=left, orders=found.orders)


def search(stores: Stores, extracts: Iterator[Extract]) -> Iterator[Searched]:
    """Look for covered rows in the files of these extracts, where they are still kept."""
    for extract in extracts:
        store = next((one for one in stores.files if one.exists(extract.digest)), None)
        if store is not None:
            yield _searched(stores.vault, store, extract)


def _searched(vault: Vault, store: LandingStore, extract: Extract) -> Searched:
    """A row that breaks a rule is not split into what identifies and what does not: nobody can say whom it names."""
    feed = feeds().get(extract.feed)
    judged = None if feed is None else read(Judgement(feed), feed, store.pieces(extract.digest), _unwatched).judged
    if feed is None or judged is None:
        return Searched(extract, FOUND.to_frame(), is_whole=False)
    return Searched(extract, covered(vault, feed, judged.batches).rows, judged.rejected.is_empty())


def _without(judged: Judged, rows: pl.Series) -> Judged:
    kept = Packed(judged.batches.schema)
    for batch in judged.batches:
        kept.append(batch.filter(~pl.col("row_number").is_in(rows.implode())))
    faults = pl.DataFrame({"row_number": rows, "column": None, "rule": EXPUNGED}, schema=FAULTS)
    return replace(judged, batches=kept, rejected=pl.concat([judged.rejected, faults]))


def _unwatched(_stage: str) -> None:
    """Nobody looks on."""
