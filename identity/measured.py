"""What a link batch says of its own quality: measured while it is made, kept with it until the warehouse has it."""

import io
from typing import get_args

import polars as pl

from identity import quality
from identity.carried import GIVES
from schemas.codes import Identifier


def measure(standard: pl.DataFrame, edges: pl.DataFrame, grouped: pl.DataFrame) -> quality.Measured:
    """Measure what a batch has clustered.

    ``grouped``: `clusters.GROUPED` with ``number_id``; ``standard``: its identities in standard form; ``edges``:
    `compare.SCORED`.
    """
    named = pl.concat_str("full_name", "birth_date", separator=" ")
    about = standard.select(
        "identity_id", "agency", "sex", pl.col("birth_date").str.slice(0, 4).cast(pl.Int32).alias("birth_year"),
        named.alias("exact_key"), *_presence(standard),
    )  # fmt: skip
    members = grouped.select("identity_id", "group", "probability", "number_id").join(about, on="identity_id")
    return quality.measure(members, edges)


def packed(table: pl.DataFrame) -> bytes:
    """A table as one value."""
    sink = io.BytesIO()
    table.write_ipc(sink, compression="zstd")
    return sink.getvalue()


def unpacked(content: bytes | None) -> pl.DataFrame | None:
    """The inverse of `packed`."""
    return None if content is None else pl.read_ipc(io.BytesIO(content))


def _presence(standard: pl.DataFrame) -> list[pl.Expr]:
    """``has_<identifier>``: whether it is there, for each that any of the records has or could have."""
    fields = {name: GIVES.get(name, (name,)) for name in get_args(Identifier)}
    return [
        pl.any_horizontal(pl.col(column).is_not_null() for column in columns).alias(f"has_{name}")
        for name, columns in fields.items()
        if all(column in standard.columns for column in columns)
    ]
