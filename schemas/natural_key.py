"""How the cells of a key are read, wherever records are told apart by it."""

from collections.abc import Iterable

import polars as pl


def key_cells(columns: Iterable[str]) -> list[pl.Expr]:
    """The parts of a key as text, null where a cell is; padding tells no key from another."""
    return [pl.col(name).cast(pl.String).str.strip_chars() for name in columns]
