"""Receipts: complete, readable, without a value, written whole."""

import datetime as dt
import json
import os
import stat
from pathlib import Path

import polars as pl
import pytest

from connectors.receipts import Finding, Receipt, faults_of, write
from schemas.errors import StoreError
from schemas.table import FAULTS

REJECTED = pl.DataFrame(
    [(number, "Date of Birth", "not_a_date") for number in range(60, 2, -1)]
    + [(7, "Close Reason", "unknown_code"), (9, None, "field_count")],
    schema=FAULTS,
    orient="row",
)
RECEIPT = Receipt(
    extract_id=17,
    feed="metro_probation_supervision",
    title="Metro Probation: supervision",
    agency="metro_probation",
    file="0123456789ab",
    size=1_234_567,
    arrived_at=dt.datetime(2026, 11, 2, 7, 30, tzinfo=dt.UTC),
    state="loaded",
    received=1000,
    loaded=940,
    rejected=58,
    duplicate=2,
    faults=faults_of(REJECTED),
    findings=(
        Finding("at least 98 % of Date of Birth filled", 0.94, "warn"),
        Finding("800 to 5000 rows", 1000, "pass"),
    ),
    covered_from=dt.date(2020, 1, 1),
    covered_until=dt.date(2026, 11, 1),
)


def test_faults_are_counted_all_and_named_first_to_last() -> None:
    by_rule = {fault.rule: fault for fault in RECEIPT.faults}
    assert next(iter(by_rule)) == "not_a_date"
    assert by_rule["not_a_date"].rows == 58
    assert by_rule["not_a_date"].row_numbers == tuple(range(3, 23))
    assert (by_rule["field_count"].column, by_rule["field_count"].row_numbers) == (None, (9,))
    assert faults_of(FAULTS.to_frame()) == ()


def test_a_receipt_comes_back_from_json() -> None:
    stored = json.loads(json.dumps(RECEIPT.to_json()))
    assert Receipt.from_json(stored) == RECEIPT


def test_the_text_says_what_to_correct() -> None:
    assert (
        RECEIPT.to_text()
        == """\
Receipt 17: Metro Probation: supervision

The file was loaded.

  file        0123456789ab… (1,234,567 bytes)
  arrived     2026-11-02 07:30:00 UTC
  complete    2020-01-01 to 2026-11-01

  received           1,000
  loaded               940
  rejected              58
  duplicate              2
  quarantined            0

What to correct (rows as a spreadsheet counts them):

  Date of Birth: not a calendar date in an agreed format [not_a_date]
    58 rows: 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22 and 38 more

  whole row: the row has more or fewer fields than the header [field_count]
    row: 9

  Close Reason: a code that the agreement does not list [unknown_code]
    row: 7

About the delivery as a whole:

  warn: at least 98 % of Date of Birth filled (found: 0.94)
"""
    )


def test_the_text_of_a_refusal_says_where_and_why() -> None:
    refused = Receipt(
        extract_id=18, feed="f", title="Charges", agency="a", file="0" * 12, size=3, arrived_at=RECEIPT.arrived_at,
        state="refused", code="unclosed_quote", row_number=4_711,
    )  # fmt: skip
    assert "A quotation mark is opened and never closed. (row 4711)" in refused.to_text()


def test_both_files_are_written_and_written_again(tmp_path: Path) -> None:
    for _ in range(2):
        path = write(RECEIPT, tmp_path)
    assert path == tmp_path / "metro_probation" / "receipts" / "17.json"
    assert json.loads(path.read_text())["loaded"] == 940
    assert path.with_suffix(".txt").read_text() == RECEIPT.to_text()
    assert len(list(path.parent.iterdir())) == 2


def test_a_receipt_that_cannot_be_written_is_an_error_of_the_store(tmp_path: Path) -> None:
    (tmp_path / "metro_probation").write_text("a file where a folder should be")
    with pytest.raises(StoreError):
        write(RECEIPT, tmp_path)


@pytest.mark.parametrize(("agency_mode", "folder_mode", "file_mode"), [(0o700, 0o700, 0o600), (0o2730, 0o2750, 0o640)])
def test_the_agencys_group_and_nobody_else_may_read_its_receipts(
    tmp_path: Path, agency_mode: int, folder_mode: int, file_mode: int
) -> None:
    before = os.umask(0o077)
    try:
        agency = tmp_path / RECEIPT.agency
        agency.mkdir()
        agency.chmod(agency_mode)
        path = write(RECEIPT, tmp_path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.parent.stat().st_mode) == folder_mode
    assert [stat.S_IMODE(one.stat().st_mode) for one in (path, path.with_suffix(".txt"))] == [file_mode, file_mode]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a folder to a foreign group")
def test_receipts_belong_to_the_group_of_the_agencys_folder(tmp_path: Path) -> None:
    agency = tmp_path / RECEIPT.agency
    agency.mkdir()
    os.chown(agency, -1, 12_345)
    agency.chmod(0o730)
    path = write(RECEIPT, tmp_path)
    assert (path.stat().st_gid, path.parent.stat().st_gid) == (12_345, 12_345)
