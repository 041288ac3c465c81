"""Fixed width: every field from its place, every line of one length."""

import pytest

from connectors.readers import read
from schemas.errors import DeliveryRefused
from schemas.formats import FixedWidth, Footer

FIELDS = (("Name", 1, 6), ("Id", 8, 3))
PLAIN = FixedWidth(FIELDS)


@pytest.mark.parametrize(
    ("format", "content"),
    [
        (PLAIN, "José   001\nAnn    020\n".encode()),
        (PLAIN, "José   001\r\nAnn    020\r\n".encode()),
        (PLAIN, "\ufeffJosé   001\nAnn    020\n\n\n".encode()),
        (FixedWidth(FIELDS, "cp1252"), "José   001\nAnn    020".encode("cp1252")),
        (FixedWidth(FIELDS, "utf-16"), "José   001\nAnn    020\n".encode("utf-16")),
        (FixedWidth(FIELDS, "cp037", "\n"), "José   001\nAnn    020\n".encode("cp037")),
        (FixedWidth(FIELDS, "latin-1", "§"), "José   001§Ann    020§\r\n".encode("latin-1")),
        (FixedWidth(FIELDS, footer=Footer("END (?P<rows>[0-9]+)")), "José   001\nAnn    020\nEND 2\n".encode()),
    ],
)  # fmt: skip
def test_fields_are_cut_by_characters_of_the_declared_encoding(format: FixedWidth, content: bytes) -> None:
    table = read(content, format)
    assert table.rows.columns == ["row_number", "Name", "Id"]
    assert table.rows.rows() == [(1, "José", "001"), (2, "Ann", "020")]
    assert (table.faults.height, table.received) == (0, 2)


def test_padding_is_kept_where_it_is_not_trimmed() -> None:
    table = read(b" Ann   0 1\n          \n", FixedWidth(FIELDS, trim=False, null=("", "   ")))
    assert table.rows.rows() == [(1, " Ann  ", "0 1"), (2, "      ", None)]
    assert read(b" Ann   0 1\n          \n", PLAIN).rows.rows() == [(1, "Ann", "0 1"), (2, None, None)]


def test_header_lines_are_passed_over_and_counted() -> None:
    table = read(b"REPORT OF THE DAY\nAnn    020\n", FixedWidth(FIELDS, header_rows=1))
    assert (table.rows.rows(), table.received) == ([(2, "Ann", "020")], 1)


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (b"Ann    02", "field_count"),
        (b"Ann    0200", "field_count"),
        (b"", "field_count"),
        (b"Ann   x020", "outside_fields"),
        (b"An\0    020", "nul_byte"),
        (b"An\xff    020", "bad_encoding"),
    ],
)
def test_a_line_that_is_not_as_agreed_is_a_fault_of_its_row(line: bytes, rule: str) -> None:
    table = read(b"Ann    001\n" + line + b"\nBob    002\n", PLAIN)
    assert table.faults.rows() == [(2, None, rule)]
    assert table.rows["row_number"].to_list() == [1, 3]
    assert table.received == 3


def test_a_longer_record_has_a_blank_end() -> None:
    table = read(b"Ann    001  \nBob    002 x\nEve    003\n", FixedWidth(FIELDS, record_length=12))
    assert table.rows["row_number"].to_list() == [1]
    assert table.faults.rows() == [(2, None, "outside_fields"), (3, None, "field_count")]


def test_fields_may_overlap() -> None:
    table = read(b"20240131\n", FixedWidth((("Date", 1, 8), ("Year", 1, 4))))
    assert table.rows.rows() == [(1, "20240131", "2024")]


@pytest.mark.parametrize(
    ("content", "format", "code"),
    [
        (b"", PLAIN, "empty_file"),
        (b"\n\n", PLAIN, "empty_file"),
        (b"Title\n", FixedWidth(FIELDS, header_rows=2), "empty_file"),
        (b"Ann    001\n", FixedWidth(FIELDS, footer=Footer("END")), "footer_missing"),
        (b"x", FixedWidth(FIELDS, "utf-16-le"), "bad_encoding"),
        (b"x", FixedWidth((("a", 1, 1), ("a", 2, 1))), "repeated_header"),
    ],
)
def test_a_file_that_is_not_as_agreed_is_refused(content: bytes, format: FixedWidth, code: str) -> None:
    with pytest.raises(DeliveryRefused) as refused:
        read(content, format)
    assert refused.value.code == code
