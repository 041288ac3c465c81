"""How often intervals hold the planted truth where the records went through files, vault and linker.

``python -m bench.linked_coverage --people 300000 --replicates 100`` lets a city's agencies deliver their files, takes
them in, links them by the shipped model, publishes, and runs the study of peer support. The participants are then
dealt out at random: each replicate is a sample of linked participants, their wrong and missed links with them. For
everybody, and for each group by sex and race as the agencies wrote them, it prints the share of replicates whose
interval holds the truth (the hazard ratio **conditional** on age and earlier filings): of the adjusted model at the
main threshold, and combined over drawn partitions. ``whole`` is the estimate of all participants together: what is
systematic shows there. ``--home`` keeps the loaded city, and uses it again.
"""

import argparse
import json
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from math import log
from pathlib import Path
from typing import Final

import duckdb
import polars as pl

from bench.city.city import write_city
from bench.city.lives import Parameters
from bench.coverage import CHARGED, Interval, summary
from bench.publication_scale import load, settings_of
from flows.publish import publish
from flows.stores import open_stores
from warehouse.study.apart import find_apart, main_keys, only_apart
from warehouse.study.collect import collect
from warehouse.study.compile import compiled
from warehouse.study.drawn import Apart, combined
from warehouse.study.models import EXPOSED, Models
from warehouse.study.workspace import Workspace

SEED: Final = 20_266
STUDY: Final = replace(CHARGED, thresholds=(0.5, 0.9, 0.99))
LEAST: Final = 60
"""Replicates of a group in which fewer have the outcome are not fitted."""
_GROUPS: Final = """
SELECT p.participant_key, coalesce(p.sex, 'unknown') AS sex, coalesce(r.race, 'unknown') AS race
FROM participant AS p LEFT JOIN (
    SELECT participant_key, mode(race ORDER BY race) AS race FROM (
        SELECT participant_key, detail ->> '$.race' AS race FROM event UNION ALL
        SELECT participant_key, detail ->> '$.race' FROM span)
    WHERE race IS NOT NULL GROUP BY ALL) AS r USING (participant_key)
"""


@dataclass(frozen=True)
class Linked:
    """The rows at risk at the main threshold, those of whom stricter ones take apart, and everybody's groups."""

    risk: pl.DataFrame
    apart: tuple[Apart, ...]
    groups: pl.DataFrame


def main() -> None:
    """Measure and print one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.linked_coverage")
    parser.add_argument("--people", type=int, default=300_000)
    parser.add_argument("--replicates", type=int, default=100)
    parser.add_argument("--ratio", type=float, default=0.6)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--home", type=Path, help="where the loaded city is kept; a temporary folder by default")
    asked = parser.parse_args()
    with ExitStack() as stack:
        home = asked.home or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tc")))
        snapshot = home / "published" / "throughcare" / "throughcare.duckdb"
        if not snapshot.exists():
            snapshot = _loaded(home, asked.people, asked.seed, Parameters(reoffence_ratio=asked.ratio))
        linked = read(snapshot)
    truth = log(asked.ratio)
    rows = {name: list(_fitted(part, asked.replicates)) for name, part in _parts(linked)}
    print(json.dumps({
        "people": asked.people, "replicates": asked.replicates, "ratio": asked.ratio, "seed": asked.seed,
        "participants": linked.risk["participant_key"].n_unique(),
        "apart": {part.threshold: part.of["main_key"].n_unique() for part in linked.apart},
        "whole": {method: vars(one) | {"error": round(one.coefficient - truth, 4)}
                  for method, one in _models(linked)},
        "groups": {name: summary(found, truth) for name, found in rows.items() if found},
    }))  # fmt: skip


def _loaded(home: Path, people: int, seed: int, truth: Parameters) -> Path:
    """Deliver, take in, link and publish; the files that are held because no such city was expected too."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "key").write_text(secrets.token_hex(32))
    write_city(people, seed, home / "intake", truth)
    (home / "intake" / "truth").rename(home / "truth")
    with open_stores(settings_of(home)) as stores:
        load(stores)
        return publish(stores).snapshot


def read(snapshot: Path) -> Linked:
    """Run the study's SQL on a snapshot, at the main threshold and for whom the stricter ones take apart."""
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        work = Workspace(connection)
        main, *strict = STUDY.thresholds
        find_apart(connection, main)
        work.make(compiled(STUDY))
        risk = collect(connection, STUDY).risk
        apart = []
        for threshold in strict:
            work.forget()
            with only_apart(connection, threshold):
                work.make(compiled(STUDY))
                apart.append(Apart(threshold, collect(connection, STUDY).risk, main_keys(connection, threshold)))
        return Linked(risk, tuple(apart), connection.execute(_GROUPS).pl())


def _parts(linked: Linked) -> Iterator[tuple[str, Linked]]:
    """Everybody, and the participants of each group."""
    yield "everybody", linked
    for by in ("sex", "race"):
        for (level,), members in sorted(linked.groups.partition_by(by, as_dict=True).items()):
            yield f"{by} {level}", _of(linked, members["participant_key"])


def _of(linked: Linked, keys: pl.Series) -> Linked:
    """What is of these participants."""
    chosen = keys.implode()
    apart = []
    for part in linked.apart:
        of = part.of.filter(pl.col("main_key").is_in(chosen))
        rows = part.risk.filter(pl.col("participant_key").is_in(of["participant_key"].implode()))
        apart.append(Apart(part.threshold, rows, of))
    return Linked(linked.risk.filter(pl.col("participant_key").is_in(chosen)), tuple(apart), linked.groups)


def _fitted(linked: Linked, replicates: int) -> Iterator[tuple[str, Interval]]:
    """What each model says of each replicate."""
    keys = linked.groups.select("participant_key").with_columns(
        replicate=pl.col("participant_key").str.slice(0, 8).str.to_integer(base=16) % replicates
    )
    for members in keys.partition_by("replicate"):
        part = _of(linked, members["participant_key"])
        if part.risk.filter(pl.col("status") == 1).height >= LEAST:
            yield from _models(part)


def _models(linked: Linked) -> Iterator[tuple[str, Interval]]:
    main = STUDY.thresholds[0]
    single = Models(STUDY, linked.risk, main, []).effects(full=False)
    for effects in (single, combined(STUDY, linked.risk, linked.apart, main)):
        for row in effects.filter(pl.col("term") == EXPOSED).iter_rows(named=True):
            yield row["method"], Interval(row["coefficient"], row["low"], row["high"])


if __name__ == "__main__":
    main()
