"""How the rows of a sample may become part of the timeline: by the words of file and headers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from schemas.codes import EVENT_KINDS, SPAN_KINDS, VOCABULARIES
from schemas.columns import Code, Column, Date, Decimal, Integer, Text
from schemas.draft.header import Header, word_list
from schemas.draft.vocabulary import recognised
from schemas.moments import Event, Mapped, Span, SpanEnd

KINDS: Final[Mapping[str, str]] = {
    "attendance": "attendance attend attended session sessions class minutes",
    "drug_test": "drug specimen urinalysis ua toxicology panel test tests collected",
    "assessment": "assessment assessments scale score screening instrument",
    "referral": "referral referrals referred need",
    "revocation": "revocation revocations revoked",
    "violation": "violation violations infraction incident sanction",
    "disposition": "disposition dispositions disp verdict disposed",
    "sentence": "sentence sentences sentenced sent",
    "hearing": "hearing hearings setting appeared appearance",
    "charge": "charge charges offense offence filed filing count statute",
    "arrest": "arrest arrests arrested arresting",
    "contact": "contact contacts",
    "death": "death died deceased",
    "service": "service services",
    "supervision": "supervision probation parole probationer parolee",
    "custody": "custody incarceration jail prison confinement inmate movement housing booking",
    "enrolment": "enrolment enrollment enrolments enrollments programme program project admission",
    "study": "study trial follow",
}  # fmt: skip
"""Kind → words that tell of it; a word in the file's name counts more than one in a header."""

_IN_NAME: Final = 4
_MOSTLY: Final = 0.5
"""Share of the rows in which the start of a span is filled, where the rows are spans."""
_NUMBERS: Final = word_list("days minutes score amount points amt hours total")
_NOT_FIRST: Final = word_list("offense offence expiration expiry release projected max min")


@dataclass(frozen=True)
class Told:
    """A column that may go to the timeline, with its header."""

    column: Column
    header: Header


def timeline_of(
    name: Header,
    kept: Sequence[Told],
    records: Sequence[str],
    ordered: Mapping[tuple[str, str], bool],
    filled: Mapping[str, float],
    about_nobody: bool = False,
) -> tuple[tuple[Mapped, ...], Mapping[str, Code], str]:
    """The mapping, the code columns that it takes in our words, and a note.

    ``records``: the key namespaces that may group records; ``ordered``: pairs of dates of which the first does not lie
    after the second; ``filled``: the share of rows in which a column is; ``about_nobody``: the rows are not about
    persons. Without a kept date nothing can be told: no mapping.
    """
    dates = [told for told in kept if isinstance(told.column.type, Date)]
    if not dates:
        return (), {}, ""
    start, end = _span(
        [told for told in dates if filled[told.column.name] >= _MOSTLY or told.header.says("end")], ordered
    )
    begun = None if end else _begun(name, dates)
    kind = "programme" if end and about_nobody else begun or _kind(name, kept, SPAN_KINDS if end else EVENT_KINDS)
    start = next((told for told in dates if told.header.says("start")), start) if begun else start
    first = start or next((told for told in dates if not set(told.header.words) & _NOT_FIRST), dates[0])
    ends = _ended(name, dates, records)
    if end is None and ends and not begun:
        kind = ends
    taken = [first.column.name] + ([end.column.name] if end else [])
    codes = {} if ends and end is None and not begun else _codes(kind, kept)
    code = next(iter(codes), None)
    if code is None and kind not in VOCABULARIES:
        code = _named_code(kind, kept)
    number = _number(kept)
    taken += [part for part in (code, number) if part]
    detail = _detail([told for told in kept if told.column.name not in taken])
    record = _record(kind, records)
    about = {"code": code, "number": number, "record": record, "detail": detail}
    mapped: Mapped
    if end is not None or begun:
        closed = end.column.name if end else None
        mapped = Span(kind, start=first.column.name, end=closed, **about)  # type: ignore[arg-type]
    elif ends:
        mapped = SpanEnd(kind, date=first.column.name, **about)  # type: ignore[arg-type]
    else:
        mapped = Event(kind, date=first.column.name, **about)  # type: ignore[arg-type]
    note = "kind, dates and code are guessed from words; name the details as the typed view should"
    return (mapped,), codes, note


def _span(dates: Sequence[Told], ordered: Mapping[tuple[str, str], bool]) -> tuple[Told | None, Told | None]:
    """The start and the end of a span, where the headers say both and the sample is in that order."""
    for start in dates:
        if not start.header.says("start"):
            continue
        for end in dates:
            if end is not start and end.header.says("end") and ordered.get((start.column.name, end.column.name)):
                return start, end
    return None, None


def _begun(name: Header, dates: Sequence[Told]) -> str | None:
    """The kind of span that a file begins, whose ends are told elsewhere; None where its name tells of an event too."""
    told = {kind: bool(set(listed.split()) & set(name.words)) for kind, listed in KINDS.items()}
    spans = [kind for kind in SPAN_KINDS if told.get(kind)]
    if not spans or any(told[kind] for kind in EVENT_KINDS if kind in told):
        return None
    return spans[0] if any(told.header.says("start") for told in dates) else None


def _ended(name: Header, dates: Sequence[Told], records: Sequence[str]) -> str | None:
    """The kind of span that a file of exits ends."""
    if not records or not (set(name.words) & {"exit", "exits", "discharge", "discharges", "terminations"}):
        return None
    return "enrolment" if any(told.header.says("end") for told in dates) else None


def _kind(name: Header, kept: Sequence[Told], kinds: Mapping[str, str]) -> str:
    """The kind of which most words are there; a service or an enrolment where none is."""
    told = {word for each in kept for word in each.header.words if isinstance(each.column.type, Date | Code)}
    scores = {}
    for kind, listed in KINDS.items():
        words = set(listed.split())
        score = _IN_NAME * len(words & set(name.words)) + min(_IN_NAME - 1, len(words & told))
        scores[kind] = score if kind in kinds else 0
    best = max(scores, key=lambda kind: scores[kind])
    alone = list(scores.values()).count(scores[best]) == 1
    return best if scores[best] > 1 or (scores[best] and alone) else "enrolment" if "enrolment" in kinds else "service"


def _codes(kind: str, kept: Sequence[Told]) -> Mapping[str, Code]:
    """The first column whose codes are all in the vocabulary of the kind."""
    for told in kept:
        if isinstance(told.column.type, Code) and (codes := recognised(kind, told.column.type.codes)):
            return {told.column.name: Code(codes)}
    return {}


def _named_code(kind: str, kept: Sequence[Told]) -> str | None:
    """The column whose header tells most of the kind, codes before texts; None where none does."""
    words = set(KINDS[kind].split())
    told = [told for told in kept if isinstance(told.column.type, Code | Text) and not told.column.identifies]
    told = [each for each in told if set(each.header.words) & words]
    return min(told, key=lambda each: not isinstance(each.column.type, Code)).column.name if told else None


def _number(kept: Sequence[Told]) -> str | None:
    for told in kept:
        if isinstance(told.column.type, Integer | Decimal) and set(told.header.words) & _NUMBERS:
            return told.column.name
    return None


def _record(kind: str, records: Sequence[str]) -> str | None:
    words = set(KINDS.get(kind, "").split())
    wanted = [namespace for namespace in records if set(namespace.split(".")[1].split("_")) & words]
    return next(iter([*wanted, *records]), None)


def _detail(rest: Sequence[Told]) -> dict[str, str]:
    """Names for the typed view, each once, none that is the name of a raw text."""
    detail: dict[str, str] = {}
    for told in rest:
        name = told.header.snake
        name = f"{name}_text" if name.endswith("_raw") else name
        count = 2
        wanted = name
        while wanted in detail:
            wanted, count = f"{name}_{count}", count + 1
        detail[wanted] = told.column.name
    return detail
