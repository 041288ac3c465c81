"""A judged delivery becomes part of vault and warehouse; and the work on it, which shows that it is alive."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

import polars as pl

from connectors.receipts import Receipt
from flows.errors import describe
from flows.judgement import Judgement
from flows.receipt import differing, held_receipt
from flows.stores import Stores
from identity.linkability import Scoring
from identity.split import split_batches
from schemas.difference import Difference
from schemas.errors import StoreError
from schemas.failpoint import reach
from warehouse.store.extract import COUNTS, Counts, Extract
from warehouse.store.load import Rivalled, load

log = logging.getLogger("throughcare")

Stage = Callable[[Extract, str], None]
"""Told which extract enters which stage: for progress and for stage times."""
Item = TypeVar("Item")

_LONG_STAGES: Final = frozenset({"load"})
_BEATS: Final = 3
"""So often in a lease a worker says that it is alive."""


@dataclass
class Work:
    """The work on one claimed extract; its lease is lengthened while something moves."""

    stores: Stores
    extract: Extract
    on_stage: Stage
    _beaten: float = field(default_factory=time.monotonic)

    def enter(self, stage: str) -> None:
        """Begin a stage; `LeaseLost` where another process has taken over."""
        self.on_stage(self.extract, stage)
        reach(f"extract.{stage}")
        if stage in _LONG_STAGES:
            self._beat()

    def beating(self, items: Iterable[Item]) -> Iterator[Item]:
        """The items as they come; between them the lease is lengthened in time."""
        for item in items:
            if time.monotonic() - self._beaten > self.stores.settings.lease_seconds / _BEATS:
                self._beat()
            yield item

    def _beat(self) -> None:
        self.stores.ledger.renew(self.extract.extract_id, self.extract.fence, self.stores.settings.lease_seconds)
        self._beaten = time.monotonic()


def load_judged(work: Work, judgement: Judgement, receipt: Receipt) -> Receipt:
    """Split and load in one go, then confirm; the receipt as it was stated, with what the delivery changed.

    Where another delivery took its place in the meantime, it is held.
    """
    stores, extract = work.stores, work.extract
    assert judgement.feed and judgement.judged
    scoring = Scoring(judgement.feed, judgement.judged.accepted_rows)
    work.enter("load")
    try:
        stated = _load(work, judgement, receipt, scoring)
    except Rivalled as rivalled:
        stores.vault.discard(extract.extract_id)
        held = replace(held_receipt(receipt, rivalled.rival.code), linkability=scoring.result())
        stores.ledger.hold(
            extract.extract_id, extract.fence, rivalled.rival.code, held.to_json(), held.received,
            verdict_of(judgement), measures=measures_of(judgement), supersedes=rivalled.rival.extract_id,
        )  # fmt: skip
        return held
    work.enter("confirm")
    try:
        stores.vault.confirm(extract.extract_id)
    except StoreError as error:
        # The warehouse has decided: nothing that fails now is a failure of the file, and the sweep confirms.
        log.error("a loaded extract was not confirmed: %s", describe(error, extract.extract_id))
    reach("extract.confirmed")
    return stated


def _load(work: Work, judgement: Judgement, receipt: Receipt, scoring: Scoring) -> Receipt:
    feed, judged, stores, extract = judgement.feed, judgement.judged, work.stores, work.extract
    assert feed and judged and judgement.as_of and judgement.coverage

    def compared(found: Difference | None) -> Receipt:
        before = found.before if found else None
        scored = replace(receipt, linkability=scoring.result())
        return differing(scored, found, stores.ledger.get(before) if before is not None else None)

    counts = Counts(**{name: getattr(receipt, name) for name in COUNTS})
    batches = _scored(work.beating(judged.batches), scoring)
    split = split_batches(stores.vault, feed, extract.extract_id, batches, orders=judgement.orders)
    with closing(split) as contents:
        difference = load(
            stores.warehouse, extract, feed, contents, counts, judged.rejected, verdict_of(judgement),
            judgement.as_of, judgement.coverage, lambda found: compared(found).to_json(),
            delivery=judgement.kind, measures=measures_of(judgement), content_digest=judgement.text_digest,
            unrivalled=True,
        )  # fmt: skip
        reach("load.committed")
    return compared(difference)


def _scored(batches: Iterable[pl.DataFrame], scoring: Scoring) -> Iterator[pl.DataFrame]:
    """The batches as they come, each counted."""
    for batch in batches:
        scoring.add(batch)
        yield batch


def verdict_of(judgement: Judgement) -> object:
    """What the delivery's expectations found, as JSON."""
    return judgement.verdict and judgement.verdict.to_json()


def measures_of(judgement: Judgement) -> object:
    """What was measured of the delivery, as JSON."""
    return judgement.measures and judgement.measures.to_json()
