"""Faults planted in a file of the city, read off its contract, with the row, column and rule of each."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from bench.city.parts import Array
from schemas.contract import Code, Column, Date, Decimal, Delimited, Drop, Excel, Feed, InScale, Integer, Ordered, Text

ERROR_SHARE = 0.012
"""Share of rows with a planted fault in a large file; a small file has one of each kind, up to `MOST_SHARE`."""
MOST_SHARE = 0.04
DUPLICATE_SHARE = 0.004
KEY_TWICE_SHARE = 0.001

EXTRA_FIELD, SHORT_ROW, BROKEN_BYTE = "\ue001", "\ue002", "\ue000"
"""Stand-ins that `files` turns into a separator, into a missing field, and into a byte that is not UTF-8."""


@dataclass(frozen=True)
class Planted:
    """A file as text with ``person`` beside it; ``errors``: row (from 0), column, rule; ``duplicates``: rows."""

    rows: pl.DataFrame
    errors: pl.DataFrame
    duplicates: pl.Series


@dataclass(frozen=True)
class Fault:
    """One way to spoil a cell; ``column`` None where the rule is about the row as a whole."""

    cell: str
    rule: str
    text: str | None
    column: str | None


def plant(feed: Feed, rows: pl.DataFrame, rng: np.random.Generator) -> Planted:
    """Spoil some rows, repeat some exactly, and repeat some keys with other content."""
    size = len(rows)
    faults = _affordable(list(_faults(feed)), size, rng)
    each = max(1, int(size * ERROR_SHARE / max(len(faults), 1)))
    order = rng.permutation(size)
    spoilt = {fault: order[index * each : (index + 1) * each] for index, fault in enumerate(faults)}
    left = order[len(faults) * each :]
    cells, errors = _spoil(feed, rows, spoilt)
    twice = left[: max(1, int(size * DUPLICATE_SHARE))] if size >= 40 else left[:0]
    left = left[len(twice) :]
    again = left[: max(1, int(size * KEY_TWICE_SHARE))] if size >= 40 else left[:0]
    other = _other_content(feed, cells[again])
    planted = pl.concat([cells, cells[twice], other])
    first = [*again, *range(size + len(twice), size + len(twice) + len(again))]
    errors += [(int(row), feed.key[0], "duplicate_key") for row in first]
    schema = pl.Schema({"row": pl.Int64(), "column": pl.String(), "rule": pl.String()})
    duplicates = pl.Series(np.arange(size, size + len(twice)), dtype=pl.Int64)
    return Planted(planted, pl.DataFrame(errors, schema, orient="row").sort("row"), duplicates)


def _affordable(faults: list[Fault], size: int, rng: np.random.Generator) -> list[Fault]:
    most = int(size * MOST_SHARE)
    chosen = sorted(rng.permutation(len(faults))[:most])
    return [faults[index] for index in chosen]


def _faults(feed: Feed) -> Iterator[Fault]:
    scored = {name for rule in feed.rules if isinstance(rule, InScale) for name in (rule.scale, rule.score)}
    for column in feed.columns:
        if _free(feed, column) and not any(isinstance(use, Drop) for use in column.uses):
            yield from _cell_faults(column, scored, isinstance(feed.format, Excel))
    for rule in feed.rules:
        if isinstance(rule, Ordered):
            yield Fault(rule.second, "date_order", None, rule.second)
        else:
            yield Fault(rule.score, "score_out_of_scale", "99", rule.score)
    if isinstance(feed.format, Delimited):
        place = next(column.name for column in reversed(feed.columns[:-1]) if _free(feed, column))
        yield Fault(place, "field_count", f"X{EXTRA_FIELD}X", None)
        yield Fault(place, "field_count", SHORT_ROW, None)
        yield Fault(place, "nul_byte", "A\x00B", None)
        if feed.format.encoding.startswith("utf-8"):
            yield Fault(place, "bad_encoding", f"A{BROKEN_BYTE}B", None)


def _free(feed: Feed, column: Column) -> bool:
    """Whether a change of the column leaves the record's key and its person alone."""
    return column.name not in feed.key and not column.keys


def _cell_faults(column: Column, scored: set[str], workbook: bool) -> Iterator[Fault]:
    name, kind = column.name, column.type
    if not column.null:
        yield Fault(name, "missing", None, name)
    if isinstance(kind, Date):
        yield Fault(name, "not_a_date", _no_date(kind), name)
    elif isinstance(kind, Code):
        yield Fault(name, "unknown_code", "~", name)
    elif isinstance(kind, Integer | Decimal):
        yield Fault(name, "not_a_number", "many", name)
        if kind.high is not None and name not in scored:
            yield Fault(name, "out_of_range", str(int(kind.high) + 1), name)
    elif isinstance(kind, Text):
        if kind.pattern:
            yield Fault(name, "pattern", "?", name)
        else:
            yield Fault(name, "too_long", "X" * (kind.max_length + 1), name)
            if not workbook:
                yield Fault(name, "control_character", "A\x07B", name)


def _no_date(kind: Date) -> str:
    return kind.formats[0].replace("%Y", "2023").replace("%m", "13").replace("%d", "45")


def _spoil(
    feed: Feed, rows: pl.DataFrame, spoilt: dict[Fault, Array]
) -> tuple[pl.DataFrame, list[tuple[int, str | None, str]]]:
    errors: list[tuple[int, str | None, str]] = []
    cells: dict[str, list[tuple[Array, list[str | None]]]] = {}
    for fault, at in spoilt.items():
        texts: list[str | None] = [fault.text] * len(at)
        if fault.rule == "date_order":
            at, texts = _too_early(feed, rows, fault.cell, at)
        cells.setdefault(fault.cell, []).append((at, texts))
        errors += [(int(row), fault.column, fault.rule) for row in at]
    changed = {name: _scattered(rows[name], changes) for name, changes in cells.items()}
    return rows.with_columns(series.alias(name) for name, series in changed.items()), errors


def _scattered(column: pl.Series, changes: list[tuple[Array, list[str | None]]]) -> pl.Series:
    for at, texts in changes:
        column = column.scatter(at, pl.Series(texts, dtype=pl.String)) if len(at) else column
    return column


def _too_early(feed: Feed, rows: pl.DataFrame, second: str, at: Array) -> tuple[Array, list[str | None]]:
    """The rows of ``at`` where both dates are filled, and a second date that lies before the first."""
    first = next(rule.first for rule in feed.rules if isinstance(rule, Ordered) and rule.second == second)
    form, other = _date_type(feed.column(first)).formats[0], _date_type(feed.column(second))
    some = rows[at].with_columns(at=pl.Series(at))
    some = some.filter(
        pl.col(first).is_not_null() & pl.col(second).is_not_null() & ~pl.col(second).is_in(other.open_end)
    )
    early = pl.col(first).str.to_date(form) - pl.duration(days=40)
    return some["at"].to_numpy(), some.select(early.dt.strftime(other.formats[0])).to_series().to_list()


def _date_type(column: Column) -> Date:
    assert isinstance(column.type, Date)
    return column.type


def _other_content(feed: Feed, again: pl.DataFrame) -> pl.DataFrame:
    """The same keys with another code or text in one column."""
    free = [column for column in feed.columns if _free(feed, column)]
    coded = next((column for column in free if isinstance(column.type, Code)), None)
    if coded is None:
        return again.with_columns(pl.lit("2010").alias(next(c.name for c in free if isinstance(c.type, Text))))
    assert isinstance(coded.type, Code)
    texts = list(coded.type.codes)
    other = dict(zip(texts, [*texts[1:], texts[0]], strict=True))
    return again.with_columns(pl.col(coded.name).replace(other).fill_null(texts[0]))
