"""Training a candidate on the records of a vault: what is counted there, held against what was known before.

``m`` comes from expectation maximisation (Splink, on DuckDB in memory) over pairs that agree in a few strong
values; ``u`` from pairs drawn at random, each weighed by the chance that it is no match. The prior is never
trained: EM would find households. What few pairs speak of stays near the model that one starts from.
"""

import datetime as dt
import math
import re
import time
from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from typing import Any, Final

import duckdb
import numpy as np
import polars as pl
import sqlglot
from sqlglot import exp
from sqlglot.optimizer.simplify import simplify

from identity.compare import compare, settings
from identity.model import Level, Model
from schemas.errors import ThroughcareError

FEWEST: Final = 50_000
"""Below so many identities EM loses more than it finds: recall .84 to .94 instead of .977 (LINKAGE.md)."""
MOST: Final = 1_000_000
"""So many identities, drawn at random, are enough: beyond them parameters move in the third digit."""
AGREEING: Final = (("birth_date", "ssn4"), ("full_name", "birth_date"), ("full_name", "ssn4"), ("state_id",))
"""Pairs that agree in these columns train the comparisons that look at none of them. Each tells matches from
others almost by itself, so that the fixed prior, carried over to its pairs, is near their true share of matches."""
RANDOM_PAIRS: Final = 1_000_000
FEWEST_PAIRS: Final = 5.0
"""A level into which fewer pairs fall keeps its parameter."""
HELD_BY: Final = 20.0
"""So many pairs weigh as much as the parameter that was there before."""
NAMES_HELD_BY: Final = 20_000
"""So many records weigh as much as the name frequencies that were there before."""
RAREST: Final = 0.0002
"""A name of a smaller share is left out and counts as rare."""
FEWEST_CARRIERS: Final = 25
"""A name that no model knew enters with so many records at least: a model says nothing about a family."""

Counts = Mapping[str, Mapping[str, float]]
"""Comparison → level → pairs that fell into it, each weighed by a probability."""


class TooFew(ThroughcareError):
    """There are too few identities to train on."""

    exit_code = 2


@dataclass(frozen=True)
class Trained:
    """A candidate and how it came about: counts, seconds, parameters before and after; no value of a record."""

    model: Model
    report: Mapping[str, Any]


def train(standard: pl.DataFrame, model: Model, version: str, *, seed: int = 1, force: bool = False) -> Trained:
    """A candidate named ``version`` from identities (`STANDARD`, without shared values), starting from ``model``.

    `TooFew` below `FEWEST` identities unless forced.
    """
    if standard.height < FEWEST and not force:
        raise TooFew(
            f"{standard.height:,} identities are too few to train on, {FEWEST:,} are the least: what EM finds in few "
            "links worse than the model that ships; --force trains all the same"
        )
    begun = time.perf_counter()
    drawn = standard if standard.height <= MOST else standard.sample(MOST, seed=seed)
    matches, agreeing = matching(drawn, model)
    others, random_pairs = by_chance(drawn, model, seed)
    aside = _one_sided(model)
    comparisons = {
        name: _trained(levels, matches[name], others[name], aside[name]) for name, levels in model.comparisons.items()
    }
    given, surname = _recounted(drawn, "given", model.given), _recounted(drawn, "surname", model.surname)
    trained = replace(model, version=version, comparisons=comparisons, given=given, surname=surname)
    report = {
        "made_on": dt.datetime.now(dt.UTC).date().isoformat(), "from_model": model.version,
        "identities": standard.height, "trained_on": drawn.height, "forced": standard.height < FEWEST, "seed": seed,
        "prior": model.prior, "agreeing_pairs": agreeing, "random_pairs": random_pairs,
        "parameters": _parameters(model, trained, matches, others, aside),
        "names": {"given": len(given), "surname": len(surname)},
        "seconds": round(time.perf_counter() - begun, 1),
    }  # fmt: skip
    return Trained(trained, report)


def _trained(
    levels: Mapping[str, Level], matches: Mapping[str, float], others: Mapping[str, float], aside: Set[str]
) -> dict[str, Level]:
    m, u = _settled(levels, "m", matches, aside), _settled(levels, "u", others, aside)
    return {label: replace(level, m=m[i], u=u[i]) for i, (label, level) in enumerate(levels.items())}


def matching(standard: pl.DataFrame, model: Model) -> tuple[Counts, dict[str, int]]:
    """How true pairs fall into the levels, by EM with the prior fixed; and the pairs of each rule of `AGREEING`."""
    from splink import DuckDBAPI

    totals: dict[str, dict[str, float]] = {
        name: dict.fromkeys(levels, 0.0) for name, levels in model.comparisons.items()
    }
    pairs: dict[str, int] = {}
    connection = duckdb.connect(":memory:", config={"temp_directory": "", "threads": 2})
    try:
        records = DuckDBAPI(connection).register(model.frequencies(standard).to_arrow(), table_name="records")
        for columns in AGREEING:
            found = _maximised(connection, records, model, columns)
            pairs[" + ".join(columns)] = int(found["pairs"].sum())
            for name in _untouched(model, columns):
                _add(totals[name], model, name, found)
    finally:
        connection.close()
    return totals, pairs


def by_chance(standard: pl.DataFrame, model: Model, seed: int) -> tuple[Counts, int]:
    """How pairs drawn at random fall into the levels, each weighed by the chance that it is no match."""
    draw = np.random.default_rng(seed).integers(0, standard.height, (2, RANDOM_PAIRS))
    draw = np.unique(np.sort(draw[:, draw[0] != draw[1]], axis=0), axis=1)
    ids = standard["identity_id"].sort().to_numpy()
    drawn = pl.DataFrame({"left_id": ids[draw[0]], "right_id": ids[draw[1]]})
    if drawn.is_empty():
        return {name: dict.fromkeys(levels, 0.0) for name, levels in model.comparisons.items()}, 0
    compared = compare(standard, drawn, model).with_columns(weight=1 / (1 + 2.0 ** pl.col("match_weight")))
    totals = {name: dict.fromkeys(levels, 0.0) for name, levels in model.comparisons.items()}
    for name in model.comparisons:
        _add(totals[name], model, name, compared)
    return totals, drawn.height


def _maximised(
    connection: duckdb.DuckDBPyConnection,
    records: Any,  # noqa: ANN401 - Splink is untyped
    model: Model,
    columns: tuple[str, ...],
) -> pl.DataFrame:
    """EM over the pairs that agree in these columns: gammas, ``pairs`` and ``weight``, the expected matches."""
    from splink import Linker
    from splink.internals.exceptions import EMTrainingException

    rule = " AND ".join(f"l.{column} = r.{column}" for column in columns)
    blocked = settings(model) | {"blocking_rules_to_generate_predictions": [rule]}
    linker = Linker(records, blocked, log_level="ERROR", validate_settings=False)
    gammas = [f"gamma_{name}" for name in model.comparisons]
    try:
        linker.training.estimate_parameters_using_expectation_maximisation(
            rule, fix_probability_two_random_records_match=True, estimate_without_term_frequencies=True
        )
    except EMTrainingException:
        none = dict.fromkeys(gammas, pl.Int32()) | {"pairs": pl.Int64(), "weight": pl.Float64()}
        return pl.DataFrame(schema=none)
    predicted = linker.inference.predict(warning_mode="never")
    query = (
        f"SELECT {', '.join(gammas)}, count(*) AS pairs, sum(match_probability) AS weight "
        f"FROM {predicted.physical_name} GROUP BY ALL"
    )
    return pl.DataFrame(connection.execute(query).to_arrow_table())


def _untouched(model: Model, columns: tuple[str, ...]) -> list[str]:
    """The comparisons whose conditions look at none of the columns."""
    conditions = {
        one["output_column_name"]: " ".join(level["sql_condition"] for level in one["comparison_levels"])
        for one in settings(model)["comparisons"]
    }
    looked_at = re.compile(rf"\b({'|'.join(columns)})_[lr]\b")
    return [name for name, condition in conditions.items() if not looked_at.search(condition)]


def _add(totals: dict[str, float], model: Model, name: str, found: pl.DataFrame) -> None:
    by_gamma = dict(found.group_by(f"gamma_{name}").agg(pl.col("weight").sum()).rows())
    for label in totals:
        totals[label] += by_gamma.get(model.gamma(name, label), 0.0)


def _settled(levels: Mapping[str, Level], kind: str, counted: Mapping[str, float], aside: Set[str]) -> list[float]:
    """The parameters of a comparison: what was counted, held by what was there.

    Levels of which too little was seen keep theirs, and so do those ``aside``; the others share anew what they had.
    """
    old = {label: float(getattr(level, kind)) for label, level in levels.items()}
    seen = [label for label in levels if counted[label] >= FEWEST_PAIRS and label not in aside]
    mass, total = sum(old[label] for label in seen), sum(counted[label] for label in seen)
    drawn = {label: _drawn(old[label], counted[label], counted[label] / total * mass) for label in seen}
    scale = mass / sum(drawn.values()) if drawn else 1.0
    return [drawn[label] * scale if label in drawn else old[label] for label in levels]


def _one_sided(model: Model) -> dict[str, set[str]]:
    """Comparison → the levels that hold only where one record lacks something.

    Their parameters are shares of such pairs alone, which counting over all pairs does not give: they are not trained.
    """
    return {
        one["output_column_name"]: {
            level["label_for_charts"]
            for level in one["comparison_levels"]
            if not level.get("is_null_level") and _needs_a_gap(level["sql_condition"])
        }
        for one in settings(model)["comparisons"]
    }


def _needs_a_gap(condition: str) -> bool:
    """Whether a condition never holds where nothing is null."""
    if condition == "ELSE":
        return False
    filled = sqlglot.parse_one(condition, dialect="duckdb").transform(
        lambda node: exp.false() if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null) else node
    )
    return bool(simplify(filled) == exp.false())


def _drawn(old: float, count: float, found: float) -> float:
    """Between the old parameter and the one found, in bits, by the pairs that speak for the latter."""
    share = count / (count + HELD_BY)
    return math.exp(share * math.log(found) + (1 - share) * math.log(old))


def _recounted(standard: pl.DataFrame, column: str, known: Mapping[str, float]) -> dict[str, float]:
    """Shares of the names in use here, held by the known ones; rare names are left out."""
    names = standard[column].drop_nulls().str.split(" ").explode()
    counts = dict(names.value_counts().rows())
    total = names.len() + NAMES_HELD_BY
    names_met = {name for name, count in counts.items() if count >= FEWEST_CARRIERS}
    shares = {
        name: (counts.get(name, 0) + NAMES_HELD_BY * known.get(name, 0.0)) / total for name in names_met | set(known)
    }
    return {name: float(f"{share:.3g}") for name, share in sorted(shares.items()) if share >= RAREST}


def _parameters(
    model: Model, trained: Model, matches: Counts, others: Counts, aside: Mapping[str, Set[str]]
) -> list[dict[str, Any]]:
    """A row a level: both parameters and the weight in bits, before and after, what was pinned for want of pairs."""
    rows = []
    for name, levels in model.comparisons.items():
        for label, old in levels.items():
            new, counts = trained.comparisons[name][label], {"m": matches[name][label], "u": others[name][label]}
            pinned = [kind for kind, count in counts.items() if count < FEWEST_PAIRS or label in aside[name]]
            rows.append({
                "comparison": name, "level": label, "m_before": old.m, "m": new.m, "u_before": old.u, "u": new.u,
                "bits_before": round(math.log2(old.m / old.u), 2), "bits": round(math.log2(new.m / new.u), 2),
                "matching_pairs": round(counts["m"]), "random_pairs": round(counts["u"]), "pinned": " ".join(pinned),
            })  # fmt: skip
    return rows
