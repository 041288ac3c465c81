"""The receipt of an extract, put together from what the rooms found out about it."""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Self

from connectors.receipts import FILE_DIGITS, Before, Finding, Receipt, faults_of
from flows.judgement import Judgement
from flows.standing import HELD, Standing
from identity.linkability import score
from schemas.catalogue import feeds
from schemas.coverage import next_due
from schemas.difference import Difference
from schemas.linkability import Linkability
from warehouse.store.extract import COUNTS, Extract

_UNKNOWN_TITLE = "A file that no agreement describes"


@dataclass(frozen=True)
class Heading:
    """Which delivery a receipt is about; the extract id of a trial is 0."""

    extract_id: int
    feed: str
    agency: str
    digest: str
    size: int
    arrived_at: dt.datetime

    @classmethod
    def of(cls, extract: Extract) -> Self:
        """Of an extract in the ledger."""
        return cls(
            extract.extract_id, extract.feed, extract.agency, extract.digest, extract.size_bytes, extract.arrived_at
        )


def judged_receipt(
    heading: Heading, judgement: Judgement, standing: Standing, sequence: int | None = None, *, scored: bool = True
) -> Receipt:
    """What a judged delivery gets; nothing of it is loaded where it is refused or held as a whole.

    ``scored``: whether to count how many rows can be linked, for which all of them are looked at.
    """
    judged, refused = judgement.judged, judgement.refused
    return _receipt(
        heading,
        state=standing.state,
        code=standing.code,
        row_number=refused.row_number if refused else None,
        column=refused.column if refused else None,
        repeats=standing.other if standing.state == "duplicate" else None,
        **_counted(standing.state, judgement),
        faults=faults_of(judged.rejected) if judged else (),
        findings=_findings(judgement),
        covered_from=judgement.coverage[0] if judgement.coverage else None,
        covered_until=judgement.coverage[1] if judgement.coverage else None,
        supersedes=standing.other if standing.state in (HELD, "loaded") else None,
        delivery=judgement.kind if judgement.feed else None,
        sequence=sequence,
        decision=standing.decision,
        linkability=_linkability(judgement) if scored else None,
        next_expected=next_due(judgement.feed, judgement.as_of) if judgement.feed and judgement.as_of else None,
    )


def differing(receipt: Receipt, found: Difference | None, before: Extract | None) -> Receipt:
    """The receipt with what the delivery changed against ``before``, the one before it."""
    if found is None:
        return receipt
    counts = before and before.counts
    compared = Before(before.extract_id, counts.received, counts.loaded, counts.rejected) if before and counts else None
    return replace(receipt, difference=found, before=compared)


def held_receipt(receipt: Receipt, code: str) -> Receipt:
    """The receipt of a delivery that would have been loaded, had another not taken its place meanwhile."""
    return replace(receipt, state=HELD, code=code, loaded=0, rejected=0, duplicate=0, quarantined=receipt.received)


def abandoned_receipt(extract: Extract, code: str) -> Receipt:
    """What a file gets that broke the pipeline more than once."""
    return _receipt(Heading.of(extract), state="quarantined", code=code)


def repetition_receipt(extract: Extract) -> Receipt:
    """What a delivery gets that ended with the first one of the same bytes."""
    counts = {name: getattr(extract.counts, name) for name in COUNTS}
    return _receipt(Heading.of(extract), state=extract.state, code=extract.code, repeats=extract.repeats, **counts)


def _receipt(heading: Heading, **found: object) -> Receipt:
    feed = feeds().get(heading.feed)
    return Receipt(
        extract_id=heading.extract_id,
        feed=heading.feed,
        title=feed.title if feed else _UNKNOWN_TITLE,
        agency=heading.agency,
        file=heading.digest[:FILE_DIGITS],
        size=heading.size,
        arrived_at=heading.arrived_at,
        **found,  # type: ignore[arg-type]
    )


def _counted(state: str, judgement: Judgement) -> dict[str, int]:
    judged, received = judgement.judged, judgement.received
    if state == "duplicate":
        return {"received": received, "duplicate": received}
    if state != "loaded" or judged is None:
        return _kept_back(received)
    return {
        "received": judged.received,
        "loaded": judged.accepted_rows,
        "rejected": judged.rejected_rows,
        "duplicate": len(judged.duplicates),
    }


def _kept_back(received: int) -> dict[str, int]:
    return {**dict.fromkeys(COUNTS, 0), "received": received, "quarantined": received}


def _findings(judgement: Judgement) -> tuple[Finding, ...]:
    verdict = judgement.verdict
    if verdict is None:
        return ()
    return tuple(Finding(one.expectation, one.measure, one.outcome, one.code) for one in verdict.findings)


def _linkability(judgement: Judgement) -> Linkability | None:
    if judgement.feed is None or judgement.judged is None:
        return None
    return score(judgement.feed, judgement.judged.batches, judgement.judged.accepted_rows)
