"""Files in the shapes that agencies really send (none of them is part of the project)."""

import csv
import io
import os
from pathlib import Path

import pytest

from connectors.readers import read
from schemas.errors import DeliveryRefused
from schemas.formats import Delimited, Excel, Format, JsonLines, Parquet, Zip

SHARED = os.environ.get("THROUGHCARE_SHARED")

pytestmark = pytest.mark.skipif(
    SHARED is None, reason="THROUGHCARE_SHARED is not set: the folder with files of real agencies is elsewhere"
)

W = "cp1252"
FIELDS = Delimited(W, "†", None, "‡")
RAW = "agency_shapes/airflow_fixtures/raw_data/unprocessed_2024-01-2{}T16:35:33:617135_raw_{}.csv"
FIXTURE = "agency_shapes/cloud_storage/fixtures/{}.csv"
DAGGERS = Delimited(quote=None, terminator="‡\n")

READ: list[tuple[str, Format, int, int, int]] = [
    (RAW.format(5, "customDatetimeSql"), Delimited(), 3, 2, 0),
    (RAW.format(5, "singlePrimaryKey"), DAGGERS, 5, 2, 0),
    (RAW.format(5, "tagBasicData"), Delimited(), 3, 3, 0),
    (RAW.format(5, "tagChunkedFile-1"), DAGGERS, 2, 4, 0),
    (RAW.format(5, "tagChunkedFile-2"), DAGGERS, 2, 4, 0),
    (RAW.format(5, "tagChunkedFile-3"), DAGGERS, 2, 4, 0),
    (RAW.format(5, "tagCustomLineTerminatorNonUTF8"), Delimited("latin-1", quote=None, terminator="@"), 5, 4, 0),
    (RAW.format(5, "tagMoreBasicData"), Delimited(), 3, 3, 0),
    (RAW.format(6, "tagMoreBasicData"), Delimited(), 3, 3, 0),
    (FIXTURE.format("columns_no_contents"), Delimited(), 0, 7, 0),
    (FIXTURE.format("columns_no_contents_no_trailing_newline"), Delimited(), 0, 7, 0),
    (FIXTURE.format("columns_no_contents_quoted"), Delimited(), 0, 7, 0),
    (FIXTURE.format("columns_no_contents_quoted_no_trailing_newline"), Delimited(), 0, 7, 0),
    (FIXTURE.format("custom_line_terminator_contains_new_line"), Delimited(terminator="‡\r\n"), 3, 3, 0),
    (FIXTURE.format("encoded_latin_1"), Delimited("latin-1"), 4, 2, 0),
    (FIXTURE.format("encoded_latin_1"), Delimited(), 2, 2, 2),
    (FIXTURE.format("encoded_utf_8"), Delimited(), 4, 2, 0),
    (FIXTURE.format("example_file_structure_commas"), Delimited(), 3, 3, 0),
    (FIXTURE.format("example_file_structure_commas_carriage_return"), Delimited(), 3, 3, 0),
    (FIXTURE.format("example_file_structure_commas_no_trailing_newline"), Delimited(), 2, 3, 0),
    (FIXTURE.format("example_file_structure_windows_1252"), Delimited(W, "‡", None, "†"), 3, 3, 0),
    (FIXTURE.format("example_file_structure_windows_1252_no_trailing_newline"), Delimited(W, "‡", None, "†"), 2, 3, 0),
    (FIXTURE.format("windows_file"), Delimited(W), 5, 3, 0),
    (FIXTURE.format("windows_file"), Delimited(), 3, 3, 2),
    (FIXTURE.format("windows_file_custom_terminator_trailing_newline"), Delimited(W, terminator="‡"), 3, 3, 0),
    (FIXTURE.format("windows_file_custom_terminator_trailing_newline_output"), Delimited(), 3, 3, 0),
    (FIXTURE.format("windows_file_with_custom_newlines"), Delimited(W, terminator="‡"), 5, 3, 0),
    (FIXTURE.format("windows_file_with_custom_newlines_custom_delim"), FIELDS, 5, 3, 0),
    (FIXTURE.format("windows_file_with_custom_newlines_custom_delim_unparseable"), FIELDS, 3, 3, 2),
    (FIXTURE.format("windows_file_with_multibyte_newlines"), Delimited(W, "†", None, "‡\n"), 5, 3, 0),
    ("doj_rapsheet/bad.csv", Delimited(), 37, 94, 0),
    ("doj_rapsheet/extra_comma.csv", Delimited(), 0, 96, 38),
    ("doj_rapsheet/no_headers.csv", Delimited(header=False), 38, 95, 0),
    ("doj_rapsheet/configurable_flow.xlsx", Excel(above=1, repeated="number"), 38, 114, 0),
    ("doj_rapsheet/eligibility_options.json", JsonLines(), 0, 0, 19),
    ("doj_rapsheet/LICENSE", Delimited(), 10, 1, 10),
]  # fmt: skip
"""File, format, rows read, columns, rows with a fault; the broken rap sheet lacks a column that its contract has."""

REFUSED: list[tuple[str, Format, str]] = [
    (FIXTURE.format("completely_empty"), Delimited(), "empty_file"),
    (FIXTURE.format("empty_file"), Delimited(), "empty_file"),
    (FIXTURE.format("only_a_newline"), Delimited(), "empty_file"),
    (FIXTURE.format("custom_line_terminator_contains_new_line"), Delimited(), "stray_quote"),
    (FIXTURE.format("example_file_structure_windows_1252"), Delimited(), "bad_encoding"),
    (FIXTURE.format("normalized_file"), Delimited(), "stray_quote"),
    (FIXTURE.format("normalized_file_no_ending_newline"), Delimited(), "stray_quote"),
    (FIXTURE.format("windows_file_with_custom_newlines"), Delimited(), "bad_encoding"),
    ("doj_rapsheet/no_headers.csv", Delimited(), "repeated_header"),
    ("doj_rapsheet/configurable_flow.xlsx", Excel(), "repeated_header"),
    ("doj_rapsheet/configurable_flow.xlsx", Excel("Charges"), "missing_sheet"),
    ("doj_rapsheet/configurable_flow.xlsx", Parquet(), "bad_parquet"),
    ("doj_rapsheet/bad.csv", Excel(), "bad_workbook"),
]


def content_of(path: str) -> bytes:
    return Path(str(SHARED), "data", path).read_bytes()


@pytest.mark.parametrize(("path", "format", "rows", "columns", "faults"), READ)
def test_each_file_is_read_whole(path: str, format: Format, rows: int, columns: int, faults: int) -> None:
    table = read(content_of(path), format)
    assert (table.rows.height, table.rows.width - 1, table.faults["row_number"].n_unique()) == (rows, columns, faults)
    assert table.received == rows + faults


@pytest.mark.parametrize(("path", "format", "code"), REFUSED)
def test_each_file_that_is_not_as_declared_is_refused(path: str, format: Format, code: str) -> None:
    with pytest.raises(DeliveryRefused) as refused:
        read(content_of(path), format)
    assert refused.value.code == code


def test_no_file_is_left_out() -> None:
    data = Path(str(SHARED), "data")
    folders = ("agency_shapes/cloud_storage", "agency_shapes/airflow_fixtures", "doj_rapsheet")
    there = {str(path.relative_to(data)) for folder in folders for path in (data / folder).rglob("*") if path.is_file()}
    assert there == {path for path, *_ in (*READ, *REFUSED)}
    assert len(there) == 39


@pytest.mark.parametrize(
    ("member", "rows"),
    [("Client", 4146), ("Enrollment", 4771), ("Exit", 4295), ("Services", 4472), ("Project", 27)],
)
def test_the_national_housing_export_is_read_whole(member: str, rows: int) -> None:
    table = read(content_of("hmis/demo.zip"), Zip(f"{member}.csv", Delimited()))
    assert (table.rows.height, table.faults.height, table.received) == (rows, 0, rows)


def test_hundreds_of_extracts_are_read_as_another_reader_reads_them() -> None:
    compared = 0
    for path in sorted(Path(str(SHARED), "data", "agency_shapes", "ingest").rglob("*.csv")):
        content = path.read_bytes()
        try:
            table = read(content, Delimited())
        except DeliveryRefused:
            continue
        if not table.faults.height:
            lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
            expected = [tuple(cell or None for cell in line) or (None,) for line in lines[1:]]
            if len({len(line) for line in lines}) == 1:
                assert table.rows.drop("row_number").rows() == expected
                compared += 1
    assert compared > 300
