"""From guesses to a feed: columns, subject, key, timeline and terms that do not contradict each other."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from schemas.checks import CONTROL
from schemas.columns import Code, Column, Date, Drop, Identify, Keep, Text, Use
from schemas.contract import Feed
from schemas.decode import date_values
from schemas.draft.dates import quantile_day
from schemas.draft.delivery import as_of_of, date_in, files_like, most_rows, rhythm, since_of
from schemas.draft.guess import Guess
from schemas.draft.header import Header, read_header
from schemas.draft.keys import FoundKey, find_key
from schemas.draft.numbers import Numbers, numbers_of
from schemas.draft.timeline import Told, timeline_of
from schemas.draft.vocabulary import recognised
from schemas.formats import Format, Zip
from schemas.moments import Mapped, Span
from schemas.table import raw_column
from schemas.terms import Accepted, Expectation, FileDate, Filled, Fixed, Full, NoSubject, Rows, UpTo, Via

_IN_ORDER: Final = 0.99
_FILLED: Final = 0.9
_SLIPS: Final = 0.002
"""Share of the rows in which a column may be empty and still be required: what an agency's file has of slips."""
_TO_BE_AGREED: Final = "to-be-agreed"
_SHOWN: Final = ("sex", "race")
"""Identifiers that may be kept as well: for audit by group."""


@dataclass(frozen=True)
class Sample:
    """What a draft is made from; ``rows`` have null where a cell is one of the format's null texts."""

    name: str
    agency: str
    file_name: str
    format: Format
    rows: pl.DataFrame
    others: tuple[Feed, ...]
    day: dt.date


@dataclass(frozen=True)
class Build:
    """A feed with its notes."""

    feed: Feed
    notes: Mapping[str, Sequence[str]]


def build(sample: Sample, guesses: Mapping[str, Guess], nullable: frozenset[str], unordered: frozenset[str]) -> Build:
    """Build the feed.

    ``nullable``: columns that are not required whatever they look like; ``unordered``: ends of spans that do not lie
    after their starts, and "key" where nothing less than all columns is a key.
    """
    headers = {name: read_header(name) for name in guesses}
    guesses = _with_a_key(_without_lone_traits(guesses), sample.rows)
    numbers = numbers_of(sample.agency, headers, guesses, sample.rows, sample.others)
    nullable |= {name for name in guesses if _is_sparse(sample.rows[name])}
    columns = {name: _column(name, headers[name], guesses[name], numbers, name in nullable) for name in guesses}
    name = _name_words(sample)
    kept = [Told(columns[n], headers[n]) for n, guess in guesses.items() if _may_be_kept(guess, columns[n])]
    ordered = _ordered(sample.rows, [told for told in kept if isinstance(told.column.type, Date)], unordered)
    filled = {told.column.name: 1 - _emptiness(sample.rows[told.column.name]) for told in kept}
    is_told_of_nobody = isinstance(numbers.subject, NoSubject)
    mapped, codes, timeline_note = timeline_of(name, kept, numbers.records, ordered, filled, is_told_of_nobody)
    columns |= {name: _coded(columns[name], type) for name, type in codes.items()}
    columns = {name: _settled(column, guesses[name], bool(mapped)) for name, column in columns.items()}
    key = _key(sample.rows, columns, guesses, "key" in unordered)
    columns = _with_required(columns, key)
    return _feed(sample, guesses, columns, numbers, key, mapped, timeline_note)


def _feed(
    sample: Sample,
    guesses: Mapping[str, Guess],
    columns: Mapping[str, Column],
    numbers: Numbers,
    key: FoundKey,
    mapped: tuple[Mapped, ...],
    timeline_note: str,
) -> Build:
    files, files_note = files_like(sample.file_name, _hidden(sample.rows, guesses))
    dated = (mapped[0].start if isinstance(mapped[0], Span) else mapped[0].date) if mapped else None
    as_of = as_of_of(files, dated, sample.day)
    firsts = [_firsts(sample.rows[dated], columns[dated])] if dated else []
    until = date_in(files, sample.file_name) if isinstance(as_of, FileDate) else None
    since = since_of([day for day in firsts if day], until or (sample.day if isinstance(as_of, Fixed) else None))
    feed = Feed(
        name=sample.name,
        title=f"{_sentence(sample.agency)}: {_sentence(sample.name.removeprefix(f'{sample.agency}_')).lower()}",
        agency=sample.agency,
        agreement=sample.others[0].agreement if sample.others else _TO_BE_AGREED,
        files=files,
        format=sample.format,
        delivery=Full(every="once" if isinstance(as_of, Fixed) else rhythm(sample.file_name)),
        coverage=UpTo(as_of, since=since, lag_days=30),
        subject=numbers.subject,
        key=key.columns,
        columns=tuple(columns[name] for name in guesses if name in columns),
        timeline=mapped,
        expects=_expectations(sample.rows, columns),
        unused=tuple(name for name in sample.rows.columns[1:] if name not in guesses),
    )
    return Build(feed, _notes(sample, guesses, columns, numbers, key, files_note, timeline_note))


def _notes(
    sample: Sample,
    guesses: Mapping[str, Guess],
    columns: Mapping[str, Column],
    numbers: Numbers,
    key: FoundKey,
    files_note: str,
    timeline_note: str,
) -> dict[str, tuple[str, ...]]:
    told = f"{key.keys:,} different keys in {key.rows:,} different rows of the sample"
    notes: dict[str, tuple[str, ...]] = {
        "agreement": () if sample.others else ("state the agreement in a module of schemas/agreements",),
        "files": ("does it fit all deliveries and no other feed's? No name of a person belongs here", files_note),
        "delivery": ("rhythm, and whether a delivery is complete (Full) or holds changes only (Delta)",),
        "coverage": ("from when on the agency tells everything, and how late a fact may come",),
        "subject": numbers.notes,
        "key": (told if key.keys else "the sample has no rows",),
        "columns": ("meanings are the words of the headers: say them as the agency does",),
        "timeline": (timeline_note or "no date is kept, so nothing is told and nothing is kept",),
        "expects": ("bounds are guessed from one sample",),
    }
    for name, guess in guesses.items():
        about = list(guess.notes)
        if guess.becomes == "keep" and columns[name].keep is None:
            about.append("content, but kept only where a date tells when it holds")
        elif isinstance(columns[name].type, Code) and columns[name].keep:
            about.append("codes as they occur: the agency's list may have more, and what do they mean?")
        empty = sample.rows[name].null_count()
        if empty and not columns[name].null and not isinstance(columns[name].uses[0], Drop):
            about.append(f"empty in {empty:,} rows, which are rejected")
        notes[f"column {name}"] = tuple(about)
    return {place: tuple(note for note in listed if note) for place, listed in notes.items()}


def _name_words(sample: Sample) -> Header:
    """The words by which feed, file and member are called."""
    member = [sample.format.member] if isinstance(sample.format, Zip) else []
    stems = (re.sub(r"[.][A-Za-z0-9]+$", "", name) for name in (sample.file_name, *member))
    return read_header(" ".join([sample.name.removeprefix(f"{sample.agency}_"), *stems]))


def is_declarable(header: str) -> bool:
    """Whether a contract may declare a column of this header: some are read as something else."""
    reserved = header in ("row_number", "subject_id", "source_key", "*", "")
    return not (reserved or header.endswith(raw_column("")) or re.fullmatch(r"\^.*\$|key:.*", header))


def _without_lone_traits(guesses: Mapping[str, Guess]) -> dict[str, Guess]:
    """Sex and race name nobody by themselves: without a person's number or a further identifier they are content."""
    known = any(
        guess.person or (guess.becomes == "identify" and guess.field not in _SHOWN) for guess in guesses.values()
    )
    if known:
        return dict(guesses)
    return {
        name: replace(guess, becomes="keep", field=None) if guess.field in _SHOWN else guess
        for name, guess in guesses.items()
    }


def _with_a_key(guesses: Mapping[str, Guess], rows: pl.DataFrame) -> dict[str, Guess]:
    """At least one column that a record can be known by: where all are dropped the first filled one is a number."""
    if any(guess.becomes in ("key", "identify") for guess in guesses.values()):
        return dict(guesses)
    sound = [name for name in guesses if not rows[name].str.contains(CONTROL).any()]
    first = next((name for name in sound if not rows[name].null_count()), next(iter(sound or guesses)))
    longest = rows[first].str.len_chars().max() or 0
    assert isinstance(longest, int)
    key = Guess("key", Text(max(longest, 20)), ("taken for the number of a record, since no column is known for one",))
    return {**guesses, first: key}


def _column(name: str, header: Header, guess: Guess, numbers: Numbers, null: bool) -> Column:
    uses: tuple[Use, ...] = (Keep(),)
    if guess.becomes == "drop":
        uses = (Drop(),)
    elif guess.becomes == "key":
        uses = numbers.keys[name]
    elif guess.becomes == "identify" and guess.field is not None:
        shown = guess.field in _SHOWN and not isinstance(numbers.subject, Via | NoSubject)
        uses = (Identify(guess.field), Keep()) if shown else (Identify(guess.field),)
    type = guess.type
    if guess.field == "sex" and isinstance(type, Code):
        type = Code(recognised("sex", type.codes) or type.codes)
    return Column(name, type, _sentence(" ".join(header.words) or "Column"), *uses, null=null)


def _may_be_kept(guess: Guess, column: Column) -> bool:
    return column.keep is not None and guess.becomes in ("keep", "identify")


def _coded(column: Column, type: Code) -> Column:
    return Column(column.name, type, column.meaning, *column.uses, null=column.null)


def _settled(column: Column, guess: Guess, is_told: bool) -> Column:
    """A column that is kept only where the timeline tells of it."""
    if is_told or column.keep is None:
        return column
    uses = tuple(use for use in column.uses if not isinstance(use, Keep)) or (Drop(),)
    return Column(column.name, column.type, column.meaning, *uses, null=column.null)


def _key(rows: pl.DataFrame, columns: Mapping[str, Column], guesses: Mapping[str, Guess], every: bool) -> FoundKey:
    def rank(name: str) -> int:
        guess, type = guesses[name], columns[name].type
        if guess.ordinal:
            return 0
        return 1 if isinstance(type, Date) and guess.becomes == "keep" else 2 if isinstance(type, Code) else 3

    numbers = sorted((name for name, column in columns.items() if column.keys), key=lambda name: guesses[name].person)
    usable = [name for name, column in columns.items() if not isinstance(column.uses[0], Drop) and not column.keys]
    others = sorted(usable, key=rank)
    if every:
        told = rows.n_unique([*numbers, *others])
        return FoundKey((*numbers, *others), told, told)
    return find_key(rows, numbers, others)


def _with_required(columns: Mapping[str, Column], key: FoundKey) -> dict[str, Column]:
    """A record's key may not be empty as a whole."""
    found = dict(columns)
    if all(found[name].null for name in key.columns):
        first = found[key.columns[0]]
        found[first.name] = Column(first.name, first.type, first.meaning, *first.uses, null=False)
    return found


def _is_sparse(cells: pl.Series) -> bool:
    return cells.null_count() > _SLIPS * len(cells) or not len(cells)


def _emptiness(cells: pl.Series) -> float:
    return cells.null_count() / max(len(cells), 1)


def _ordered(rows: pl.DataFrame, dates: Sequence[Told], unordered: frozenset[str]) -> dict[tuple[str, str], bool]:
    """Pairs of dates of which the first does not lie after the second, but for slips."""
    read = {told.column.name: _days(rows[told.column.name], told.column) for told in dates}
    found = {}
    for start, first in read.items():
        for end, second in read.items():
            if start != end and end not in unordered:
                holds = (first <= second).drop_nulls()
                found[start, end] = len(holds) > 0 and float(holds.mean() or 0) >= _IN_ORDER  # type: ignore[arg-type]
    return found


def _days(cells: pl.Series, column: Column) -> pl.Series:
    assert isinstance(column.type, Date)
    values = date_values(column.type, cells)
    return cells.replace_strict(values["text"], values["value"], default=None, return_dtype=pl.Date)


def _firsts(cells: pl.Series, column: Column) -> dt.date | None:
    """The day before which few cells lie; None where there is no date."""
    return quantile_day(_days(cells, column).drop_nulls(), 0.001)


def _expectations(rows: pl.DataFrame, columns: Mapping[str, Column]) -> tuple[Expectation, ...]:
    found: list[Expectation] = [Rows(1 if rows.height else 0, most_rows(rows.height)), Accepted(0.9)]
    for column in columns.values():
        share = 1 - rows[column.name].null_count() / max(rows.height, 1)
        if column.null and column.identifies and rows.height and share >= _FILLED:
            found.append(Filled(column.name, int((share - 0.05) * 20) / 20))
    return tuple(found)


def _hidden(rows: pl.DataFrame, guesses: Mapping[str, Guess]) -> frozenset[str]:
    """The words of the columns that identify, in lower case: none of them may stand in the name of a file."""
    named = [name for name, guess in guesses.items() if guess.becomes == "identify" and guess.field not in _SHOWN]
    words = [rows[name].drop_nulls().str.to_lowercase().str.extract_all(r"[\p{L}]+").explode() for name in named]
    return frozenset(word for found in words for word in found.unique() if word)


def _sentence(words: str) -> str:
    text = words.replace("_", " ").strip()
    return text[:1].upper() + text[1:]
