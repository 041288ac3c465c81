"""Which identifier fields the cells of a delivery really carry: what is empty or a placeholder does not count.

`identity.standardise` decides. Most cells are plainly sound by one pattern; only the others, each distinct text once,
are standardised to see what is left of them.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from identity.standardise import (
    EARLIEST_BIRTH,
    NO_NAMES,
    PARTICLES,
    PLACEHOLDER_BIRTHS,
    PLACEHOLDER_SSNS,
    SUFFIXES,
    standardise,
)  # fmt: skip
from schemas.contract import Feed

GIVES: Final[Mapping[str, tuple[str, ...]]] = {
    "given_name": ("given",), "surname": ("surname",), "full_name": ("given", "surname"),
    "birth_date": ("birth_date",), "ssn": ("ssn", "ssn4"), "ssn_last4": ("ssn4",), "state_id": ("state_id",),
    "fbi_number": ("fbi_number",), "licence": ("licence",), "phone": ("phone",), "email": ("email",),
    "address": ("address",),
}  # fmt: skip
"""Identifier field → the columns of `STANDARD` that it fills; of the others the linker learns too little."""

_WORDS: Final = "|".join((*SUFFIXES, *PARTICLES, *NO_NAMES))
_CODE: Final = (
    "^0*(?:[1-8A-MO-TVWYZa-mo-tvwyz][ -]?[0-9A-Za-z]|[Nn][B-NP-Zb-np-z0-9]|[Uu][A-MO-Za-mo-z0-9]|[Xx][A-WYZa-wyz0-9]"
    "|9[0-8A-Za-z])(?:[ -]?[0-9A-Za-z]){2}"
)
_SSN: Final = (
    "^(?:0[1-9][0-9]|00[1-9]|[1-578][0-9]{2}|6(?:[0-57-9][0-9]|6[0-57-9]))-?(?:0[1-9]|[1-9][0-9])-?"
    "(?:[0-9]{3}[1-8]|(?:[0-9]{2}[1-9]|[0-9][1-9]0|[1-9]00)0|(?:[0-9]{2}[0-8]|[0-9][0-8]9|[0-8]99)9)$"
)
_SOUND: Final[Mapping[str, str]] = {
    "ssn": _SSN,
    "ssn_last4": "^[0-9]{4}$",
    "state_id": _CODE,
    "fbi_number": _CODE,
    "licence": _CODE,
    "phone": r"^\(?[2-9][0-9]{2}\)?[ .-]?[0-9]{3}[ .-]?[0-9]{4}$",
}
"""Field → a pattern that only texts fit of which something is left."""
_SOUND_IN_FORM: Final[Mapping[str, tuple[str, ...]]] = {
    "ssn": tuple(
        f"{number[:3]}{first}{number[3:5]}{second}{number[5:]}"
        for number in (*PLACEHOLDER_SSNS, *(digit * 9 for digit in "12345678"))
        for first in ("", "-")
        for second in ("", "-")
    ),
    "ssn_last4": ("0000", "9999"),
}
"""Field → texts that fit its pattern although nothing is left of them."""
_NO_NAME: Final = rf"^(?:(?i:{_WORDS})|[^A-Za-z])*$|[^ -~]|['`.]"
"""What every given name or surname fits of which nothing is left, and some others."""
_WHOLE_NAME: Final = "^[A-Za-z]{2,}(?:-[A-Za-z]+)*(?:, ?| )[A-Za-z][A-Za-z -]*$"
_SUFFIX: Final = " (?i:jr|sr|ii|iii|iv)$"
_IN_NAME: Final = rf"(?-u:\b)(?i:{_WORDS})(?-u:\b)"


def carried(feed: Feed, rows: pl.DataFrame) -> pl.DataFrame:
    """A Boolean column for each of the columns of `STANDARD` that the feed's identifiers may fill (`GIVES`), if any."""
    columns: dict[str, list[str]] = {}
    for column in feed.columns:
        for use in column.identifies:
            if use.field in GIVES:
                columns.setdefault(use.field, []).append(column.name)
    cells = rows.select(pl.coalesce(names).alias(field) for field, names in columns.items())
    empty = _emptied(cells)
    gives: dict[str, list[pl.Expr]] = {}
    for field in columns:
        for standard in GIVES[field]:
            gives.setdefault(standard, []).append(_left(cells, field, empty.get((field, standard), [])))
    return cells.select(pl.any_horizontal(parts).alias(standard) for standard, parts in gives.items())


def _left(cells: pl.DataFrame, field: str, empty: Sequence[str]) -> pl.Expr:
    """Whether something is left of a cell; ``empty``: the texts of which nothing is."""
    cell = pl.col(field)
    if field == "birth_date":
        return _is_birth(cell, cells.schema[field]).fill_null(value=False)
    if field == "email":
        return cell.str.contains("@", literal=True).fill_null(value=False)
    if field == "address":
        # Unlike the words that stand for no address, a street or a box has a number.
        return cell.str.contains("[0-9]").fill_null(value=False)
    return cell.is_not_null() & ~cell.is_in(empty) if empty else cell.is_not_null()


def _emptied(cells: pl.DataFrame) -> dict[tuple[str, str], list[str]]:
    """Field and column of `STANDARD` → the texts of the field of which nothing is left there."""
    judged = [field for field in cells.columns if field in _SOUND or field in ("given_name", "surname", "full_name")]
    doubtful = cells.select(_is_doubtful(field).alias(field) for field in judged)
    texts = {field: cells[field].filter(doubtful[field]).unique().to_list() for field in judged}
    pairs = [(field, text) for field in judged for text in texts[field]]
    if not pairs:
        return {}
    standard = standardise(range(len(pairs)), [""] * len(pairs), [_record(field, text) for field, text in pairs])
    named = standard.with_columns(field=pl.Series([field for field, _ in pairs]), text=pl.Series([t for _, t in pairs]))
    return {
        (field, column): named.filter((pl.col("field") == field) & pl.col(column).is_null())["text"].to_list()
        for field in judged
        for column in GIVES[field]
    }


def _record(field: str, text: str) -> dict[str, list[str]]:
    """The fields of a record as the vault holds them: an empty cell is no field."""
    stripped = text.strip()
    return {field: [stripped]} if stripped else {}


def _is_doubtful(field: str) -> pl.Expr:
    cell = pl.col(field)
    if field in ("given_name", "surname"):
        found = cell.str.contains(_NO_NAME)
    elif field == "full_name":
        name = cell.str.replace(_SUFFIX, "")
        found = ~name.str.contains(_WHOLE_NAME) | name.str.contains(_IN_NAME)
    else:
        found = ~cell.str.contains(_SOUND[field])
        if field in _SOUND_IN_FORM:
            found |= cell.is_in(_SOUND_IN_FORM[field])
    return found.fill_null(value=False)


def _is_birth(cell: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if dtype == pl.Date:
        placeholders = [dt.date.fromisoformat(day) for day in PLACEHOLDER_BIRTHS]
        return ~cell.is_in(placeholders) & (cell >= dt.date.fromisoformat(EARLIEST_BIRTH))
    text = cell.str.strip_chars().str.slice(0, 10)
    return ~text.is_in(PLACEHOLDER_BIRTHS) & (text >= EARLIEST_BIRTH)
