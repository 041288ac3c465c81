"""Somebody who may be somebody else, whatever the model: found among variants of a record by what it says of them."""

import polars as pl

from identity.blocks import block_keys, pairs
from identity.compare import score
from identity.model import shipped
from identity.regroup import DOUBTFUL
from identity.standardise import standardise
from tests.identity.town import Record

_LOWEST, _HIGHEST = DOUBTFUL + 0.1, -0.2
"""Kept, and not joined."""


def perhaps(given: str, surname: str, birth_date: str, sex: str) -> Record:
    """A record (given_name, surname, birth_date, sex) that may be the person with these, by the model for few."""
    model = shipped().sized(2)
    year, month, day = birth_date.split("-")
    same = {"given_name": given, "surname": surname, "birth_date": birth_date, "sex": sex}
    married = {**same, "surname": "Rosenberg"}
    other = {"F": "M", "M": "F"}[sex]
    variants: list[Record] = [
        {**same, "birth_date": None},
        married,
        {**married, "sex": other},
        {**same, "birth_date": f"{year}-{month}-{int(day) + 1:02}", "sex": other},
        {**same, "birth_date": f"{year}-{month}-{int(day) + 14:02}"},
        {**same, "given_name": f"{given}eliese"},
        {**same, "birth_date": f"{year}-{int(month) + 1:02}-{int(day) + 1:02}"},
        {**same, "surname": f"{surname[:-2]}on", "birth_date": f"{year}-{month}-{int(day) + 1:02}"},
        {**same, "surname": f"{surname[:-2]}on", "birth_date": f"{year}-{month}-{int(day) + 1:02}", "sex": other},
        {**same, "birth_date": None, "sex": other},
        {**same, "surname": f"{surname[:-2]}on", "birth_date": f"{year}-{int(month) + 5:02}-{day}"},
    ]
    records = [{name: [value] for name, value in record.items() if value} for record in (same, *variants)]
    standard = standardise(range(len(records)), ["court"] * len(records), records)
    met = pairs(block_keys(standard, bytes(32), model).select("identity_id", "block_key"))
    weighed = score(standard, met.filter(pl.col("left_id") == 0), model).filter(~pl.col("vetoed"))
    doubtful = weighed.filter(pl.col("weight").is_between(_LOWEST, _HIGHEST)).sort("right_id")
    assert not doubtful.is_empty(), "the model doubts none of these: think of another variant"
    return variants[int(doubtful["right_id"][0]) - 1]
