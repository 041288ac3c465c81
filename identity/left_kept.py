"""What the vault keeps of those left between registers, so that a batch need not look at everybody again."""

import zlib
from collections.abc import Sequence
from itertools import permutations

import numpy as np
import polars as pl
import psycopg

from identity.leftovers import ENDS, JOINS, LEFT, MOST
from identity.transfer import copy_in, fetch, temporary

_LEFT = "SELECT {} FROM unpaired WHERE register_id = {} AND other_id = {} LIMIT {}"


def numbers(registers: Sequence[str]) -> pl.Series:
    """The numbers of the registers, which stay when another one is declared."""
    return pl.Series([zlib.crc32(name.encode()) for name in registers], dtype=pl.Int64)


def named(register: pl.DataFrame, registers: Sequence[str]) -> pl.DataFrame:
    """`registers.HELD` under these numbers."""
    lasting = dict(enumerate(numbers(registers).to_list(), 1))
    return register.with_columns(pl.col("register_id").replace_strict(lasting, return_dtype=pl.Int64))


def restate(cursor: psycopg.Cursor, touched: pl.Series, left: pl.DataFrame) -> None:
    """State anew who of these identities is left (`LEFT`)."""
    name = temporary(cursor, {"id": touched.unique().sort().to_numpy()})
    cursor.execute(f"DELETE FROM unpaired WHERE identity_id IN (SELECT id FROM {name})")
    copy_in(cursor, "unpaired", {name: left[name].to_numpy() for name in LEFT})


def everybody(cursor: psycopg.Cursor, registers: Sequence[str]) -> pl.DataFrame:
    """Who is left (`LEFT`) between all registers; of sides with more than `MOST` only so many that this shows."""
    columns = tuple(LEFT)
    parts = [LEFT.to_frame()]
    for one, other in permutations(numbers(registers).to_list(), 2):
        found = fetch(cursor, _LEFT.format(", ".join(columns), one, other, MOST + 1), columns)
        parts.append(pl.DataFrame({name: found[name].astype(np.int64) for name in columns}, schema=LEFT))
    return pl.concat(parts)


def joined(cursor: psycopg.Cursor) -> pl.DataFrame:
    """The `JOINS` of the last batch."""
    cursor.execute(f"SELECT {', '.join(JOINS)} FROM unpaired_join")
    return pl.DataFrame(cursor.fetchall(), schema=JOINS, orient="row")


def restate_joins(cursor: psycopg.Cursor, joins: pl.DataFrame) -> None:
    """State anew which groups (`JOINS`) are joined."""
    cursor.execute("DELETE FROM unpaired_join")
    ordered = joins.sort(ENDS)
    copy_in(cursor, "unpaired_join", {name: ordered[name].to_numpy() for name in JOINS})
