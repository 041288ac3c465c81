"""What a receipt says in sentences, the same as text and as a page. No value of a cell is among its words."""

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from connectors.wording import DECISIONS, said, state_sentence

if TYPE_CHECKING:
    from connectors.receipts import Fault, Finding, Receipt
    from schemas.linkability import Linkability

COUNTS: Final = ("received", "loaded", "rejected", "duplicate", "quarantined")

_SHARES: Final = frozenset({"accepted", "filled", "filled_drift", "known", "unique", "refers"})
"""Codes of expectations whose measure is a share of rows."""


def heading(receipt: "Receipt", *, trial: bool) -> str:
    """What the receipt is of; a ``trial`` is of a file that nobody has sent."""
    return f"Trial: {receipt.title}" if trial else f"Receipt {receipt.extract_id}: {receipt.title}"


def outcome(receipt: "Receipt", *, trial: bool) -> str:
    """What has become of the file, or would become of it."""
    taken = ""
    if receipt.state == "loaded":
        verb = "would be" if trial else "was" if receipt.loaded == 1 else "were"
        taken = f" {receipt.loaded:,} of {_rows(receipt.received)} {verb} taken."
    return state_sentence(receipt.state, trial=trial) + (" Nothing was stored or sent." if trial else "") + taken


def remarks(receipt: "Receipt") -> Iterator[str]:
    """Why the file ended as it did, where that is to be explained, and which other delivery it has to do with."""
    if receipt.code is not None:
        place = [f"row {receipt.row_number}"] if receipt.row_number is not None else []
        place += [f"column {receipt.column}"] if receipt.column is not None else []
        yield " ".join([said(receipt.code).says, *([f"({', '.join(place)})"] if place else [])])
    if receipt.decision is not None and receipt.code != "refused_after_review":
        yield DECISIONS.get(receipt.decision, "Somebody here has looked at the delivery.")
    if receipt.repeats is not None:
        yield f"It repeats the delivery of receipt {receipt.repeats}."
    if receipt.supersedes is not None:
        verb = "replaces" if receipt.state == "loaded" else "stands against"
        yield f"It {verb} the delivery of receipt {receipt.supersedes}."


def next_steps(receipt: "Receipt", *, trial: bool) -> Iterator[str]:
    """What the agency is to do, the most urgent first; there is always something said."""
    if receipt.code is not None:
        yield said(receipt.code).do
    if receipt.rejected and receipt.state == "loaded":
        yield _corrections(receipt, trial)
    elif receipt.faults and receipt.state in ("refused", "held"):
        yield "Correct what is listed under “What to correct” at the same time."
    if noted(receipt):
        yield "See to what is marked under “About the delivery as a whole”."
    if receipt.code is None and not receipt.rejected and not noted(receipt):
        yield "Nothing needs to be done: the file may be sent as it is." if trial else "Nothing needs to be done."
    if receipt.next_expected is not None:
        yield f"The next delivery is expected by {day(receipt.next_expected)}."


def noted(receipt: "Receipt") -> tuple["Finding", ...]:
    """The expectations that the delivery does not meet."""
    return tuple(finding for finding in receipt.findings if finding.outcome != "pass")


def conservation(receipt: "Receipt") -> str:
    """That every row has become something."""
    parts = " + ".join(f"{getattr(receipt, name):,} {name}" for name in COUNTS[1:])
    return f"{receipt.received:,} received = {parts}"


def linkability(found: "Linkability") -> Iterator[str]:
    """How many rows can be linked, and what would help."""
    little = found.rows - found.enough - found.by_number
    if found.rows == 0:
        yield "There is no row to be linked."
    elif found.by_number == found.rows:
        yield "The rows carry only your own number: they are linked through your deliveries that name the person."
    else:
        yield (
            f"{percent(found.enough, found.rows)} of the rows ({found.enough:,} of {found.rows:,}) carry enough to be "
            "linked to the same person at other agencies."
        )
        if found.by_number:
            own = _rows(found.by_number, "carry", "carries")
            yield f"{own} only your own number and {_are(found.by_number)} linked through your other deliveries."
    if little:
        yield f"{_rows(little, 'carry', 'carries')} too little to be linked to anything."
    if found.column is not None and found.adds:
        yield f"Filling “{found.column}” would add {_rows(found.adds)}."
    if found.is_estimate:
        yield "These numbers are estimated from a sample of the rows."


def difference(receipt: "Receipt") -> str | None:
    """What the delivery changes, record by record; None where that is not known or nothing came before."""
    found = receipt.difference
    if found is None or found.before is None:
        return None
    counts = f"{found.new:,} new, {found.changed:,} changed, {found.gone:,} gone, {found.same:,} the same"
    return f"Of the records, {counts}."


def places(fault: "Fault") -> str:
    """The numbers of the first rows that have a fault, and how many more there are."""
    more = fault.rows - len(fault.row_numbers)
    return ", ".join(map(str, fault.row_numbers)) + (f" and {more:,} more" if more > 0 else "")


def measured(finding: "Finding") -> str:
    """What was measured, in the unit of its expectation; empty where nothing was."""
    if finding.measure is None:
        return ""
    if finding.code in _SHARES:
        return f"{finding.measure:.1%}".replace("%", " %")
    return f"{round(finding.measure, 2):,g}" if abs(finding.measure) < 1e6 else f"{finding.measure:,.0f}"


def percent(part: int, whole: int) -> str:
    """A share in whole per cent, rounded down: 100 % means all, and 0 % of something is said to be less than 1 %."""
    if part and part * 100 < whole:
        return "Less than 1 %"
    return f"{part * 100 // whole if whole else 0} %"


def share(part: int, whole: int) -> str:
    """A share to a tenth of a per cent."""
    return f"{part / whole * 100 if whole else 0:.1f} %"


def day(date: dt.date) -> str:
    """A day as it is written out: no country reads it as another one."""
    return f"{date.day} {date:%B %Y}"


def counted(rows: int) -> str:
    """``row`` or ``58 rows``, before the numbers of the rows."""
    return "row" if rows == 1 else f"{rows:,} rows"


def _corrections(receipt: "Receipt", trial: bool) -> str:
    them = "it" if receipt.rejected == 1 else "them"
    listed = f"{_rows(receipt.rejected)} listed under “What to correct”"
    if trial:
        return f"Correct the {listed}, and try the file again before you send it."
    if receipt.delivery == "full":
        return f"Correct the {listed} at the source: your next delivery brings the correction along."
    return f"Correct the {listed} at the source, and put {them} into the next delivery."


def _rows(rows: int, verb: str = "", verb_of_one: str = "") -> str:
    said = f"{rows:,} row{'' if rows == 1 else 's'}"
    return f"{said} {verb_of_one if rows == 1 else verb}" if verb else said


def _are(rows: int) -> str:
    return "is" if rows == 1 else "are"
