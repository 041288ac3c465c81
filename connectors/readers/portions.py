"""A long text in portions of whole records, so that no file is ever in memory as a whole."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from connectors.readers.dialect import Dialect, Plain, plain, utf8
from connectors.readers.scan import Layout, before_trailing_blanks, scan
from schemas.errors import DeliveryRefused
from schemas.formats import Footer

BATCH_BYTES: Final = 32 << 20
"""Text that is read together: measured fastest from 16 MB to 32 MB; 64 MB take 300 MB more."""

LONGEST_RECORD: Final = 64 << 20


@dataclass(frozen=True)
class Portion:
    """Whole records of a file; ``before``: how many came in the portions before it.

    ``problem``: why the file ends here, to be raised when these records have been looked at. ``footer``: the lines of
    the footer, in the last portion.
    """

    text: Plain
    layout: Layout
    before: int
    last: bool = False
    problem: DeliveryRefused | None = None
    footer: tuple[str, ...] = ()

    @property
    def data(self) -> bytes:
        """The text of the records, in the one dialect."""
        return self.text.data[: int(self.layout.ends[-1])] if len(self.layout) else b""

    def refuse_problem(self) -> None:
        """Raise the problem, where there is one."""
        if self.problem:
            raise self.problem


def portions(
    pieces: Iterable[bytes], encoding: str, dialect: Dialect, header_rows: int, footer: Footer | None, batch_bytes: int
) -> Iterator[Portion]:
    """Cut a file at the ends of records about every ``batch_bytes``; the last portion may be empty.

    The blank lines at the end of a file and its footer are no records. The first portion has at least
    ``header_rows`` records, where the file has. Raises `DeliveryRefused`: ``bad_encoding``, ``record_too_long``,
    ``no_spare_character``.
    """
    held = footer.lines if footer else 0
    waiting: list[bytes] = []
    size, wanted, before = 0, batch_bytes, 0
    for piece in utf8(_sliced(pieces, batch_bytes), encoding):
        waiting.append(piece)
        size += len(piece)
        if size < wanted:
            continue
        text = b"".join(waiting)
        waiting.clear()
        portion, rest = _complete(text, dialect, before, held, 0 if before else header_rows)
        ready = [portion] if len(portion.layout) or portion.problem else []
        before += len(portion.layout)
        del text, portion
        while ready:
            # Popped, so that the text is free while the reader's own reader works.
            yield ready.pop()
        if len(rest) > LONGEST_RECORD:
            raise DeliveryRefused("record_too_long", before + 1)
        waiting.append(rest)
        size, wanted = len(rest), len(rest) + batch_bytes
    yield _remaining(b"".join(waiting), dialect, before, footer)


def _sliced(pieces: Iterable[bytes], most: int) -> Iterator[bytes]:
    for piece in pieces:
        if len(piece) <= most:
            yield piece
        else:
            yield from (piece[start : start + most] for start in range(0, len(piece), most))


def _complete(text: bytes, dialect: Dialect, before: int, held: int, least: int) -> tuple[Portion, bytes]:
    """The complete records at the start of a text, but for the last ``held`` and the blank ones; and the rest."""
    cut = text.rfind(dialect.cut)
    end = cut + len(dialect.cut) if cut >= 0 else 0
    found = plain(text[:end], dialect, before > 0)
    layout = scan(found.data, found.separator, found.quote, whole=False)
    if layout.problem:
        return _portion(found, layout, before), b""
    kept = before_trailing_blanks(found.data, layout) - held
    if kept <= 0 or kept < least:
        return Portion(found, layout.first(0), before), text
    portion = _portion(found, layout.first(kept), before)
    return portion, found.original(int(layout.ends[kept - 1])) + text[end:]


def _remaining(text: bytes, dialect: Dialect, before: int, footer: Footer | None) -> Portion:
    """The last portion of a file."""
    found = plain(text, dialect, before > 0)
    layout = scan(found.data, found.separator, found.quote)
    if layout.problem:
        return _portion(found, layout, before)
    kept = before_trailing_blanks(found.data, layout)
    if footer is None:
        return _portion(found, layout.first(kept), before, last=True)
    first = max(0, kept - footer.lines)
    lines = tuple(_line(found, layout, index, dialect) for index in range(first, kept))
    return _portion(found, layout.first(first), before, last=True, footer=lines)


def _portion(found: Plain, layout: Layout, before: int, last: bool = False, footer: tuple[str, ...] = ()) -> Portion:
    """Records with what is wrong with one of them as a whole, or with the one after them."""
    size = len(found.data)
    lengths = np.diff(layout.ends, prepend=0)
    too_long = np.flatnonzero(lengths > LONGEST_RECORD)
    problem = None
    if len(too_long):
        problem = DeliveryRefused("record_too_long", before + int(too_long[0]) + 1)
    elif layout.problem:
        start = int(layout.ends[-1]) if len(layout) else 0
        code = "record_too_long" if size - start > LONGEST_RECORD else layout.problem
        problem = DeliveryRefused(code, before + len(layout) + 1)
    return Portion(found, layout, before, last, problem, footer)


def _line(found: Plain, layout: Layout, index: int, dialect: Dialect) -> str:
    start = int(layout.ends[index - 1]) if index else 0
    line = found.original(start, int(layout.ends[index])).removesuffix(dialect.cut)
    return (line if dialect.terminator else line.removesuffix(b"\r")).decode("utf-8", "replace")


def check_footer(footer: Footer, lines: tuple[str, ...], received: int) -> None:
    """Refuse a file whose end does not say that it is whole.

    Raises `DeliveryRefused`: ``footer_missing``, ``footer_count``.
    """
    match = re.fullmatch(footer.pattern, "\n".join(lines))
    if len(lines) < footer.lines or match is None:
        raise DeliveryRefused("footer_missing")
    stated = match.groupdict().get("rows")
    if "rows" in match.re.groupindex and (stated is None or stated.strip().lstrip("0") != str(received or "")):
        raise DeliveryRefused("footer_count")
