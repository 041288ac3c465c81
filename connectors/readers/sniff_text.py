"""How a text is written: encoding, then JSON lines, delimited in one of many dialects, or fixed width."""

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from connectors.readers import read, read_batches
from connectors.readers.sniff_header import has_header
from connectors.readers.sniff_lines import footer_of, sniff_fixed_width
from schemas.errors import DeliveryRefused
from schemas.formats import Delimited, JsonLines, TextFormat
from schemas.table import RawTable

_LOOKED_AT: Final = 1 << 18
"""Bytes by which dialects are judged."""
_READ_WHOLE: Final = 32 << 20
"""A file no longer than this is read whole by the dialect chosen, since a stray quote may stand at its end."""
_SEPARATORS: Final = ",|;\t‡†¦~^§¶\x1f\x01\x1e"
_MARKS: Final = "‡†¶§¦@~^|\x1e"
"""What ends records where no line does."""
_HONEST: Final = 0.8
"""Share of the records that must be of one width for a text to be delimited."""
_OBJECTS: Final = 50
_TRUE: Final = 0.9


@dataclass(frozen=True)
class Tried:
    """A dialect and how the start of the text reads by it."""

    format: Delimited
    records: int
    width: int
    good: int

    @property
    def worth(self) -> float:
        """From 0 to 1: more for more records of one width, for more columns, for more records than one."""
        share = self.good / self.records if self.records else 0.0
        return share * (1 - 1 / (1 + self.width)) * (1 - 1 / (1 + min(self.records, 1000)))

    @property
    def is_honest(self) -> bool:
        """Whether nearly all records have one width of two columns or more."""
        return self.width > 1 and self.good >= _HONEST * self.records


def sniff_text(content: bytes) -> TextFormat:
    """How a text is written. Raises `DeliveryRefused` where it is empty or no text."""
    encoding = sniff_encoding(content)
    text = _decoded(content[: _LOOKED_AT * 2], encoding)
    if not text.strip():
        raise DeliveryRefused("empty_file")
    if _is_json_lines(text):
        return JsonLines(encoding)
    tried = sorted(_tries(content, text, encoding), key=lambda found: -found.worth)
    if not tried or not tried[0].is_honest:
        fixed = sniff_fixed_width(text, encoding)
        if fixed is not None:
            return fixed
    for found in tried:
        for format in (found.format, replace(found.format, quote=None)):
            whole = _whole(content, format)
            if whole is not None:
                return _completed(format, whole, text)
    raise DeliveryRefused("bad_encoding")


def sniff_encoding(content: bytes) -> str:
    """The encoding by mark, by the places of NUL bytes, by being UTF-8 but for slips; else that of Windows."""
    if content.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if content.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    start = content[:_LOOKED_AT]
    for encoding, odd in (("utf-16-le", 1), ("utf-16-be", 0)):
        if len(start) > 3 and start[odd::2].count(0) > 0.4 * len(start[odd::2]) and not start[1 - odd :: 2].count(0):
            return encoding
    high = content[: 16 << 20]
    wrong = len(re.findall("�", high.decode("utf-8", "replace"))) - high.count("�".encode())
    right = sum(1 for character in high.decode("utf-8", "ignore") if ord(character) > 127) if wrong else 1
    if wrong <= 0.1 * right or (wrong <= 3 and right > wrong):
        return "utf-8"
    unknown = re.findall(rb"[\x81\x8d\x8f\x90\x9d]", high)
    return "latin-1" if unknown else "cp1252"


def _decoded(content: bytes, encoding: str) -> str:
    return codecs.getincrementaldecoder(encoding)("replace").decode(content)


def _is_json_lines(text: str) -> bool:
    lines = [line for line in text.split("\n") if line.strip()][: _OBJECTS + 1]
    complete = lines[:-1] if len(lines) > 1 else lines
    objects = sum(map(_is_object, complete))
    return bool(complete) and _is_object(complete[0]) and objects > _TRUE * len(complete)


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _tries(content: bytes, text: str, encoding: str) -> Iterator[Tried]:
    """Each dialect whose signs are in the text, as far as it can be read by it; unquoted where it has stray quotes."""
    for terminator in _terminators(text):
        for separator in _SEPARATORS:
            if separator == "," or (separator in text and separator not in (terminator or "")):
                quoted = Delimited(encoding, separator, '"', terminator, header=False)
                found = _tried(content, quoted) or _tried(content, replace(quoted, quote=None))
                if found is not None and (found.records > 1 or separator == ","):
                    yield found


def _terminators(text: str) -> list[str | None]:
    """What may end a record, what is longest first, since it takes the others with it."""
    marks = [mark for mark in _MARKS if mark in text]
    found: list[str | None] = [mark + end for end in ("\r\n", "\n", "") for mark in marks if mark + end in text]
    return [*found, None, *(["\r"] if "\r" in text.replace("\r\n", "") else [])]


def _tried(content: bytes, format: Delimited) -> Tried | None:
    """How the start of the text reads; None where it cannot be read at all."""
    try:
        table = next(read_batches([content], format, batch_bytes=_LOOKED_AT))
    except (DeliveryRefused, StopIteration):
        return None
    return Tried(format, table.received, table.rows.width - 1, table.rows.height) if table.received else None


def _whole(content: bytes, format: Delimited) -> RawTable | None:
    """The file, or its start where it is long; None where it cannot be read by this dialect."""
    try:
        if len(content) <= _READ_WHOLE:
            return read(content, format)
        return next(read_batches([content], format, batch_bytes=_LOOKED_AT))
    except (DeliveryRefused, StopIteration):
        return None


def _completed(format: Delimited, table: RawTable, text: str) -> Delimited:
    """The dialect with what the records say of it: a header, its repeated names, a footer."""
    first = table.rows.filter(pl.col("row_number") == 1).drop("row_number")
    cells = tuple(cell or "" for cell in first.row(0)) if first.height else ()
    header = has_header(cells, table.rows.filter(pl.col("row_number") > 1).drop("row_number"))
    repeated = "number" if header and len(set(cells)) < len(cells) else "refuse"
    footer = footer_of(table, text, format.terminator, int(header))
    return replace(format, header=header, repeated=repeated, footer=footer)  # type: ignore[arg-type]
