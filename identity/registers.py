"""Registers: namespaces of numbers under which a contract says that each person stands once.

Two numbers of one register are never one person, whatever weights say; only a reviewer overrules it. Between two
registers each record then joins one record of the other at most, the surest first (`average`). Which numbers
are apart follows from the contracts alone, so neither the order of deliveries nor that of batches matters.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import polars as pl
import psycopg
from psycopg import sql

from identity.compare import PAIRS
from identity.transfer import fetch, temporary

HELD = pl.Schema({"identity_id": pl.Int64(), "register_id": pl.Int64()})
"""The register of an identity's number; who stands in none is left out."""

_SAID: Final = """
SELECT DISTINCT ON (feed) feed, namespace, register FROM extract
WHERE namespace IS NOT NULL AND state = 'confirmed' ORDER BY feed, extract_id DESC
"""
"""What the contract of each feed said when it was last delivered."""
_OF: Final = "coalesce(extract.namespace, said.namespace)"
"""The namespace of an extract's numbers; extracts of before this was kept have that of their feed."""


def declared(cursor: psycopg.Cursor) -> tuple[str, ...]:
    """The namespaces that the contract of any feed declares a register, by name."""
    cursor.execute(f"SELECT DISTINCT namespace FROM ({_SAID}) AS said WHERE register ORDER BY 1")
    return tuple(row[0] for row in cursor.fetchall())


def is_linked(cursor: psycopg.Cursor, namespaces: Iterable[str]) -> bool:
    """Whether a batch has taken in an extract with numbers of one of these namespaces."""
    cursor.execute(
        f"SELECT EXISTS (SELECT FROM extract LEFT JOIN ({_SAID}) AS said USING (feed) "
        f"WHERE batch_id IS NOT NULL AND {_OF} = ANY(%s))",
        (list(namespaces),),
    )
    return cursor.fetchone() == (True,)


def held(cursor: psycopg.Cursor, identities: pl.Series, registers: Sequence[str]) -> pl.DataFrame:
    """Which of the identities stand under a number of one of these registers, as `HELD`."""
    if not registers or identities.is_empty():
        return HELD.to_frame()
    wanted = temporary(cursor, {"identity_id": identities.unique().sort().to_numpy()})
    names = sql.Literal(list(registers)).as_string(cursor)
    query = (
        f"SELECT identity_id, coalesce(array_position({names}, {_OF}), 0) AS register_id FROM {wanted} "
        f"JOIN record USING (identity_id) JOIN extract USING (extract_id) LEFT JOIN ({_SAID}) AS said USING (feed) "
        "WHERE number_id IS NOT NULL"
    )
    query = f"SELECT identity_id, register_id::bigint FROM ({query}) AS held WHERE register_id > 0"
    found = fetch(cursor, query, tuple(HELD))
    return pl.DataFrame({name: found[name].astype(np.int64) for name in HELD}, schema=HELD)


def exclusive(numbers: pl.DataFrame, register: pl.DataFrame) -> pl.DataFrame:
    """Pairs of rows that stand under two numbers of one register, as ``node`` and ``node_other``.

    ``numbers``: ``node``, ``identity_id``, ``number_id`` and ``component``, a row each identity whose number counts;
    pairs are those within a component. ``register``: `HELD`.
    """
    met = numbers.join(register, on="identity_id").unique(["component", "register_id", "number_id", "node"])
    both = met.join(met, on=["component", "register_id"], suffix="_other")
    apart = (pl.col("node") < pl.col("node_other")) & (pl.col("number_id") != pl.col("number_id_other"))
    return both.filter(apart).select("node", "node_other").unique()


def barred(edges: pl.DataFrame, numbers: pl.DataFrame, register: pl.DataFrame) -> pl.DataFrame:
    """Scored pairs (`compare.SCORED`), vetoed also where both sides stand under two numbers of one register.

    ``numbers``: ``identity_id``, ``number_id``; ``register``: `HELD`.
    """
    if register.is_empty():
        return edges
    known = numbers.select("identity_id", "number_id").join(register, on="identity_id").unique("identity_id")
    sides = edges.select(list(PAIRS))
    for side in PAIRS:
        renamed = {name: f"{name} {side}" for name in ("number_id", "register_id")}
        here = known.rename({"identity_id": side, **renamed})
        sides = sides.join(here, on=side, how="left", maintain_order="left")
    one, other = PAIRS
    apart = (pl.col(f"register_id {one}") == pl.col(f"register_id {other}")) & (
        pl.col(f"number_id {one}") != pl.col(f"number_id {other}")
    )
    flags = sides.select(apart.fill_null(value=False)).to_series()
    return edges.with_columns(vetoed=pl.col("vetoed") | flags)
