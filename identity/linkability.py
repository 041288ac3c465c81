"""How many rows of a delivery can be linked to records of other agencies, and which column would help most.

A row carries enough where another record that says the same would be found by a block and joined to it with near
certainty (`CERTAIN`) by the shipped model. That comes to two pieces of evidence: see the test, which asks the linker.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import polars as pl

from identity.boundary import sealed
from identity.carried import GIVES, carried
from schemas.contract import Feed, Key, NoSubject, Via
from schemas.linkability import Linkability

CERTAIN: Final = 0.99
"""The probability at which agreement on all that a row carries must join it to its like."""
ENOUGH: Final = 2
"""Each piece is worth 10 to 18 bits, odds against two records drawn at random 16, and certainty 7."""

_PIECES: Final = ("birth_date", "ssn4", "state_id", "fbi_number", "licence", "phone", "email", "address")
"""Columns that are evidence by themselves, beside the name, which must be whole, and a full Social Security number."""
_NUMBER: Final = "number"
SAMPLE: Final = 20_000
"""So many rows of a delivery are looked at, evenly: a share of them is known to within 0.7 points (95 %)."""

Carried = frozenset[str]
"""The columns of `STANDARD` that a row fills, and `_NUMBER` where it has the agency's own number."""


class Scoring:
    """Counts the accepted rows of a delivery batch by batch, say while they pass on the way to be loaded."""

    def __init__(self, feed: Feed, rows: int) -> None:
        """Begin to count a delivery of so many rows."""
        self._feed, self._rows = feed, rows
        self._step = max(1, -(-rows // SAMPLE))
        self._passed = 0
        self._counted: Counter[Carried] = Counter()

    @sealed
    def add(self, batch: pl.DataFrame) -> None:
        """Count the rows of the next batch, or an even sample of them."""
        if not isinstance(self._feed.subject, NoSubject):
            sample = batch[-self._passed % self._step :: self._step]
            self._passed += batch.height
            self._counted.update(_counted(self._feed, sample))

    @sealed
    def result(self) -> Linkability | None:
        """What was found, once all batches have passed; None where the rows are not about persons."""
        if isinstance(self._feed.subject, NoSubject):
            return None
        rows, counted = self._rows, self._counted
        if self._step > 1:
            scale = rows / counted.total()
            counted = Counter({fields: round(scale * seen) for fields, seen in counted.items()})
        enough = min(sum(seen for fields, seen in counted.items() if suffices(fields)), rows)
        by_number = sum(seen for fields, seen in counted.items() if _NUMBER in fields and not suffices(fields))
        column, adds = _most_helpful(self._feed, counted)
        return Linkability(rows, enough, min(by_number, rows - enough), column, adds, self._step > 1)


def score(feed: Feed, batches: Iterable[pl.DataFrame], rows: int | None = None) -> Linkability | None:
    """Count the accepted rows of a delivery, ``rows`` in all where that is known; None where they are no persons'."""
    taken = list(batches) if rows is None else batches
    scoring = Scoring(feed, sum(batch.height for batch in taken) if rows is None else rows)
    for batch in taken:
        scoring.add(batch)
    return scoring.result()


def suffices(fields: Carried) -> bool:
    """Whether a row that carries these columns of `STANDARD`, and no placeholder in them, carries enough."""
    name = {"given", "surname"} <= fields
    pieces = name + ("ssn" in fields and "ssn4" not in fields) + sum(piece in fields for piece in _PIECES)
    return pieces >= ENOUGH and _is_found(fields)


def _is_found(fields: Carried) -> bool:
    """Whether `blocks.block_keys` finds such a row by what is evidence in it."""
    part_of_name = bool({"given", "surname"} & fields)
    return (
        {"given", "surname"} <= fields
        or bool({"ssn", "state_id", "fbi_number", "licence", "phone", "email"} & fields)
        or {"ssn4", "birth_date"} <= fields
        or (part_of_name and bool({"ssn4", "birth_date"} & fields))
        or {"address", "given"} <= fields
    )


def _counted(feed: Feed, batch: pl.DataFrame) -> Mapping[Carried, int]:
    """How many rows carry which columns."""
    flags = pl.DataFrame([*carried(feed, batch), _numbered(feed, batch).alias(_NUMBER)])
    weights = {name: 1 << place for place, name in enumerate(flags.columns)}
    codes = flags.select(pl.sum_horizontal(pl.col(name).cast(pl.Int32) * weight for name, weight in weights.items()))
    counts = codes.to_series().value_counts(name="rows")
    return {frozenset(name for name in weights if code & weights[name]): rows for code, rows in counts.iter_rows()}


def _numbered(feed: Feed, batch: pl.DataFrame) -> pl.Series:
    """Whether each row has the number by which its subject is known, all parts of it."""
    if not isinstance(feed.subject, Key | Via):
        return pl.repeat(value=False, n=batch.height, dtype=pl.Boolean, eager=True)
    parts = (pl.col(name).cast(pl.String).str.contains(r"\S") for name in feed.namespaces[feed.subject.namespace])
    return batch.select(pl.all_horizontal(*parts).fill_null(value=False)).to_series()


def _most_helpful(feed: Feed, counted: Counter[Carried]) -> tuple[str | None, int]:
    """The column that would add most rows were it filled; of several, the one that is filled most often already.

    What is usually known can be asked for.
    """
    helpful = [(adds, filled, column) for column, adds, filled in _helps(feed, counted) if adds]
    if not helpful:
        return None, 0
    adds, _, column = max(helpful, key=lambda found: found[:2])
    return column, adds


def _helps(feed: Feed, counted: Counter[Carried]) -> Iterator[tuple[str, int, int]]:
    """Of each column that is evidence: the rows that it would add, and those in which it is filled."""
    for column in feed.columns:
        for use in column.identifies:
            given = frozenset(GIVES.get(use.field, ()))
            lacking = [fields for fields in counted if not suffices(fields) and suffices(fields | given)]
            yield column.name, sum(counted[fields] for fields in lacking), _holding(counted, given)


def _holding(counted: Counter[Carried], given: Carried) -> int:
    return sum(rows for fields, rows in counted.items() if given <= fields)
