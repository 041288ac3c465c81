"""The city's bytes through the real readers and rules: what was planted is found, and nothing else."""

from functools import lru_cache
from pathlib import Path

import polars as pl
import pytest

from bench.city import City, File, Truth, write
from connectors.readers import read
from schemas.decode import check_header
from schemas.rows import judge_rows


@lru_cache
def city() -> City:
    return City.generate(500, seed=11)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("city")
    write(city(), root)
    return root


def of_file(rows: pl.DataFrame, file: File) -> pl.DataFrame:
    return rows.filter((pl.col("agency") == file.feed.agency) & (pl.col("file") == file.name))


@pytest.mark.parametrize("file", city().files, ids=lambda file: file.name)
def test_exactly_the_planted_faults_are_rejected_in_the_written_file(file: File, folder: Path) -> None:
    truth: Truth = city().truth
    content = (folder / file.feed.agency / file.name).read_bytes()

    table = read(content, file.feed.format)
    check_header(file.feed, table.rows.columns[1:])
    judged = judge_rows(file.feed, table)

    planted = of_file(truth.errors, file).select("row_number", "column", "rule")
    assert sorted(judged.rejected.rows(), key=str) == sorted(planted.rows(), key=str)
    assert judged.duplicates.to_list() == of_file(truth.duplicates, file)["row_number"].to_list()
    assert judged.received == len(of_file(truth.rows, file))
    assert len(judged.accepted) + judged.rejected_rows + len(judged.duplicates) == judged.received
