"""The structure of flat JSON objects, read from the raw bytes of many lines at once.

Sound, not complete: a line is taken only where it is certain to be an object of distinct keys with plain values; a
line with an escape, a control character, unusual blanks or anything nested is left to a reader of single lines.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from connectors.readers.lines import cut_out, text_ends
from connectors.readers.scan import CR, LF, Bytes, Layout, Mask, Offsets

_QUOTE, _COLON, _COMMA, _OPEN, _CLOSE = range(1, 6)
_BLANK: Final = 0x20
_BACKSLASH: Final = 0x5C
_MARK: Final = 0x22
_KINDS: Final = bytes(max(b'\0":,{}[]'.find(byte), 0) for byte in range(256))
_TOGETHER: Final = 4 << 20
"""Bytes looked at together."""

_MOST_SHAPES: Final = 16
_MOST_BLANKS: Final = 3
"""Blanks beside a key or value; more is not written by any program."""

_SCALAR: Final = r"^(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)$"


@dataclass(frozen=True)
class Uniform:
    """Objects with the same keys in the same order: where their values stand in the text.

    ``lines``: ascending indexes; ``starts`` and ``ends``: lines × keys, the quotes left out; ``quoted``: whether a
    value is a text.
    """

    data: bytes
    keys: tuple[str, ...]
    lines: Offsets
    starts: Offsets
    ends: Offsets
    quoted: Mask

    def frame(self) -> pl.DataFrame:
        """The cells, and ``row_number``: the index of the line; null where the value is null."""
        columns = {"row_number": pl.Series(self.lines, dtype=pl.Int64)}
        for place, key in enumerate(self.keys):
            cells = cut_out(self.data, self.starts[:, place], self.ends[:, place])
            empty = pl.Series(~self.quoted[:, place]) & (cells == "null")
            columns[key] = pl.select(pl.when(~empty).then(cells)).to_series()
        return pl.DataFrame(columns)


def uniform_lines(data: bytes, layout: Layout, good: Mask) -> list[Uniform]:
    """The lines that are certain, of those that are ``good``."""
    found: list[Uniform] = []
    first = 0
    while first < len(layout):
        start = layout.ends[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(layout.ends, start + _TOGETHER)))
        found += _uniform(data, layout.starts[first:last], layout.ends[first:last], good[first:last], first)
        first = last
    return found


def _uniform(data: bytes, starts: Offsets, ends: Offsets, good: Mask, before: int) -> Iterator[Uniform]:
    """The certain lines among those that lie between ``starts`` and ``ends``, by their keys."""
    base = int(starts[0])
    text = data[base : ends[-1]]
    starts, ends = starts - base, ends - base
    inner = _segments(text, starts, ends, good & _plain(text, starts, ends))
    inner = inner.without(inner.line[~_sound(text, inner)])
    if not len(inner.line):
        return
    keys, values = inner.every_second(0), inner.every_second(1)
    names = cut_out(text, keys.start, keys.end)
    for first, lines in _shapes(names, keys.line):
        width = int(np.count_nonzero(keys.line == keys.line[first]))
        called = tuple(names[first : first + width])
        if len(set(called)) < width:
            continue
        places = lines[:, None] + np.arange(width)
        same = np.ones(len(lines), np.bool_)
        for place, key in enumerate(called):
            same &= (names.gather(lines + place) == key).to_numpy()
        places = places[same]
        if len(places):
            yield Uniform(
                data, called, keys.line[places[:, 0]] + before,
                values.start[places] + base, values.end[places] + base, values.quoted[places],
            )  # fmt: skip


@dataclass(frozen=True)
class _Segments:
    """What stands between one structural character and the next: key, value, key, value, … of each line."""

    line: Offsets
    start: Offsets
    end: Offsets
    quoted: Mask

    def without(self, lines: Offsets) -> "_Segments":
        """Those of other lines."""
        if not len(lines):
            return self
        left_out = np.zeros(int(self.line[-1]) + 1, np.bool_)
        left_out[lines] = True
        return self.where(~left_out[self.line])

    def every_second(self, first: int) -> "_Segments":
        """The keys (0) or the values (1)."""
        return _Segments(self.line[first::2], self.start[first::2], self.end[first::2], self.quoted[first::2])

    def where(self, mask: Mask) -> "_Segments":
        return _Segments(self.line[mask], self.start[mask], self.end[mask], self.quoted[mask])


def _segments(text: bytes, starts: Offsets, ends: Offsets, good: Mask) -> _Segments:
    """The segments of the good lines whose characters outside of quotes stand in the order of a flat object."""
    piece, kinds = (np.frombuffer(bytes_, np.uint8) for bytes_ in (text, text.translate(_KINDS)))
    places = np.flatnonzero(kinds)
    kind = kinds[places]
    bounds = np.searchsorted(places, np.append(starts, len(text)))
    line = np.repeat(np.arange(len(starts)), np.diff(bounds))
    quotes = np.cumsum(kind == _QUOTE, dtype=np.int32)
    before = np.concatenate(([0], quotes))[bounds]
    outside = (kind != _QUOTE) & ((quotes - before[line]) & 1 == 0)
    places, kind, line, quotes = places[outside], kind[outside], line[outside], quotes[outside]
    first = np.searchsorted(places, np.append(starts, len(text)))
    count = np.diff(first)
    order = np.arange(len(places)) - first[:-1][line]
    expected = np.where(order & 1, np.uint8(_COLON), np.uint8(_COMMA))
    expected[order == 0] = _OPEN
    expected[order == count[line] - 1] = _CLOSE
    good = good & (count >= 3) & (count & 1 == 1) & (np.diff(before) & 1 == 0)
    good[line[kind != expected]] = False
    filled = np.flatnonzero(good)
    good[filled] = (places[first[filled]] == starts[filled]) & (
        places[first[filled + 1] - 1] + 1 == text_ends(piece, starts[filled], ends[filled], returns=True)
    )
    begin = np.flatnonzero(good[line] & (order < count[line] - 1))
    return _trimmed(piece, line[begin], places[begin] + 1, places[begin + 1], quotes[begin + 1] - quotes[begin])


def _trimmed(piece: Bytes, line: Offsets, start: Offsets, end: Offsets, quotes: Offsets) -> _Segments:
    """Without the blanks around them, and the texts without their quotes; what is no value is left empty."""
    for _ in range(_MOST_BLANKS):
        before, after = piece[start] == _BLANK, piece[end - 1] == _BLANK
        if not (before.any() or after.any()):
            break
        start, end = start + before, end - after
    quoted = (quotes == 2) & (end - start >= 2) & (piece[start] == _MARK) & (piece[end - 1] == _MARK)
    wrong = (~quoted & (quotes != 0)) | (end <= start)
    start = np.where(wrong, end, start + quoted)
    return _Segments(line, start, np.where(wrong, end, end - quoted), quoted & ~wrong)


def _sound(text: bytes, inner: _Segments) -> Mask:
    """Which segments are what they must be: keys are texts, values are texts or plain values."""
    sound = inner.quoted.copy()
    bare = np.flatnonzero(~inner.quoted)
    bare = bare[bare & 1 == 1]
    values = cut_out(text, inner.start[bare], inner.end[bare])
    sound[bare] = values.str.contains(_SCALAR).to_numpy()
    return sound


def _shapes(names: pl.Series, line: Offsets) -> Iterator[tuple[int, Offsets]]:
    """Lines that probably have the same keys in the same order: the place of the first key of one, and of each."""
    first = np.flatnonzero(np.diff(line, prepend=-1))
    order = np.arange(len(line)) - np.repeat(first, np.diff(np.append(first, len(line))))
    weighed = names.hash().to_numpy() * (2 * order + 1).astype(np.uint64)
    _, group, sizes = np.unique(np.add.reduceat(weighed, first), return_inverse=True, return_counts=True)
    for shape in np.argsort(sizes)[::-1][:_MOST_SHAPES]:
        places = first[group == shape]
        yield int(places[0]), places


def _plain(text: bytes, starts: Offsets, ends: Offsets) -> Mask:
    """Which lines have no escape, and no control character but at their end."""
    piece = np.frombuffer(text, np.uint8)
    odd = np.flatnonzero((piece == _BACKSLASH) | ((piece < _BLANK) & (piece != LF)))
    after = piece[np.minimum(odd + 1, len(piece) - 1)]
    odd = odd[~((piece[odd] == CR) & (after == LF))]
    plain = np.ones(len(starts), np.bool_)
    plain[np.searchsorted(ends, odd, side="right")] = False
    return plain
