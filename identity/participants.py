"""The keys under which a project's analysts know persons, and parts of persons at stricter thresholds.

Each is 128 bits of HMAC-SHA256 under the project's key over a random id: nothing about a person is in it.
"""

import hmac
from hashlib import sha256

import numpy as np
import polars as pl

from identity.encode import column
from identity.keys import ProjectKey
from identity.persons import hexadecimal, packed

_BYTES = 16


def participant_keys(project: ProjectKey, persons: pl.Series) -> pl.Series:
    """The key of each person (32 hexadecimal digits, or null), as text of a UUID; equals `keys.participant_key`."""
    return _keyed(project, persons, None)


def part_keys(project: ProjectKey, persons: pl.Series, parts: pl.Series) -> pl.Series:
    """The key of a part of a person; ``parts`` says which in a few characters (threshold and leading record)."""
    return _keyed(project, persons, parts)


def _keyed(project: ProjectKey, persons: pl.Series, parts: pl.Series | None) -> pl.Series:
    said = persons if parts is None else pl.select(pl.concat_str(persons, parts)).to_series()
    coded = column(said)
    begun = hmac.new(project.key, f"{project.project}\0{project.version}\0".encode(), sha256)

    def digest(message: bytes) -> bytes:
        made = begun.copy()
        made.update(message)
        return made.digest()[:_BYTES]

    messages = np.frombuffer(packed(coded.texts.str.slice(0, 2 * _BYTES)), f"V{_BYTES}").tolist()
    if parts is not None:
        named = coded.texts.str.slice(2 * _BYTES).to_list()
        messages = [person + part.encode() for person, part in zip(messages, named, strict=True)]
    # One more at the end stands for null.
    keys = pl.concat([_dashed(b"".join(map(digest, messages))), pl.Series([None], dtype=pl.String)])
    return keys.gather(np.where(coded.codes < 0, len(coded.texts), coded.codes)).alias("key")


def _dashed(uuids: bytes) -> pl.Series:
    digits = hexadecimal(uuids).to_frame("d")
    pieces = [pl.col("d").str.slice(start, length) for start, length in ((0, 8), (8, 4), (12, 4), (16, 4), (20, 12))]
    return digits.select(pl.concat_str(pieces, separator="-")).to_series()
