"""A file in batches is the same file, however it arrives and wherever it is cut."""

import gzip
import hashlib
import io
import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.readers import portions, read, read_batches
from connectors.readers.batches import together
from schemas.errors import DeliveryRefused, StoreError
from schemas.formats import Delimited, Excel, FixedWidth, Footer, Format, Gzip, JsonLines, Parquet, Zip
from schemas.table import RawTable
from tests.connectors.formats import TEXTS, near_text, packed


def cut(content: bytes, sizes: list[int]) -> list[bytes]:
    stream, pieces = io.BytesIO(content), []
    for size in itertools.cycle(sizes):
        piece = stream.read(size)
        pieces.append(piece)
        if not piece:
            return pieces
    return pieces


def outcome(pieces: list[bytes], format: Format, batch_bytes: int) -> RawTable | str:
    try:
        return together(read_batches(pieces, format, ("a", "b"), batch_bytes))
    except DeliveryRefused as refused:
        return refused.code


@given(
    data=st.data(), format=TEXTS, sizes=st.lists(st.integers(1, 20), min_size=1, max_size=3), size=st.integers(1, 30)
)
@settings(max_examples=300, deadline=None)
def test_any_cut_gives_the_same_table(data: st.DataObject, format: Format, sizes: list[int], size: int) -> None:
    assert isinstance(format, Delimited | FixedWidth | JsonLines)
    content = data.draw(near_text(format))
    whole = outcome([content], format, 1 << 20)
    parts = outcome(cut(content, sizes), format, size)
    if isinstance(whole, str) or isinstance(parts, str):
        # What is no text of its encoding is found when it is reached, which may be after another reason to refuse.
        assert whole == parts or (
            isinstance(whole, str) and isinstance(parts, str) and "bad_encoding" in (whole, parts)
        )
        return
    names = sorted(whole.rows.columns)
    assert sorted(parts.rows.columns) == names
    assert parts.rows.select(names).equals(whole.rows.select(names))
    assert parts.faults.equals(whole.faults)
    assert parts.received == whole.received


LONG = "a,b\n" + "".join(f'{number},"line {number}\nof ""two"""\n' for number in range(500))


def test_batches_are_cut_at_record_ends_and_row_numbers_go_on() -> None:
    tables = list(read_batches([LONG.encode()], Delimited(), (), 1000))
    assert len(tables) > 10
    assert all(table.received for table in tables)
    numbers = [number for table in tables for number in table.rows["row_number"]]
    assert numbers == list(range(2, 502))
    assert together(tables).rows.equals(read(LONG.encode(), Delimited()).rows)


def test_faults_and_refusals_name_the_row_of_the_file_not_of_the_batch() -> None:
    content = (LONG + "1\n" + LONG[4:]).encode()
    table = together(read_batches([content], Delimited(), (), 1000))
    assert table.faults.rows() == [(502, None, "field_count")]
    with pytest.raises(DeliveryRefused) as refused:
        list(read_batches([LONG.encode() + b'"never closed\n\n\n'], Delimited(), (), 1000))
    assert (refused.value.code, refused.value.row_number) == ("unclosed_quote", 502)


@pytest.mark.parametrize("content", [b"a,b\n", b"a,b", b"a,b\n\n\n"])
@pytest.mark.parametrize("batch_bytes", [1, 100])
def test_a_header_alone_gives_one_empty_batch(content: bytes, batch_bytes: int) -> None:
    (table,) = read_batches([content], Delimited(), (), batch_bytes)
    assert (table.rows.columns, table.rows.height, table.received) == (["row_number", "a", "b"], 0, 0)


@pytest.mark.parametrize("end", ["\n", "‡", "‡\r\n"])
def test_the_blank_lines_at_the_end_are_none_however_many_batches_they_fill(end: str) -> None:
    text = end.join(["a", "1", "", "2", *[""] * 100])
    for batch_bytes in (1, 7, 1000):
        batches = read_batches([text.encode()], Delimited(terminator=end), (), batch_bytes)
        assert together(batches).rows.rows() == [(2, "1"), (3, None), (4, "2")]


def test_a_record_without_end_is_refused_before_it_fills_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portions, "LONGEST_RECORD", 1000)
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        yield b'a,b\n1,2\n"'
        while True:
            taken += 1
            yield b"line\n" * 10

    with pytest.raises(DeliveryRefused) as refused:
        list(read_batches(endless(), Delimited(), (), 100))
    assert (refused.value.code, refused.value.row_number) == ("record_too_long", 3)
    assert taken < 100
    with pytest.raises(DeliveryRefused, match="record_too_long"):
        read(b'a\n"' + b"x" * 1001 + b'"\n', Delimited())


def test_what_was_packed_has_the_same_digest_however_it_is_packed() -> None:
    content = LONG.encode()
    copies: list[tuple[Format, bytes]] = [
        *((Gzip(Delimited()), gzip.compress(content, level, mtime=0)) for level in (1, 9)),
        *((Zip("a.csv", Delimited()), packed(name, content)) for name in ("a.csv", "folder/a.csv")),
    ]
    for format, copy in copies:
        batches = read_batches(cut(copy, [7]), format, (), 1000)
        assert batches.digest is None
        assert together(batches).received == 500
        assert batches.digest == hashlib.sha256(content).hexdigest()


def test_what_is_not_packed_has_no_digest_of_its_own() -> None:
    batches = read_batches([LONG.encode()], Delimited())
    assert together(batches).received == 500
    assert batches.digest is None


def test_what_the_pieces_raise_goes_through() -> None:
    def broken() -> Iterator[bytes]:
        yield b"\x1f\x8b"
        raise StoreError("cut off")

    for format in (
        Delimited(),
        FixedWidth((("a", 1, 1),)),
        Gzip(Delimited()),
        Zip("x", Delimited()),
        Excel(),
        Parquet(),
    ):
        with pytest.raises(StoreError, match="cut off"):
            list(read_batches(broken(), format))


@pytest.mark.parametrize("batch_bytes", [1, 30, 1000])
class TestFooters:
    def table(self, text: str, footer: Footer, batch_bytes: int) -> RawTable:
        return together(read_batches([text.encode()], Delimited(footer=footer), (), batch_bytes))

    @pytest.mark.parametrize("end", ["", "\n", "\r\n\r\n"])
    def test_a_footer_is_no_record(self, end: str, batch_bytes: int) -> None:
        table = self.table("a,b\n1,2\n3,4\nTRAILER|002" + end, Footer(r"TRAILER\|(?P<rows>[0-9]+)"), batch_bytes)
        assert table.rows.rows() == [(2, "1", "2"), (3, "3", "4")]
        assert (table.faults.height, table.received) == (0, 2)

    def test_a_footer_of_two_lines(self, batch_bytes: int) -> None:
        table = self.table("a,b\n1,2\nend\nrows 1\n", Footer(r"end\nrows (?P<rows>[0-9]+)", lines=2), batch_bytes)
        assert table.received == 1

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("a,b\n1,2\n3,4\nT|3\n", "footer_count"),
            ("a,b\n1,2\n3,4\nT|" + "9" * 5000, "footer_count"),
            ("a,b\n1,2\n3,4\n", "footer_missing"),
            ("a,b\nT|1\n1,2\n", "footer_missing"),
            ("a,b\n1,2\nT|1\nx", "footer_missing"),
            ("a,b\n", "empty_file"),
        ],
    )
    def test_a_file_that_does_not_end_as_agreed_is_refused(self, text: str, code: str, batch_bytes: int) -> None:
        with pytest.raises(DeliveryRefused) as refused:
            self.table(text, Footer(r"T\|(?P<rows>[0-9]+)"), batch_bytes)
        assert refused.value.code == code


@pytest.mark.parametrize(
    ("format", "text", "names"),
    [
        (Delimited(header_rows=2), "Person,,Charge\nId,Name,\n1,2,3\n", ["Person Id", "Name", "Charge"]),
        (Delimited(repeated="number"), "Name,Name,x,Name\n1,2,3,4\n", ["Name", "Name (2)", "x", "Name (3)"]),
        (Delimited(header_rows=2, repeated="number"), "A,A\n b,b \n1,2\n", ["A b", "A b (2)"]),
    ],
)
def test_header_rows_make_names(format: Delimited, text: str, names: list[str]) -> None:
    table = read(text.encode(), format)
    assert table.rows.columns == ["row_number", *names]
    assert table.rows["row_number"].to_list() == [format.header_rows + 1]


@pytest.mark.parametrize(
    ("format", "text", "code", "row_number"),
    [
        (Delimited(header_rows=2), "a,b\nc\n1,2\n", "field_count", 2),
        (Delimited(header_rows=2), "a,b\n", "empty_file", None),
        (Delimited(header_rows=2), "a,a\n,\n1,2\n", "repeated_header", 1),
        (Delimited(repeated="number"), "Name,Name (2),Name\n", "repeated_header", 1),
        (Delimited(repeated="number"), "row_number\n", "repeated_header", 1),
        (Delimited(), "," * 20_000 + "\n", "too_many_columns", 1),
        (Delimited(header=False), "," * 20_000 + "\n", "too_many_columns", 1),
    ],
)
def test_headers_that_name_nothing_for_certain_are_refused(
    format: Delimited, text: str, code: str, row_number: int | None
) -> None:
    with pytest.raises(DeliveryRefused) as refused:
        read(text.encode(), format)
    assert (refused.value.code, refused.value.row_number) == (code, row_number)
