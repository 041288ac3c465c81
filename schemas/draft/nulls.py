"""Which texts of a sample mean that a cell is empty."""

from dataclasses import replace
from typing import Final

import polars as pl

from schemas.formats import Format, Gzip, Zip
from schemas.table import RawTable

_BLANK: Final = r"^[\s\u00a0]+$"
_CERTAIN: Final = r"(?i)^\s*(?:null|\(null\)|\\n|#n/a|n/a|<null>)\s*$"
"""Words that mean empty where they stand in several columns, or among numbers; the surname Null is one of a column."""
_AMONG_NUMBERS: Final = r"(?i)^\s*(?:none|na|nan|nat|unknown|-+|\.)\s*$"
_MOST: Final = 20
_NUMERIC: Final = 0.9


def null_texts(table: RawTable) -> tuple[str, ...]:
    """The empty text, the blank ones, and words for nothing; the first first."""
    blank: set[str] = set()
    several: dict[str, int] = {}
    certain: set[str] = set()
    for name in table.rows.columns:
        if name == "row_number":
            continue
        texts = table.rows[name].drop_nulls().unique()
        blank |= set(texts.filter(texts.str.contains(_BLANK)))
        words = texts.filter(texts.str.contains(_CERTAIN))
        for text in words:
            several[text] = several.get(text, 0) + 1
        doubtful = texts.filter(texts.str.contains(f"{_CERTAIN}|{_AMONG_NUMBERS}"))
        rest = texts.filter(~texts.is_in(doubtful.implode()) & ~texts.str.contains(_BLANK))
        if len(rest) and len(doubtful) and (rest.str.contains(r"^[^\p{L}]*[0-9]").mean() or 0) > _NUMERIC:  # type: ignore[operator]
            certain |= set(doubtful)
    certain |= {text for text, columns in several.items() if columns > 1}
    return ("", *sorted(certain), *sorted(blank, key=len)[:_MOST])


def with_nulls(format: Format, nulls: tuple[str, ...]) -> Format:
    """The format with these texts as empty ones."""
    if isinstance(format, Zip | Gzip):
        inner = with_nulls(format.format, nulls)
        return replace(format, format=inner)  # type: ignore[arg-type]
    return replace(format, null=nulls)


def without_nulls(rows: pl.DataFrame, nulls: tuple[str, ...]) -> pl.DataFrame:
    """The rows with null where a cell is one of these texts."""
    texts = pl.Series(nulls, dtype=pl.String)
    cells = {name: rows[name].set(rows[name].is_in(texts.implode()), None) for name in rows.columns[1:]}
    return pl.DataFrame({"row_number": rows["row_number"], **cells})
