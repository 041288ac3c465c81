"""How well groups of records agree with the people behind them: pairs, people, and people by group."""

from dataclasses import dataclass
from typing import Final

import polars as pl

LEAST: Final = 500
"""Groups of fewer people are not compared: one of them more or less would be a fifth of a percentage point."""


@dataclass(frozen=True)
class Agreement:
    """Over pairs of records of one person; ``false`` and ``missed`` are counts of pairs."""

    precision: float
    recall: float
    false: int
    missed: int

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def agreement(person: pl.Series, group: pl.Series) -> Agreement:
    """Compare who records are about with the group they were put into; a null group is a group of its own."""
    alone = pl.col("group").is_null()
    number = pl.when(alone).then(-1 - pl.int_range(pl.len())).otherwise("group")
    records = pl.DataFrame({"person": person, "group": group}).with_columns(group=number)
    cells = records.group_by("person", "group").len()
    true, found = (_pairs(cells.group_by(side).agg(pl.col("len").sum())) for side in ("person", "group"))
    shared = _pairs(cells)
    return Agreement(
        precision=shared / found if found else 1.0,
        recall=shared / true if true else 1.0,
        false=found - shared,
        missed=true - shared,
    )


def _pairs(groups: pl.DataFrame) -> int:
    size = groups["len"].cast(pl.Int64)
    return int((size * (size - 1) // 2).sum())


def by_person(person: pl.Series, group: pl.Series) -> pl.DataFrame:
    """``person``, ``contaminated`` (stands in a group with another), ``split`` (stands in several groups)."""
    records = pl.DataFrame({"person": person, "group": group})
    mixed = pl.col("person").n_unique().over("group") > 1
    return (
        records.with_columns(mixed=mixed)
        .group_by("person")
        .agg(contaminated=pl.col("mixed").any(), split=pl.col("group").n_unique() > 1)
    )


def gaps(people: pl.DataFrame, traits: tuple[str, ...]) -> dict[str, float]:
    """By how many percentage points the worst group fares worse than the best, for each kind of error.

    ``people``: `by_person` with a column for each trait; groups of fewer than `LEAST` people are left out.
    """
    worst: dict[str, float] = {}
    for kind in ("contaminated", "split"):
        for trait in traits:
            shares = people.group_by(trait).agg(pl.len().alias("people"), share=pl.col(kind).mean())
            shared = shares.filter(pl.col("people") >= LEAST)["share"].to_list()
            points = 100 * (max(shared) - min(shared)) if shared else 0.0
            worst[f"{kind}_gap_{trait}"] = round(points, 2)
    return worst
