"""What is wrong with single records of a text; such records never reach a parser."""

import codecs
from collections.abc import Mapping
from typing import Final

import numpy as np
import polars as pl

from connectors.readers.dialect import REPLACED, is_utf8
from connectors.readers.portions import Portion
from connectors.readers.scan import Layout, Mask, Offsets
from schemas.table import FAULTS

_DECODED_TOGETHER: Final = 1000


def byte_faults(portion: Portion, encoding: str) -> dict[str, Offsets]:
    """Rule → indexes of the records with a NUL (``nul_byte``) or bytes without meaning (``bad_encoding``)."""
    data = portion.data
    return {
        "nul_byte": containing(b"\0", data, portion.layout),
        "bad_encoding": _undecodable(data, portion.layout, encoding),
    }


def fault_frame(found: Mapping[str, Offsets], before: int) -> pl.DataFrame:
    """Rule → indexes, as `FAULTS`; ``before``: the records before the first."""
    frames = [
        pl.DataFrame({"row_number": indexes + (before + 1), "column": None, "rule": rule}, schema=FAULTS)
        for rule, indexes in found.items()
        if len(indexes)
    ]
    return pl.concat(frames).sort("row_number", "rule") if frames else FAULTS.to_frame()


def sound(found: Mapping[str, Offsets], records: int) -> Mask:
    """Which of the records have no fault."""
    good = np.ones(records, np.bool_)
    for indexes in found.values():
        good[indexes] = False
    return good


def containing(mark: bytes, data: bytes, layout: Layout) -> Offsets:
    """The indexes of the records that contain ``mark``."""
    if data.find(mark) < 0:
        return np.empty(0, np.int64)
    within = np.frombuffer(data, np.uint8)
    positions = np.flatnonzero(within == mark[0])
    for place, byte in enumerate(mark[1:], start=1):
        positions = positions[positions + place < len(within)]
        positions = positions[within[positions + place] == byte]
    return layout.holding(positions)


def _undecodable(data: bytes, layout: Layout, encoding: str) -> Offsets:
    """The indexes of the records that are not what their encoding says."""
    if data.isascii():
        return np.empty(0, np.int64)
    if not is_utf8(encoding):
        return containing(REPLACED, data, layout)
    codec = "ascii" if codecs.lookup(encoding).name == "ascii" else "utf-8"
    bounds = np.concatenate(([0], layout.ends))
    found: list[int] = []
    for first in range(0, len(layout), _DECODED_TOGETHER):
        last = min(first + _DECODED_TOGETHER, len(layout))
        if not _decodes(data[bounds[first] : bounds[last]], codec):
            each = range(first, last)
            found += [index for index in each if not _decodes(data[bounds[index] : bounds[index + 1]], codec)]
    return np.array(found, np.int64)


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
