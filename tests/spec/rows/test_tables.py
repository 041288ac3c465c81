"""Rules across columns and across rows; what is counted; and that no value gets out."""

import traceback

import polars as pl
import pytest

from schemas.checks import cell_schema, row_schema, with_values
from schemas.codes import ROW_RULES
from schemas.contract import Code, Date, Decimal, Event, InScale, Integer, Ordered, Span, Text
from schemas.decode import cast
from schemas.rows import judge_rows
from schemas.table import FAULTS, RawTable
from tests.schemas.small import feed, kept, table

START, END = kept("start", Date(), null=True), kept("end", Date(open_end="open"), null=True)
SPANS = feed(START, END, rules=(Ordered("start", "end"),))
SCALE, SCORE = kept("scale", Code({"who": "WHO-5", "peer": "BARC-10"})), kept("score", Decimal(0, 100), null=True)
SCORES = feed(SCALE, SCORE, rules=(InScale("scale", "score"),))
WORDS = feed(kept("word", Text(10)), kept("count", Integer(), null=True))


@pytest.mark.parametrize(
    ("start", "end", "faults"),
    [
        ("2024-01-01", "2024-01-02", []),
        ("2024-01-01", "2024-01-01", []),
        ("2024-01-02", "2024-01-01", [(2, "end", "date_order")]),
        ("2024-01-02", "open", []),
        (None, "2024-01-01", []),
        ("2024-01-32", "2024-01-01", [(2, "start", "not_a_date")]),
    ],
)
def test_dates_are_in_order_where_both_are_there(start: str | None, end: str, faults: list[object]) -> None:
    judged = judge_rows(SPANS, table(("number", "start", "end"), ("1", start, end)))
    assert judged.rejected.rows() == faults


def test_no_span_ends_before_it_starts_even_where_the_contract_states_no_rule() -> None:
    stays = feed(START, END, timeline=(Span("custody", start="start", end="end"), Event("service", date="day")))
    lines = [("1", "2024-01-02", "2024-01-01"), ("2", "2024-01-01", "2024-01-01"), ("3", "2024-01-01", "open")]
    judged = judge_rows(stays, table(("number", "start", "end"), *lines))
    assert judged.rejected.rows() == [(2, "end", "date_order")]


@pytest.mark.parametrize(
    ("scale", "score", "faults"),
    [
        ("who", "25", []),
        ("who", "26", [(2, "score", "score_out_of_scale")]),
        ("peer", "9", [(2, "score", "score_out_of_scale")]),
        ("peer", "60", []),
        ("who", None, []),
        ("who", "101", [(2, "score", "out_of_range")]),
        ("what", "99", [(2, "scale", "unknown_code")]),
    ],
)
def test_a_score_lies_in_its_scale(scale: str, score: str | None, faults: list[object]) -> None:
    judged = judge_rows(SCORES, table(("number", "scale", "score"), ("1", scale, score)))
    assert judged.rejected.rows() == faults


def test_an_exact_repetition_is_a_duplicate_and_the_first_one_stays() -> None:
    judged = judge_rows(WORDS, table(("number", "word", "count"), *[("1", "a", "1")] * 3, ("2", "a", "1")))
    assert judged.accepted["row_number"].to_list() == [2, 5]
    assert judged.duplicates.to_list() == [3, 4]
    assert judged.rejected.is_empty()


def test_records_that_share_a_key_and_differ_are_all_rejected() -> None:
    lines = [("1", "a", "1"), ("1", "a", "1"), ("1", "b", "1"), ("2", "a", None)]
    judged = judge_rows(WORDS, table(("number", "word", "count"), *lines))
    assert judged.rejected.rows() == [(row, "number", "duplicate_key") for row in (2, 3, 4)]
    assert judged.accepted["row_number"].to_list() == [5]
    assert judged.duplicates.is_empty()


def test_a_rejected_row_takes_no_other_with_it() -> None:
    judged = judge_rows(WORDS, table(("number", "word", "count"), ("1", "a", "1"), ("1", "a", "x")))
    assert judged.accepted["row_number"].to_list() == [2]
    assert judged.rejected.rows() == [(3, "count", "not_a_number")]


def test_a_row_with_several_faults_is_one_rejected_row() -> None:
    judged = judge_rows(WORDS, table(("number", "word", "count"), (None, "far too long", "x")))
    assert judged.rejected_rows == 1
    assert {(column, rule) for _, column, rule in judged.rejected.rows()} == {
        ("number", "missing"), ("word", "too_long"), ("count", "not_a_number"),
    }  # fmt: skip


def test_received_is_accepted_and_rejected_and_duplicate() -> None:
    lines = [("1", "a", "1"), ("1", "a", "1"), ("2", "b", "x"), ("3", "c", "1"), ("3", "d", "1"), ("4", "e", None)]
    read = table(("number", "word", "count"), *lines)
    broken = pl.DataFrame([(8, None, "field_count"), (9, None, "nul_byte")], schema=FAULTS, orient="row")
    judged = judge_rows(WORDS, RawTable(read.rows, broken, len(lines) + 2))
    assert judged.received == judged.accepted.height + judged.rejected_rows + len(judged.duplicates)
    assert judged.rejected_rows == 5


def test_no_row_at_all_is_no_fault() -> None:
    judged = judge_rows(WORDS, table(("number", "word", "count")))
    assert (judged.received, judged.accepted.height, judged.rejected_rows, len(judged.duplicates)) == (0, 0, 0, 0)
    assert judged.accepted.schema["count"] == pl.Int64()
    assert judged.rejected.schema == FAULTS


def test_the_order_of_the_columns_in_the_file_is_free() -> None:
    judged = judge_rows(WORDS, table(("count", "word", "number"), ("3", "a", "1")))
    assert judged.accepted.rows() == [(2, "1", "a", 3, None)]


def test_headers_may_look_like_patterns() -> None:
    odd = feed(kept("a.*$", Text(2)), kept("b|(c)", Date()))
    judged = judge_rows(odd, table(("number", "a.*$", "b|(c)"), ("1", "xyz", "2024-01-01"), ("2", "x", "?")))
    assert judged.rejected.rows() == [(2, "a.*$", "too_long"), (3, "b|(c)", "not_a_date")]


def test_pandera_keeps_no_value_in_its_errors() -> None:
    from pandera.errors import SchemaErrors

    rows = table(("number", "word", "count"), ("1", "CANARY-4711", "CANARY-4712")).rows
    looked_at = with_values(WORDS, rows, cast(WORDS, rows))
    for schema in (row_schema(WORDS), cell_schema(WORDS)):
        with pytest.raises(SchemaErrors) as raised:
            schema.validate(looked_at, lazy=True)
        text = "".join(traceback.format_exception(raised.value)) + str(raised.value.failure_cases)
        assert "CANARY" not in text


def test_a_check_that_cannot_run_raises_without_a_value() -> None:
    rows = table(("number", "word"), ("1", "CANARY-4711")).rows
    with pytest.raises(RuntimeError) as raised:
        judge_rows(WORDS, RawTable(rows, FAULTS.to_frame(), 1))
    assert "CANARY" not in "".join(traceback.format_exception(raised.value))


def test_every_rule_has_a_meaning_for_the_receipt() -> None:
    assert all(meaning[0].islower() and rule.islower() for rule, meaning in ROW_RULES.items())
