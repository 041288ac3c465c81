"""Where the records of a delimited file end, and how many fields each has: counted on the raw bytes.

This is the count that a parser's result is held against, so it shares nothing with a parser. It reads
UTF-8 (or any text in which the structural characters are single bytes) with LF at the end of each record,
before which CR may stand. A quote opens a field only at its start and closes it only at its end.
"""

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Offsets = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

LF: Final = 0x0A
CR: Final = 0x0D
BLOCK: Final = 1 << 18
"""Bytes looked at together: what stays in a core's own cache; measured fastest on 170 MB."""


@dataclass(frozen=True)
class Layout:
    """``ends``: the offset after each record, its terminator included; ``fields``: how many it has.

    ``multiline``: whether some LF stands inside quotes. ``problem``: why the record after these has no certain end
    (``unclosed_quote``, ``stray_quote``).
    """

    ends: Offsets
    fields: Offsets
    multiline: bool = False
    problem: str | None = None

    def __len__(self) -> int:
        """The number of records."""
        return len(self.ends)

    @property
    def starts(self) -> Offsets:
        """The offset at which each record begins."""
        return np.concatenate(([0], self.ends[:-1])).astype(np.int64) if len(self.ends) else self.ends

    def first(self, records: int) -> "Layout":
        """The first so many records."""
        return Layout(self.ends[:records], self.fields[:records], self.multiline, self.problem)

    def holding(self, positions: Offsets) -> Offsets:
        """The indexes of the records in which these offsets lie, each once."""
        return np.unique(np.searchsorted(self.ends, positions, side="right"))


def scan(data: bytes, separator: int, quote: int | None, whole: bool = True) -> Layout:
    """The layout of a file or, where not ``whole``, of the complete records at the start of a longer text."""
    layout = _scan_blocks(np.frombuffer(data, np.uint8), separator, quote, whole)
    if layout is None and quote is not None:
        layout = _scan_fields(data, separator, quote, whole)
    return Layout(np.empty(0, np.int64), np.empty(0, np.int64)) if layout is None else layout


def _scan_blocks(data: Bytes, separator: int, quote: int | None, whole: bool = True) -> Layout | None:
    """By the parity of the quotes before each byte; None where a quote is not where one belongs."""
    ends, ordinals = [], []
    seen, parity, lines = 0, 0, 0
    for offset in range(0, len(data), BLOCK):
        block = data[offset : offset + BLOCK]
        if quote is not None and (parity or (block == quote).any()):
            found = _unquoted(_with_neighbours(data, offset), separator, quote, parity)
            if found is None:
                return None
            positions, parity = found
        else:
            positions = np.flatnonzero((block == separator) | (block == LF))
        terminators = np.flatnonzero(block[positions] == LF)
        ends.append(positions[terminators] + (offset + 1))
        ordinals.append(terminators + seen)
        seen += len(positions)
        lines += int(np.count_nonzero(block == LF))
    if whole and parity:
        return None
    return _layout(ends, ordinals, seen, len(data) if whole else 0, lines)


def _with_neighbours(data: Bytes, offset: int) -> Bytes:
    """A block with the byte before and the byte after it; LF where there is none."""
    last = min(offset + BLOCK, len(data))
    extended = np.full(last - offset + 2, LF, np.uint8)
    first = max(offset - 1, 0)
    piece = data[first : last + 1]
    extended[first - offset + 1 :][: len(piece)] = piece
    return extended


def _unquoted(extended: Bytes, separator: int, quote: int, parity: int) -> tuple[Offsets, int] | None:
    """Where separators and LF stand outside quotes in a block, and the parity after it.

    None where an opening quote does not begin a field or a closing one does not end it (a doubled quote
    closes and opens again).
    """
    marks = (extended == separator) | (extended == LF) | (extended == quote)
    positions = np.flatnonzero(marks[1:-1])
    is_quote = extended[1:-1][positions] == quote
    inside = (np.bitwise_xor.accumulate(is_quote.view(np.uint8)) ^ np.uint8(parity)).view(np.bool_)
    belongs = np.where(inside, marks[:-2][positions], (marks | (extended == CR))[2:][positions])
    if not (belongs | ~is_quote).all():
        return None
    return positions[~(is_quote | inside)], int(inside[-1]) if len(inside) else parity


def _layout(ends: list[Offsets], ordinals: list[Offsets], seen: int, size: int, lines: int) -> Layout:
    """From the offsets of the terminators and their ordinals among all structural characters."""
    offsets = np.concatenate([np.empty(0, np.int64), *ends])
    places = np.concatenate([np.empty(0, np.int64), *ordinals])
    multiline = lines > len(offsets)
    if size and (not len(offsets) or offsets[-1] != size):
        offsets, places = np.append(offsets, size), np.append(places, seen)
    return Layout(offsets, np.diff(places, prepend=-1), multiline)


def _scan_fields(data: bytes, separator: int, quote: int, whole: bool = True) -> Layout:
    """Field by field: for files in which a quote also stands inside unquoted text, where it is just text."""
    mark, delimiter = (re.escape(bytes([byte])) for byte in (quote, separator))
    quoted = b"%b(?:[^%b]++|%b%b)*+%b" % (mark, mark, mark, mark, mark)
    ended = rb"(?:\r(?=\n)|(?=%b|\n|\Z))" % delimiter
    field = re.compile(rb"(?:%b%b|(?!%b)[^%b\n]*+)(%b|\n|\Z)" % (quoted, ended, mark, delimiter, delimiter))
    ends: list[int] = []
    fields: list[int] = []
    width, position, problem = 0, 0, None
    while position < len(data):
        token = field.match(data, position)
        if token is None:
            closed = re.compile(quoted).match(data, position) is not None
            problem = "stray_quote" if closed else "unclosed_quote" if whole else None
            break
        width, position = width + 1, token.end()
        if token[1] == b"\n" or (whole and token[1] == b""):
            ends.append(position)
            fields.append(width)
            width = 0
    if width and whole and not problem:
        ends.append(position)
        fields.append(width + 1)
    return Layout(np.array(ends, np.int64), np.array(fields, np.int64), data.count(b"\n") >= len(ends), problem)


def before_trailing_blanks(data: bytes, layout: Layout) -> int:
    """How many records there are before the blank lines at the end; blank lines between records are records."""
    if not len(layout):
        return 0
    bytes_, lengths = np.frombuffer(data, np.uint8), layout.ends - layout.starts
    first, last = bytes_[layout.starts], bytes_[layout.ends - 1]
    blank = (last == LF) & ((lengths == 1) | ((lengths == 2) & (first == CR)))
    filled = np.flatnonzero(~blank)
    return int(filled[-1]) + 1 if len(filled) else 0
