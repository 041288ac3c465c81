"""The receipt of an extract, put together from what the rooms found out about it."""

from connectors.receipts import FILE_DIGITS, Finding, Receipt, faults_of
from flows.judgement import Judgement
from schemas.catalogue import feeds
from schemas.errors import DeliveryRefused
from schemas.table import Judged
from warehouse.store.extract import COUNTS, Extract

HELD = "held"
_UNKNOWN_TITLE = "A file that no agreement describes"


def judged_receipt(extract: Extract, judgement: Judgement) -> Receipt:
    """What a judged delivery gets; nothing of it is loaded where it is refused or held as a whole."""
    judged, refused = judgement.judged, judgement.refused
    kept_back = judgement.state != "loaded"
    return _receipt(
        extract,
        state=judgement.state,
        code=_code(judgement.state, refused),
        row_number=refused.row_number if refused else None,
        column=refused.column if refused else None,
        **_kept_back(judgement.received) if kept_back or judged is None else _counts(judged),
        faults=faults_of(judged.rejected) if judged else (),
        findings=_findings(judgement),
        covered_from=judgement.coverage[0] if judgement.coverage else None,
        covered_until=judgement.coverage[1] if judgement.coverage else None,
    )


def abandoned_receipt(extract: Extract, code: str) -> Receipt:
    """What a file gets that broke the pipeline more than once."""
    return _receipt(extract, state="quarantined", code=code)


def repetition_receipt(extract: Extract) -> Receipt:
    """What a delivery gets that ended with the first one of the same bytes."""
    counts = {name: getattr(extract.counts, name) for name in COUNTS}
    return _receipt(extract, state=extract.state, code=extract.code, repeats=extract.repeats, **counts)


def _receipt(extract: Extract, **found: object) -> Receipt:
    feed = feeds().get(extract.feed)
    return Receipt(
        extract_id=extract.extract_id,
        feed=extract.feed,
        title=feed.title if feed else _UNKNOWN_TITLE,
        agency=extract.agency,
        file=extract.digest[:FILE_DIGITS],
        size=extract.size_bytes,
        arrived_at=extract.arrived_at,
        **found,  # type: ignore[arg-type]
    )


def _code(state: str, refused: DeliveryRefused | None) -> str | None:
    if refused is not None:
        return refused.code
    return HELD if state == HELD else None


def _counts(judged: Judged) -> dict[str, int]:
    return {
        "received": judged.received,
        "loaded": judged.accepted.height,
        "rejected": judged.rejected_rows,
        "duplicate": len(judged.duplicates),
    }


def _kept_back(received: int) -> dict[str, int]:
    return {"received": received, "quarantined": received}


def _findings(judgement: Judgement) -> tuple[Finding, ...]:
    verdict = judgement.verdict
    if verdict is None:
        return ()
    return tuple(Finding(found.expectation, found.measure, found.outcome) for found in verdict.findings)
