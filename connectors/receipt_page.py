"""A receipt as a page for whoever sent the file, and the list of an agency's receipts.

The pages need nothing beside themselves: no script, no picture, no network. Jinja escapes all that it is given.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from connectors import receipt_words as words
from connectors.wording import EXPECTATIONS, correction
from schemas.codes import ROW_RULES
from schemas.templates import template

if TYPE_CHECKING:
    from connectors.receipts import Fault, Receipt

_MEANS: Final = {
    "loaded": "taken, and part of the timelines now",
    "rejected": "not taken: each breaks a rule that is named below",
    "duplicate": "not taken: each repeats another row of this file",
    "quarantined": "not taken, since the file as a whole was not",
}

_SHOWN: Final = {
    "loaded": ("good", "✓", "Loaded"),
    "duplicate": ("plain", "=", "Delivered before"),
    "refused": ("bad", "✕", "Refused"),
    "held": ("wait", "‖", "Held for review"),
    "quarantined": ("bad", "!", "Set aside"),
}
"""State → tone, sign and word: the sign and the word say what the colour does."""
_CORRECTING: Final = ("mixed", "✓", "Loaded, with something to correct")

_RESULTS: Final = {"pass": "as expected", "warn": "to be looked at", "hold": "held for this"}


def page(receipt: "Receipt", *, trial: bool = False) -> str:
    """The page of a receipt; a ``trial`` says what would have become of the file."""
    tone, glyph, word = _shown(receipt)
    heading = words.heading(receipt, trial=trial)
    return template(__file__, "receipt.html").render(
        title=heading,
        heading=receipt.title,
        arrived=f"{'Trial' if trial else f'Receipt {receipt.extract_id}'} · {_arrival(receipt)}",
        tone=tone,
        glyph=glyph,
        word=f"Trial: {word[0].lower()}{word[1:]}" if trial else word,
        sentence=words.outcome(receipt, trial=trial),
        remarks=list(words.remarks(receipt)),
        code=receipt.code,
        steps=list(words.next_steps(receipt, trial=trial)),
        conservation=words.conservation(receipt),
        parts=[_part(receipt, name) for name in words.COUNTS[1:]],
        faults=[_fault(fault) for fault in receipt.faults],
        findings=list(_findings(receipt)),
        linking=_linking(receipt),
        comparison=_comparison(receipt),
        facts=list(_facts(receipt)),
    )


def index_page(agency: str, receipts: Sequence["Receipt"], linked: Collection[int]) -> str:
    """The list of these receipts, in their order; the numbers in ``linked`` lead to pages beside it."""
    listed = [_listed(receipt, receipt.extract_id in linked) for receipt in receipts]
    return template(__file__, "index.html").render(title=f"Receipts: {agency}", agency=agency, receipts=listed)


def _shown(receipt: "Receipt") -> tuple[str, str, str]:
    if receipt.state == "loaded" and (receipt.rejected or words.noted(receipt)):
        return _CORRECTING
    return _SHOWN.get(receipt.state, ("plain", "·", receipt.state.replace("_", " ").capitalize()))


def _arrival(receipt: "Receipt") -> str:
    return f"arrived {words.day(receipt.arrived_at.date())}, {receipt.arrived_at:%H:%M %Z}".rstrip()


def _part(receipt: "Receipt", name: str) -> dict[str, Any]:
    rows = getattr(receipt, name)
    share = words.share(rows, receipt.received)
    return {"name": name, "title": name.capitalize(), "rows": rows, "number": f"{rows:,}", "share": share,
            "means": _MEANS[name]}  # fmt: skip


def _fault(fault: "Fault") -> dict[str, str]:
    says = ROW_RULES.get(fault.rule, fault.rule.replace("_", " "))
    return {
        "subject": "The row as a whole" if fault.column is None else fault.column,
        "rule": fault.rule,
        "says": f"{says[:1].upper()}{says[1:]}.",
        "counted": words.counted(fault.rows).capitalize(),
        "places": words.places(fault),
        "correction": correction(fault.rule),
    }


def _findings(receipt: "Receipt") -> Iterator[dict[str, str]]:
    """What was expected, what was found and what to do, the unmet first."""
    met = (finding for finding in receipt.findings if finding.outcome == "pass")
    for finding in (*words.noted(receipt), *met):
        result = _RESULTS.get(finding.outcome, finding.outcome)
        advice = "" if finding.outcome == "pass" else EXPECTATIONS.get(finding.code, "")
        yield {"expectation": finding.expectation, "measured": words.measured(finding), "outcome": result,
               "advice": advice}  # fmt: skip


def _linking(receipt: "Receipt") -> dict[str, Any] | None:
    found = receipt.linkability
    if found is None:
        return None
    little = found.rows - found.enough - found.by_number
    shares = (("loaded", found.enough), ("duplicate", found.by_number), ("rest", little))
    parts = [{"name": name, "rows": rows} for name, rows in shares] if found.rows else []
    return {"parts": parts, "sentences": list(words.linkability(found))}


def _comparison(receipt: "Receipt") -> dict[str, Any] | None:
    before, changes = receipt.before, words.difference(receipt)
    if before is None and changes is None:
        return None
    rows = [] if before is None else [
        ("Received", f"{before.received:,}", f"{receipt.received:,}"),
        ("Loaded", f"{before.loaded:,}", f"{receipt.loaded:,}"),
        ("Rejected", words.share(before.rejected, before.received), words.share(receipt.rejected, receipt.received)),
    ]  # fmt: skip
    titled = [{"title": title, "before": then, "now": now} for title, then, now in rows]
    return {"before": before.extract_id if before else None, "rows": titled, "difference": changes}


def _facts(receipt: "Receipt") -> Iterator[dict[str, str]]:
    facts = [("Begins with the digest", f"{receipt.file}…"), ("Size", f"{receipt.size:,} bytes")]
    facts.append(("Arrived", f"{receipt.arrived_at:%Y-%m-%d %H:%M:%S %Z}".rstrip()))
    if receipt.covered_from and receipt.covered_until:
        facts.append(("Complete for", f"{words.day(receipt.covered_from)} to {words.day(receipt.covered_until)}"))
    if receipt.sequence is not None:
        facts.append(("Number of the delivery", str(receipt.sequence)))
    if receipt.delivery is not None:
        kinds = {"full": "all records", "delta": "new and changed records"}
        facts.append(("Holds", kinds.get(receipt.delivery, receipt.delivery)))
    yield from ({"title": title, "value": value} for title, value in facts)


def _listed(receipt: "Receipt", linked: bool) -> dict[str, Any]:
    _, glyph, word = _SHOWN.get(receipt.state, _shown(receipt))
    return {
        "number": receipt.extract_id,
        "linked": linked,
        "arrived": f"{receipt.arrived_at:%Y-%m-%d %H:%M}",
        "title": receipt.title,
        "glyph": glyph,
        "word": word,
        "counts": [f"{getattr(receipt, name):,}" for name in words.COUNTS],
    }
