"""What makes a contract contradict itself; each problem names a column of the feed."""

import datetime as dt
import re
from collections.abc import Iterator
from itertools import permutations
from typing import TYPE_CHECKING, Final, get_args

import polars as pl
from polars.exceptions import PolarsError

from schemas.codes import EVENT_KINDS, IDENTIFIERS, ISSUED, MISSING, SCALES, SPAN_KINDS, VOCABULARIES
from schemas.columns import Coarsening, Code, Column, Date, Decimal, Drop, Integer, Keep, Key, Text
from schemas.format_consistency import format_problems
from schemas.moments import Const, Mapped, Span, SpanEnd
from schemas.table import raw_column
from schemas.term_consistency import term_problems
from schemas.terms import (
    EachRow,
    FileDate,
    Filled,
    InScale,
    Known,
    LatestOf,
    NoSubject,
    Ordered,
    RowRule,
    Via,
)  # fmt: skip

if TYPE_CHECKING:
    from schemas.contract import Feed

_TAKEN: Final = ("row_number", "subject_id", "source_key", "*", "")
"""Headers that the frames of this project, or polars, use for something else."""

_SAMPLE: Final = dt.date(2001, 2, 3)
"""A date whose fields can be mistaken for each other."""


def contradictions(feed: "Feed") -> Iterator[tuple[str, str]]:
    """Yield (column, message) for each contradiction, the worst first."""
    yield from _name_problems(feed)
    yield from _use_problems(feed)
    for column in feed.columns:
        yield from _type_problems(column)
    yield from _reference_problems(feed)
    yield from term_problems(feed)
    yield from format_problems(feed.format)
    yield from _subject_problems(feed)
    for rule in feed.rules:
        yield from _rule_problems(feed, rule)
    yield from _timeline_problems(feed)


def _name_problems(feed: "Feed") -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for name in (*feed.headers, *feed.unused):
        if name in seen:
            yield name, "is declared twice"
        seen.add(name)
    for name in feed.headers:
        if name in _TAKEN or re.fullmatch(r"\^.*\$|key:.*", name):
            yield name, "is a header that polars or this project reads as something else"
        if name.endswith(raw_column("")) and name.removesuffix(raw_column("")) in seen:
            yield name, "has the name of the raw text of another column"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", feed.name):
        yield "name", "must be lower case letters, digits and underscores"
    if isinstance(feed.coverage.date, FileDate) and "{date:" not in feed.files:
        yield "files", "must say {date:…}, since coverage is taken from the file's name"


def _use_problems(feed: "Feed") -> Iterator[tuple[str, str]]:
    for column in feed.columns:
        if not column.uses:
            yield column.name, "states no use"
        if len(column.uses) > 1 and any(isinstance(use, Drop) for use in column.uses):
            yield column.name, "is dropped and used at once"
        if any(use.field not in IDENTIFIERS for use in column.identifies):
            yield column.name, "identifies by a field that codes.IDENTIFIERS does not list"
        if any((use.verified or use.unique) and use.field not in ISSUED for use in column.identifies):
            yield column.name, f"vouches for what is no number issued to people ({', '.join(sorted(ISSUED))})"
        keep = column.keep
        if keep and keep.as_ not in (None, *get_args(Coarsening)):
            yield column.name, f"is coarsened to {keep.as_}, which is not known"
        if keep and column.uses.count(keep) < sum(isinstance(use, Keep) for use in column.uses):
            yield column.name, "is kept in two ways"
        if keep and keep.as_ is None and column.keys:
            yield column.name, "is a key and kept in clear"
        if keep and keep.as_ is None and any(use.field not in ("sex", "race") for use in column.identifies):
            yield column.name, "identifies and is kept without being coarsened"
        if keep and keep.as_ in ("birth_year", "year", "month") and not isinstance(column.type, Date):
            yield column.name, f"is coarsened to {keep.as_} but is not a date"
        if keep and keep.as_ == "zip3" and not isinstance(column.type, Text):
            yield column.name, "is coarsened to zip3 but is not text"
        for key in column.keys:
            if key.namespace.split(".")[0] != feed.agency and key.namespace not in feed.shares:
                yield column.name, f"uses the key {key.namespace} of another agency without sharing it"
    for namespace, columns in feed.namespaces.items():
        parts = sorted(key.part for name in columns for key in feed.column(name).keys if key.namespace == namespace)
        if parts != list(range(1, len(parts) + 1)):
            yield columns[0], f"has parts of the key {namespace} that do not count 1, 2, …"


def _type_problems(column: Column) -> Iterator[tuple[str, str]]:
    match column.type:
        case Code(codes=codes) if any(not text or not code for text, code in codes.items()):
            yield column.name, "lists an empty text or code"
        case Code(codes=codes) if any(re.search(r"[\x00-\x1f]", text + code) for text, code in codes.items()):
            yield column.name, "lists a text with a control character"
        case Code(codes=codes) if not codes:
            yield column.name, "lists no code"
        case Integer(low=low, high=high) | Decimal(low=low, high=high) if low is not None and high is not None:
            if low > high:
                yield column.name, "has a lowest value above its highest"
        case Text(pattern=str(pattern)):
            if re.search(r"\\[dwsDWSbB]|\$$|^\^", pattern):
                yield column.name, "has a pattern with anchors, or classes of any script: write [0-9]"
            elif not _is_pattern(pattern):
                yield column.name, "has a pattern that cannot be read"
        case Date():
            yield from _date_problems(column, column.type)


def _is_pattern(pattern: str) -> bool:
    """Whether the engine that judges cells can read it: it knows no looking ahead and no references back."""
    try:
        pl.Series([""]).str.contains(pattern)
    except PolarsError:
        return False
    return True


def _date_problems(column: Column, type: Date) -> Iterator[tuple[str, str]]:
    if not all("%" in format for format in type.formats):
        yield column.name, "has a date format without a field"
    for format in type.formats:
        if not re.search(r"%[DFxc]|%[Yy](.*%-?[dej])|%-?[dej](.*%[Yy])", format):
            yield column.name, "has a date format that names no year or no day"
    if any(use.field == "birth_date" for use in column.identifies) and any("%y" in format for format in type.formats):
        yield column.name, "is a birth date with a two-digit year, which names no century"
    for one, other in permutations(type.formats, 2):
        if _read(_SAMPLE.strftime(one), other) not in (None, _SAMPLE):
            yield column.name, "has date formats in which one text means two days"


def _read(text: str, format: str) -> dt.date | None:
    """The day that a text means in a format of strptime; None where it does not read back as written."""
    try:
        day = dt.datetime.strptime(text, format).date()
    except ValueError:
        return None
    return day if day.strftime(format) == text else None


def _rule_problems(feed: "Feed", rule: RowRule) -> Iterator[tuple[str, str]]:
    if isinstance(rule, Ordered):
        for name in (rule.first, rule.second):
            if not isinstance(feed.column(name).type, Date):
                yield name, "is ordered in time but is not a date"
        return
    assert isinstance(rule, InScale)
    scale = feed.column(rule.scale).type
    if not isinstance(scale, Code) or any(code not in SCALES for code in scale.codes.values()):
        yield rule.scale, "names scales that codes.SCALES does not list"
    if not isinstance(feed.column(rule.score).type, Integer | Decimal):
        yield rule.score, "is a score but not a number"


def _reference_problems(feed: "Feed") -> Iterator[tuple[str, str]]:
    declared = set(feed.headers)
    references = [*feed.key]
    references += [rule.column for rule in feed.expects if isinstance(rule, Filled | Known)]
    references += [feed.deleted.column] if feed.deleted else []
    references += feed.manifest.totals if feed.manifest else ()
    for rule in feed.rules:
        references += [rule.first, rule.second] if isinstance(rule, Ordered) else [rule.scale, rule.score]
    if isinstance(feed.coverage.date, LatestOf):
        references.append(feed.coverage.date.column)
    for name in references:
        if name not in declared:
            yield name, "is referred to but not declared"
        elif any(isinstance(use, Drop) for use in feed.column(name).uses):
            yield name, "is referred to but dropped"
    if isinstance(feed.coverage.date, LatestOf) and not isinstance(feed.column(references[-1]).type, Date):
        yield references[-1], "dates the delivery but is not a date"
    if not feed.key:
        yield "key", "names no column"
    elif all(feed.column(name).null for name in feed.key):
        yield feed.key[0], "is the whole key of a record but may be empty"


def _subject_problems(feed: "Feed") -> Iterator[tuple[str, str]]:
    subject = feed.subject
    if isinstance(subject, Key | Via) and subject.namespace not in feed.namespaces:
        yield "subject", f"needs a column with Key({subject.namespace!r})"
    if isinstance(subject, EachRow) and not feed.identifiers:
        yield "subject", "is each row, but no column identifies"
    if feed.register and not isinstance(subject, Key):
        yield "register", "is said of persons who have no number: the subject must be a key"
    if isinstance(subject, Via | NoSubject) and feed.identifiers:
        yield "subject", "has identifiers although the row does not name its person"


def _timeline_problems(feed: "Feed") -> Iterator[tuple[str, str]]:
    used: set[str] = {feed.deleted.column} if feed.deleted else set()
    for mapped in feed.timeline:
        kinds = SPAN_KINDS if isinstance(mapped, Span | SpanEnd) else EVENT_KINDS
        if mapped.kind not in kinds:
            yield mapped.kind, "is not a kind of the timeline (codes.py)"
        if mapped.record is not None and mapped.record not in feed.namespaces:
            yield mapped.record, "groups records but no column has that key"
        for name in mapped.columns:
            if name not in feed.headers:
                yield name, "is mapped to the timeline but not declared"
            elif not feed.column(name).keep:
                yield name, "is mapped to the timeline but not kept"
            used.add(name)
        dates = (mapped.start, mapped.end) if isinstance(mapped, Span) else (mapped.date,)
        for date in dates:
            if date is not None and not _gives_days(feed.column(date)):
                yield date, "gives a date of the timeline but is not a date"
        yield from _content_problems(feed, mapped)
    for column in feed.columns:
        if column.keep and column.name not in used:
            yield column.name, "is kept but no timeline mapping takes it up"


def _gives_days(column: Column) -> bool:
    return isinstance(column.type, Date) and column.keep is not None and column.keep.as_ in (None, "month")


def _content_problems(feed: "Feed", mapped: Mapped) -> Iterator[tuple[str, str]]:
    if isinstance(mapped, SpanEnd) and mapped.record is None:
        yield mapped.kind, "is ended without a record: nothing says which span ends"
    if mapped.number is not None and not isinstance(feed.column(mapped.number).type, Integer | Decimal):
        yield mapped.number, "gives a number of the timeline but is not a number"
    for name, column in mapped.detail.items():
        raw_of = mapped.detail.get(name.removesuffix("_raw")) if name.endswith("_raw") else None
        if raw_of in feed.headers and isinstance(feed.column(str(raw_of)).type, Code):
            yield column, f"is named {name}, which is the raw text of another detail"
    vocabulary = None if isinstance(mapped, SpanEnd) else VOCABULARIES.get(mapped.kind)
    if vocabulary is None or mapped.code is None:
        return
    if isinstance(mapped.code, Const):
        column, codes = mapped.kind, {mapped.code.value}
    else:
        type = feed.column(mapped.code).type
        column, codes = mapped.code, set(type.codes.values()) if isinstance(type, Code) else {"any text"}
    if codes - vocabulary.keys() - MISSING.keys():
        yield column, f"gives codes of {mapped.kind} that its vocabulary does not list (codes.py)"
