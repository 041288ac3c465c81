"""What a file is worth under its contract, with no store involved: the same for a load and for `throughcare check`."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from connectors.manifest import Manifest, check_rows
from flows.delivered import Delivered, Known, Tables, manifest_of
from schemas.catalogue import agreement_of
from schemas.contract import Feed
from schemas.coverage import as_of, covered
from schemas.delivery import Verdict, judge_delivery
from schemas.errors import DeliveryRefused
from schemas.measures import Measures, measure
from schemas.rows import judge_tables
from schemas.table import Judged
from schemas.terms import Kind

HOLD: Final = "hold"
NO_FEED: Final = "no_feed"


@dataclass(frozen=True)
class Judgement:
    """A delivery as its contract judges it; where ``refused`` is set, what comes after the refusal is unset."""

    feed: Feed | None
    received: int = 0
    manifest: Manifest | None = None
    judged: Judged | None = None
    measures: Measures | None = None
    verdict: Verdict | None = None
    as_of: dt.date | None = None
    coverage: tuple[dt.date, dt.date] | None = None
    text_digest: str | None = None
    refused: DeliveryRefused | None = None
    orders: int | None = None
    """The last order to expunge that the rows were held against; None of a trial, which nothing follows."""

    @property
    def state(self) -> str:
        """The state in which such a delivery ends."""
        if self.refused is not None:
            return "refused"
        return "held" if self.verdict is not None and self.verdict.outcome == HOLD else "loaded"

    @property
    def kind(self) -> Kind:
        """Whether the delivery is the whole truth or what is new: as its manifest says, else as was agreed."""
        assert self.feed is not None
        if self.manifest is not None and self.manifest.kind is not None:
            return self.manifest.kind
        return self.feed.kind


def examine(
    feed: Feed | None, delivered: Delivered, pieces: Iterable[bytes], known: Known, on_stage: Callable[[str], None]
) -> Judgement:
    """Read a file and judge its rows and its delivery; a refusal is a value, never an exception."""
    if feed is None:
        return Judgement(None, refused=DeliveryRefused(NO_FEED))
    judgement = Judgement(feed)
    try:
        agreement_of(feed).check_in_force(delivered.arrived_at.date())
        judgement = replace(judgement, manifest=manifest_of(feed, delivered, known))
        judgement = read(judgement, feed, pieces, on_stage)
        return judgement if judgement.refused else judge(judgement, feed, delivered, known, on_stage)
    except DeliveryRefused as refused:
        return replace(judgement, refused=_bare(refused))


def read(judgement: Judgement, feed: Feed, pieces: Iterable[bytes], on_stage: Callable[[str], None]) -> Judgement:
    """Judge the rows of a file while it is read, and hold its manifest against them."""
    on_stage("read")
    manifest, demanded = judgement.manifest, feed.manifest.totals if feed.manifest else ()
    tables = Tables(feed, pieces, {*(manifest.totals if manifest else ()), *demanded})
    try:
        judged = judge_tables(feed, tables)
        if manifest is not None:
            check_rows(manifest, tables.received, tables.totals, demanded)
    except DeliveryRefused as refused:
        return replace(judgement, received=tables.count_rest(), refused=_bare(refused))
    return replace(judgement, received=tables.received, judged=judged, text_digest=tables.text_digest)


def judge(
    judgement: Judgement, feed: Feed, delivered: Delivered, known: Known, on_stage: Callable[[str], None]
) -> Judgement:
    """Judge the delivery as a whole; raises `DeliveryRefused` where it has no place among the others."""
    on_stage("delivery")
    judged, manifest = judgement.judged, judgement.manifest
    assert judged is not None
    until = as_of(feed, feed.file_date(delivered.name), judged.batches, manifest.as_of if manifest else None)
    measures = measure(feed, judged)
    verdict = judge_delivery(
        feed, measures, known.history(until, judgement.kind), delivered.arrived_at.date(), known.references(judged),
        as_of=until, delivery=judgement.kind,
    )  # fmt: skip
    coverage = covered(feed, until, judgement.kind)
    return replace(judgement, measures=measures, verdict=verdict, as_of=until, coverage=coverage)


def _bare(refused: DeliveryRefused) -> DeliveryRefused:
    """The same without the trail that led to it, which holds frames."""
    return DeliveryRefused(refused.code, refused.row_number, refused.column)
