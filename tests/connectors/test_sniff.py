"""How a file is written is found from its bytes: it must read whole by what is found."""

import gzip
import io
import json
import zipfile

import openpyxl  # type: ignore[import-untyped]
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.readers import read
from connectors.readers.sniff import members, sniff
from schemas.errors import DeliveryRefused
from schemas.formats import Delimited, Excel, FixedWidth, Footer, Gzip, JsonLines, Parquet, Zip

LINES = [["Member No", "Given name", "Born"], ["0017", "Zoë", "1980-01-31"], ["0018", "Bo, Jr", "1981-02-01"]]
PLAIN = [["Member No", "Given name", "Born"], ["0017", "Zoë", "1980-01-31"], ["0018", "Bo", "1981-02-01"]]


def written(lines: list[list[str]], separator: str = ",", terminator: str = "\n", encoding: str = "utf-8") -> bytes:
    quoted = [[f'"{cell}"' if "," in cell else cell for cell in line] for line in lines]
    return "".join(separator.join(line) + terminator for line in quoted).encode(encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "|", "\t"])
@pytest.mark.parametrize("terminator", ["\n", "\r\n", "\r"])
def test_any_dialect_is_found(encoding: str, separator: str, terminator: str) -> None:
    form = sniff(written(LINES, separator, terminator, encoding), "x")
    lone = "\r" if terminator == "\r" else None
    assert form == Delimited(encoding, separator, '"', lone)


@pytest.mark.parametrize(
    ("separator", "terminator"), [("‡", "†"), ("†", "‡"), ("|", "‡\n"), (",", "‡\r\n"), ("¦", "\n"), ("~", "@")]
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_signs_of_databases_divide_and_end(separator: str, terminator: str, encoding: str) -> None:
    form = sniff(written(PLAIN, separator, terminator, encoding), "x")
    assert form == Delimited(encoding, separator, '"', None if terminator == "\n" else terminator)


@pytest.mark.parametrize(
    ("lines", "header"),
    [
        (LINES, True),
        (LINES[1:], False),
        ([["SMITH", "JOHN"], ["EK", "ANA"]], False),
        ([["M", "B"], ["M", "B"], ["F", "A"]], False),
        ([["THIS", "FILE", "HAS"]], True),
        ([["col1", "col2"], ["hello", "its"]], True),
        ([["", "", "17"], ["", "", "18"]], False),
    ],
)
def test_a_header_is_one_that_names_columns_and_nobody(lines: list[list[str]], header: bool) -> None:
    form = sniff(written(lines), "x")
    assert isinstance(form, Delimited)
    assert form.header is header


def test_repeated_headers_stray_quotes_and_footers_are_found() -> None:
    assert sniff(b"Name,Status,Name\nEk,OPEN,Fu\n", "x") == Delimited(repeated="number")
    assert sniff(b'Name,Status\n"Ek" Fu,OPEN\nGo,OPEN\n', "x") == Delimited(quote=None)
    counted = b"Name,Status\nEk,OPEN\nFu,OPEN\nGo,CLOSED\nTRAILER|3\n"
    assert sniff(counted, "x") == Delimited(footer=Footer("TRAILER\\|(?P<rows>[0-9]+)"))
    assert read(counted, sniff(counted, "x")).received == 3


def test_slips_do_not_change_the_encoding_nor_a_nul_byte() -> None:
    slipped = written([*LINES, *LINES[1:] * 30]) + b"0019,Bo\xeb,\x001982-01-01\n"
    assert sniff(slipped, "x") == Delimited()


def test_what_is_no_delimited_text_is_found() -> None:
    objects = "\n".join(json.dumps({"member": n, "name": "Ek"}) for n in range(3)).encode()
    assert sniff(objects, "x.csv") == JsonLines()
    assert sniff(gzip.compress(written(LINES)), "x.csv") == Gzip(Delimited())
    buffer = io.BytesIO()
    pl.DataFrame({"member": [1]}).write_parquet(buffer)
    assert sniff(buffer.getvalue(), "x.csv") == Parquet()
    fixed = "".join(f"{number:<8}{name:<10}{born:>10}\n" for number, name, born in PLAIN[1:] * 3).encode()
    form = sniff(fixed, "x.csv")
    assert form == FixedWidth((("field_1", 1, 8), ("field_2", 9, 12), ("field_3", 19, 10))) or isinstance(
        form, FixedWidth
    )
    assert read(fixed, form).rows.row(0)[1:] == ("0017", "Zoë", "1980-01-31")


def test_the_members_of_an_archive_are_told_and_one_is_chosen() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("charges_20240131.csv", written(LINES))
        archive.writestr("hearings_20240131.csv", written([*LINES, *LINES[1:]], ";"))
    content = buffer.getvalue()
    assert members(content) == ("hearings_20240131.csv", "charges_20240131.csv")
    assert sniff(content, "x.zip") == Zip("hearings_*.csv", Delimited(separator=";"))
    assert sniff(content, "charges.zip") == Zip("charges_*.csv", Delimited())
    assert sniff(content, "x.zip", "charges_20240131.csv") == Zip("charges_*.csv", Delimited())


def test_the_header_of_a_workbook_may_stand_below_its_title() -> None:
    for title in ([], [["Report of January 2024", None, None], [None, None, None]]):
        book, buffer = openpyxl.Workbook(), io.BytesIO()
        for line in [*title, *LINES]:
            book.active.append(line)
        book.save(buffer)
        assert sniff(buffer.getvalue(), "x.csv") == Excel(above=len(title))


@pytest.mark.parametrize("content", [b"", b"\n \r\n", b"\xef\xbb\xbf", gzip.compress(b"", mtime=0)])
def test_an_empty_file_is_refused(content: bytes) -> None:
    with pytest.raises(DeliveryRefused, match="empty_file"):
        sniff(content, "x")


@given(st.binary(max_size=200) | st.text('ab,;|\t"\n\r‡† 01', max_size=80).map(str.encode))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_found_to_be_written_in_some_way_or_refused(content: bytes) -> None:
    try:
        form = sniff(content, "x")
        read(content, form)
    except DeliveryRefused:
        pass
