"""The linker on Spark finds what it finds on one machine, and leaves nothing behind. A real Spark, in local mode."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from identity import spark
from identity.blocks import block_keys
from identity.compare import PAIRS, settings
from identity.model import shipped
from identity.rehearsal import by_duckdb
from schemas.errors import SettingsError
from tests.identity.crowd import crowd

# pyspark leaves its sockets to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

KEY = b"k" * 32
PEOPLE = 2_500
UNCOMPRESSED = {
    "spark.shuffle.compress": "false",
    "spark.shuffle.spill.compress": "false",
    "spark.rdd.compress": "false",
}


@pytest.fixture(scope="module")
def java() -> None:
    """What a real Spark needs; CI installs it for these tests alone, since it is 400 MB."""
    pytest.importorskip("pyspark", reason="pyspark is not installed: pip install -e .[spark]")
    if shutil.which("java") is None:
        pytest.skip("Java 17 is not installed")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where a session puts its files: nothing is left there."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path
    assert list(tmp_path.iterdir()) == []


def in_clear(folder: Path) -> tuple[int, int]:
    """Files under a folder, and those of them in which a surname of the crowd stands."""
    names = [name.encode() for name in crowd(PEOPLE)[0]["surname"].drop_nulls().unique().to_list() if len(name) > 5]
    contents = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    return len(contents), sum(any(name in content for name in names) for content in contents)


def scored_twice(more: dict[str, str] | None = None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The scored pairs of a crowd by one machine and by Spark."""
    standard, truth = crowd(PEOPLE)
    keys = block_keys(standard, KEY, shipped()).select("identity_id", "block_key")
    strangers = truth.sort("person")["identity_id"].head(20)
    wanted = pl.DataFrame({"left_id": strangers.min(), "right_id": strangers.filter(strangers != strangers.min())})
    given = (standard, keys, wanted.cast(PAIRS), shipped())
    return by_duckdb(*given), spark.scorer("local[2]", more)(*given)


@pytest.mark.usefixtures("java")
def test_spark_scores_the_same_pairs_the_same_and_writes_nothing_in_clear(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[tuple[int, int]] = []
    predict = spark._predicted

    def look(*given: Any) -> pl.DataFrame:
        found = predict(*given)
        written.append(in_clear(folder))
        return found

    monkeypatch.setattr(spark, "_predicted", look)
    here, there = scored_twice(UNCOMPRESSED)
    both = here.join(there, on=list(PAIRS), suffix="_there")
    assert len(here) > PEOPLE * 0.9
    assert len(here) - len(both) + len(there) - len(both) <= 0.001 * len(here)
    assert (both["weight"] - both["weight_there"]).abs().max() == pytest.approx(0, abs=0.01)
    assert both.filter(pl.col("vetoed") != pl.col("vetoed_there")).is_empty()
    ((files, leaking),) = written
    assert files > 10
    assert leaking == 0


@pytest.mark.usefixtures("java")
def test_without_encryption_the_same_look_finds_names(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark, "ENCRYPTED", dict.fromkeys(spark.ENCRYPTED, "false"))
    standard, _ = crowd(PEOPLE)
    with spark.session("local[2]", UNCOMPRESSED) as session:
        session.createDataFrame(standard.to_arrow()).repartition(4).persist().count()
        _, leaking = in_clear(folder)
    assert leaking > 0


@pytest.mark.usefixtures("java")
def test_a_session_that_does_not_encrypt_is_not_used() -> None:
    from pyspark.sql import SparkSession

    plain = {"spark.ui.enabled": "false", "spark.io.encryption.enabled": "false"}
    other = SparkSession.builder.master("local[1]").config(map=plain).getOrCreate()
    try:
        with pytest.raises(SettingsError, match="does not encrypt"), spark.session("local[1]"):
            pass
    finally:
        other.stop()


def test_without_pyspark_it_is_said_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(SettingsError, match=r"pip install -e \.\[spark\]"), spark.session("local[1]"):
        pass


def test_no_word_of_duckdb_is_left_in_the_conditions_for_spark() -> None:
    of_duckdb = ("list_", "jaro_winkler_similarity", "[")
    here, there = settings(shipped()), spark.spark_settings(shipped())
    conditions = [
        level["sql_condition"] for comparison in there["comparisons"] for level in comparison["comparison_levels"]
    ]
    assert not [condition for condition in conditions if any(word in condition for word in of_duckdb)]
    assert len(conditions) == sum(len(comparison["comparison_levels"]) for comparison in here["comparisons"])


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("birth_date_l[6:7] = birth_date_r[9:10]", "substring(birth_date_l, 6, 2) = substring(birth_date_r, 9, 2)"),
        ("len(given_l) = 1 AND given_l[1] = given_r[1]",
         "length(given_l) = 1 AND substring(given_l, 1, 1) = substring(given_r, 1, 1)"),
        ("len(list_intersect(streets_l, streets_r)) >= 2", "size(array_intersect(streets_l, streets_r)) >= 2"),
        ("list_has_any(givens_l, surnames_r)", "arrays_overlap(givens_l, surnames_r)"),
    ],
)  # fmt: skip
def test_conditions_are_put_into_the_words_of_spark(here: str, there: str) -> None:
    assert spark.spark_sql(here) == there
