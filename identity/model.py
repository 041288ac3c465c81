"""The shipped linkage model: parameters, prior and name frequencies, one versioned artefact.

It is never trained on an incoming file; ``bench/train_model.py`` makes ``model.json``
and says where each number comes from.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import polars as pl

SHIPPED_FOR: Final = 1_000_000
"""Records of the population that the shipped prior is for."""
FEWEST: Final = 8_192
"""A population is never taken for smaller: a file of forty rows is a part of what will come."""


@dataclass(frozen=True)
class Level:
    """How often true pairs (``m``) and random pairs (``u``) fall into a level of a comparison.

    ``frequency`` names the column whose frequency in the population replaces ``u`` for a given value.
    """

    m: float
    u: float
    frequency: str | None = None


@dataclass(frozen=True)
class Model:
    """``prior``: chance that two of ``population`` records drawn at random are one person.

    ``comparisons``: levels, closest first.
    """

    version: str
    prior: float
    comparisons: Mapping[str, Mapping[str, Level]]
    given: Mapping[str, float]
    surname: Mapping[str, float]
    rare_given: float
    rare_surname: float
    population: int = SHIPPED_FOR

    @property
    def content(self) -> dict[str, Any]:
        """What `parse` makes the model of again, as JSON holds it."""
        levels = {
            name: {label: {k: v for k, v in asdict(level).items() if v is not None} for label, level in found.items()}
            for name, found in self.comparisons.items()
        }
        return {field.name: getattr(self, field.name) for field in fields(self)} | {"comparisons": levels}

    def sized(self, records: int) -> "Model":
        """The model for a population of so many records: each has about as many mates, whatever their number.

        The shipped prior is that of a million records (2.5 mates each in a county's files). Names, dates and
        addresses weigh the same. The prior is that of the nearest power of two: so it changes rarely while records
        come in (first at 11,586), and hangs on their number alone.
        """
        middle = max(1 << (records * records).bit_length() // 2, FEWEST)
        return replace(self, prior=self.prior * self.population / middle, population=middle)

    @property
    def kin(self) -> float:
        """Bits that the prior has gained by the size of the population, which hold of strangers and not of relatives.

        Of a person's namesakes there are fewer in a smaller population, of her family there are not.
        """
        return math.log2(SHIPPED_FOR / self.population)

    def gamma(self, comparison: str, level: str) -> int:
        """Splink's number of a level: 0 is the furthest, -1 is "one side is empty"."""
        names = list(self.comparisons[comparison])
        return len(names) - 1 - names.index(level)

    def frequencies(self, standard: pl.DataFrame) -> pl.DataFrame:
        """`STANDARD` rows with ``tf_given``, ``tf_surname`` and ``tf_full_name``, as Splink wants them.

        A name of several surnames is as rare as the rarest of them; an unknown name is rare, not unique.
        """
        surnames = (
            pl.col("surname")
            .str.split(" ")
            .list.eval(
                pl.element().replace_strict(dict(self.surname), default=self.rare_surname, return_dtype=pl.Float64)
            )
        )
        return standard.with_columns(
            tf_given=pl.col("given").replace_strict(dict(self.given), default=self.rare_given, return_dtype=pl.Float64),
            tf_surname=surnames.list.min(),
        ).with_columns(tf_full_name=pl.col("tf_given") * pl.col("tf_surname"))


@lru_cache(1)
def shipped() -> Model:
    """The model that ships with Throughcare."""
    return parse(json.loads((Path(__file__).parent / "model.json").read_text()))


def parse(content: Mapping[str, Any]) -> Model:
    """The model of a content (`Model.content`, `model.json`); what a model does not know, its report, is left out."""
    comparisons = {
        name: {label: Level(**numbers) for label, numbers in levels.items()}
        for name, levels in content["comparisons"].items()
    }
    known = {field.name: content[field.name] for field in fields(Model) if field.name in content}
    return Model(**known | {"comparisons": comparisons})
