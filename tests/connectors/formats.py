"""Formats and bytes for tests of all readers: files that are nearly right, and files that are not."""

import gzip
import io
import json
import zipfile

import polars as pl
from hypothesis import strategies as st

from schemas.formats import Delimited, Excel, FixedWidth, Footer, Format, Gzip, JsonLines, Parquet, Zip

ENCODINGS = st.sampled_from(
    ["utf-8", "utf-8-sig", "ascii", "cp1252", "latin-1", "utf-16", "utf-16-be", "shift_jis", "cp037"]
)
FOOTERS = st.sampled_from([None, None, Footer(r"T[|,](?P<rows>[0-9]+)"), Footer(r".*\n.*", lines=2)])
DELIMITED = st.builds(
    Delimited,
    encoding=ENCODINGS,
    separator=st.sampled_from([",", "|", "\t", "‡", "||", ";", "\x1f"]),
    quote=st.sampled_from(['"', '"', None, "'", "þ"]),
    terminator=st.sampled_from([None, None, "\n", "\r", "\r\n", "†", "†\n", "\x1e", "||\r\n"]),
    header=st.booleans(),
    null=st.sampled_from([("",), (), ("", "NULL")]),
    header_rows=st.integers(1, 3),
    repeated=st.sampled_from(["refuse", "number"]),
    footer=FOOTERS,
)
FIXED = st.builds(
    FixedWidth,
    fields=st.sampled_from([(("a", 1, 1), ("b", 2, 2)), (("a", 2, 2), ("b", 5, 1)), (("a", 1, 3), ("b", 2, 1))]),
    encoding=ENCODINGS,
    terminator=st.sampled_from([None, "\n", "†", "\r\n"]),
    trim=st.booleans(),
    record_length=st.sampled_from([None, 3, 6]),
    header_rows=st.integers(0, 2),
    footer=FOOTERS,
)
JSON = st.builds(JsonLines, encoding=ENCODINGS)
TEXTS: st.SearchStrategy[Format] = st.one_of(DELIMITED, FIXED, JSON)

CHARACTERS = st.sampled_from([*",\n\n\r\"'|;\tx1 T{}:[]\\", "\0", "é", "‡", "†", "þ", "\x1f", "||\r\n", "\ufeff"])
JSON_PIECES = st.sampled_from(
    ['{"a":1}\n', '{"b": "x", "a" : 2.50}\r\n', '{"a":"\\u00e9","b":null}\n', '{"a":[1]}\n', "{}\n", '{"a":01}\n']
)
SOUP = st.lists(st.one_of(CHARACTERS, JSON_PIECES, st.just("ab,c\n"), st.just('"a,\nb",c\n')), max_size=40).map("".join)


@st.composite
def near_text(draw: st.DrawFn, format: Delimited | FixedWidth | JsonLines) -> bytes:
    """Text in the format's own encoding, or bytes in none."""
    text = draw(SOUP)
    spoilt = draw(st.binary(max_size=3))
    return text.encode(format.encoding, "ignore") + spoilt


def packed(name: str, content: bytes) -> bytes:
    """A zip archive of one member."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr(name, content)
    return out.getvalue()


def parquet(rows: dict[str, list[object]]) -> bytes:
    """A Parquet file of those columns."""
    out = io.BytesIO()
    pl.DataFrame(rows).write_parquet(out)
    return out.getvalue()


def sound_files(workbook: bytes) -> list[tuple[bytes, Format]]:
    """One sound file of each format; ``workbook`` is that of Excel."""
    text = b'a,b\n1,"x\ny"\n2,z\n'
    lines = "".join(json.dumps({"a": number, "b": "é"}) + "\n" for number in range(3)).encode()
    return [
        (text, Delimited()),
        (b"12 x\n34 y\n", FixedWidth((("a", 1, 2), ("b", 4, 1)))),
        (lines, JsonLines()),
        (gzip.compress(text, mtime=0), Gzip(Delimited())),
        (gzip.compress(lines, mtime=0), Gzip(JsonLines())),
        (packed("a.csv", text), Zip("a.csv", Delimited())),
        (parquet({"a": [1, None], "b": ["x", "y"]}), Parquet()),
        (workbook, Excel()),
    ]
