"""The shipped linkage model: parameters, prior and name frequencies, one versioned artefact.

It is never trained on an incoming file; ``bench/train_model.py`` makes ``model.json``
and says where each number comes from.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import polars as pl


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
    content = json.loads((Path(__file__).parent / "model.json").read_text())
    comparisons = {
        name: {level: Level(**numbers) for level, numbers in levels.items()}
        for name, levels in content.pop("comparisons").items()
    }
    return Model(comparisons=comparisons, **content)
