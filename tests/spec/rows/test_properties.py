"""What holds for any text in any cell."""

from itertools import pairwise
from random import Random

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codes import ROW_RULES
from schemas.contract import Code, Date, Decimal, Integer, Ordered, Text
from schemas.measures import measure
from schemas.rows import judge_rows, judge_tables
from schemas.table import FAULTS, RawTable
from tests.schemas.small import feed, kept, table

HEADERS = ("number", "word", "count", "share", "from", "to", "kind")
ANYTHING = feed(
    kept("word", Text(4, "[a-z]+"), null=True),
    kept("count", Integer(0, 9), null=True),
    kept("share", Decimal(0, 1), null=True),
    kept("from", Date("%Y-%m-%d", "%m/%d/%Y %H:%M"), null=True),
    kept("to", Date(open_end="open"), null=True),
    kept("kind", Code({"A": "a", "None": "none"}), null=True),
    rules=(Ordered("from", "to"),),
)
SOUND = st.sampled_from(["1", "2", "0.5", "ab", "2024-02-29", "02/29/2024 23:59", "open", "A", "None", "2024-02-30"])
CELLS = st.one_of(st.none(), SOUND, st.text(max_size=6))
FEW = st.sampled_from(["1", "2"])
REPEATING = st.tuples(FEW, st.just("ab"), st.one_of(st.none(), FEW), *[st.none()] * (len(HEADERS) - 3))
TABLES = st.lists(st.one_of(st.tuples(*[CELLS] * len(HEADERS)), REPEATING), max_size=8)

few = settings(max_examples=60, deadline=None)


@few
@given(TABLES)
def test_every_row_is_accepted_or_rejected_or_a_duplicate(lines: list[tuple[str | None, ...]]) -> None:
    judged = judge_rows(ANYTHING, table(HEADERS, *lines))
    ends = [*judged.accepted["row_number"], *judged.rejected["row_number"].unique(), *judged.duplicates]
    assert sorted(ends) == list(range(2, len(lines) + 2))
    assert judged.received == len(lines)
    assert set(judged.rejected["rule"]) <= set(ROW_RULES)


@few
@given(TABLES, st.integers())
def test_the_order_of_the_rows_changes_no_verdict(lines: list[tuple[str | None, ...]], seed: int) -> None:
    shuffled = list(range(len(lines)))
    Random(seed).shuffle(shuffled)
    read = table(HEADERS, *lines)
    one, other = (
        judge_rows(ANYTHING, RawTable(rows, FAULTS.to_frame(), len(lines))) for rows in (read.rows, read.rows[shuffled])
    )
    assert sorted(one.rejected.rows()) == sorted(other.rejected.rows())
    assert sorted(one.accepted["row_number"]) == sorted(other.accepted["row_number"])
    assert one.duplicates.to_list() == other.duplicates.to_list()


@few
@given(TABLES)
def test_what_is_accepted_can_be_written_down_again(lines: list[tuple[str | None, ...]]) -> None:
    read = table(HEADERS, *lines)
    accepted = judge_rows(ANYTHING, read).accepted.join(read.rows, on="row_number", suffix=" text")
    for name in ("count", "share", "from"):
        assert accepted.filter(pl.col(name).is_null() != pl.col(f"{name} text").is_null()).is_empty()


@few
@given(TABLES, st.lists(st.integers(0, 8), max_size=3))
def test_however_a_file_is_cut_into_batches_the_same_is_said_of_each_row(
    lines: list[tuple[str | None, ...]], cuts: list[int]
) -> None:
    read = table(HEADERS, *lines)
    ends = [0, *sorted(min(cut, len(lines)) for cut in cuts), len(lines)]
    batches = [read.rows[start:end] for start, end in pairwise(ends)]
    whole = judge_rows(ANYTHING, read)
    cut = judge_tables(ANYTHING, (RawTable(rows, FAULTS.to_frame(), rows.height) for rows in batches))
    assert cut.accepted.equals(whole.accepted)
    assert cut.rejected.equals(whole.rejected)
    assert cut.duplicates.equals(whole.duplicates)
    assert measure(ANYTHING, cut) == measure(ANYTHING, whole)
