"""Frames of one schema kept small in memory: packed once they are large, never written to disk."""

import datetime as dt
from collections.abc import Iterator
from io import BytesIO
from typing import Final

import polars as pl

from schemas.ahead import ahead

PLAIN_BYTES: Final = 16 << 20
"""Up to here frames stay as they are: packing would cost more time than it saves memory."""


class Packed:
    """Frames of one schema, in the order in which they were appended; iterating gives frames of that order again.

    Once they come to more than ``plain_bytes`` each further frame is kept as an Arrow IPC stream under zstd.
    """

    def __init__(self, schema: pl.Schema, plain_bytes: int | None = None) -> None:
        """Hold no frame yet; ``plain_bytes`` is 16 MiB by default."""
        self.schema = schema
        self._may_be_plain = PLAIN_BYTES if plain_bytes is None else plain_bytes
        self._heights: list[int] = []
        self._kept: list[pl.DataFrame | bytes] = []
        self._empty: list[dict[str, int]] = []
        self._latest: list[dict[str, dt.date | None]] = []
        self._plain_bytes = 0

    @property
    def height(self) -> int:
        """The number of rows of all frames."""
        return sum(self._heights)

    @property
    def size(self) -> int:
        """Bytes that the frames take in memory, about."""
        return self._plain_bytes + sum(len(kept) for kept in self._kept if isinstance(kept, bytes))

    def append(self, frame: pl.DataFrame) -> None:
        """Keep a frame; `ValueError` where it has another schema."""
        if frame.schema != self.schema:
            raise ValueError("the frame has another schema")
        plain = self._plain_bytes + int(frame.estimated_size())
        if plain <= self._may_be_plain:
            self._plain_bytes = plain
        self._kept.append(frame if plain <= self._may_be_plain else _pack(frame))
        self._heights.append(frame.height)
        self._empty.append(_empty(frame))
        self._latest.append(_latest(frame))

    @property
    def empty(self) -> dict[str, int]:
        """Column → the number of its cells that are empty; asking unpacks nothing."""
        return {name: sum(counted[name] for counted in self._empty) for name in self.schema}

    @property
    def latest(self) -> dict[str, dt.date | None]:
        """Column of dates → the latest; asking unpacks nothing."""
        dates = [name for name, dtype in self.schema.items() if dtype == pl.Date()]
        found = {name: [day for latest in self._latest if (day := latest[name]) is not None] for name in dates}
        return {name: max(days, default=None) for name, days in found.items()}

    def replace(self, place: int, frame: pl.DataFrame) -> None:
        """Keep another frame in the stead of the one at a place."""
        self._kept[place] = frame if isinstance(self._kept[place], pl.DataFrame) else _pack(frame)
        self._heights[place] = frame.height
        self._empty[place], self._latest[place] = _empty(frame), _latest(frame)

    def __len__(self) -> int:
        """The number of frames."""
        return len(self._kept)

    def __getitem__(self, place: int) -> pl.DataFrame:
        """The frame at a place."""
        kept = self._kept[place]
        return kept if isinstance(kept, pl.DataFrame) else pl.read_ipc_stream(BytesIO(kept))

    def __iter__(self) -> Iterator[pl.DataFrame]:
        """Each frame in turn, unpacked while the one before is looked at."""
        frames = (self[place] for place in range(len(self)))
        return ahead(frames) if any(isinstance(kept, bytes) for kept in self._kept) else frames

    def frame(self) -> pl.DataFrame:
        """All rows as one frame: for small contents."""
        return self[0] if len(self) == 1 else pl.concat([self.schema.to_frame(), *self])


def _empty(frame: pl.DataFrame) -> dict[str, int]:
    return {name: frame[name].null_count() for name in frame.columns}


def _latest(frame: pl.DataFrame) -> dict[str, dt.date | None]:
    latest = {name: frame[name].max() for name, dtype in frame.schema.items() if dtype == pl.Date()}
    return {name: day if isinstance(day, dt.date) else None for name, day in latest.items()}


def _pack(frame: pl.DataFrame) -> bytes:
    packed = BytesIO()
    frame.write_ipc_stream(packed, compression="zstd")
    return packed.getvalue()
