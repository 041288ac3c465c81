"""The North Carolina recidivism data, split into the extracts that two agencies would send.

The public file (R package wooldridge) is no part of the project: whoever has it gives its path.
"""

import datetime as dt
from pathlib import Path
from typing import Final

import polars as pl

RELEASED: Final = dt.date(1977, 7, 1)
"""The nominal day of release; the public file counts months and gives no date."""
COVARIATES: Final = (
    "black", "alcohol", "drugs", "super", "married", "felon", "workprg", "property", "person", "priors", "educ",
    "rules", "age", "tserved",
)  # fmt: skip


def split(recid: pl.DataFrame, folder: Path) -> dict[str, int]:
    """Write ``recid_nc_prison/release.csv`` and ``recid_nc_admission/return.csv``; rows of each.

    ``recid`` has, a row a person, `COVARIATES`, ``durat`` (months until return, or of follow-up), ``cens`` (1 where
    nobody returned) and ``follow`` (months of follow-up). A return in month m is dated m calendar months
    after release; the follow-up ends the day after its last month.
    """
    people = recid.with_row_index("participant", 1).with_columns(
        participant=pl.format("N{}", pl.col("participant").cast(pl.String).str.zfill(4)),
        released=pl.lit(RELEASED),
        followed_until=_months_later("follow").dt.offset_by("1d"),
        returned=_months_later("durat"),
    )
    extracts = {
        "recid_nc_prison/release.csv": people.select("participant", "released", "followed_until", *COVARIATES),
        "recid_nc_admission/return.csv": people.filter(cens=0).select("participant", "returned"),
    }
    for name, rows in extracts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        rows.write_csv(folder / name)
    return {name: len(rows) for name, rows in extracts.items()}


def load(data: Path) -> pl.DataFrame:
    """The 1,445 people of ``recid_nc/recid.csv`` in a folder of data."""
    return pl.read_csv(data / "recid_nc" / "recid.csv")


def _months_later(months: str) -> pl.Expr:
    return pl.lit(RELEASED).dt.offset_by(pl.format("{}mo", months))
