"""Judging rows: each cell by pandera on the raw text, then across columns, then across rows.

A row with a fault is rejected as a whole; a cell states the first of its faults. A record that is repeated
exactly is kept once; records that share a key and differ are all rejected, since none of them can be believed
(``duplicate_key``, at the first column of the key). A file that comes in batches is judged as it would be at once.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import polars as pl

from schemas.ahead import ahead
from schemas.checks import SOUND, cell_schema, row_schema, unsound_columns, with_values
from schemas.codes import ROW_RULES, SCALES
from schemas.contract import Feed
from schemas.decode import cast, judged_columns
from schemas.packed import Packed
from schemas.repetitions import Hashes, key_hashes, take_out, without
from schemas.table import FAULTS, Judged, RawTable
from schemas.terms import InScale, Ordered

if TYPE_CHECKING:
    import pandera.polars as pa


def judge_rows(feed: Feed, table: RawTable) -> Judged:
    """Accept, reject or call a repetition each row of a table: `judge_tables` of a file that comes as one."""
    return judge_tables(feed, [table])


def judge_tables(feed: Feed, tables: Iterable[RawTable]) -> Judged:
    """Accept, reject or call a repetition each row of a file that comes in batches, at least one.

    ``rows`` of each must have the declared columns (`check_header`). However the rows are cut into batches, the
    same is said of each. What is kept meanwhile is packed. No cell is in what this raises.
    """
    sound: Packed | None = None
    hashes: list[Hashes] = []
    rejected: list[pl.DataFrame] = []
    received = 0
    # The next batch is judged while this one is packed.
    for rows, faults, count in ahead((*_judge(feed, table), table.received) for table in tables):
        sound = sound or Packed(rows.schema)
        sound.append(rows)
        hashes.append(key_hashes(feed, rows))
        rejected.append(faults)
        received += count
    if sound is None:
        raise ValueError("a file comes in one batch at least")
    conflicting, repeated = take_out(feed, sound, hashes)
    rejected.append(_faults(conflicting, feed.key[0], "duplicate_key"))
    every_fault = pl.concat(rejected).sort("row_number", maintain_order=True)
    return Judged(batches=sound, rejected=every_fault, duplicates=repeated.sort(), received=received)


def _judge(feed: Feed, table: RawTable) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of a table that are sound by themselves, typed, and the faults of the others."""
    if not set(table.rows.columns).issuperset(column.name for column in judged_columns(feed)):
        raise RuntimeError(f"feed {feed.name}: the table lacks a declared column")
    typed = cast(feed, table.rows)
    faults = [table.faults, cell_faults(feed, table.rows, typed)]
    faults += [_rule_faults(rule, typed) for rule in feed.conditions]
    rejected = _first_of_cell(frame.select(FAULTS.names()).cast(FAULTS) for frame in faults if frame.height)
    return without(typed, rejected["row_number"]), rejected


def cell_faults(feed: Feed, rows: pl.DataFrame, typed: pl.DataFrame) -> pl.DataFrame:
    """The faults of each faulty cell, as `FAULTS`, the first one first; ``typed`` are the rows as `cast` reads them."""
    looked_at = with_values(feed, rows, typed)
    unsound = _failures(feed, row_schema(feed), looked_at)
    if not unsound:
        return FAULTS.to_frame()
    suspects = looked_at.filter(~unsound[0][2])
    schema = cell_schema(feed, unsound_columns(feed, suspects))
    found = [
        _faults(suspects["row_number"].filter(~sound), column, rule)
        for column, rule, sound in _failures(feed, schema, suspects)
    ]
    return pl.concat([FAULTS.to_frame(), *found])


def _failures(feed: Feed, schema: "pa.DataFrameSchema", looked_at: pl.DataFrame) -> list[tuple[str, str, pl.Series]]:
    """Column, check and whether each row passes it, of each check that not all rows pass."""
    from pandera.errors import SchemaErrors

    failures: list[tuple[str, str, pl.Series]] = []
    broken = None
    try:
        schema.validate(looked_at, lazy=True)
    except SchemaErrors as errors:
        for error in errors.schema_errors:
            check = str(getattr(error.check, "name", None))
            if check not in (*ROW_RULES, SOUND) or error.check_output is None:
                broken = f"feed {feed.name}, column {error.schema.name!r}: {error.reason_code} stopped the check"
                break
            failures.append((error.schema.name, check, error.check_output.to_series()))
    if broken:
        raise RuntimeError(broken)
    return failures


def _first_of_cell(faults: Iterable[pl.DataFrame]) -> pl.DataFrame:
    every = pl.concat([FAULTS.to_frame(), *faults])
    return every.unique(["row_number", "column"], keep="first", maintain_order=True) if every.height else every


def _faults(row_numbers: pl.Series, column: str, rule: str) -> pl.DataFrame:
    return pl.select(row_numbers.cast(pl.Int64).alias("row_number"), column=pl.lit(column), rule=pl.lit(rule))


def _rule_faults(rule: Ordered | InScale, typed: pl.DataFrame) -> pl.DataFrame:
    """The faults of a rule between two columns, where both cells are filled and sound."""
    if isinstance(rule, Ordered):
        wrong = typed[rule.first] > typed[rule.second]
        return _faults(typed["row_number"].filter(wrong.fill_null(False)), rule.second, "date_order")
    scale = typed[rule.scale]
    bounds = [scale.replace_strict(list(SCALES), [b[end] for b in SCALES.values()], default=None) for end in (0, 1)]
    wrong = (typed[rule.score] < bounds[0]) | (typed[rule.score] > bounds[1])
    return _faults(typed["row_number"].filter(wrong.fill_null(False)), rule.score, "score_out_of_scale")
