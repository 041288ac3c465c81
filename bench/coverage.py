"""How often a study's 95 % intervals hold the truth that was planted, and how often the naive ones do.

``python -m bench.coverage --seeds 400 --ratio 0.6`` lives the city's lives (`bench.city.lives`) with a planted hazard
ratio of enrolment, writes them as events and spans, with no linkage between, runs the study of peer support on them,
and prints one line of JSON: for each model the share of seeds whose interval holds the truth, with Wilson's interval.
The truth is the hazard ratio **conditional** on age and earlier offences. ``--confounded`` makes the young enrol less
and re-offend more than the city's young do: with ``--ratio 1`` a null that looks like an effect. What is left of it
after adjustment is that a warehouse knows years of birth and the truth knows days: see ``bias`` beside ``spread``.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import log
from typing import Final

import duckdb
import numpy as np
import polars as pl

from bench.city.calendar import FIRST_DAY, LAST_DAY, as_dates
from bench.city.lives import FILING_LAG_DAYS, Lives, Parameters, live
from bench.city.people import make_people
from warehouse.estimate.proportions import wilson
from warehouse.studies.peer_support import STUDY
from warehouse.study.collect import collect
from warehouse.study.compile import compiled
from warehouse.study.contract import RECHARGE
from warehouse.study.models import Models
from warehouse.study.workspace import Workspace

CHARGED: Final = replace(STUDY, outcomes=(RECHARGE,), thresholds=(0.5,))
CONFOUNDED: Final = {"young_ratio": 2.5, "enrolment_young_ratio": 0.3}
_EVENT: Final = {
    "participant_key": pl.String, "kind": pl.String, "event_date": pl.Date, "code": pl.String, "text": pl.String,
    "number": pl.Float64, "record_id": pl.Int64, "agency": pl.String, "feed": pl.String, "extract_id": pl.Int64,
    "row_number": pl.Int64, "detail": pl.String,
}  # fmt: skip
_SPAN: Final = {
    "participant_key": pl.String, "status": pl.String, "kind": pl.String, "start_date": pl.Date,
    "end_date": pl.Date, "code": pl.String, "text": pl.String, "record_id": pl.Int64, "agency": pl.String,
    "feed": pl.String, "extract_id": pl.Int64, "row_number": pl.Int64, "detail": pl.String,
}  # fmt: skip
_EXITS: Final = {"RT": "IN", "RN": "IN"}
_REVOKED: Final = {"RT": "technical", "RN": "new_offence"}
_COVERAGE: Final = ["agency", "feed", "kind", "covered_from", "covered_until", "lag_days"]
_COVERED: Final = [
    (agency, feed, kind, FIRST_DAY, LAST_DAY, lag)
    for agency, feed, kind, lag in (
        ("court", "charges", "charge", FILING_LAG_DAYS), ("probation", "supervision", "supervision", 0),
        ("probation", "violations", "revocation", 0), ("peer", "enrolments", "enrolment", 0),
    )
]  # fmt: skip
_TOGETHER: Final = 25
"""Cities that one run of the study's SQL holds: it costs little more than one."""


@dataclass(frozen=True)
class Interval:
    """A coefficient with its 95 % interval, as a model gave it."""

    coefficient: float
    low: float
    high: float


def main() -> None:
    """Run the seeds and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=400)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--persons", type=int, default=6_000)
    parser.add_argument("--ratio", type=float, default=0.6)
    parser.add_argument("--confounded", action="store_true")
    asked = parser.parse_args()
    truth = Parameters(reoffence_ratio=asked.ratio, **(CONFOUNDED if asked.confounded else {}))
    last = asked.first + asked.seeds
    batches = (range(seed, min(seed + _TOGETHER, last)) for seed in range(asked.first, last, _TOGETHER))
    rows = [row for seeds in batches for row in fitted(seeds, asked.persons, truth)]
    result = {
        "ratio": asked.ratio, "confounded": asked.confounded, "persons": asked.persons, "seeds": asked.seeds,
        "first": asked.first, "truth": "conditional hazard ratio", "models": summary(rows, log(asked.ratio)),
    }  # fmt: skip
    print(json.dumps(result))


def summary(rows: list[tuple[str, Interval]], truth: float) -> dict[str, dict[str, float | int | None]]:
    """By model: seeds, share whose interval holds the truth with Wilson's interval, error of the coefficients."""
    found: dict[str, dict[str, float | int | None]] = {}
    for method in dict.fromkeys(method for method, _ in rows):
        intervals = [interval for name, interval in rows if name == method]
        share = wilson(sum(one.low <= truth <= one.high for one in intervals), len(intervals))
        errors = np.array([one.coefficient - truth for one in intervals])
        found[method] = {
            "seeds": len(intervals), "covers": round(share.value, 4), "low": round(share.low or 0, 4),
            "high": round(share.high or 1, 4), "bias": round(float(errors.mean()), 4),
            "spread": round(float(errors.std(ddof=1)), 4) if len(errors) > 1 else None,
        }  # fmt: skip
    return found


def fitted(seeds: range, persons: int, truth: Parameters) -> Iterator[tuple[str, Interval]]:
    """Live one city a seed and give what each model says of enrolment in each; their people share no key."""
    parts = [lived(seed, persons, truth) for seed in seeds]
    with duckdb.connect(config={"threads": 1}) as connection:
        for name in ("event", "span", "participant"):
            _create(connection, name, pl.concat([part[name] for part in parts]))
        _create(connection, "coverage", pl.DataFrame(_COVERED, schema=_COVERAGE, orient="row"))
        Workspace(connection).make(compiled(CHARGED))
        risk = collect(connection, CHARGED).risk
    city = pl.col("participant_key").str.split("-").list.first().alias("city")
    for part in risk.with_columns(city).partition_by("city", include_key=False):
        effects = Models(CHARGED, part, 0.5, []).effects().filter(pl.col("term") == "exposed")
        for row in effects.iter_rows(named=True):
            yield row["method"], Interval(row["coefficient"], row["low"], row["high"])


def lived(seed: int, persons: int, truth: Parameters) -> dict[str, pl.DataFrame]:
    """One city's event, span and participant as a study reads them, with everybody linked rightly."""
    rng = np.random.default_rng(seed)
    people = make_people(persons, rng)
    lives = live(people, truth, rng)
    key = pl.format("{}-{}", pl.lit(seed), "person").alias("participant_key")
    return {
        "event": pl.concat([_charges(lives, key), _revocations(lives, key)]).pipe(_numbered, _EVENT),
        "span": pl.concat([_supervisions(lives, key), _enrolments(lives, key)]).pipe(_numbered, _SPAN),
        "participant": people.select(key, birth_year=pl.col("birth").dt.year(), sex="sex"),
    }


def _create(connection: duckdb.DuckDBPyConnection, name: str, rows: pl.DataFrame) -> None:
    connection.register("made", rows.to_arrow())
    connection.execute(f"CREATE TABLE {name} AS SELECT * FROM made")
    connection.unregister("made")


def _charges(lives: Lives, key: pl.Expr) -> pl.DataFrame:
    offence = as_dates(lives.cases["offence"]).cast(pl.String)
    return lives.cases.with_row_index("record_id").select(
        key, pl.col("record_id").cast(pl.Int64), event_date=as_dates(lives.cases["filed"]), kind=pl.lit("charge"),
        code=pl.lit(None, pl.String), agency=pl.lit("court"), feed=pl.lit("charges"),
        detail=pl.concat_str(pl.lit('{"charge_number": "1", "offence_date": "'), offence, pl.lit('"}')),
    )  # fmt: skip


def _revocations(lives: Lives, key: pl.Expr) -> pl.DataFrame:
    revoked = lives.persons.filter(pl.col("exit").is_in(list(_REVOKED)))
    return revoked.select(
        key, pl.col("person").cast(pl.Int64).alias("record_id"), event_date=as_dates(revoked["supervision_end"]),
        kind=pl.lit("revocation"), code=pl.col("exit").replace_strict(_REVOKED, return_dtype=pl.String),
        agency=pl.lit("probation"), feed=pl.lit("violations"), detail=pl.lit("{}"),
    )  # fmt: skip


def _supervisions(lives: Lives, key: pl.Expr) -> pl.DataFrame:
    supervised = lives.persons.filter("supervised")
    return supervised.select(
        key, pl.col("person").alias("record_id"), kind=pl.lit("supervision"),
        start_date=as_dates(supervised["supervision_start"]), end_date=as_dates(supervised["supervision_end"]),
        code=pl.col("exit").replace(_EXITS), agency=pl.lit("probation"), feed=pl.lit("supervision"),
    )  # fmt: skip


def _enrolments(lives: Lives, key: pl.Expr) -> pl.DataFrame:
    joined = lives.persons.filter(pl.col("joined").is_not_null())
    return joined.select(
        key, pl.col("person").alias("record_id"), kind=pl.lit("enrolment"), start_date=as_dates(joined["joined"]),
        end_date=pl.lit(None, pl.Date), code=pl.lit("peer_support"), agency=pl.lit("peer"), feed=pl.lit("enrolments"),
    )  # fmt: skip


def _numbered(rows: pl.DataFrame, schema: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    """All columns of the table; a row is told once, in one extract."""
    told = {"extract_id": pl.lit(1), "row_number": pl.int_range(pl.len()), "status": pl.lit("linked")}
    missing = [name for name in schema if name not in rows.columns]
    return rows.with_columns(told.get(name, pl.lit(None)).alias(name) for name in missing).select(
        pl.col(name).cast(type_) for name, type_ in schema.items()
    )


if __name__ == "__main__":
    main()
