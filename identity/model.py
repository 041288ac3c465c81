"""The shipped linkage model: parameters, prior and name frequencies, one versioned artefact.

It is never trained on an incoming file; ``bench/train_model.py`` makes ``model.json``
and says where each number comes from.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import polars as pl

SHIPPED_FOR: Final = 1_000_000
"""Records of the population that the shipped prior is for."""
MOST_PRIOR: Final = 0.001
"""In a file of a few hundred records too, one pair in a thousand at most is one person."""


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
    """``prior``: chance that two records drawn at random are one person; ``comparisons``: levels, closest first."""

    version: str
    prior: float
    comparisons: Mapping[str, Mapping[str, Level]]
    given: Mapping[str, float]
    surname: Mapping[str, float]
    rare_given: float
    rare_surname: float

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
        addresses weigh the same; a population is sized when it is linked as a whole, not with every batch.
        """
        return replace(self, prior=min(self.prior * SHIPPED_FOR / max(records, 1), MOST_PRIOR))

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
    known = {field.name: content[field.name] for field in fields(Model)}
    return Model(**known | {"comparisons": comparisons})
