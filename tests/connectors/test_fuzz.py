"""Whatever the bytes: a table in which every record is accounted for, or a refusal, and no other exception."""

import gzip
import io
from collections.abc import Sequence

import openpyxl  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.readers import read
from schemas.errors import DeliveryRefused
from schemas.formats import Delimited, Excel, FixedWidth, Format, Gzip, JsonLines, Parquet, Zip
from tests.connectors.formats import TEXTS, near_text, packed, sound_files


def workbook() -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in (["a", "b"], [1, "x"], [2, None]):
        book.active.append(row)
    book.save(out)
    return out.getvalue()


SOUND = sound_files(workbook())
UNPACKED = [(content, format) for content, format in SOUND if not isinstance(format, Excel | Parquet)]
IN_A_CHILD = [(content, format) for content, format in SOUND if isinstance(format, Excel | Parquet)]


def account(content: bytes, format: Format) -> bool:
    """Read or refuse; what is read must add up. Whether it was read."""
    try:
        table = read(content, format, ("a", "b"))
    except DeliveryRefused as refused:
        assert refused.__context__ is None
        return False
    numbers = [*table.rows["row_number"], *set(table.faults["row_number"])]
    assert len(numbers) == len(set(numbers)) == table.received
    assert not numbers or sorted(numbers) == list(range(min(numbers), min(numbers) + len(numbers)))
    return True


@st.composite
def texts(draw: st.DrawFn) -> tuple[bytes, Format]:
    """A text that is nearly of its format, or any bytes; as it is or packed."""
    format = draw(TEXTS)
    assert isinstance(format, Delimited | FixedWidth | JsonLines)
    content = draw(st.one_of(near_text(format), near_text(format), st.binary(max_size=200)))
    return draw(
        st.sampled_from(
            [
                (content, format),
                (content, format),
                (gzip.compress(content), Gzip(format)),
                (packed("a.csv", content), Zip("*.csv", format)),
                (content, Gzip(format)),
                (content, Zip("*", format)),
            ]
        )
    )


@st.composite
def damaged(draw: st.DrawFn, sound: Sequence[tuple[bytes, Format]]) -> tuple[bytes, Format]:
    """A sound file with some bytes changed, or cut off, or with something after it."""
    content, format = draw(st.sampled_from(sound))
    spoilt = bytearray(content)
    for place, byte in draw(st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)), max_size=3)):
        spoilt[place] = byte
    end = draw(st.one_of(st.none(), st.integers(0, len(content))))
    return bytes(spoilt[:end]) + draw(st.binary(max_size=4)), format


@given(file=st.one_of(texts(), texts(), damaged(UNPACKED)))
@settings(max_examples=500, deadline=None)
def test_nothing_but_a_refusal_gets_out(file: tuple[bytes, Format]) -> None:
    account(*file)


@given(file=damaged(IN_A_CHILD))
@settings(max_examples=8, deadline=None)
def test_nothing_but_a_refusal_gets_out_of_a_child(file: tuple[bytes, Format]) -> None:
    account(*file)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_nothing_but_a_refusal_gets_out_of_twenty_thousand_files() -> None:
    counted = {True: 0, False: 0}

    @given(file=st.one_of(texts(), texts(), damaged(UNPACKED)))
    @settings(max_examples=22_000, deadline=None)
    def files(file: tuple[bytes, Format]) -> None:
        counted[account(*file)] += 1

    @given(file=damaged(IN_A_CHILD))
    @settings(max_examples=300, deadline=None)
    def files_of_children(file: tuple[bytes, Format]) -> None:
        counted[account(*file)] += 1

    files()
    files_of_children()
    print(f"{counted[True]} read, {counted[False]} refused")
    assert counted[True] > 5_000
    assert counted[False] > 5_000
    assert sum(counted.values()) >= 20_000


@pytest.mark.parametrize(("content", "format"), SOUND)
def test_the_files_that_are_damaged_were_sound(content: bytes, format: Format) -> None:
    assert account(content, format)
