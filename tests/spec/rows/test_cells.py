"""Drawn: what a cell holds, and the rule it breaks or the value it has."""

import datetime as dt
from typing import Any

import pytest

from schemas.contract import Code, Column, Date, Decimal, Drop, Identify, Integer, Key, Text
from schemas.rows import ROW_RULES
from tests.schemas.small import cell, kept

US = Date("%m/%d/%Y", open_end="12/31/9999")
TIMED = Date("%b %e %Y %I:%M:%S:000%p")
TWO = Date("%m/%d/%Y", "%m/%d/%y")
COURT = Code({"Guilty Plea": "GP", "Dism.": "ND"})
NULL = object()

CELLS: list[tuple[Any, str | None, Any]] = [
    (Text(5), "Smith", "Smith"),
    (Text(5), "None", "None"),
    (Text(5), "NULL", "NULL"),
    (Text(5), "NA", "NA"),
    (Text(5), "00012", "00012"),
    (Text(5), "Łukaś", "Łukaś"),
    (Text(5), " ab ", " ab "),
    (Text(20), '=cmd|"x"', '=cmd|"x"'),
    (Text(5), None, "missing"),
    (Text(5), "", "missing"),
    (Text(5), "   ", "missing"),
    (Text(5), "Smiths", "too_long"),
    (Text(5), "ab\n", "control_character"),
    (Text(5), "a\x07b", "control_character"),
    (Text(5), "a\u2028b", "control_character"),
    (Text(9, "[0-9]{3}"), "123", "123"),
    (Text(9, "[0-9]{3}"), "1234", "pattern"),
    (Text(9, "[0-9]{3}"), "x123", "pattern"),
    (Text(9, "[0-9]{3}"), "123\n", "control_character"),
    (Text(9, "[0-9]{3}"), "١٢٣", "pattern"),
    (Text(9, "JR|SR"), "JR", "JR"),
    (Text(9, "JR|SR"), "JRSR", "pattern"),
    (Integer(1, 99), "1", 1),
    (Integer(1, 99), "007", 7),
    (Integer(1, 99), "99", 99),
    (Integer(), "-12", -12),
    (Integer(1, 99), "100", "out_of_range"),
    (Integer(1, 99), "0", "out_of_range"),
    (Integer(), "99999999999999999999", "out_of_range"),
    (Integer(), "1.0", "not_a_number"),
    (Integer(), "1,000", "not_a_number"),
    (Integer(), "+1", "not_a_number"),
    (Integer(), " 1", "not_a_number"),
    (Integer(), "1\n", "not_a_number"),
    (Integer(), "１", "not_a_number"),
    (Integer(), "٣", "not_a_number"),
    (Integer(), "1e3", "not_a_number"),
    (Integer(), None, "missing"),
    (Decimal(0, 10), "2.50", 2.5),
    (Decimal(0, 10), ".5", 0.5),
    (Decimal(0, 10), "10", 10.0),
    (Decimal(), "-1.5", -1.5),
    (Decimal(0, 10), "10.01", "out_of_range"),
    (Decimal(0, 10), "-0.1", "out_of_range"),
    (Decimal(), "1" + "0" * 400, "out_of_range"),
    (Decimal(), "2,5", "not_a_number"),
    (Decimal(), "nan", "not_a_number"),
    (Decimal(), "inf", "not_a_number"),
    (Decimal(), "1e3", "not_a_number"),
    (Decimal(), "2.5\n", "not_a_number"),
    (Date(), "2024-02-29", dt.date(2024, 2, 29)),
    (Date(), "2023-02-29", "not_a_date"),
    (Date(), "2024-2-30", "not_a_date"),
    (Date(), "2024-2-3", "not_a_date"),
    (Date(), "2024-02-03 ", "not_a_date"),
    (Date(), "2024-02-03\n", "not_a_date"),
    (Date(), "2024-02-03T00:00", "not_a_date"),
    (Date(), "٢٠٢٤-02-03", "not_a_date"),
    (Date(), "03-11-21", "not_a_date"),
    (Date(), "1850-01-01", dt.date(1850, 1, 1)),
    (Date(), "0204-02-03", "not_a_date"),
    (Date(), "9999-12-31", "not_a_date"),
    (US, "01/02/2024", dt.date(2024, 1, 2)),
    (US, "12/31/9999", NULL),
    (US, "1/2/24", "not_a_date"),
    (US, "1/2/2024", "not_a_date"),
    (US, "13/01/2024", "not_a_date"),
    (TWO, "01/02/24", dt.date(2024, 1, 2)),
    (TWO, "01/02/2024", dt.date(2024, 1, 2)),
    (Date("%Y%m%d"), "20240229", dt.date(2024, 2, 29)),
    (Date("%Y%m%d"), "20230229", "not_a_date"),
    (Date("%d-%b-%y"), "05-Jan-24", dt.date(2024, 1, 5)),
    (Date("%d-%b-%y"), "05-JAN-24", dt.date(2024, 1, 5)),
    (Date("%d-%b-%y"), "5-Jan-24", "not_a_date"),
    (TIMED, "Jan  1 2020 12:00:00:000AM", dt.date(2020, 1, 1)),
    (TIMED, "Jan 32 2020 12:00:00:000AM", "not_a_date"),
    (Date("%Y-%m-%d %H:%M:%S.0000000"), "2020-01-02 00:00:00.0000000", dt.date(2020, 1, 2)),
    (COURT, "Guilty Plea", "GP"),
    (COURT, "guilty plea", "unknown_code"),
    (COURT, "GP", "unknown_code"),
    (COURT, "Dism", "unknown_code"),
    (COURT, None, "missing"),
]


@pytest.mark.parametrize(("type", "text", "expected"), CELLS)
def test_a_cell_has_a_value_or_breaks_one_rule(type: Any, text: str | None, expected: Any) -> None:
    judged = cell(kept("cell", type), text)
    if expected in ROW_RULES:
        assert judged.rejected.rows() == [(2, "cell", expected)]
        assert judged.accepted.is_empty()
    else:
        assert judged.rejected.is_empty()
        assert judged.accepted["cell"].to_list() == [None if expected is NULL else expected]


@pytest.mark.parametrize("type", [Text(5), Text(5, "[0-9]"), Integer(1, 9), Decimal(1, 9), Date(), COURT])
def test_an_empty_cell_that_may_be_empty_breaks_no_rule(type: Any) -> None:
    assert cell(kept("cell", type, null=True), None).accepted["cell"].to_list() == [None]


def test_a_code_that_is_kept_has_the_agencys_text_beside_it() -> None:
    assert cell(kept("cell", COURT), "Dism.").accepted["cell (raw)"].to_list() == ["Dism."]


def test_a_code_that_only_identifies_has_no_text_beside_it() -> None:
    column = Column("Sex", Code({"m": "M"}), "Sex", Identify("sex"))
    from schemas.contract import EachRow, Feed
    from schemas.rows import judge_rows
    from tests.schemas.small import feed, table

    about_people: Feed = feed(column, subject=EachRow())
    judged = judge_rows(about_people, table(("number", "Sex"), ("1", "m")))
    assert judged.accepted.columns == ["row_number", "number", "Sex", "day"]


def test_a_dropped_cell_is_neither_judged_nor_passed_on() -> None:
    judged = cell(Column("notes", Text(3), "Free text", Drop()), "far too long\x07")
    assert judged.accepted.columns == ["row_number", "number", "day"]
    assert judged.rejected.is_empty()


def test_a_key_is_text() -> None:
    assert cell(Column("other", Text(5), "A number", Key("town.other")), "007").accepted["other"].to_list() == ["007"]
