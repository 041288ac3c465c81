"""Repetitions across batches, also where hashes are no help or there are more candidates than are compared at once."""

import numpy as np
import polars as pl
import pytest

from schemas import repetitions, rows
from schemas.contract import Feed, Text
from schemas.repetitions import Hashes
from schemas.rows import judge_tables
from schemas.table import FAULTS, RawTable
from tests.schemas.small import feed, kept, table

WORDS = feed(kept("word", Text(10)))
LINES = [("1", "a"), ("2", "a"), ("3", "a"), ("1", "a"), ("2", "b"), ("4", "a"), ("1", "a"), ("2", "a")]


def batches() -> list[RawTable]:
    read = table(("number", "word"), *LINES).rows
    return [RawTable(read[start : start + 3], FAULTS.to_frame(), len(read[start : start + 3])) for start in (0, 3, 6)]


def check() -> None:
    judged = judge_tables(WORDS, batches())
    assert judged.accepted["row_number"].to_list() == [2, 4, 7]
    assert judged.duplicates.to_list() == [5, 8]
    assert judged.rejected.rows() == [(row, "number", "duplicate_key") for row in (3, 6, 9)]
    assert judged.received == judged.accepted_rows + judged.rejected_rows + len(judged.duplicates)


def test_the_first_of_equal_records_stays_and_contradictory_ones_go_in_whatever_batch() -> None:
    check()


def test_equal_hashes_decide_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def all_alike(_feed: Feed, of: pl.DataFrame) -> Hashes:
        return np.zeros(of.height, np.uint64)

    monkeypatch.setattr(rows, "key_hashes", all_alike)
    check()


def test_many_candidates_are_compared_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repetitions, "_AT_ONCE", 1)
    check()


def test_a_file_has_a_batch_at_least() -> None:
    with pytest.raises(ValueError, match="one batch at least"):
        judge_tables(WORDS, [])
