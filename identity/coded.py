"""Standardised identities as whole numbers, ready to be compared."""

import numpy as np
import numpy.typing as npt
import polars as pl

from identity.encode import column, tokens
from identity.model import Model
from identity.slips import Slips

EQUAL = ("middle", "sex", "fbi_number", "licence", "phone", "email")
"""Fields of which only equality counts."""


class Coded:
    """Standardised identities as whole numbers."""

    def __init__(self, standard: pl.DataFrame, model: Model) -> None:
        """From `STANDARD` rows; the model says how frequent names are."""
        texts = (
            "given",
            "written",
            "surname",
            "full_name",
            "ssn",
            "ssn4",
            "birth_date",
            "state_id",
            "address",
            "zip",
            "suffix",
            *EQUAL,
        )
        columns = {name: column(standard[name]) for name in texts}
        self.codes = {name: found.codes for name, found in columns.items()}
        self.texts = {name: found.texts for name, found in columns.items()}
        names = _matrix(pl.concat([standard["givens"], standard["surnames"]]))
        self.tokens = {"givens": names[: len(standard)], "surnames": names[len(standard) :]}
        self.tokens |= {name: _matrix(standard[name]) for name in ("houses", "streets")}
        self.several = {name: tokens[:, 1:2].max(axis=1, initial=-1) >= 0 for name, tokens in self.tokens.items()}
        frequent = model.frequencies(standard.select("given", "surname"))
        self.frequency = {
            name: np.log2(frequent[f"tf_{name}"].cast(pl.Float64).fill_null(np.nan).to_numpy())
            for name in ("given", "surname", "full_name")
        }
        self.slips = {name: Slips(self.texts[name]) for name in ("birth_date", "ssn4", "state_id")}
        self.parts = _birth_parts(self.texts["birth_date"])
        self.initial = np.r_[column(self.texts["written"].str.slice(0, 1)).codes, -1]
        self.letters = np.r_[self.texts["written"].str.len_chars().to_numpy().astype(np.int64), 0]


def _matrix(lists: pl.Series) -> npt.NDArray[np.int32]:
    """Tokens as a row of codes each, filled up with -1."""
    found = tokens(lists)
    sizes = np.bincount(found.rows, minlength=len(lists))
    filled = np.full((len(lists), max(int(sizes.max(initial=0)), 1)), -1, np.int32)
    place = np.arange(len(found.rows)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    filled[found.rows, place] = found.codes
    return filled


def _birth_parts(texts: pl.Series) -> npt.NDArray[np.int32]:
    """Year, month and day of each distinct birth date as codes, (part, date); one more at the end stands for null."""
    parts = pl.concat([texts.str.slice(*span) for span in ((0, 4), (5, 2), (8, 2))])
    codes = column(parts).codes.reshape(3, -1)
    return np.concatenate([codes, np.full((3, 1), -1, np.int32)], axis=1)
