"""Before and after of real agencies' shapes (Recidiviz/pulse-data): our differences are the published ones.

There a table keeps each delivery's changes, with the records it ended marked as deleted; a file "diffs against" what
the table holds when it arrives. So each delivery here is as of the day after the one before it.
"""

import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import Engine, text

from connectors.readers import read
from schemas.contract import Column, Delimited, Delta, Feed, FileDate, Full, Key, NoSubject, Text, UpTo
from schemas.deletion import deleted_rows
from schemas.difference import Difference
from schemas.rows import judge_rows
from schemas.terms import Deleted
from tests.warehouse.store.deliveries import CONTACTS, NO_FAULTS, SINCE, hour
from warehouse.store.ledger import Counts, Ledger
from warehouse.store.load import load

SHARED = os.environ.get("THROUGHCARE_SHARED")
pytestmark = pytest.mark.skipif(SHARED is None, reason="THROUGHCARE_SHARED is not set: the pairs are elsewhere")
PAIRS = Path(SHARED or "") / "data/agency_shapes/ingest/direct/raw_data"
PLAIN = Delimited()


@dataclass(frozen=True)
class Pair:
    """Which columns make the key, which others are compared, and how the new file differs in form."""

    key: tuple[str, ...]
    values: tuple[str, ...]
    kind: str = "full"
    renamed: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    format: Delimited = PLAIN


THREE = ("primary_key_1", "primary_key_2", "primary_key_3")
DIFFS = {
    "singlePrimaryKey": Pair(("primary_key",), ("value",)),
    "multipleColPrimaryKeyHistoricalManyIsDeleted": Pair(THREE, ("value",)),
    "incrementalFile": Pair(("col_name_1a", "col_name_1b"), ("undocumented_column",), "delta"),
    "renamedColumn": Pair(("COL1",), ("COL2",), "delta", {"COL1": "OLD_COL1"}),
    "columnHistory": Pair(("COL1",), ("COL2",), unused=("COL3", "COL4")),
}
UNCOMPARED = {
    "no_migrations_single_iso_8859_file": "each row has one field more than the header: rejected, row by row",
    "migration_depends_on_transforms": "its output is what hand-written SQL made of the file",
}
LOADS = {
    "added_primary_key_after_addition": Pair(("COL1", "COL2"), ("COL3",)),
    "added_primary_key_before_addition": Pair(("COL1", "COL2"), ("COL3",), missing=("COL2",)),
    "historical_diff_depends_on_transform": Pair(THREE, ("value",)),
    "renamed_primary_key": Pair(("COL1",), ("COL2",), renamed={"COL1": "OLD_COL1"}),
    "no_migrations_no_changes_single_file": Pair(("primary_key",), ("value",)),
    "no_migrations_windows_file": Pair(("PRIMARY_COL1",), ("COL2",), format=Delimited(separator="|")),
}


def contract(pair: Pair, format: Delimited, new: bool) -> Feed:
    """Of the published table, in which a record is stated once a file; or of the file that an agency sent."""
    names = {name: pair.renamed.get(name, name) if new else name for name in (*pair.key, *pair.values)}
    own = () if new else ("file_id",)
    key = (*own, *(names[name] for name in pair.key if not (new and name in pair.missing)))
    others = (*(names[name] for name in pair.values), *(() if new else ("is_deleted",)))
    keys = [
        Column(name, Text(), "Part of the key", Key("a.record", part=part), null=name in pair.missing)
        for part, name in enumerate(key, 1)
    ]
    values = [Column(name, Text(), "A value", Key(f"a.{name}"), null=True) for name in others]
    return Feed(
        name="pair", title="A pair", agency="a", agreement="metro-2025", files="{date:%Y%m%d}.csv", format=format,
        delivery=Full("week") if pair.kind == "full" else Delta("week"), coverage=UpTo(FileDate(), since=SINCE),
        subject=NoSubject(), key=key, columns=(*keys, *values), timeline=(),
        unused=("update_datetime", *pair.unused, *(("file_id", "is_deleted") if new else ())),
        deleted=None if new else Deleted("is_deleted", ("true", "True")),
    )  # fmt: skip


def rows(pair: Pair, path: Path, format: Delimited = PLAIN, *, new: bool = False) -> pl.DataFrame:
    """The accepted rows of a file, under the names that the published table has, with whether each is deleted."""
    feed = contract(pair, format, new)
    judged = judge_rows(feed, read(path.read_bytes(), format))
    assert judged.rejected.height == 0, judged.rejected
    gone = deleted_rows(feed, judged.accepted)
    told = judged.accepted.with_columns(deleted=pl.lit(False) if gone is None else gone)
    if new:
        told = told.rename({now: name for name, now in pair.renamed.items()})
        told = told.with_columns(pl.lit("").alias(name) for name in pair.missing)
    return told.with_columns(pl.col(*pair.key, *pair.values).fill_null("").str.strip_chars())


def content(pair: Pair, told: pl.DataFrame) -> pl.DataFrame:
    said = pl.concat_str(*pair.key, *pair.values, separator="|")
    key = pl.concat_str(*pair.key, separator="|").hash(7).reinterpret(signed=True)
    return told.select(
        pl.int_range(2, pl.len() + 2).alias("row_number"), key.alias("source_key"), "deleted",
        said.hash(8).reinterpret(signed=True).alias("version"), pl.lit(None, pl.Int64).alias("subject_id"),
        pl.lit(SINCE).alias("Day"), said.alias("Result"),
    )  # fmt: skip


def deliver(engine: Engine, pair: Pair, told: pl.DataFrame, kind: str) -> Difference | None:
    ledger = Ledger(engine)
    place = len(ledger.extracts()) + 1
    ledger.register("a", CONTACTS.name, f"{place:064d}", 1, hour(place))
    claimed = ledger.claim("test", 60)
    assert claimed is not None
    day, counts = dt.date(2026, 1, place), Counts(received=told.height, loaded=told.height)
    return load(
        engine, claimed, CONTACTS, content(pair, told), counts, NO_FAULTS, None, day, (SINCE, day), {}, delivery=kind
    )


def current(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.scalars(text("SELECT code FROM warehouse.event")))


def changes(pair: Pair, diff: pl.DataFrame, deleted: bool) -> set[str]:
    chosen = diff.filter(pl.col("deleted") == deleted)
    names = pair.key if deleted else (*pair.key, *pair.values)
    return set(chosen.select(pl.concat_str(*names, separator="|").alias("said"))["said"])


def check(engine: Engine, pair: Pair, before: pl.DataFrame, new: pl.DataFrame, published: pl.DataFrame) -> None:
    """Deliver what the table held, file by file, then the new file; compare what changed with what is published."""
    for (_,), file in before.group_by("file_id", maintain_order=True):
        deliver(engine, pair, file, "delta")
    was = current(engine)
    found = deliver(engine, pair, new, pair.kind)
    now = current(engine)
    keys = [{"|".join(said.split("|")[: len(pair.key)]) for said in state} for state in (was, now)]
    told, ended = changes(pair, published, deleted=False), changes(pair, published, deleted=True)
    assert now - was == told
    assert keys[0] - keys[1] == ended
    assert found is not None
    assert (found.new + found.changed, found.gone, found.same) == (len(told), len(ended), new.height - len(told))


@pytest.mark.parametrize("name", DIFFS)
def test_a_difference_is_the_published_one(engine: Engine, name: str) -> None:
    pair, folder = DIFFS[name], PAIRS / "raw_data_diff_fixtures" / name
    before, published = rows(pair, folder / "existing_raw_data.csv"), rows(pair, folder / "expected_diff.csv")
    check(engine, pair, before, rows(pair, folder / "new_raw_data.csv", new=True), published)


@pytest.mark.parametrize("name", LOADS)
def test_a_file_changes_what_it_is_published_to_change(engine: Engine, name: str) -> None:
    pair, folder = LOADS[name], PAIRS / "load_manager_fixtures" / name
    (seed,), (after,), (sent,) = (
        folder.glob(f"*_{part}.csv") for part in ("append_table_seed", "append_table_output", "load_input")
    )
    before, table = rows(pair, seed), rows(pair, after)
    new = rows(pair, sent, pair.format, new=True)
    check(engine, pair, before, new, table.slice(before.height))


def test_every_pair_is_compared_or_says_why_not() -> None:
    assert {folder.name for folder in (PAIRS / "raw_data_diff_fixtures").iterdir()} == set(DIFFS)
    assert {folder.name for folder in (PAIRS / "load_manager_fixtures").iterdir()} == {*LOADS, *UNCOMPARED}
