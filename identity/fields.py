"""Identifier fields of a record as one compact text: what a blob of the vault holds.

The text is ``field=value`` pieces in the order of the fields' names, joined by the unit separator; a
field may occur several times (two aliases). A cell never holds that control character: contracts reject it.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

from identity.cmac import Codes, flat, windows
from schemas.contract import Feed

SEPARATOR = "\x1f"
NAMING = frozenset({
    "given_name", "middle_name", "surname", "full_name", "alias", "birth_date", "ssn", "ssn_last4", "state_id",
    "fbi_number", "licence", "phone", "email", "address",
})  # fmt: skip
"""A row whose only identifiers lie outside these (sex, race, city, zip, suffix) says nothing about who it is."""

VOUCHED, VERIFIED, UNIQUE = "vouched", "verified", "unique"
"""The field that says what the agency vouches for, and the two things that it may say."""

_PADDING = 32


def identifying_columns(feed: Feed) -> tuple[str, ...]:
    """The headers of the columns that identify, in the order declared."""
    return tuple(column.name for column in feed.columns if column.identifies)


def as_text(feed: Feed, rows: pl.DataFrame) -> pl.Series:
    """The fields of each row as text; null where nothing in it names a person."""
    uses = sorted((use.field, column.name) for column in feed.columns for use in column.identifies)
    if not uses:
        return pl.repeat(None, rows.height, dtype=pl.String, eager=True)
    cells = rows.select(_cell(name).alias(f"{place}") for place, (_, name) in enumerate(uses))
    cells = cells.select(pl.when(pl.all() != "").then(pl.all()))
    # What names a field is written once for the column where no cell of it is empty: a third of the time.
    pieces = [piece for cell, (field, _) in zip(cells, uses, strict=True) for piece in (_name(field, cell), cell.name)]
    naming = [cell.name for cell, (field, _) in zip(cells, uses, strict=True) if field in NAMING]
    named = pl.any_horizontal(pl.col(naming).is_not_null()) if naming else pl.lit(value=False)
    pieces += [pl.lit(f"{SEPARATOR}{VOUCHED}={worth}")] if (worth := vouched(feed)) else []
    joined = pl.concat_str(pieces, ignore_nulls=True).str.strip_prefix(SEPARATOR)
    return cells.select(pl.when(named).then(joined).alias("fields")).to_series()


def vouched(feed: Feed) -> str:
    """What the agency vouches for, as one text that stands with each of its records; empty where it is nothing.

    It is part of what is told of a person: the same name under the same number, once verified and once not, are two
    sets of identifiers, in whatever order they come.
    """
    uses = [use for column in feed.columns for use in column.identifies]
    said = {worth: sorted(use.field for use in uses if getattr(use, worth)) for worth in (VERIFIED, UNIQUE)}
    return ";".join(f"{worth}:{','.join(named)}" for worth, named in said.items() if named)


def padded(texts: pl.Series) -> Iterator[tuple[npt.NDArray[np.intp], Codes]]:
    """Texts filled up with spaces to multiples of 32 bytes, so that a blob's length says little.

    One piece for each length that occurs: the places of its texts, and their bytes.
    """
    starts, content = flat(texts)
    sizes = np.diff(starts)
    widths = -(-sizes // _PADDING) * _PADDING
    for width in np.unique(widths).tolist():
        taken = np.flatnonzero(widths == width)
        cells = windows(content, 0, len(content), width)[starts[taken]].view(np.uint8).reshape(-1, width)
        cells[np.arange(width) >= sizes[taken, None]] = ord(" ")
        yield taken, cells.view(f"V{width}").reshape(-1)


def parsed(text: bytes) -> dict[str, list[str]]:
    """Field → values, from a (padded) text."""
    fields: dict[str, list[str]] = {}
    for piece in text.decode().rstrip(" ").split(SEPARATOR):
        field, _, value = piece.partition("=")
        if field != VOUCHED:
            fields.setdefault(field, []).append(value)
    return fields


def _cell(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.String).str.strip_chars()


def _name(field: str, cells: pl.Series) -> pl.Expr:
    name = pl.lit(f"{SEPARATOR}{field}=")
    return pl.when(pl.col(cells.name).is_not_null()).then(name) if cells.null_count() else name
