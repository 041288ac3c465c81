"""The cells of one column of a sample, as their distinct texts and how often each occurs."""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

import polars as pl

_WHOLE_SHAPE: Final = 0.995
"""Share of the cells that must have one shape before a draft demands it."""
_ENOUGH: Final = 20
"""Below so many different texts a shape is chance."""
_PUNCTUATION: Final = "-/.() "

_WORD: Final = r"[\p{L}'’.-]+"
_NAMED: Final = 0.2
"""Share of texts with a frequent name from which a column is taken for one of names: a third of people have one."""


@dataclass(frozen=True)
class Cells:
    """``texts``: the distinct filled cells (``text``, ``count``), the most frequent first; ``rows`` of the sample."""

    texts: pl.DataFrame
    rows: int

    @property
    def filled(self) -> int:
        """The number of filled cells."""
        return int(self.texts["count"].sum())

    @property
    def empty(self) -> int:
        """The number of empty cells."""
        return self.rows - self.filled

    @property
    def distinct(self) -> int:
        """The number of different texts."""
        return self.texts.height

    @property
    def text(self) -> pl.Series:
        """The distinct texts."""
        return self.texts["text"]

    @property
    def longest(self) -> int:
        """Characters of the longest text."""
        lengths = self.text.str.len_chars().to_list()
        return max(lengths, default=0)

    def share(self, pattern: str) -> float:
        """The share of the distinct texts in which a pattern is found."""
        return int(self.text.str.contains(pattern).sum()) / max(self.distinct, 1)

    def share_of_cells(self, pattern: str) -> float:
        """The share of the filled cells in which a pattern is found."""
        found = self.texts.filter(pl.col("text").str.contains(pattern))["count"].sum()
        return int(found) / self.filled if self.filled else 0.0

    def without(self, texts: tuple[str, ...]) -> "Cells":
        """The cells where some texts count as empty."""
        return Cells(self.texts.filter(~pl.col("text").is_in(list(texts))), self.rows)

    @property
    def repeats(self) -> float:
        """How often a text occurs on the average."""
        return self.filled / self.distinct if self.distinct else 0.0

    @property
    def shape(self) -> str | None:
        """A pattern of classes and punctuation that nearly all cells have; None where there is none."""
        if self.distinct < _ENOUGH:
            return None
        shapes = self.texts.with_columns(shape=_shape(pl.col("text"))).group_by("shape").agg(pl.col("count").sum())
        first = shapes.sort("count", "shape", descending=True).row(0, named=True)
        if first["count"] < _WHOLE_SHAPE * self.filled:
            return None
        return _as_pattern(first["shape"])


def cells_of(column: pl.Series) -> Cells:
    """The cells of a String column, null where empty."""
    counted = column.drop_nulls().alias("text").value_counts(name="count")
    return Cells(counted.sort(["count", "text"], descending=[True, False]), len(column))


def looks_named(cells: Cells) -> bool:
    """Whether the texts look like names of people: with a comma between two, or with a frequent name among them."""
    if not cells.distinct or cells.share(r"[0-9]") > 0.1:
        return False
    if cells.share(rf"^{_WORD}(?: {_WORD}){{0,2}} ?, ?{_WORD}(?: {_WORD}){{0,3}}$") > 0.6:
        return True
    letters = cells.text.str.to_uppercase().str.replace_all(r"[^\p{L} ,]", "").str.split(" ")
    first_words = letters.list.eval(pl.element().str.strip_chars(",")).list.eval(pl.element().is_in(list(_names())))
    short = cells.text.str.split(" ").list.len() <= 4
    return int((first_words.list.any() & short).sum()) > _NAMED * cells.distinct


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    """Frequent given names and surnames that are no words of a register as well."""
    return frozenset(json.loads(files("schemas.draft").joinpath("names.json").read_text("utf-8")))


def _shape(text: pl.Expr) -> pl.Expr:
    """Each digit as 9, each letter as A or a; other signs stay."""
    return text.str.replace_all(r"[0-9]", "9").str.replace_all(r"[A-Z]", "A").str.replace_all(r"[a-z]", "a")


def _as_pattern(shape: str) -> str | None:
    """The pattern of a shape, without any letter or digit of a cell; None where it has signs of other scripts."""
    if not re.fullmatch(rf"[9Aa{re.escape(_PUNCTUATION)}]*9[9Aa{re.escape(_PUNCTUATION)}]*", shape):
        return None
    parts = []
    for run in re.finditer(r"9+|A+|a+|[^9Aa]", shape):
        name = {"9": "[0-9]", "A": "[A-Z]", "a": "[a-z]"}.get(run[0][0], re.escape(run[0]).replace("\\ ", " "))
        name = name.replace("\\-", "-").replace("\\/", "/")
        parts.append(name if len(run[0]) == 1 else f"{name}{{{len(run[0])}}}")
    return "".join(parts)
