"""Persons keep their keys: who inherits which person id, and what merged or split."""

import os
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa

ASSIGNED = pl.Schema({
    "subject_id": pl.Int64(), "group": pl.Int64(), "person_id": pl.String(), "before": pl.String(),
})  # fmt: skip
"""Person ids are uuids of version 4, as 32 hexadecimal digits."""
EVENTS = pl.Schema({
    "kind": pl.String(), "from_person_id": pl.String(), "to_person_id": pl.String(), "members": pl.Int32(),
})  # fmt: skip
"""``merge``: the person the members came from is no more; ``split``: it lives on without them; ``retire``: it is no
more, and nobody is in its place."""

_BYTES: Final = 16


def assign(groups: pl.DataFrame) -> pl.DataFrame:
    """A person id for each subject, as `ASSIGNED`; ``groups``: ``subject_id``, ``group``, ``before`` (may be null).

    Each old id survives once, with the group to which most of its members went; a group that could have
    several takes the one that most of its members had. The rest get new random ids.
    """
    votes = groups.drop_nulls("before").group_by("group", "before").agg(pl.len().alias("votes"))
    alone = (pl.len().over("group") == 1) & (pl.len().over("before") == 1)
    sole = votes.filter(alone).select("group", kept="before")
    contested = votes.filter(~alone).sort(["votes", "before", "group"], descending=[True, False, False])
    kept: dict[int, str] = {}
    taken: set[str] = set()
    for group, before in contested.select("group", "before").rows():
        if group not in kept and before not in taken:
            kept[group] = before
            taken.add(before)
    won = pl.DataFrame({"group": list(kept), "kept": list(kept.values())}, schema=sole.schema)
    table = groups.select("group").unique(maintain_order=True).join(pl.concat([sole, won]), on="group", how="left")
    table = table.with_columns(new=random_ids(table.height)).select("group", person_id=pl.coalesce("kept", "new"))
    return groups.join(table, on="group").select(list(ASSIGNED)).cast(ASSIGNED)


def moves(assigned: pl.DataFrame) -> pl.DataFrame:
    """What the assignment changed, as `EVENTS`; ``assigned`` states all members of every person it touches."""
    living = assigned["person_id"].unique().implode()
    moved = assigned.filter(pl.col("before").is_not_null() & (pl.col("before") != pl.col("person_id")))
    kind = pl.when(pl.col("before").is_in(living)).then(pl.lit("split")).otherwise(pl.lit("merge"))
    counted = moved.group_by("before", "person_id").agg(pl.len().alias("members"))
    return counted.select(
        kind.alias("kind"), from_person_id="before", to_person_id="person_id", members="members"
    ).cast(EVENTS)


def retirements(gone: pl.Series, moved: pl.DataFrame) -> pl.DataFrame:
    """The persons that are gone and did not merge into another (``moved``), as `EVENTS` of kind ``retire``."""
    merged = moved.filter(pl.col("kind") == "merge")["from_person_id"]
    alone = gone.filter(~gone.is_in(merged.implode()))
    return (
        pl.DataFrame({"from_person_id": alone, "to_person_id": alone})
        .select(pl.lit("retire").alias("kind"), "from_person_id", "to_person_id", pl.lit(0).alias("members"))
        .cast(EVENTS)
    )


def random_ids(count: int) -> pl.Series:
    """Random uuids of version 4 (RFC 9562), as 32 hexadecimal digits each."""
    drawn = np.frombuffer(os.urandom(_BYTES * count), np.uint8).reshape(count, _BYTES).copy()
    drawn[:, 6] = drawn[:, 6] & 0x0F | 0x40
    drawn[:, 8] = drawn[:, 8] & 0x3F | 0x80
    return hexadecimal(drawn.tobytes())


def hexadecimal(uuids: bytes) -> pl.Series:
    """The uuids of 16 bytes each, joined, as 32 hexadecimal digits each."""
    width = 2 * _BYTES
    starts = np.arange(0, 2 * len(uuids) + 1, width)
    # Buffers of our own: Arrow would import pandas to take an array of NumPy, which takes a second.
    digits = pa.LargeStringArray.from_buffers(
        len(starts) - 1, pa.py_buffer(starts.data), pa.py_buffer(uuids.hex().encode())
    )
    return pl.Series(digits, dtype=pl.String)


def packed(ids: pl.Series) -> bytes:
    """The inverse of `hexadecimal`."""
    return bytes.fromhex("".join(ids.to_list()))
