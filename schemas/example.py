"""An example file of a feed: made-up rows, written as its agency writes them, under a name that its files have."""

import csv
import datetime as dt
import gzip
import json
import re
import zipfile
from collections.abc import Sequence
from io import BytesIO, StringIO
from random import Random
from typing import Final

import polars as pl

from schemas.columns import Decimal, Integer
from schemas.contract import Feed
from schemas.formats import Delimited, Excel, FixedWidth, Footer, Gzip, JsonLines, Parquet, Unpacked, Zip
from schemas.patterns import maker
from schemas.synthetic import rows as made_up
from schemas.workbook import workbook

_SEED: Final = 1
_MOMENT: Final = (2000, 1, 1, 0, 0, 0)
_FIELD: Final = re.compile(r"\{date:(?P<format>[^}]+)\}|\{sequence\}")
_COUNTED: Final = re.compile(r"\(\?P<rows>[^()]*\)")
_NUMBERED: Final = re.compile(r"(?P<name>.*) \([0-9]+\)")

Line = Sequence[str | None]


def example(feed: Feed, rows: int = 5) -> bytes:
    """A file of so many made-up rows, or fewer where the key has fewer values, that the contract accepts."""
    made = example_rows(feed, rows)
    form = feed.format
    inner = _written(feed, form.format if isinstance(form, Gzip | Zip) else form, made)
    if isinstance(form, Gzip):
        return gzip.compress(inner, mtime=0)
    return _zipped(_plain_name(form.member), inner) if isinstance(form, Zip) else inner


def example_name(feed: Feed, date: dt.date) -> str:
    """The name of a file that is delivered as of a date."""
    first = feed.sequence.first if feed.sequence else 1

    def filled(match: re.Match[str]) -> str:
        return date.strftime(match["format"]) if match["format"] else str(first)

    return _plain_name(_FIELD.sub(filled, feed.files))


def example_rows(feed: Feed, rows: int = 5) -> pl.DataFrame:
    """The made-up rows of an example: one text column per declared header, null where empty."""
    for count in range(rows, 0, -1):
        try:
            return made_up(feed, count, _SEED).drop("row_number")
        except ValueError:
            continue
    raise ValueError(f"feed {feed.name}: its key has no value")


def example_lines(feed: Feed, rows: int = 5) -> list[str]:
    """The example as it looks in an editor; no line where it is no text."""
    form = feed.format.format if isinstance(feed.format, Gzip | Zip) else feed.format
    if isinstance(form, Excel | Parquet):
        return []
    text = _written(feed, form, example_rows(feed, rows)).decode(form.encoding)
    terminator = form.terminator if isinstance(form, Delimited | FixedWidth) else None
    return [line for line in text.split(terminator or "\n") if line.strip("\r\n")]


def _written(feed: Feed, form: Unpacked, made: pl.DataFrame) -> bytes:
    match form:
        case Delimited():
            return _delimited(form, made)
        case FixedWidth():
            return _fixed_width(form, made)
        case JsonLines():
            return _json_lines(feed, form, made)
        case Excel():
            above: list[Line] = [["Example"] + [None] * (made.width - 1)] * form.above
            heads = _heads(made.columns, form.header_rows, form.repeated)
            return workbook(form.sheet or "Sheet1", [*above, *heads, *made.rows()])
        case Parquet():
            content = BytesIO()
            made.write_parquet(content)
            return content.getvalue()


def _delimited(form: Delimited, made: pl.DataFrame) -> bytes:
    heads = _heads(made.columns, form.header_rows, form.repeated) if form.header else []
    lines = [_joined(line, form) for line in (*heads, *made.rows())]
    return _closed(lines, form.terminator, form.footer, made.height).encode(form.encoding)


def _joined(cells: Line, form: Delimited) -> str:
    """One record; without quotes a cell goes without the signs that divide."""
    texts = [(form.null[0] if form.null else "") if cell is None else cell for cell in cells]
    if form.quote is None:
        divides = form.separator + (form.terminator or "\r\n")
        return form.separator.join("".join(sign for sign in text if sign not in divides) for text in texts)
    record = StringIO()
    csv.writer(record, delimiter=form.separator, quotechar=form.quote, lineterminator="").writerow(texts)
    return record.getvalue()


def _fixed_width(form: FixedWidth, made: pl.DataFrame) -> bytes:
    names = [name for name, _, _ in form.fields]
    heads: list[Line] = [names] * form.header_rows
    lines = []
    for cells in (*heads, *made.select(names).rows()):
        line = [" "] * form.length
        for (_, start, width), cell in zip(form.fields, cells, strict=True):
            line[start - 1 : start - 1 + width] = (cell or "")[:width].ljust(width)
        lines.append("".join(line))
    return _closed(lines, form.terminator, form.footer, made.height).encode(form.encoding)


def _json_lines(feed: Feed, form: JsonLines, made: pl.DataFrame) -> bytes:
    numbers = {column.name for column in feed.columns if isinstance(column.type, Integer | Decimal)}
    lines = []
    for row in made.rows(named=True):
        values = {name: cell if name in numbers else _quoted(cell) for name, cell in row.items() if cell is not None}
        lines.append("{" + ", ".join(f"{_quoted(name)}: {value}" for name, value in values.items()) + "}\n")
    return "".join(lines).encode(form.encoding)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _heads(names: Sequence[str], header_rows: int, repeated: str) -> list[Line]:
    """The header rows: the names in the first, as they were before the repeated ones were numbered."""
    numbered = (_NUMBERED.fullmatch(name) for name in names)
    first = [
        match["name"] if match and repeated == "number" and match["name"] in names else name
        for name, match in zip(names, numbered, strict=True)
    ]
    return [first, *([[None] * len(names)] * (header_rows - 1))]


def _closed(lines: Sequence[str], terminator: str | None, footer: Footer | None, rows: int) -> str:
    """The records with their ends, and the footer that says how many there are."""
    end = terminator or "\n"
    closing = []
    if footer is not None:
        text = maker(_COUNTED.sub(str(rows), footer.pattern))(Random(_SEED))
        closing = text.split("\n")
    return "".join(line + end for line in (*lines, *closing))


def _zipped(member: str, content: bytes) -> bytes:
    archived = BytesIO()
    with zipfile.ZipFile(archived, "w") as archive:
        archive.writestr(zipfile.ZipInfo(member, _MOMENT), content, zipfile.ZIP_DEFLATED)
    return archived.getvalue()


def _plain_name(glob: str) -> str:
    """A name that a glob matches; never a hidden one."""
    return re.sub(r"\*|\?", "1", glob) if re.match(r"[*?]", glob) else glob.replace("*", "").replace("?", "1")
