"""What persons decide on held deliveries, and the pages on what was measured of all of them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from connectors.receipts import Receipt
from flows.handing import hand_out, list_receipts
from flows.ingest import drain, state_repetitions
from flows.owner import person
from flows.stores import Stores
from schemas.delivery import Verdict
from schemas.measures import Measures
from warehouse.store.extract import Extract
from warehouse.store.ledger import REFUSED


def waiting(stores: Stores) -> list[dict[str, Any]]:
    """A row for each held delivery: what it is, since when it waits, and for what."""
    return [_row(extract) for extract in stores.ledger.held()]


def accept(stores: Stores, extract_id: int, reason: str, supersedes: int | None = None) -> list[Receipt]:
    """Take a held delivery up again and drain; its receipt and those of what waited for it.

    Accepting says that what it was held for does not stand in its way; anything else still may. ``supersedes``: the
    extract that it replaces as a whole. `StoreError` where it is not held.
    """
    stores.ledger.accept(extract_id, reason, person(), supersedes)
    return list(drain(stores))


def refuse(stores: Stores, extract_id: int, reason: str, code: str = REFUSED) -> Receipt:
    """End a held delivery, and those that repeat it, as refused, with receipts that say so.

    ``code``: why, where it was not the delivery itself that a person refused. `StoreError` where it is not held.
    """
    held = Receipt.from_json(stores.ledger.get(extract_id).receipt)
    receipt = replace(held, state="refused", code=code, decision="refuse")
    stores.ledger.refuse_held(extract_id, reason, person(), receipt.to_json(), code)
    hand_out(stores, receipt)
    list_receipts(stores, {receipt.agency, *(repeated.agency for repeated in state_repetitions(stores))})
    return receipt


def document(stores: Stores, folder: Path) -> Path:
    """Write Great Expectations' Data Docs of every judged delivery: measures and verdicts, never a value."""
    from schemas.data_docs import data_docs

    return data_docs(folder, _documented(stores.ledger.extracts()))


def _row(extract: Extract) -> dict[str, Any]:
    findings = (extract.verdict or {}).get("findings", ())
    return {
        "extract": extract.extract_id,
        "feed": extract.feed,
        "arrived": f"{extract.arrived_at:%Y-%m-%d %H:%M}",
        "rows": extract.counts.received,
        "held_for": extract.code,
        "against": extract.supersedes,
        "found": "; ".join(one["expectation"] for one in findings if one["outcome"] == "hold"),
    }


def _documented(extracts: tuple[Extract, ...]) -> Iterator[Any]:
    from schemas.data_docs import DocumentedDelivery

    for extract in extracts:
        if extract.measures is not None and extract.verdict is not None:
            yield DocumentedDelivery(
                extract.extract_id, extract.feed, extract.state, extract.arrived_at,
                Measures.from_json(extract.measures), Verdict.from_json(extract.verdict),
            )  # fmt: skip
