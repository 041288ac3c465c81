"""The keys under which a project's analysts know persons, and parts of persons at stricter thresholds.

Each is 128 bits of HMAC-SHA256 under the project's key over a random id: nothing about a person is in it.
"""

import hmac
from hashlib import sha256

import polars as pl

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
    named = persons.to_frame("person").with_columns(part=pl.lit("") if parts is None else parts)
    distinct = named.drop_nulls("person").unique()
    begun = hmac.new(project.key, f"{project.project}\0{project.version}\0".encode(), sha256)
    ids = packed(distinct["person"])

    def digest(place: int, part: str) -> bytes:
        message = begun.copy()
        message.update(ids[place * _BYTES : (place + 1) * _BYTES] + part.encode())
        return message.digest()[:_BYTES]

    made = b"".join(digest(place, part) for place, part in enumerate(distinct["part"].to_list()))
    table = distinct.with_columns(key=_dashed(made))
    return named.join(table, on=["person", "part"], how="left", maintain_order="left")["key"]


def _dashed(uuids: bytes) -> pl.Series:
    digits = hexadecimal(uuids).to_frame("d")
    pieces = [pl.col("d").str.slice(start, length) for start, length in ((0, 8), (8, 4), (12, 4), (16, 4), (20, 12))]
    return digits.select(pl.concat_str(pieces, separator="-")).to_series()
