"""From a sample to a contract that a person reviews: guess, build, judge the sample by it, loosen what rejects much."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from schemas.columns import Code, Text
from schemas.contract import Feed
from schemas.draft.build import Build, Sample, build, is_declarable
from schemas.draft.cells import Cells, cells_of
from schemas.draft.dates import find_dates
from schemas.draft.guess import Guess, guess, text_of
from schemas.draft.header import read_header
from schemas.draft.nulls import null_texts, with_nulls, without_nulls
from schemas.draft.source import module_source
from schemas.errors import ContractError
from schemas.formats import Format
from schemas.rows import judge_rows
from schemas.table import Judged, RawTable

_SMALL: Final = 100
"""Rows of a sample in which each rejection counts."""
_WELL: Final = 0.96
"""Share of the rows of a small sample that are loaded where the others are slips."""
_SLIPS: Final = 0.004
"""Share of the rows that a rule of one column may reject: what an agency's file has of slips."""
_ROUNDS: Final = 6
_WORD: Final = 4
"""Characters from which a text that identifies somebody elsewhere is no code."""


@dataclass(frozen=True)
class Draft:
    """A contract drafted from a sample; ``notes`` say what a person must decide.

    ``rows``, ``loaded``: how many rows the sample has, and how many the draft takes from it as it stands.
    """

    feed: Feed
    notes: Mapping[str, Sequence[str]]
    rows: int
    loaded: int

    def source(self) -> str:
        """The feed's module, ready to be reviewed: no text of a cell is in it but codes, open ends and null texts."""
        told = f"{self.feed.title} (a draft: it loads {self.loaded:,} of the {self.rows:,} rows of its sample)."
        return module_source(self.feed, self.notes, told)


def draft(
    name: str,
    agency: str,
    file_name: str,
    format: Format,
    table: RawTable,
    *,
    others: Sequence[Feed] = (),
    day: dt.date | None = None,
) -> Draft:
    """Draft the contract of a feed ``name`` of an agency from one of its files, read as ``format``.

    ``others``: the agency's feeds: a header of theirs is the same number there and here, and their agreement is this
    one's. ``day``: the as-of date where neither name nor columns have one (default: today).
    Raises `ContractError` where the name cannot be a feed's or no header a column's.
    """
    nulls = null_texts(table)
    rows = without_nulls(table.rows, nulls)
    sample = Sample(name, agency, file_name, with_nulls(format, nulls), rows, tuple(others), day or dt.date.today())
    guesses = _guesses(rows, others)
    if not guesses:
        raise ContractError(name, "columns", "has no header that a contract can declare")
    nullable: frozenset[str] = frozenset()
    unordered: frozenset[str] = frozenset()
    built, judged = _judged(sample, guesses, nullable, unordered, table)
    for _ in range(_ROUNDS):
        faults = _faults(judged, table)
        if not faults:
            break
        guesses, nullable, unordered = _loosened(sample, guesses, nullable, unordered, faults)
        built, judged = _judged(sample, guesses, nullable, unordered, table)
    loaded = judged.accepted_rows + len(judged.duplicates)
    return Draft(built.feed, built.notes, judged.received, loaded)


def _guesses(rows: pl.DataFrame, others: Sequence[Feed]) -> dict[str, Guess]:
    """What each column is; the texts of columns that identify are codes nowhere."""
    names = [name for name in rows.columns if name != "row_number" and is_declarable(name)]
    cells = {name: cells_of(rows[name]) for name in names}
    headers = {name: read_header(name) for name in names}
    dates = {name: find_dates(cells[name]) for name in names}
    seen = [found.last for name, found in dates.items() if found and not headers[name].says("birth", "audit")]
    latest = max(seen, default=None)
    guesses = {name: guess(headers[name], cells[name], dates[name], latest) for name in names}
    private = _private(guesses, cells)
    protected = {c.name for feed in others for c in feed.columns if c.keep is None}
    for name, found in guesses.items():
        if found.becomes == "keep" and name in protected:
            guesses[name] = Guess("drop", text_of(cells[name]), ("protected in another feed of the agency",))
        elif isinstance(found.type, Code):
            guesses[name] = _without_private(found, private, cells[name])
    return guesses


def _private(guesses: Mapping[str, Guess], cells: Mapping[str, Cells]) -> frozenset[str]:
    """The texts of columns that identify or number, in lower case."""
    named = [name for name, found in guesses.items() if found.becomes in ("identify", "key")]
    named = [name for name in named if not isinstance(guesses[name].type, Code)]
    return frozenset(text.lower() for name in named for text in cells[name].text if len(text) >= _WORD)


def _without_private(guess: Guess, private: frozenset[str], cells: Cells) -> Guess:
    assert isinstance(guess.type, Code)
    codes = {text: code for text, code in guess.type.codes.items() if text.lower() not in private}
    if codes:
        return replace(guess, type=Code(codes))
    return Guess("drop", text_of(cells), ("its texts are those of a column that identifies",))


def _judged(
    sample: Sample, guesses: Mapping[str, Guess], nullable: frozenset[str], unordered: frozenset[str], table: RawTable
) -> tuple[Build, Judged]:
    built = build(sample, guesses, nullable, unordered)
    return built, judge_rows(built.feed, RawTable(sample.rows, table.faults, table.received))


def _faults(judged: Judged, table: RawTable) -> dict[tuple[str, str], int]:
    """Column and rule → rows rejected by it, where they are more than slips; the reader's own faults aside."""
    height = table.rows.height
    loaded = judged.accepted_rows + len(judged.duplicates)
    if height < _SMALL and loaded >= _WELL * height:
        return {}
    most = 0 if height < _SMALL else max(2, int(_SLIPS * height))
    counted = judged.rejected.filter(pl.col("column").is_not_null()).group_by("column", "rule").len()
    return {(column, rule): count for column, rule, count in counted.rows() if count > most}


def _loosened(
    sample: Sample,
    guesses: dict[str, Guess],
    nullable: frozenset[str],
    unordered: frozenset[str],
    faults: Mapping[tuple[str, str], int],
) -> tuple[dict[str, Guess], frozenset[str], frozenset[str]]:
    """Guesses that ask less of the columns in which too many rows are rejected."""
    loose = dict(guesses)
    for column, rule in faults:
        if rule == "missing":
            nullable |= {column}
        elif rule == "date_order":
            unordered |= {column}
        elif rule == "duplicate_key":
            unordered |= {"key"}
        else:
            loose[column] = _looser(loose[column], cells_of(sample.rows[column]))
    return loose, nullable, unordered


def _looser(guess: Guess, cells: Cells) -> Guess:
    """The same with text of any form, for a number or an identifier; what else does not hold is not kept."""
    plain = text_of(cells)
    if guess.becomes in ("key", "identify") and isinstance(guess.type, Text) and guess.type != plain:
        return replace(guess, type=plain)
    return Guess("drop", plain, (*guess.notes, "not all cells are what they seemed to be"))
