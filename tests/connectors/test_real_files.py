"""Files in the shapes that agencies really send (none of them is part of the project)."""

import csv
import io
import os
from pathlib import Path

import pytest

from connectors.readers import read
from schemas.errors import DeliveryRefused
from schemas.formats import Delimited, Format, Zip

SHARED = os.environ.get("THROUGHCARE_SHARED")

pytestmark = pytest.mark.skipif(
    SHARED is None, reason="THROUGHCARE_SHARED is not set: the folder with files of real agencies is elsewhere"
)

CP1252, LATIN = "cp1252", "latin-1"


def content_of(*path: str) -> bytes:
    return Path(str(SHARED), "data", *path).read_bytes()


@pytest.mark.parametrize(
    ("name", "format", "rows", "columns"),
    [
        ("encoded_latin_1.csv", Delimited(LATIN), 4, 2),
        ("encoded_utf_8.csv", Delimited(), 4, 2),
        ("windows_file.csv", Delimited(CP1252), 5, 3),
        ("windows_file_with_custom_newlines.csv", Delimited(CP1252, terminator="‡"), 5, 3),
        ("windows_file_custom_terminator_trailing_newline.csv", Delimited(CP1252, terminator="‡"), 3, 3),
        ("windows_file_with_custom_newlines_custom_delim.csv", Delimited(CP1252, "†", None, "‡"), 5, 3),
        ("windows_file_with_multibyte_newlines.csv", Delimited(CP1252, "†", None, "‡\n"), 5, 3),
        ("example_file_structure_windows_1252.csv", Delimited(CP1252, "‡", None, "†"), 3, 3),
        ("example_file_structure_windows_1252_no_trailing_newline.csv", Delimited(CP1252, "‡", None, "†"), 2, 3),
        ("custom_line_terminator_contains_new_line.csv", Delimited(terminator="‡\r\n"), 3, 3),
        ("example_file_structure_commas.csv", Delimited(), 3, 3),
        ("example_file_structure_commas_carriage_return.csv", Delimited(), 3, 3),
        ("columns_no_contents.csv", Delimited(), 0, 7),
        ("columns_no_contents_quoted_no_trailing_newline.csv", Delimited(), 0, 7),
    ],
)
def test_every_dialect_is_read_whole(name: str, format: Format, rows: int, columns: int) -> None:
    table = read(content_of("agency_shapes", "cloud_storage", "fixtures", name), format)
    assert (table.rows.height, table.rows.width - 1, table.faults.height) == (rows, columns, 0)


@pytest.mark.parametrize("name", ["completely_empty.csv", "empty_file.csv", "only_a_newline.csv"])
def test_empty_files_are_refused(name: str) -> None:
    with pytest.raises(DeliveryRefused, match="empty_file"):
        read(content_of("agency_shapes", "cloud_storage", "fixtures", name), Delimited())


def test_an_unquoted_comma_and_a_missing_header_are_noticed() -> None:
    table = read(content_of("doj_rapsheet", "extra_comma.csv"), Delimited())
    assert table.received == table.faults.height == 38
    with pytest.raises(DeliveryRefused, match="repeated_header"):
        read(content_of("doj_rapsheet", "no_headers.csv"), Delimited())


@pytest.mark.parametrize(
    ("member", "rows"),
    [("Client", 4146), ("Enrollment", 4771), ("Exit", 4295), ("Services", 4472), ("Project", 27)],
)
def test_the_national_housing_export_is_read_whole(member: str, rows: int) -> None:
    table = read(content_of("hmis", "demo.zip"), Zip(f"{member}.csv", Delimited()))
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
