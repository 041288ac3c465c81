"""Where a judged delivery stands among the others of its feed, and so in which state it ends."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from flows.judgement import Judgement
from warehouse.store.extract import Extract
from warehouse.store.ledger import SEQUENCE_GAP, Ledger

HELD: Final = "held"
SEQUENCE_MISSING: Final = "sequence_missing"


@dataclass(frozen=True)
class Standing:
    """The state in which a delivery ends, why, and the extract that it repeats or is held against."""

    state: str
    code: str | None = None
    other: int | None = None
    decision: str | None = None


def standing(ledger: Ledger, extract: Extract, judgement: Judgement) -> Standing:
    """Refused, duplicate, held or loaded: by its contract, by the deliveries before it, by what persons decided."""
    feed = judgement.feed
    if judgement.refused is not None or feed is None:
        return Standing("refused", judgement.refused.code if judgement.refused else None)
    if feed.sequence is not None and extract.sequence is None:
        return Standing("refused", SEQUENCE_MISSING)
    stated = judgement.manifest.sequence if judgement.manifest else None
    if stated is not None and stated != extract.sequence:
        return Standing("refused", "manifest_wrong_file")
    text = judgement.text_digest
    same = ledger.same_text(extract.agency, extract.feed, text, extract.apart) if text else None
    if same is not None:
        return Standing("duplicate", other=same)
    accepted = {one.code for one in ledger.decisions(extract.extract_id) if one.decision == "accept"}
    held = next((one for one in _obstacles(ledger, extract, judgement) if one.code not in accepted), None)
    return held or Standing("loaded", other=extract.supersedes, decision="accept" if accepted else None)


def _obstacles(ledger: Ledger, extract: Extract, judgement: Judgement) -> Iterator[Standing]:
    """What a delivery is held for, unless a person has decided that it does not stand in its way."""
    feed = judgement.feed
    assert feed is not None and judgement.as_of is not None
    if feed.sequence is not None and extract.sequence is not None:
        gap = ledger.gap(feed.name, extract.sequence, feed.sequence.first)
        yield from [] if gap is None else [Standing(HELD, SEQUENCE_GAP)]
    rival = ledger.rival(extract, judgement.as_of, judgement.kind)
    if rival is not None:
        yield Standing(HELD, rival.code, rival.extract_id)
    if judgement.state == HELD:
        yield Standing(HELD, HELD)
