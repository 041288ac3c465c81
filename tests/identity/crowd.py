"""A crowd of made-up people with records of a known share of slips, in standard form."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from identity.model import shipped
from identity.standardise import standardise

WRONG_BIRTH, OTHER_SSN, MOVED, WITH_STATE_ID = 0.06, 0.04, 0.5, 0.4
MISSPELT, RENAMED = 0.08, 0.03
"""Shares of the second records: another digit in the birth date, another SSN, another address and ZIP; a state id;
two letters of the surname in the other order, another surname."""
_SYLLABLES = ["ba", "ke", "li", "mo", "nu", "ra", "se", "ti", "vo", "wy", "xa", "zen", "dor", "gar", "hal", "pim"]


def crowd(people: int, seed: int = 1) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Two records a person as `STANDARD`, and ``identity_id``, ``person``."""
    rng = np.random.default_rng(seed)
    first = _people(people, rng)
    ids = pl.Series("identity_id", rng.permutation(2 * people) + 1, dtype=pl.Int64)
    raw = pl.concat([first, _written_again(first, rng)]).with_columns(ids)
    records = [
        {name: [value] for name, value in row.items() if value is not None}
        for row in raw.drop("identity_id", "person").iter_rows(named=True)
    ]
    standard = standardise(ids.to_list(), ["court"] * len(ids), records)
    return standard, raw.select("identity_id", "person")


def _people(people: int, rng: np.random.Generator) -> pl.DataFrame:
    """Names drawn by their frequencies, three in ten surnames so rare that no list holds them."""
    model = shipped()
    rare = ["".join(parts) for parts in rng.choice(_SYLLABLES, (people, 3)).tolist()]
    surnames = pl.select(
        pl.when(pl.Series(rng.random(people) < 0.3))
        .then(pl.Series(rare))
        .otherwise(pl.Series(_drawn(model.surname, people, rng)))
    ).to_series()
    return pl.DataFrame({
        "person": np.arange(people),
        "given_name": _drawn(model.given, people, rng),
        "surname": surnames,
        "birth_date": (np.datetime64("1950-01-01") + rng.integers(0, 20_000, people)).astype(str).tolist(),
        "sex": pl.Series(rng.random(people) < 0.75).replace_strict({True: "M", False: "F"}),
        "ssn_last4": _digits(rng, people, 4),
        **_places(rng, people),
        "state_id": [f"IL{number}" for number in (10_000_000 + rng.permutation(people)).tolist()],
    })  # fmt: skip


def _written_again(people: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    size = people.height

    def sometimes(share: float, other: pl.Expr | pl.Series | None, column: str) -> pl.Expr:
        return pl.when(pl.Series(rng.random(size) < share)).then(other).otherwise(column).alias(column)

    surname = pl.col("surname")
    misspelt = pl.concat_str(
        surname.str.slice(0, 2), surname.str.slice(3, 1), surname.str.slice(2, 1), surname.str.slice(4)
    )
    moved, other = pl.Series(rng.random(size) < MOVED), _places(rng, size)
    digit = (pl.col("birth_date").str.slice(3, 1).cast(pl.Int64) + 1) % 10
    slipped = pl.concat_str(pl.col("birth_date").str.slice(0, 3), digit, pl.col("birth_date").str.slice(4))
    renamed = people.with_columns(sometimes(RENAMED, pl.Series(people["surname"].shuffle(seed=1)), "surname"))
    return renamed.with_columns(
        sometimes(WRONG_BIRTH, slipped, "birth_date"),
        sometimes(OTHER_SSN, pl.Series(_digits(rng, size, 4)), "ssn_last4"),
        sometimes(MISSPELT, misspelt, "surname"),
        *(pl.when(moved).then(other[name]).otherwise(name).alias(name) for name in ("address", "zip")),
        sometimes(1 - WITH_STATE_ID, None, "state_id"),
    )


def _drawn(shares: Mapping[str, float], size: int, rng: np.random.Generator) -> list[str]:
    weights = np.array(list(shares.values()))
    drawn: list[str] = rng.choice(list(shares), size, p=weights / weights.sum()).tolist()
    return drawn


def _digits(rng: np.random.Generator, size: int, length: int) -> list[str]:
    return [f"{number:0{length}}" for number in rng.integers(1, 10**length - 1, size).tolist()]


def _places(rng: np.random.Generator, size: int) -> dict[str, pl.Series]:
    houses, zips = rng.integers(1, 9999, size).tolist(), rng.integers(0, 80, size).tolist()
    streets = rng.choice(["oak st", "elm st", "lake ave", "first st"], size).tolist()
    return {
        "address": pl.Series([f"{house} {street}" for house, street in zip(houses, streets, strict=True)]),
        "zip": pl.Series([f"606{place:02}" for place in zips]),
    }
