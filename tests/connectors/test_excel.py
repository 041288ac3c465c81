"""Workbooks: every cell as text, read by a child process that may fail without harm."""

import datetime as dt
import io
import zipfile
from collections.abc import Mapping, Sequence

import openpyxl  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.readers import excel, read
from schemas.errors import DeliveryRefused
from schemas.formats import Excel


def workbook(sheets: Mapping[str, Sequence[Sequence[object]]]) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(list(row))
    book.remove(book["Sheet"])
    book.save(out)
    return out.getvalue()


def refusal(content: bytes, format: Excel) -> str:
    with pytest.raises(DeliveryRefused) as refused:
        read(content, format)
    assert refused.value.__context__ is None
    return refused.value.code


def test_every_cell_is_text() -> None:
    row = ["007", 7, 7.5, 1e20, dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, 13, 5), True, "é", None, "=1+1"]
    headers = [f"h{place}" for place in range(len(row))]
    table = read(workbook({"a": [headers, row]}), Excel())
    assert table.rows.columns == ["row_number", *headers]
    assert table.rows.row(0)[:9] == (2, "007", "7", "7.5", "1e+20", "2024-02-29", "2024-02-29 13:05:00", "TRUE", "é")
    assert table.rows.row(0)[9] is None
    assert table.received == 1


def test_a_sheet_is_chosen_by_name_and_rows_keep_their_numbers() -> None:
    content = workbook({"other": [["x"]], "wanted": [["a", "b"], [1, None], [], [None, 2], ["", ""]]})
    table = read(content, Excel("wanted"))
    assert table.rows.rows() == [(2, "1", None), (3, None, None), (4, None, "2")]
    assert refusal(content, Excel("unknown")) == "missing_sheet"


def test_nulls_are_what_the_format_says() -> None:
    table = read(workbook({"a": [["a", "b"], ["NULL", "x"]]}), Excel(null=("", "NULL")))
    assert table.rows.row(0) == (2, None, "x")


@pytest.mark.parametrize(
    ("rows", "code"), [([], "empty_file"), ([["a", "a"], [1, 2]], "repeated_header"), ([[None], [None]], "empty_file")]
)
def test_a_sheet_that_is_no_table_is_refused(rows: list[list[object]], code: str) -> None:
    assert refusal(workbook({"a": rows}), Excel()) == code


def test_rows_above_the_header_are_passed_over() -> None:
    content = workbook({"a": [["Report", None, None, "x"], ["Name", None], ["First", "Name"], ["a", "b"], [1, 2]]})
    table = read(content, Excel(above=1, header_rows=2))
    assert (table.rows.columns, table.received) == (["row_number", "Name First", "Name"], 2)
    assert table.rows.rows() == [(4, "a", "b"), (5, "1", "2")]
    assert refusal(content, Excel(above=5)) == "empty_file"


def test_repeated_headers_may_be_numbered() -> None:
    content = workbook({"a": [["a", "a"], [1, 2]]})
    assert read(content, Excel(repeated="number")).rows.columns == ["row_number", "a", "a (2)"]


@pytest.mark.parametrize("value", [0, False, " x", "x", dt.date(2024, 1, 1), 1.5])
def test_the_count_of_the_rows_is_that_of_the_sheet_itself(value: object) -> None:
    content = workbook({"other": [["x"]] * 9, "a & b": [["a"], [None], [value], [None], [""], [" "]]})
    assert read(content, Excel("a & b")).received == 2


def test_a_parser_that_loses_rows_is_not_believed() -> None:
    content = workbook({"a": [["a"], [1], [2]]})
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    sheet = next(name for name in members if name.endswith("sheet1.xml"))
    members[sheet] = members[sheet].replace(b'<row r="3"', b'<row r="4"')
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    assert refusal(out.getvalue(), Excel()) == "count_mismatch"


def test_what_is_no_workbook_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(
            "xl/workbook.xml", "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><workbook>&e;</workbook>"
        )
    for content in (b"", b"a,b\n1,2\n", workbook({"a": [[1]]})[:-30], out.getvalue()):
        assert refusal(content, Excel()) == "bad_workbook"


def test_a_sheet_that_claims_billions_of_cells_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excel, "MEMORY_BYTES", 1 << 30)
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active["A1"], book.active["XFD1048576"] = 1, 1
    book.save(out)
    assert refusal(out.getvalue(), Excel()) == "workbook_too_large"


def test_a_workbook_that_takes_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excel, "WALL_SECONDS", 0.001)
    assert refusal(workbook({"a": [["a"]]}), Excel()) == "workbook_too_large"


SOUND = workbook({"a": [["name", "number"], *([f"n{row}", row] for row in range(30))]})


@given(place=st.integers(0, len(SOUND) - 1), byte=st.integers(0, 255), end=st.integers(0, len(SOUND)))
@settings(max_examples=15, deadline=None)
def test_a_damaged_workbook_is_read_or_refused(place: int, byte: int, end: int) -> None:
    damaged = bytearray(SOUND)
    damaged[place] = byte
    for content in (bytes(damaged), SOUND[:end]):
        try:
            table = read(content, Excel())
        except DeliveryRefused:
            continue
        assert table.received == table.rows.height
