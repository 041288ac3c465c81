"""Judging rows: each cell by pandera on the raw text, then across columns, then across rows.

A row with a fault is rejected as a whole; a cell states the first of its faults. A record that is repeated
exactly is kept once; records that share a key and differ are all rejected, since none of them can be believed
(``duplicate_key``, at the first column of the key).
"""

from collections.abc import Iterable

import polars as pl

from schemas.checks import cell_schema
from schemas.codes import ROW_RULES, SCALES
from schemas.contract import Feed
from schemas.decode import cast
from schemas.table import FAULTS, Judged, RawTable
from schemas.terms import InScale, Ordered


def judge_rows(feed: Feed, table: RawTable) -> Judged:
    """Accept, reject or call a repetition each row of a table.

    ``table.rows`` must have the declared columns (`check_header`). No cell is in what this raises.
    """
    faults = [table.faults, cell_faults(feed, table.rows)]
    typed = cast(feed, table.rows)
    faults += [_rule_faults(rule, typed) for rule in feed.conditions]
    rejected = _first_of_cell(frame.select(FAULTS.names()).cast(FAULTS) for frame in faults)
    sound = _without(typed, rejected["row_number"])
    conflicting, repeated = _repetitions(feed, sound)
    rejected = pl.concat([rejected, _faults(conflicting, feed.key[0], "duplicate_key")])
    return Judged(
        accepted=_without(sound, pl.concat([conflicting, repeated])),
        rejected=rejected.sort("row_number", maintain_order=True),
        duplicates=repeated.sort(),
        received=table.received,
    )


def cell_faults(feed: Feed, rows: pl.DataFrame) -> pl.DataFrame:
    """The first fault of each faulty cell, as `FAULTS`."""
    from pandera.errors import SchemaErrors

    wrong: list[tuple[str, str, pl.Series]] = []
    broken = None
    try:
        cell_schema(feed).validate(rows, lazy=True)
    except SchemaErrors as errors:
        for error in errors.schema_errors:
            rule = str(getattr(error.check, "name", None))
            if rule not in ROW_RULES or error.check_output is None:
                broken = f"feed {feed.name}, column {error.schema.name!r}: {error.reason_code} stopped the check"
                break
            wrong.append((error.schema.name, rule, error.check_output.to_series()))
    if broken:
        raise RuntimeError(broken)
    found = [_faults(rows["row_number"].filter(~sound), column, rule) for column, rule, sound in wrong]
    return _first_of_cell([FAULTS.to_frame(), *found])


def _first_of_cell(faults: Iterable[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(faults).unique(["row_number", "column"], keep="first", maintain_order=True)


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


def _without(rows: pl.DataFrame, row_numbers: pl.Series) -> pl.DataFrame:
    if row_numbers.is_empty():
        return rows
    return rows.filter(~pl.col("row_number").is_in(row_numbers.implode()))


def _repetitions(feed: Feed, sound: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """Row numbers of records that share a key and differ, and of those that repeat an earlier one exactly.

    A hash finds the few candidates, so that the frame is not sorted or grouped; they are compared in full.
    """
    key = sound.select(pl.struct(feed.key).hash()).to_series()
    candidates = sound.filter(key.is_duplicated())
    content = [name for name in sound.columns if name != "row_number"]
    groups = candidates.group_by(feed.key).agg(
        pl.struct(content).n_unique().alias("versions"), pl.col("row_number").sort()
    )
    several = groups.filter(pl.col("row_number").list.len() > 1)
    conflicting = several.filter(pl.col("versions") > 1)["row_number"].explode()
    repeated = several.filter(pl.col("versions") == 1)["row_number"].list.slice(1).explode()
    return conflicting.drop_nulls().cast(pl.Int64), repeated.drop_nulls().cast(pl.Int64)
