"""Whether the first record of a table names its columns. In doubt about people it does not: a name is no header."""

import re
from collections.abc import Sequence
from typing import Final

import polars as pl

from schemas.draft.cells import cells_of, looks_named
from schemas.draft.header import read_header

_NUMBER: Final = r"^[-+$(]?[0-9][0-9.,:/\- ]*%?\)?$"
_DATED: Final = r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}|[0-9]{5,}|@.+\."
_EMPTY: Final = 0.3
_UNDERSTOOD: Final = 0.3
_TYPED: Final = 0.9


def has_header(first: Sequence[str], rest: pl.DataFrame) -> bool:
    """Whether the cells of a first record are names of the columns of the ``rest``."""
    filled = [cell for cell in first if cell.strip()]
    if not filled or len(filled) < (1 - _EMPTY) * len(first):
        return False
    if any(re.search(_NUMBER, cell.strip()) or re.search(_DATED, cell) for cell in filled):
        return False
    understood = sum(read_header(cell).is_understood for cell in filled)
    if understood >= max(1, _UNDERSTOOD * len(filled)) and not _recur(first, _others(first, rest), 0.2):
        return True
    if _recur(first, rest, 0.0) or looks_named(cells_of(pl.Series(filled))):
        return False
    return understood > 0 or not rest.height or _is_typed(rest) or len(set(filled)) == len(filled)


def _others(first: Sequence[str], rest: pl.DataFrame) -> pl.DataFrame:
    """The rows that do not repeat the first: files put together have their header more than once."""
    cells = zip(rest.columns, first, strict=True)
    return rest.filter(~pl.all_horizontal(pl.col(name).eq_missing(pl.lit(cell or None)) for name, cell in cells))


def _recur(first: Sequence[str], rest: pl.DataFrame, most: float) -> bool:
    """Whether more than this share of the first cells are values of their columns as well."""
    cells = [(name, cell) for name, cell in zip(rest.columns, first, strict=True) if cell.strip()]
    again = sum(bool((rest[name] == cell).any()) for name, cell in cells)
    return again > most * len(cells)


def _is_typed(rest: pl.DataFrame) -> bool:
    """Whether some column holds numbers or dates."""
    for name in rest.columns:
        texts = rest[name].drop_nulls().unique()
        if len(texts) and int(texts.str.contains(r"^[^\p{L}]*[0-9]").sum()) > _TYPED * len(texts):
            return True
    return False
