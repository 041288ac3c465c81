"""The SQL of the shipped studies on a real Spark in local mode, over the same Parquet files: equal rows."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.warehouse.study.towns import town
from warehouse.study import spark
from warehouse.study.catalogue import studies
from warehouse.study.compile import compiled
from warehouse.study.workspace import Workspace

# pyspark leaves its sockets to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

BASE = ("event", "span", "participant", "coverage")
COMPARED = ("cohort", "followed", "outcome_row", "risk_row", "street")
"""Steps whose rows are compared: who is counted, how long, what came of it, time at risk, time on the street."""


@pytest.fixture(scope="module")
def java() -> None:
    """What a real Spark needs; CI installs it for these tests alone, since it is 400 MB."""
    pytest.importorskip("pyspark", reason="pyspark is not installed: pip install -e .[spark]")
    if shutil.which("java") is None:
        pytest.skip("Java 17 is not installed")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables of a town as Parquet files."""
    folder = tmp_path_factory.mktemp("parquet")
    with town(200) as connection:
        for table in BASE:
            connection.execute(f"COPY {table} TO '{folder / table}.parquet' (FORMAT parquet)")
    return folder


@pytest.fixture(scope="module")
def session(java: None, files: Path) -> Iterator[Any]:
    from pyspark.sql import SparkSession

    quiet = {
        "spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "2", "spark.log.level": "OFF",
        "spark.default.parallelism": "2", "spark.sql.catalogImplementation": "in-memory",
        "spark.local.dir": str(files / "spark"), "spark.sql.adaptive.enabled": "false",
    }  # fmt: skip
    opened = SparkSession.builder.master("local[2]").config(map=quiet).getOrCreate()
    for table in BASE:
        opened.read.parquet(str(files / f"{table}.parquet")).createOrReplaceTempView(table)
    yield opened
    opened.stop()


@pytest.mark.parametrize("name", sorted(studies()))
def test_spark_finds_the_same_rows(name: str, session: Any, files: Path) -> None:
    steps = compiled(studies()[name])
    with duckdb.connect() as connection:
        for table in BASE:
            connection.execute(f"CREATE VIEW {table} AS FROM '{files / table}.parquet'")
        Workspace(connection).make(steps)
        here = {step: connection.execute(f"FROM {step}").pl() for step in COMPARED}
    spark.make(session, steps)
    there = {step: pl.from_arrow(session.sql(f"SELECT * FROM {step}").toArrow()) for step in COMPARED}
    assert here["outcome_row"].height > 0
    for step in COMPARED:
        assert_frame_equal(_plain(here[step]), _plain(there[step]), check_row_order=False, check_dtypes=False)


def _plain(frame: Any) -> pl.DataFrame:
    """Whole numbers of one size, in an order of their own."""
    table: pl.DataFrame = frame.with_columns(pl.selectors.integer().cast(pl.Int64))
    return table.sort(table.columns)


def test_the_sql_for_spark_has_no_word_that_only_duckdb_has() -> None:
    for study in studies().values():
        for step in compiled(study):
            text = step.sql("spark")
            assert "QUALIFY" not in text, step.name
            assert "->>" not in text, step.name
