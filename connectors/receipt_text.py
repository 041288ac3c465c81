"""A receipt as plain text, for whoever reads it in an editor or at the command line."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

from connectors import receipt_words as words
from connectors.wording import EXPECTATIONS, correction
from schemas.codes import ROW_RULES

if TYPE_CHECKING:
    from connectors.receipts import Fault, Receipt


def text(receipt: "Receipt", *, trial: bool = False) -> str:
    """The receipt; a ``trial`` says what would have become of the file."""
    parts = (_heading(receipt, trial), _counts(receipt), _findings(receipt), _beyond(receipt, trial))
    return "\n".join(chain.from_iterable(parts)) + "\n"


def _heading(receipt: "Receipt", trial: bool) -> Iterator[str]:
    yield words.heading(receipt, trial=trial)
    yield ""
    yield words.outcome(receipt, trial=trial)
    yield from words.remarks(receipt)
    yield ""
    yield f"  file        {receipt.file}… ({receipt.size:,} bytes)"
    yield f"  arrived     {receipt.arrived_at:%Y-%m-%d %H:%M:%S %Z}".rstrip()
    if receipt.covered_from and receipt.covered_until:
        yield f"  complete    {receipt.covered_from} to {receipt.covered_until}"
    if receipt.sequence is not None:
        yield f"  number      {receipt.sequence}"


def _counts(receipt: "Receipt") -> Iterator[str]:
    yield ""
    for name in words.COUNTS:
        yield f"  {name:<12}{getattr(receipt, name):>12,}"
    if receipt.faults:
        yield ""
        yield "What to correct (rows as a spreadsheet counts them):"
    for fault in receipt.faults:
        yield from _fault(fault)


def _fault(fault: "Fault") -> Iterator[str]:
    subject = fault.column if fault.column is not None else "whole row"
    yield ""
    yield f"  {subject}: {ROW_RULES.get(fault.rule, fault.rule.replace('_', ' '))} [{fault.rule}]"
    yield f"    {words.counted(fault.rows)}: {words.places(fault)}"
    yield f"    {correction(fault.rule)}"


def _findings(receipt: "Receipt") -> Iterator[str]:
    noted = words.noted(receipt)
    if noted:
        yield ""
        yield "About the delivery as a whole:"
        yield ""
    for finding in noted:
        measured = words.measured(finding)
        yield f"  {finding.outcome}: {finding.expectation}{f' (found: {measured})' if measured else ''}"
        if finding.code in EXPECTATIONS:
            yield f"    {EXPECTATIONS[finding.code]}"


def _beyond(receipt: "Receipt", trial: bool) -> Iterator[str]:
    """Who can be linked, what has changed, and what comes next."""
    if receipt.linkability is not None:
        yield from _part("Linking:", words.linkability(receipt.linkability))
    compared = list(_comparison(receipt))
    if compared:
        yield from _part("Compared with the delivery before:", compared)
    yield from _part("What to do next:", words.next_steps(receipt, trial=trial))


def _comparison(receipt: "Receipt") -> Iterator[str]:
    before, changes = receipt.before, words.difference(receipt)
    if before is not None:
        yield f"Receipt {before.extract_id}: {before.received:,} rows received, now {receipt.received:,}."
        rejected = words.share(before.rejected, before.received)
        yield f"Rejected then {rejected} of them, now {words.share(receipt.rejected, receipt.received)}."
    if changes is not None:
        yield changes


def _part(title: str, sentences: Iterable[str]) -> Iterator[str]:
    yield from ("", title, "")
    yield from (f"  {sentence}" for sentence in sentences)
