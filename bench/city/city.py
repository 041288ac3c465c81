"""A city of known people and three agencies, as files in their dialects and as the truth behind them."""

import importlib
import json
from collections.abc import Callable
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
Places = tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]
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
    """The files that its agencies deliver, and the truth; all in memory (`write_city` needs less)."""

    files: tuple[File, ...]
    truth: Truth

    @classmethod
    def generate(cls, people: int, seed: int, parameters: Parameters | None = None) -> "City":
        """A city of ``people`` persons (at least 2); the same seed gives the same city."""
        files: list[File] = []
        truth = _build(people, seed, parameters or Parameters(), files.append)
        return cls(tuple(files), truth)


def write(city: City, folder: Path) -> Truth:
    """Write ``<folder>/<agency>/<file>`` for each file and ``<folder>/truth``; returns the truth."""
    for file in city.files:
        _write_file(file, folder)
    return _write_truth(city.truth, folder)


def write_city(people: int, seed: int, folder: Path, parameters: Parameters | None = None) -> Truth:
    """The same files and truth as `City.generate` and `write`, with one file in memory at a time."""
    truth = _build(people, seed, parameters or Parameters(), lambda file: _write_file(file, folder))
    return _write_truth(truth, folder)


def _build(people: int, seed: int, parameters: Parameters, take: Callable[[File], None]) -> Truth:
    rng = np.random.default_rng(seed)
    persons = make_people(people, rng)
    lives = live(persons, parameters, rng)
    places: list[Places] = []
    reused = pl.DataFrame()
    for agency in (court, probation, peer):
        for delivery in agency.deliver(persons, lives, rng):
            if delivery.feed == "metro_peer_enrolments":
                reused = peer.reused_members(delivery.rows)
            file = _file(delivery, rng)
            places.append(_places(file))
            take(file)
    rows, errors, duplicates = (pl.concat(frames) for frames in zip(*places, strict=True))
    return Truth(
        _dated(persons, lives.persons), rows.cast(ROWS), errors.cast(ERRORS), duplicates, reused, parameters.as_dict()
    )


def _write_file(file: File, folder: Path) -> None:
    files.write(file.feed, file.planted.rows, folder / file.feed.agency / file.name)


def _write_truth(truth: Truth, folder: Path) -> Truth:
    (folder / "truth").mkdir(parents=True, exist_ok=True)
    for name in ("persons", "rows", "errors", "duplicates", "reused"):
        getattr(truth, name).write_parquet(folder / "truth" / f"{name}.parquet")
    (folder / "truth" / "parameters.json").write_text(json.dumps(truth.parameters, indent=2) + "\n")
    return truth


def _file(delivery: Delivery, rng: np.random.Generator) -> File:
    feed: Feed = importlib.import_module(f"schemas.feeds.{delivery.feed}").FEED
    return File(feed, delivery.file, plant(feed, files.as_text(feed, delivery.rows), rng))


def _dated(persons: pl.DataFrame, lives: pl.DataFrame) -> pl.DataFrame:
    """People and what happened to them, day numbers turned into dates; ``stop`` null where nothing stops them."""
    names = ("supervision_start", "supervision_planned_end", "supervision_end", "joined", "reoffence", "died", "stop")
    days = lives.with_columns(stop=pl.when(pl.col("stop") < 10_000).then("stop"))
    dated = days.with_columns(as_dates(days[name]).alias(name) for name in ("origin", *names))
    return persons.join(dated, on="person", how="left", validate="1:1")


def _places(file: File) -> Places:
    """The rows, errors and duplicates of one file, by the row numbers that a spreadsheet shows."""
    place = [
        pl.lit(text).alias(name)
        for name, text in (("agency", file.feed.agency), ("feed", file.feed.name), ("file", file.name))
    ]  # fmt: skip
    numbers = pl.int_range(FIRST_ROW, FIRST_ROW + len(file.planted.rows), eager=True).alias("row_number")
    rows = file.planted.rows.select("person").with_columns(numbers)
    errors = file.planted.errors.with_columns(row_number=pl.col("row") + FIRST_ROW)
    duplicates = (file.planted.duplicates + FIRST_ROW).alias("row_number").to_frame()
    return (
        rows.select(*place, "row_number", "person"),
        errors.select(*place, "row_number", "column", "rule"),
        duplicates.select(*place, "row_number"),
    )
