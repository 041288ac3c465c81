"""A city of known people and three agencies, as files in their dialects and as the truth behind them."""

import importlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from bench.city import court, files, peer, probation
from bench.city.calendar import as_dates
from bench.city.lives import Parameters, live
from bench.city.parts import Delivery
from bench.city.people import make_people
from bench.city.plant import Planted, plant
from schemas.contract import Feed

ERRORS = pl.Schema({
    "agency": pl.String(), "feed": pl.String(), "file": pl.String(), "row_number": pl.Int64(),
    "column": pl.String(), "rule": pl.String(),
})  # fmt: skip
ROWS = pl.Schema({
    "agency": pl.String(), "feed": pl.String(), "file": pl.String(), "row_number": pl.Int64(), "person": pl.Int64(),
})  # fmt: skip
FIRST_ROW = 2
"""Row numbers are those a spreadsheet shows: the header is row 1."""


@dataclass(frozen=True)
class File:
    """One file of the city: its feed, its name, and its cells with what was planted in them."""

    feed: Feed
    name: str
    planted: Planted


@dataclass(frozen=True)
class Truth:
    """What is behind the files.

    ``persons``: one row a person (names, relatives, dates of what happened). ``rows``: agency, feed, file,
    row number → person. ``errors``: every planted fault by file, row number, column (null: the row as a
    whole) and rule. ``duplicates``: rows that repeat an earlier one exactly. ``reused``: member numbers that
    serve several persons. ``parameters``: the planted hazards and ratios.
    """

    persons: pl.DataFrame
    rows: pl.DataFrame
    errors: pl.DataFrame
    duplicates: pl.DataFrame
    reused: pl.DataFrame
    parameters: dict[str, float]


@dataclass(frozen=True)
class City:
    """The files that its agencies deliver, and the truth."""

    files: tuple[File, ...]
    truth: Truth

    @classmethod
    def generate(cls, people: int, seed: int, parameters: Parameters | None = None) -> "City":
        """A city of ``people`` persons (at least 2); the same seed gives the same city."""
        rng = np.random.default_rng(seed)
        parameters = parameters or Parameters()
        persons = make_people(people, rng)
        lives = live(persons, parameters, rng)
        deliveries = [
            delivery for agency in (court, probation, peer) for delivery in agency.deliver(persons, lives, rng)
        ]  # fmt: skip
        made = tuple(_file(delivery, rng) for delivery in deliveries)
        enrolments = next(delivery.rows for delivery in deliveries if delivery.feed == "metro_peer_enrolments")
        return cls(made, _truth(made, _dated(persons, lives.persons), peer.reused_members(enrolments), parameters))


def write(city: City, folder: Path) -> Truth:
    """Write ``<folder>/<agency>/<file>`` for each file and ``<folder>/truth``; returns the truth."""
    for file in city.files:
        files.write(file.feed, file.planted.rows, folder / file.feed.agency / file.name)
    truth = folder / "truth"
    truth.mkdir(parents=True, exist_ok=True)
    for name in ("persons", "rows", "errors", "duplicates", "reused"):
        getattr(city.truth, name).write_parquet(truth / f"{name}.parquet")
    (truth / "parameters.json").write_text(json.dumps(city.truth.parameters, indent=2) + "\n")
    return city.truth


def _file(delivery: Delivery, rng: np.random.Generator) -> File:
    feed: Feed = importlib.import_module(f"schemas.feeds.{delivery.feed}").FEED
    return File(feed, delivery.file, plant(feed, files.as_text(feed, delivery.rows), rng))


def _dated(persons: pl.DataFrame, lives: pl.DataFrame) -> pl.DataFrame:
    """People and what happened to them, day numbers turned into dates; ``stop`` null where nothing stops them."""
    names = ("supervision_start", "supervision_planned_end", "supervision_end", "joined", "reoffence", "died", "stop")
    days = lives.with_columns(stop=pl.when(pl.col("stop") < 10_000).then("stop"))
    dated = days.with_columns(as_dates(days[name]).alias(name) for name in ("origin", *names))
    return persons.join(dated, on="person", how="left", validate="1:1")


def _truth(made: tuple[File, ...], persons: pl.DataFrame, reused: pl.DataFrame, parameters: Parameters) -> Truth:
    rows: list[pl.DataFrame] = []
    errors: list[pl.DataFrame] = []
    duplicates: list[pl.DataFrame] = []
    for file in made:
        place = [pl.lit(file.feed.agency).alias("agency"), pl.lit(file.feed.name).alias("feed"),
                 pl.lit(file.name).alias("file")]  # fmt: skip
        numbers = pl.int_range(FIRST_ROW, FIRST_ROW + len(file.planted.rows), eager=True).alias("row_number")
        here = file.planted.rows.select("person").with_columns(numbers)
        rows.append(here.select(*place, "row_number", "person"))
        faults = file.planted.errors.with_columns(row_number=pl.col("row") + FIRST_ROW)
        errors.append(faults.select(*place, "row_number", "column", "rule"))
        repeats = (file.planted.duplicates + FIRST_ROW).alias("row_number").to_frame()
        duplicates.append(repeats.select(*place, "row_number"))
    return Truth(
        persons, pl.concat(rows).cast(ROWS), pl.concat(errors).cast(ERRORS), pl.concat(duplicates), reused,
        parameters.as_dict(),
    )  # fmt: skip
