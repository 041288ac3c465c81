"""Restatement: which published numbers are others than at the publication before, and what took place in between.

The reasons are what happened between the two publications that can move numbers: they are what to look into, not how
much of the difference each of them made. To see that, compute the number anew within
`warehouse.snapshot.as_of.stand_as_of`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import polars as pl

from warehouse.snapshot.partitions import Manifest, scan

REASONS: Final[Mapping[str, str]] = {
    "new_file": "a delivery of a later day than its feed had told of",
    "late_file": "a delivery of a day that its feed had told of already, or of before",
    "correction": "a delivery that states records otherwise than before, takes some away, or replaces another",
    "relink": "subjects are other participants than before: new records, a reviewer's decision or a new model",
    "definition": "the definition of the number is another one",
    "contract": "a contract says otherwise what a feed tells, or how late a fact can reach it",
    "expungement": "restated by order: rows that were published are gone",
}
RESTATEMENT: Final = pl.Schema({
    "source": pl.String(), "study": pl.String(), "outcome": pl.String(), "window_months": pl.Int32(),
    "part": pl.String(), "measure": pl.String(), "before": pl.Float64(), "after": pl.Float64(), "reasons": pl.String(),
    "before_publication": pl.Int64(), "after_publication": pl.Int64(),
})  # fmt: skip
COLUMNS: Final[Mapping[str, str]] = {
    "source": "The table that has the number",
    "study": "The study; empty where the number is of none",
    "outcome": "Which outcome",
    "window_months": "Length of the window, calendar months; empty where the number has none",
    "part": "Which number of these: the table's other keys, as name=value",
    "measure": "The column that has the number",
    "before": "What the publication before said; empty where it said nothing",
    "after": "What this publication says; empty where it says nothing any more",
    "reasons": "What took place in between that can move it, separated by blanks",
    "before_publication": "Number of the publication before",
    "after_publication": "Number of this publication",
}

_COUNTED: Final = ("n", "observable", "events", "competing", "rate", "cumulative_incidence")
_OWN: Final = ("study", "outcome", "window_months")


@dataclass(frozen=True)
class _Numbers:
    """A table of numbers: what tells them apart, and which columns hold them."""

    keys: tuple[str, ...]
    measures: tuple[str, ...]


NUMBERS: Final[Mapping[str, _Numbers]] = {
    "outcome_rate": _Numbers(("index_kind", "outcome", "window_months", "stratum_kind", "stratum"), _COUNTED),
    "study_rate": _Numbers(
        ("study", "threshold", "arm", "stratum_kind", "stratum", "outcome", "window_months", "basis"), _COUNTED
    ),
    "study_effect": _Numbers(
        ("study", "outcome", "threshold", "method", "term", "estimand"), ("ratio", "ratio_low", "ratio_high", "persons")
    ),
}
_NEAR: Final = 1e-9
"""Sums of floats differ in their last digits with the number of threads: that is no restatement."""


def restate(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    before: Manifest | None,
    now: Manifest,
    publications: pl.DataFrame,
) -> pl.DataFrame:
    """The table ``restatement``, schema `RESTATEMENT`: every number that is another than at the publication before.

    ``publications`` as `held.publications`: the last is this one. The connection has the tables of this publication.
    Without a publication before it under the same key there is nothing to restate; a study that was not published
    then restates nothing either.
    """
    known = publications.filter(pl.col("version") == (before.version if before else ""))
    if before is None or known.is_empty():
        return RESTATEMENT.to_frame()
    former, this = known.row(0, named=True), publications.row(-1, named=True)
    changed = [_changed(connection, folder, name, before, now) for name in NUMBERS]
    rows = pl.concat([_ROWS.to_frame(), *changed])
    reasons = _reasons(connection, former["publication"], before, now)
    other = _redefined(connection, folder, before, now)
    if former["definition"] != this["definition"]:
        other |= {None}
    defined = pl.col("study").is_in(list(other), nulls_equal=True)
    told = pl.when(defined).then(pl.lit(_joined({*reasons, "definition"}))).otherwise(pl.lit(_joined(reasons)))
    return rows.select(
        *_ROWS, told.alias("reasons"), pl.lit(former["publication"]).alias("before_publication"),
        pl.lit(this["publication"]).alias("after_publication"),
    ).select(list(RESTATEMENT)).cast(RESTATEMENT)  # fmt: skip


_ROWS: Final = pl.Schema({name: RESTATEMENT[name] for name in list(RESTATEMENT)[:8]})


def _joined(reasons: set[str]) -> str:
    return " ".join(reason for reason in REASONS if reason in reasons)


def _changed(
    connection: duckdb.DuckDBPyConnection, folder: Path, name: str, before: Manifest, now: Manifest
) -> pl.DataFrame:
    """The numbers of a table that differ, schema `_ROWS`."""
    if not before.files(name) or not now.files(name):
        return _ROWS.to_frame()
    numbers = NUMBERS[name]
    was = _long(connection, folder, before.files(name), numbers, "before")
    is_ = _long(connection, folder, now.files(name), numbers, "after")
    both = was.join(is_, on=[*numbers.keys, "measure"], how="full", coalesce=True, nulls_equal=True)
    if "study" in numbers.keys:
        both = both.filter(pl.col("study").is_in(was["study"].unique().to_list()))
    near = (pl.col("before") - pl.col("after")).abs() <= _NEAR * pl.col("after").abs()
    same = pl.col("before").eq_missing(pl.col("after")) | near.fill_null(False)
    part = pl.concat_str(
        [pl.format(f"{key}={{}}", pl.col(key)) for key in numbers.keys if key not in _OWN], separator="; ",
        ignore_nulls=True,
    )  # fmt: skip
    given = both.filter(~same).with_columns(source=pl.lit(name), part=part)
    return pl.concat([_ROWS.to_frame(), given], how="diagonal_relaxed").select(list(_ROWS)).cast(_ROWS)


def _long(
    connection: duckdb.DuckDBPyConnection, folder: Path, files: list[str], numbers: _Numbers, when: str
) -> pl.DataFrame:
    """The numbers of a published table, one a row, in column ``when``."""
    table = connection.execute(f"FROM {scan(folder, files)}").pl()
    measures = [name for name in numbers.measures if name in table.columns]
    return table.select(*numbers.keys, pl.col(measures).cast(pl.Float64)).unpivot(
        measures, index=list(numbers.keys), variable_name="measure", value_name=when
    )


_FILES: Final = """
WITH told AS (
    SELECT feed, max(as_of) FILTER (WHERE publication <= $former) AS until FROM ledger.extract
    WHERE state = 'loaded' GROUP BY feed
)
SELECT bool_or(told.until IS NULL OR one.as_of > told.until) AS new_file,
       bool_or(one.as_of <= told.until) AS late_file,
       bool_or(one.supersedes IS NOT NULL OR shown.records_changed + shown.records_gone > 0) AS correction
FROM ledger.extract AS one JOIN told USING (feed) JOIN extract AS shown USING (extract_id)
WHERE one.state = 'loaded' AND one.publication > $former
"""
_RELINKED: Final = """
SELECT EXISTS (FROM timeline.link_history WHERE replaced > $former) OR EXISTS (
    SELECT 1 FROM timeline.link AS joined
    WHERE joined.publication > $former AND joined.subject_id IN (
        SELECT moment.subject_id FROM (
            SELECT subject_id, extract_id FROM timeline.event UNION ALL SELECT subject_id, extract_id FROM timeline.span
        ) AS moment JOIN ledger.extract AS held USING (extract_id) WHERE held.publication <= $former)
    AND joined.subject_id NOT IN (SELECT subject_id FROM timeline.link_history))
"""
_TERMS: Final = "SELECT EXISTS (FROM ledger.feed_term WHERE publication > $former OR replaced > $former)"


def _reasons(connection: duckdb.DuckDBPyConnection, former: int, before: Manifest, now: Manifest) -> set[str]:
    """What took place since publication ``former``."""
    cursor = connection.execute(_FILES, {"former": former})
    names = [column[0] for column in cursor.description]
    found = {name for name, holds in zip(names, cursor.fetchall()[0], strict=True) if holds}
    for name, query in (("relink", _RELINKED), ("contract", _TERMS)):
        if connection.execute(query, {"former": former}).fetchall()[0][0]:
            found.add(name)
    return found | ({"expungement"} if _expunged(before, now) else set())


def _expunged(before: Manifest, now: Manifest) -> bool:
    """Whether an extract that was published is there no more, or with fewer rows: loaded rows never change."""
    there = {(part.table, part.extract_id): part.rows for part in now.partitions}
    return any(
        there.get((part.table, part.extract_id), -1) < part.rows
        for part in before.partitions
        if part.extract_id is not None
    )


def _redefined(connection: duckdb.DuckDBPyConnection, folder: Path, before: Manifest, now: Manifest) -> set[str | None]:
    """The studies that are defined otherwise than before."""
    if not before.files("study") or not now.files("study"):
        return set()
    was, is_ = (scan(folder, manifest.files("study")) for manifest in (before, now))
    query = f"SELECT old.study FROM {was} AS old JOIN {is_} AS new USING (study) WHERE old.definition <> new.definition"
    return {study for (study,) in connection.execute(query).fetchall()}
