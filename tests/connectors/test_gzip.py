"""Gzip: all of it, under caps, or none of it."""

import gzip as library
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.readers import gzip, read, read_batches
from connectors.readers.batches import together
from schemas.errors import DeliveryRefused
from schemas.formats import Delimited, FixedWidth, Format, Gzip, JsonLines, Parquet, Zip
from tests.connectors.formats import packed, parquet

CSV = b"a,b\n1,2\n3,4\n"
FORMAT = Gzip(Delimited())


def refusal(content: bytes, format: Format = FORMAT) -> str:
    with pytest.raises(DeliveryRefused) as refused:
        read(content, format)
    assert refused.value.__context__ is None
    return refused.value.code


@pytest.mark.parametrize(
    ("format", "content"),
    [
        (Delimited(), CSV),
        (FixedWidth((("a", 1, 1), ("b", 2, 1))), b"12\n34\n"),
        (JsonLines(), b'{"a":1,"b":2}\n{"a":3,"b":"4"}\n'),
        (Parquet(), parquet({"a": [1, 3], "b": ["2", "4"]})),
    ],
)
def test_any_format_may_be_packed(format: Delimited | FixedWidth | JsonLines | Parquet, content: bytes) -> None:
    expected = read(content, format).rows
    assert expected.height == 2
    assert read(library.compress(content), Gzip(format)).rows.equals(expected)
    assert read(packed("folder/a.x", content), Zip("a.x", format)).rows.equals(expected)


def test_several_members_are_one_file() -> None:
    content = library.compress(CSV[:5]) + library.compress(b"") + library.compress(CSV[5:])
    assert read(content, FORMAT).rows.equals(read(CSV, Delimited()).rows)


@pytest.mark.parametrize("end", range(0, len(library.compress(CSV)), 3))
def test_a_truncated_file_is_refused(end: int) -> None:
    assert refusal(library.compress(CSV)[:end]) == "bad_gzip"
    assert refusal(library.compress(CSV) + library.compress(CSV)[: end or 1]) == "bad_gzip"


@pytest.mark.parametrize("after", [b"x", b"\0\0\0\0", b"\x1f", CSV])
def test_something_after_the_last_member_is_refused(after: bytes) -> None:
    assert refusal(library.compress(CSV) + after) == "bad_gzip"


def test_a_wrong_checksum_is_refused_although_the_text_was_readable() -> None:
    content = bytearray(library.compress(CSV))
    content[-8] ^= 1
    assert refusal(bytes(content)) == "bad_gzip"


def test_what_is_no_gzip_is_refused() -> None:
    assert refusal(b"") == "bad_gzip"
    assert refusal(CSV) == "bad_gzip"


def test_an_archive_in_it_is_refused() -> None:
    assert refusal(library.compress(library.compress(CSV))) == "gzip_nested"
    assert refusal(library.compress(packed("a.csv", CSV))) == "gzip_nested"
    assert refusal(packed("a.csv", library.compress(CSV)), Zip("a.csv", Delimited())) == "zip_nested"


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(library.compress(bytes(50_000_000))) == "gzip_bomb"
    monkeypatch.setattr(gzip, "MOST_BYTES", 1000)
    assert refusal(library.compress(CSV * 1000)) == "gzip_bomb"
    monkeypatch.setattr(gzip, "MOST_MEMBERS", 10)
    assert refusal(library.compress(b"") * 12) == "gzip_bomb"


def test_long_texts_come_out_whole_however_they_arrive() -> None:
    line = random.Random(1).randbytes(1_500_000).hex().encode()
    content = b"a\n" + line + b"\n" + line[:2_600_000] + b"\n"
    whole = library.compress(content)
    for size in (100, 10_000, len(whole)):
        pieces = (whole[start : start + size] for start in range(0, len(whole), size))
        lengths = together(read_batches(pieces, FORMAT)).rows["a"].str.len_bytes()
        assert lengths.to_list() == [3_000_000, 2_600_000]


SOUND = library.compress(CSV * 50)


@given(place=st.integers(0, len(SOUND) - 1), byte=st.integers(0, 255))
@settings(max_examples=200, deadline=None)
def test_a_damaged_file_is_read_right_or_refused(place: int, byte: int) -> None:
    damaged = bytearray(SOUND)
    damaged[place] = byte
    try:
        table = read(bytes(damaged), FORMAT)
    except DeliveryRefused as refused:
        assert refused.code == "bad_gzip"
        return
    assert table.rows.equals(read(CSV * 50, Delimited()).rows)
