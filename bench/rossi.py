"""The Rossi data of the `lifelines` package, split into the extracts that three agencies would send."""

import datetime as dt
from pathlib import Path

import polars as pl

RELEASED = dt.date(1972, 1, 3)
"""The nominal day of release; the public file counts weeks and gives no date."""
WEEKS = 52
AID_WEEKS = 13


def split(rossi: pl.DataFrame, folder: Path) -> dict[str, int]:
    """Write ``rossi_prison/release.csv``, ``rossi_court/arrest.csv``, ``rossi_aid/aid.csv``; rows of each.

    ``rossi`` has week (of arrest, or 52), arrest, fin, age, race, wexp, mar, paro, prio, a row a person.
    An arrest of week w is dated on the week's last day, 7·w days after release.
    """
    people = rossi.with_row_index("participant", 1).with_columns(
        pl.format("R{}", pl.col("participant").cast(pl.String).str.zfill(3)).alias("participant"),
        released=pl.lit(RELEASED), followed_until=pl.lit(RELEASED + dt.timedelta(days=7 * WEEKS + 1)),
    )  # fmt: skip
    release = people.select(
        "participant", "released", "followed_until", "age", "race", "wexp", "mar", "paro", "prio"
    )  # fmt: skip
    arrest = people.filter(pl.col("arrest") == 1).select(
        "participant", arrested=pl.lit(RELEASED) + pl.duration(days=7 * pl.col("week"))
    )
    aid = people.filter(pl.col("fin") == 1).select(
        "participant", aid_from=pl.lit(RELEASED), aid_until=pl.lit(RELEASED + dt.timedelta(weeks=AID_WEEKS)),
        how=pl.lit("drawn by lot"),
    )  # fmt: skip
    extracts = {"rossi_prison/release.csv": release, "rossi_court/arrest.csv": arrest, "rossi_aid/aid.csv": aid}
    for name, rows in extracts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        rows.write_csv(folder / name)
    return {name: len(rows) for name, rows in extracts.items()}


def load() -> pl.DataFrame:
    """The 432 people as `lifelines` ships them."""
    from lifelines.datasets import load_rossi

    people: pl.DataFrame = pl.from_pandas(load_rossi())
    return people
