"""Delimited text: every cell as written, every record counted, every fault in its row."""

import random

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.readers import delimited, read
from connectors.readers import scan as scanning
from schemas.errors import DeliveryRefused
from schemas.formats import Delimited
from schemas.table import FAULTS, RawTable

PLAIN = Delimited()


def cells(table: RawTable) -> list[tuple[str | None, ...]]:
    return table.rows.drop("row_number").rows()


def numbers(table: RawTable) -> list[int]:
    return table.rows["row_number"].to_list()


def faults(table: RawTable) -> list[tuple[int, str]]:
    return [(number, rule) for number, _, rule in table.faults.rows()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b\n1,2\n", [("1", "2")]),
        ("a,b\n1,2", [("1", "2")]),
        ("a,b\r\n1,2\r\n3,4\n", [("1", "2"), ("3", "4")]),
        ("a,b\n001,1.50\n", [("001", "1.50")]),
        ("a,b\nNULL,None\nNA,nan\n", [("NULL", "None"), ("NA", "nan")]),
        ("a,b\n,\n", [(None, None)]),
        ('a,b\n"",x\n', [(None, "x")]),
        ("a,b\n x , \n", [(" x ", " ")]),
        ('a,b\n"x,y","line\nbreak"\n', [("x,y", "line\nbreak")]),
        ('a,b\n"line\r\nbreak",x\n', [("line\r\nbreak", "x")]),
        ('a,b\n"say ""hi""",x\n', [('say "hi"', "x")]),
        ('a,b\n5\'11",x\n5" pipe,6"\n', [("5'11\"", "x"), ('5" pipe', '6"')]),
        ("a,b\n=cmd|x,@y\n", [("=cmd|x", "@y")]),
        ("a,b\nx\ry,z\n", [("x\ry", "z")]),
        ("a,b\nx\ry,z\r\n", [("x\ry", "z")]),
        ("a,b\nJosé,Łukasz\n", [("José", "Łukasz")]),
        ("a,b\n1,2\n\n\n", [("1", "2")]),
        ("a\n\nx\n", [(None,), ("x",)]),
        ("a,b\n\ufeff1,2\n", [("\ufeff1", "2")]),
        ("a,b\n", []),
        ("a,b", []),
    ],
)
def test_cells_are_what_the_agency_wrote(text: str, expected: list[tuple[str | None, ...]]) -> None:
    table = read(text.encode(), PLAIN)
    assert cells(table) == expected
    assert table.received == len(expected)
    assert table.faults.schema == FAULTS
    assert table.rows.schema["row_number"] == pl.Int64()


@pytest.mark.parametrize(
    ("format", "content"),
    [
        (Delimited("utf-8-sig"), "\ufeffa,b\nx é,2\n".encode()),
        (Delimited("utf-8"), "\ufeffa,b\nx é,2\n".encode()),
        (Delimited("cp1252"), "a,b\nx é,2\n".encode("cp1252")),
        (Delimited("latin-1"), "a,b\nx é,2\n".encode("latin-1")),
        (Delimited("utf-16"), "a,b\nx é,2\n".encode("utf-16")),
        (Delimited("utf-16-le"), "\ufeffa,b\nx é,2\n".encode("utf-16-le")),
        (Delimited(separator="|"), "a|b\nx é|2\n".encode()),
        (Delimited(separator="\t", quote=None), "a\tb\nx é\t2\n".encode()),
        (Delimited(separator="||"), "a||b\nx é||2\n".encode()),
        (Delimited("utf-8", "‡", None, "†\n"), "a‡b†\nx é‡2†\n".encode()),
        (Delimited("cp1252", "‡", None, "†"), "a‡b†x é‡2†".encode("cp1252")),
        (Delimited("cp1252", "‡", None, "†"), "a‡b†x é‡2†\r\n".encode("cp1252")),
        (Delimited("utf-8", "‡", '"', "†\r\n"), 'a‡b†\r\n"x é"‡2†\r\n'.encode()),
        (Delimited("cp1252", "\x14", "þ", "\r\n"), "þaþ\x14þbþ\r\nþx éþ\x14þ2þ\r\n".encode("cp1252")),
        (Delimited(terminator="\r"), "a,b\rx é,2\r".encode()),
        (Delimited(terminator="\n"), "a,b\nx é,2\n".encode()),
        (Delimited(quote="'"), "'a',b\n'x é',2\n".encode()),
    ],
)
def test_any_dialect_gives_the_same_cells(format: Delimited, content: bytes) -> None:
    table = read(content, format)
    assert table.rows.columns == ["row_number", "a", "b"]
    assert cells(table) == [("x é", "2")]


@pytest.mark.parametrize(
    ("format", "content", "expected"),
    [
        (Delimited(separator="‡", quote=None, terminator="†"), "a‡b†one\ntwo\r\n‡x†", ("one\ntwo\r\n", "x")),
        (Delimited(separator="||"), 'a||b\n"x||y"||z|\n', ("x||y", "z|")),
        (Delimited(quote=None), 'a,b\n"x,y"\n', ('"x', 'y"')),
        (Delimited(terminator="\r"), 'a,b\r"x\ry",z\nz\r', ("x\ry", "z\nz")),
        (Delimited(terminator="\r\n"), 'a,b\r\n"x\r\ny",z\nz\r\n', ("x\r\ny", "z\nz")),
        (Delimited(quote="þ"), "a,b\nþx þþ yþ,z\n", ("x þ y", "z")),
        (Delimited(null=("", "NULL")), "a,b\nNULL,null\n", (None, "null")),
        (Delimited(null=()), "a,b\n,x\n", ("", "x")),
        (Delimited(separator="||", quote="þ"), "a||b\nþx||yþ||þzþþþ\n", ("x||y", "zþ")),
        (Delimited(separator="\x1f", terminator="†"), "a\x1fb†x\ny\x1fz†", ("x\ny", "z")),
        (Delimited(terminator="\x1f"), 'a,b\x1fx\ny,"z\x1f"\x1f', ("x\ny", "z\x1f")),
    ],
)
def test_what_is_structure_elsewhere_is_text_here(
    format: Delimited, content: str, expected: tuple[str | None, ...]
) -> None:
    assert cells(read(content.encode(), format)) == [expected]


@pytest.mark.parametrize("headers", [["a", "", "column_1"], ["*", "^a$", "a"]])
def test_headers_are_what_they_are(headers: list[str]) -> None:
    table = read((",".join(headers) + "\n1,2,3\n").encode(), PLAIN)
    assert table.rows.columns == ["row_number", *headers]
    assert cells(table) == [("1", "2", "3")]


def test_a_second_byte_order_mark_is_text() -> None:
    table = read("\ufeff\ufeff1,2\n".encode(), Delimited(header=False), ("x", "y"))
    assert cells(table) == [("\ufeff1", "2")]
    assert read("\ufeff\ufeffa,b\n".encode(), PLAIN).rows.columns[1] == "\ufeffa"


def test_a_file_without_header_gets_the_names_it_is_told() -> None:
    table = read(b"1,2\n3,4\n5\n", Delimited(header=False), ("x", "y"))
    assert table.rows.columns == ["row_number", "x", "y"]
    assert numbers(table) == [1, 2]
    assert faults(table) == [(3, "field_count")]


@pytest.mark.parametrize(
    ("content", "expected", "kept"),
    [
        (b"a,b\n1,2\n3,4,5\n6,7\n", [(3, "field_count")], [2, 4]),
        (b"a,b\n1\n2,3\n", [(2, "field_count")], [3]),
        (b"a,b\n1,2\n3", [(3, "field_count")], [2]),
        (b"a,b\n\n1,2\n", [(2, "field_count")], [3]),
        (b'a,b\n"x\ny",1,2\n3,4\n', [(2, "field_count")], [3]),
        (b"a,b\n1,\x002\n3,4\n", [(2, "nul_byte")], [3]),
        (b"a,b\n1,\xff\n3,4\n5,\xc3\n", [(2, "bad_encoding"), (4, "bad_encoding")], [3]),
        (b"a,b\n\x00\xff\n3,4\n", [(2, "bad_encoding"), (2, "field_count"), (2, "nul_byte")], [3]),
    ],
)
def test_a_record_without_honest_cells_is_a_fault_in_its_row(
    content: bytes, expected: list[tuple[int, str]], kept: list[int]
) -> None:
    table = read(content, PLAIN)
    assert faults(table) == expected
    assert numbers(table) == kept
    assert table.received == len({number for number, _ in expected}) + len(kept)


def test_bytes_that_a_code_page_leaves_undefined_are_faults_of_their_row() -> None:
    table = read(b"a,b\n1,\x81\n3,\xe9\n", Delimited("cp1252"))
    assert faults(table) == [(2, "bad_encoding")]
    assert cells(table) == [("3", "é")]


@pytest.mark.parametrize(
    ("content", "format", "code", "row_number"),
    [
        (b"", PLAIN, "empty_file", None),
        (b"\xef\xbb\xbf", PLAIN, "empty_file", None),
        (b"\n\r\n\n", PLAIN, "empty_file", None),
        (b'a,b\n1,2\n"3,4\n5,6\n', PLAIN, "unclosed_quote", 3),
        (b'a,b\n"1,2\n"3",4\n5,6\n', PLAIN, "stray_quote", 2),
        (b'a,b\n1,"2" x\n', PLAIN, "stray_quote", 2),
        (b"a,a\n1,2\n", PLAIN, "repeated_header", 1),
        (b"a,row_number\n1,2\n", PLAIN, "repeated_header", 1),
        (b"a,\x00b\n1,2\n", PLAIN, "nul_byte", 1),
        (b"a,\xff\n1,2\n", PLAIN, "bad_encoding", 1),
        (b"a,b\n1,2\n"[:-1], Delimited("utf-16-le"), "bad_encoding", None),
        ("a,b\n".encode("utf-16")[:-1], Delimited("utf-16"), "bad_encoding", None),
    ],
)
def test_a_file_that_cannot_be_divided_is_refused_as_a_whole(
    content: bytes, format: Delimited, code: str, row_number: int | None
) -> None:
    with pytest.raises(DeliveryRefused) as refused:
        read(content, format)
    assert (refused.value.code, refused.value.row_number) == (code, row_number)
    assert refused.value.__context__ is None


def test_a_parser_that_counts_otherwise_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "_restored", lambda frame, restore: frame.head(1))
    with pytest.raises(DeliveryRefused, match="count_mismatch"):
        read(b"a,b\n1,2\n3,4\n", PLAIN)


def test_a_very_long_cell_is_kept_whole() -> None:
    long = "x" * 20_000_000
    assert cells(read(f'a,b\n1,"{long}"\n'.encode(), PLAIN)) == [("1", long)]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_blocks_join_wherever_they_meet(monkeypatch: pytest.MonkeyPatch, end: bytes) -> None:
    content = end.join([b"a,b", b'"x,""y",1', b'2,"z' + end + b'"', b'"""","""q"""', b"", b"3", b"4,5"]) + end
    whole = read(content, PLAIN)
    for size in range(1, 40):
        monkeypatch.setattr(scanning, "BLOCK", size)
        part = read(content, PLAIN)
        assert part.rows.equals(whole.rows)
        assert part.faults.equals(whole.faults)


def test_blocks_and_fields_count_alike() -> None:
    pieces = ["x", "", '"x,y"', '"x\ny"', '"say ""x"""', '""', "é"]
    chooser = random.Random(5)
    for _ in range(300):
        rows = [[chooser.choice(pieces) for _ in range(chooser.randint(1, 4))] for _ in range(chooser.randint(1, 5))]
        data = "".join(",".join(row) + chooser.choice(["\n", "\r\n"]) for row in [["a"], *rows, ["z"]]).encode()
        blocks = scanning._scan_blocks(np.frombuffer(data, np.uint8), ord(","), ord('"'))
        fields = scanning._scan_fields(data, ord(","), ord('"'))
        assert blocks is not None
        assert (blocks.ends.tolist(), blocks.fields.tolist()) == (fields.ends.tolist(), fields.fields.tolist())
        assert fields.multiline or not blocks.multiline


FORMATS = st.builds(
    Delimited,
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "ascii", "cp1252", "latin-1", "utf-16", "utf-16-be", "shift_jis"]),
    separator=st.sampled_from([",", "|", "\t", "‡", "||", ";"]),
    quote=st.sampled_from(['"', None, "'", "þ"]),
    terminator=st.sampled_from([None, "\n", "\r", "\r\n", "†", "†\n"]),
    header=st.booleans(),
    null=st.sampled_from([("",), (), ("", "NULL")]),
)
SOUP = st.lists(
    st.sampled_from([b",", b"\n", b"\r", b'"', b"'", b"|", b"x", b"\x00", b"\xff", b"\xfe", "‡".encode(), b"\x1f"]),
    max_size=60,
).map(b"".join)


@given(content=st.one_of(SOUP, st.binary(max_size=200)), format=FORMATS)
@example(content=b"a,b\n1,2\r", format=PLAIN)
@settings(max_examples=400, deadline=None)
def test_whatever_the_bytes_every_record_is_in_a_row_or_a_fault_or_all_is_refused(
    content: bytes, format: Delimited
) -> None:
    try:
        table = read(content, format)
    except DeliveryRefused:
        return
    seen = [*numbers(table), *table.faults["row_number"].unique()]
    first = 2 if format.header else 1
    assert sorted(seen) == list(range(first, first + table.received))


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)


@given(rows=st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=8), end=st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=200, deadline=None)
def test_what_is_quoted_comes_back_exactly(rows: list[tuple[str, str, str]], end: str) -> None:
    lines = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in [("a", "b", "c"), *rows]]
    table = read((end.join(lines) + end).encode(), Delimited(null=()))
    assert cells(table) == rows
