"""Data with published answers: two sets of the package lifelines, and the worked sets of Therneau and Grambsch."""

from importlib.resources import files

import numpy as np
import polars as pl

SHIPPED = files("lifelines.datasets")


def rossi() -> pl.DataFrame:
    """432 people released from prison, randomised aid, arrest within 52 weeks (Rossi, Berk and Lenihan 1980)."""
    return pl.read_csv(SHIPPED.joinpath("rossi.csv").read_bytes())


def heart() -> pl.DataFrame:
    """103 people accepted for a heart transplant, rows (start, stop] before and after it (Crowley and Hu 1977)."""
    return pl.read_csv(SHIPPED.joinpath("stanford_heart.csv").read_bytes()).cast({"transplant": pl.Float64})


COUNTING = pl.DataFrame(
    {
        "start": [1, 2, 5, 2, 1, 7, 3, 4, 8, 8],
        "stop": [2, 3, 6, 7, 8, 9, 9, 9, 14, 17],
        "event": [1, 1, 1, 1, 1, 1, 1, 0, 0, 0],
        "x": [1, 0, 0, 1, 0, 1, 1, 1, 0, 0],
    }
)
"""Data set 2 of appendix E of Therneau and Grambsch 2000."""

WEIGHTED = pl.DataFrame(
    {
        "stop": [1, 1, 2, 2, 2, 2, 3, 4, 5],
        "event": [1, 0, 1, 1, 1, 0, 0, 1, 0],
        "x": [2, 0, 1, 1, 0, 1, 0, 1, 0],
        "weight": [1, 2, 3, 4, 3, 2, 1, 2, 1],
        "person": range(1, 10),
    }
)
"""The weighted data set with tied events, worked by hand for the R package survival."""

WEIGHTED_SPLIT = pl.DataFrame(
    {
        "person": [1, 1, 2, 3, 3, 3, 4, 5, 5, 6, 7, 8, 8, 9],
        "start": [0, 5, 0, 0, 10, 15, 0, 0, 14, 0, 0, 0, 23, 0],
        "stop": [5, 10, 10, 10, 15, 20, 20, 14, 20, 20, 30, 23, 40, 50],
        "event": [0, 1, 0, 0, 0, 1, 1, 0, 1, 0, 0, 0, 1, 0],
        "x": [2, 2, 0, 1, 1, 1, 1, 0, 0, 1, 0, 1, 1, 0],
        "weight": [1, 1, 2, 3, 3, 3, 4, 3, 3, 2, 1, 2, 2, 1],
    }
)
"""The same persons with their time at risk in pieces, times in tens."""


def drawn_rows(seed: int, persons: int = 300) -> pl.DataFrame:
    """Random (start, stop] rows in whole units, with many ties, late entries, exposure that begins and clusters."""
    random = np.random.default_rng(seed)
    entry, life = random.integers(0, 8, persons), random.geometric(0.08, persons)
    end, begins = entry + np.minimum(life, 30), entry + random.integers(0, 40, persons)
    event = (life <= 30) & (random.random(persons) < 0.8)
    sex, age = random.integers(0, 2, persons), random.normal(35, 8, persons)
    who = pl.DataFrame(
        {
            "person": np.arange(persons), "start": entry, "stop": end, "event": event,
            "begins": begins, "sex": sex, "age": age, "site": random.integers(0, 3, persons),
            "weight": random.uniform(0.2, 3, persons),
        }
    )  # fmt: skip
    began = pl.col("begins")
    before = who.filter(began > pl.col("start")).with_columns(
        stop=pl.min_horizontal("stop", "begins"), event=pl.col("event") & (began >= pl.col("stop")), exposed=0
    )
    after = who.filter(began < pl.col("stop")).with_columns(start=pl.max_horizontal("start", "begins"), exposed=1)
    return pl.concat([before, after], how="vertical_relaxed")
