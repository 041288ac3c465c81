"""Identity records of a synthetic population, drawn without the files of its agencies: a million in a minute.

The people are those of `bench.city` (with twins, juniors, maiden names, two surnames); each is written down by its
agencies a few times, years apart, as `bench.city.record` writes (nicknames, slips, swapped and missing fields).
"""

import datetime as dt
from typing import Final

import numpy as np
import polars as pl

from bench.city.people import make_people
from bench.city.record import COURT, PEER, PROBATION, Habits, recorded

AGENCIES: Final[tuple[tuple[str, Habits, float, float], ...]] = (
    ("court", COURT, 1.0, 1.0),
    ("probation", PROBATION, 0.5, 0.35),
    ("peer", PEER, 0.25, 0.3),
)
"""Agency, its habits, the share of people it knows, and how often it writes one down again on average."""
RECORDS_A_PERSON: Final = 2.9
_FIRST: Final = dt.date(2021, 1, 1)
_DAYS: Final = 1_600


def population(records: int, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """About that many records, as the fields of `Identify` with ``agency`` and ``person``; and the people.

    Records of an agency that say the same of a person are one: the vault holds an identity once.
    """
    rng = np.random.default_rng(seed)
    people = make_people(max(2, round(records / RECORDS_A_PERSON)), rng)
    parts = [_written(people, agency, habits, share, again, rng) for agency, habits, share, again in AGENCIES]
    return pl.concat(parts), people


def _written(
    people: pl.DataFrame, agency: str, habits: Habits, share: float, again: float, rng: np.random.Generator
) -> pl.DataFrame:
    known = people.filter(pl.Series(rng.random(len(people)) < share))
    known = known[np.repeat(np.arange(len(known)), 1 + rng.poisson(again, len(known)))]
    days = pl.Series(rng.integers(0, _DAYS, len(known)))
    on = pl.select(pl.lit(_FIRST) + pl.duration(days=pl.lit(days))).to_series()
    found = recorded(known, on, habits, rng)
    fields = found.select(
        "person", agency=pl.lit(agency), given_name="given", middle_name="middle", surname="surname", suffix="suffix",
        alias="alias", birth_date=pl.col("birth").cast(pl.String), sex="sex", ssn_last4="ssn4", state_id="sid",
        address="street", zip="zip", phone="phone", email="email",
    )  # fmt: skip
    return fields.unique(maintain_order=True)
