"""``python -m bench.linkage``: the linker beside plain Splink and exact name and birth date, on records with truth.

One shipped model and one set of thresholds for all sets, and the functions that `throughcare link` uses for a full
relink. A set of two files that hold each person once is linked as feeds that declare so (`Feed.register`), and once
more as feeds that do not. ``--data FILE --truth COLUMN --map field=column,…`` measures a file of one's own.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import polars as pl
from rich.console import Console
from rich.table import Table

from bench.linkage import plain
from bench.linkage.measure import agreement, by_person, gaps
from bench.linkage.sets import NAMED, Truth, asked, named, own
from identity import inmemory
from identity.model import shipped
from identity.standardise import standardise_columns

_AGES: Final = (25, 35, 45, 55)
_TODAY: Final = 2025
_COLUMNS: Final = ("precision", "recall", "f1", "records", "seconds", "splink_f1", "exact_f1")


def main() -> None:
    """Measure and print."""
    options = _options()
    rows: dict[str, dict[str, Any]] = {}
    for name, truth in _asked(options):
        rows[name] = measured(truth, with_splink=not options.no_splink)
        if truth.registers:
            rows[f"{name}_undeclared"] = measured(replace(truth, registers=()), with_splink=False)
    if options.json:
        print(json.dumps({"sets": rows}))
    else:
        Console().print(_table(rows))


def _asked(options: argparse.Namespace) -> Iterator[tuple[str, Truth]]:
    if options.data:
        mapping = dict(pair.split("=", 1) for pair in options.map.split(","))
        registers = tuple(name for name in options.registers.split(",") if name)
        yield options.data.stem, own(options.data, options.truth, mapping, registers)
    else:
        yield from ((name, named(name, options.city)) for name in asked(options.sets))


def measured(truth: Truth, *, with_splink: bool) -> dict[str, Any]:
    """Figures of one set."""
    clock = inmemory.Clock()
    rows = truth.records.with_row_index("identity_id").with_columns(pl.col("identity_id").cast(pl.Int64))
    standard = clock.time("standardise", lambda: standardise_columns(rows))
    linked = inmemory.link(standard, shipped(), clock, truth.register(standard))
    person = truth.records["person"]
    group = linked.grouped.sort("identity_id")["group"]
    ours, exact = agreement(person, group), plain.exact_name_and_birth(standard, person)
    found = {
        "precision": round(ours.precision, 5), "recall": round(ours.recall, 5), "f1": round(ours.f1, 5),
        "records": len(person), "persons": person.n_unique(), "false_pairs": ours.false, "missed_pairs": ours.missed,
        "exact_f1": round(exact.f1, 5), "exact_precision": round(exact.precision, 5),
        "exact_recall": round(exact.recall, 5), "seconds": round(sum(clock.wall.values()), 1),
        "cpu_seconds": round(sum(clock.cpu.values()), 1),
    }  # fmt: skip
    found |= _of_people(person, group, truth.people)
    if with_splink:
        splink, threshold = plain.splink_at_best(standard, person)
        found |= {
            "splink_f1": round(splink.f1, 5), "splink_precision": round(splink.precision, 5),
            "splink_recall": round(splink.recall, 5), "splink_threshold": threshold,
        }  # fmt: skip
    return found


def _of_people(person: pl.Series, group: pl.Series, people: pl.DataFrame | None) -> dict[str, Any]:
    wrong = by_person(person, group)
    found = {kind: _share(wrong[kind]) for kind in ("contaminated", "split")}
    if people is None:
        return found
    relatives = pl.concat([people["twin_of"], people["father"]]).drop_nulls()
    related = (
        pl.col("twin_of").is_not_null() | pl.col("father").is_not_null() | pl.col("person").is_in(relatives.implode())
    )
    years = _TODAY - pl.col("birth").dt.year()
    age = pl.sum_horizontal((years >= least).cast(pl.Int8) for least in _AGES)
    known = wrong.join(people.with_columns(related=related, age_band=age), on="person")
    found["relatives_contaminated"] = _share(known.filter("related")["contaminated"])
    return found | gaps(known, ("race", "sex", "age_band"))


def _share(flags: pl.Series) -> float:
    return round(float(flags.mean() or 0.0), 5)  # type: ignore[arg-type]


def _table(rows: dict[str, dict[str, Any]]) -> Table:
    table = Table("set", *_COLUMNS)
    for name, row in rows.items():
        table.add_row(name, *(str(row.get(column, "")) for column in _COLUMNS))
    return table


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.linkage", description=__doc__)
    parser.add_argument("--sets", default="febrl,city", help=", ".join(("febrl", *NAMED)))
    parser.add_argument("--city", type=int, default=1_000_000, help="records of the synthetic city")
    parser.add_argument("--data", type=Path, help="a parquet or CSV file of one's own")
    parser.add_argument("--truth", default="person", help="its column that says who a record is about")
    parser.add_argument("--map", default="", help="field=column,… with the fields of Identify")
    parser.add_argument("--registers", default="", help="agencies of that file that hold each person once: one,other")
    parser.add_argument("--no-splink", action="store_true", help="leave plain Splink out: it takes the longest")
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    return parser.parse_args()


if __name__ == "__main__":
    main()
