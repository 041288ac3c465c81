"""Standardised identities as whole numbers, ready to be compared."""

from concurrent.futures import Executor
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from identity.encode import Column, column, tokens
from identity.model import Model
from identity.slips import Slips

Bits = npt.NDArray[np.float64]

EQUAL = ("middle", "sex", "fbi_number", "licence", "phone", "email")
"""Fields of which only equality counts."""
_TEXTS: Final = ("state_id", "address", "full_name", "given", "written", "surname", "ssn", "ssn4", "birth_date", "zip",
                 "suffix", *EQUAL)  # fmt: skip
_SLIPPING: Final = ("birth_date", "ssn4", "state_id")
"""Fields of which a slip of the pen counts."""


class Coded:
    """Standardised identities as whole numbers."""

    def __init__(self, standard: pl.DataFrame, model: Model, threads: Executor) -> None:
        """From `STANDARD` rows; the model says how frequent names are."""
        # Those of many texts take the longest: they begin, so that no thread waits for one of them in the end.
        encoded = {name: threads.submit(column, standard[name]) for name in _TEXTS}
        slips = {name: threads.submit(lambda texts: Slips(texts.result().texts), encoded[name]) for name in _SLIPPING}
        names = threads.submit(_matrix, pl.concat([standard["givens"], standard["surnames"]]))
        addresses = {name: threads.submit(_matrix, standard[name]) for name in ("houses", "streets")}
        columns = {name: found.result() for name, found in encoded.items()}
        self.codes = {name: found.codes for name, found in columns.items()}
        self.texts = {name: found.texts for name, found in columns.items()}
        self.frequency = _frequencies(columns["given"], columns["surname"], model)
        self.tokens = {"givens": names.result()[: len(standard)], "surnames": names.result()[len(standard) :]}
        self.tokens |= {name: found.result() for name, found in addresses.items()}
        self.several = {name: tokens[:, 1:2].max(axis=1, initial=-1) >= 0 for name, tokens in self.tokens.items()}
        self.slips = {name: found.result() for name, found in slips.items()}
        self.parts = _birth_parts(self.texts["birth_date"])
        self.initial = np.r_[column(self.texts["written"].str.slice(0, 1)).codes, -1]
        self.letters = np.r_[self.texts["written"].str.len_chars().to_numpy().astype(np.int64), 0]


def _frequencies(given: Column, surname: Column, model: Model) -> dict[str, Bits]:
    """How frequent the names of each row are, as powers of two; NaN where nothing is known. Each name is taken once."""
    found = {}
    for name, coded in (("given", given), ("surname", surname)):
        # One more at the end stands for null.
        texts = pl.concat([coded.texts, pl.Series([None], dtype=pl.String)])
        looked_up = model.frequencies(pl.DataFrame({"given": texts, "surname": texts}))[f"tf_{name}"]
        found[name] = looked_up.cast(pl.Float64).fill_null(np.nan).to_numpy()[coded.codes]
    both = found["given"] * found["surname"]
    return {name: np.log2(values) for name, values in (found | {"full_name": both}).items()}


def _matrix(lists: pl.Series) -> npt.NDArray[np.int32]:
    """Tokens as a row of codes each, filled up with -1; the first of all rows stand together, then the second."""
    found = tokens(lists)
    sizes = np.bincount(found.rows, minlength=len(lists))
    filled = np.full((len(lists), max(int(sizes.max(initial=0)), 1)), -1, np.int32, order="F")
    place = np.arange(len(found.rows)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    filled[found.rows, place] = found.codes
    return filled


def _birth_parts(texts: pl.Series) -> npt.NDArray[np.int32]:
    """Year, month and day of each distinct birth date as codes, (part, date); one more at the end stands for null."""
    parts = pl.concat([texts.str.slice(*span) for span in ((0, 4), (5, 2), (8, 2))])
    codes = column(parts).codes.reshape(3, -1)
    return np.concatenate([codes, np.full((3, 1), -1, np.int32)], axis=1)
