"""How good a partition into persons is: sizes, density, gaps, and how many links are expected to be wrong or missing.

Estimates are **model-based**: they follow from the probabilities of the links, and hold as far as those do; pairs
that no block brings together are in none of them. Where reviewers have judged pairs that were drawn at random
(`identity.reviewed`), estimates of the same shares are **reviewed**. Exact name and birth date stands beside them.
"""

from dataclasses import dataclass
from typing import Final, get_args

import numpy as np
import numpy.typing as npt
import polars as pl

from identity.expected import Expected, Numbers, Sums, any_of, expect, numbered, summed
from identity.intervals import gamma_interval, wilson
from schemas.codes import Identifier

MEMBERS: Final = pl.Schema({
    "identity_id": pl.Int64(), "group": pl.Int64(), "probability": pl.Float64(), "agency": pl.String(),
})  # fmt: skip
"""The columns that members must have. They may have more.

``number_id`` (0: none): those of one number in one group are held by it, whatever their probability.
``sex``, ``birth_year``: estimates are divided by them, and always by agency.
``exact_key``: equal where full name and birth date are exactly equal; null where one is missing.
``has_<identifier>`` (`codes.Identifier`), boolean: whether it is there.
"""
QUALITY: Final = pl.Schema({
    "metric": pl.String(), "grp": pl.String(), "level": pl.String(), "n": pl.Int64(), "value": pl.Float64(),
    "low": pl.Float64(), "high": pl.Float64(),
})  # fmt: skip
SHARES: Final = pl.Schema({
    "identity_id": pl.Int64(), "links": pl.Float64(), "links_wrong": pl.Float64(), "links_missed": pl.Float64(),
    "splits": pl.Float64(), "exact_split": pl.Boolean(), "lacks": pl.Int32(),
})  # fmt: skip

DENSE: Final = 0.8
"""Persons of three records or more of whose pairs fewer are likely are suspect: 45 % of them were impure."""
LARGE: Final = 60
"""A person of more records is no person, as `link.WHOLE`."""
OVERALL: Final = "overall"
UNKNOWN: Final = "unknown"
DIGITS: Final = 3
"""Decimals of what is expected of one identity: enough to add up, too few to tell a weight from."""
BANDS: Final = ((0.0, "below 0.05"), (0.05, "0.05 to 0.5"), (0.5, "0.5 to 0.9"), (0.9, "0.9 to 0.99"),
                (0.99, "0.99 and more"))  # fmt: skip
"""Bands of a pair's own probability: those from .05 to .99 are the grey zone."""

_SIZES: Final = ((1, "1"), (2, "2"), (3, "3"), (4, "4"), (5, "5"), (6, "6-10"), (11, "11-20"), (21, "21-60"),
                 (LARGE + 1, "over 60"))  # fmt: skip
_DENSITIES: Final = ((0.0, "below 0.5"), (0.5, "0.5 to 0.8"), (DENSE, "0.8 to 1"), (1.0, "1"))
_BITS: Final = {field: 1 << place for place, field in enumerate(get_args(Identifier))}


@dataclass(frozen=True)
class Measured:
    """``table``: `QUALITY`, of the batch; ``shares``: `SHARES`, a row a member, for the rows of its subject."""

    table: pl.DataFrame
    shares: pl.DataFrame


def measure(members: pl.DataFrame, edges: pl.DataFrame) -> Measured:
    """Measure the persons among ``members`` (`MEMBERS`, each identity once) with the scored pairs between them.

    ``edges``: ``left_id``, ``right_id``, ``weight``, ``vetoed`` of `compare.SCORED`, those inside persons and those
    between them; ends that are no members are ignored.
    Metrics of ``table``, each by ``grp`` and ``level``: ``persons`` by size, ``density`` of persons of three records or
    more, ``outliers`` (``sparse``, ``large``); ``pairs`` by whether they are joined and the band of their
    probability; ``missing`` by identifier and agency; ``false_discovery_model``: the share of links that are
    expected to join two people, ``false_negative_model``: the share of all links there should be that are expected
    to be missing (``n`` records; 95 % prediction intervals that take all links of a person for one draw);
    ``split_model``: the share of persons of two records or more that is expected to be torn apart, ``exact_split``:
    the share that exact name and birth date would tear apart (``n`` persons).
    """
    ordered = numbered(divided(members))
    placed = place(ordered, edges)
    expected = expect(ordered, placed)
    exact = _exact_split(ordered, expected)
    parts = [_persons(expected, placed), _pairs(placed), _missing(ordered)]
    parts += [_errors(ordered, expected, exact, grp) for grp in divisions(ordered)]
    return Measured(pl.concat(parts).cast(QUALITY), _shares(ordered, expected, exact))


def probability(weight: str) -> pl.Expr:
    """The probability of a match weight."""
    return 1 / (1 + 2.0 ** -pl.col(weight))


def band(weight: str) -> pl.Expr:
    """In which of `BANDS` the probability of a weight lies."""
    return _step(probability(weight), BANDS)


def divisions(members: pl.DataFrame) -> list[str]:
    """By what estimates are divided, of what the members have."""
    return [name for name in (OVERALL, "agency", "sex", "birth_years") if name in members.columns]


def place(ordered: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    """The pairs between members (`expected.numbered`): ``weight``, ``vetoed``, and the person of either end."""
    of = ordered.select("identity_id", "person")
    placed = edges.select("left_id", "right_id", "weight", "vetoed")
    placed = placed.join(of, left_on="left_id", right_on="identity_id").drop("left_id")
    placed = placed.join(of, left_on="right_id", right_on="identity_id", suffix="_right")
    return placed.select("weight", "vetoed", "person", "person_right")


def divided(members: pl.DataFrame) -> pl.DataFrame:
    """The members with all that estimates are divided by; what is missing is a level of its own."""
    levels = [pl.col(name).fill_null(UNKNOWN) for name in ("agency", "sex") if name in members.columns]
    if "birth_year" in members.columns:
        decade = pl.col("birth_year").cast(pl.Int32) // 10 * 10
        levels.append(decade.cast(pl.String).fill_null(UNKNOWN).alias("birth_years"))
    return members.with_columns(*levels, pl.lit(OVERALL).alias(OVERALL))


def _exact_split(ordered: pl.DataFrame, expected: Expected) -> npt.NDArray[np.bool_] | None:
    """Of each person whether exact name and birth date tears it apart; None where nothing is known of them."""
    if "exact_key" not in ordered.columns:
        return None
    key, absent = ordered["exact_key"].fill_null(0).to_numpy(), ordered["exact_key"].is_null().to_numpy()
    other = key != key[expected.start][expected.person] if len(key) else absent
    return any_of(expected, other | absent) & (expected.size > 1)


def _shares(ordered: pl.DataFrame, expected: Expected, exact: npt.NDArray[np.bool_] | None) -> pl.DataFrame:
    there = {field: pl.col(f"has_{field}") for field in _BITS if f"has_{field}" in ordered.columns}
    # What was not looked for is not there either: nobody may take it for known.
    absent = [pl.when(there.get(field, pl.lit(value=False))).then(0).otherwise(bit) for field, bit in _BITS.items()]
    return ordered.select(
        "identity_id",
        links=pl.Series(expected.links),
        links_wrong=pl.Series(expected.wrong).round(DIGITS),
        links_missed=pl.Series(expected.missed).round(DIGITS),
        splits=pl.Series(expected.splits).round(DIGITS),
        exact_split=None if exact is None else pl.Series(exact[expected.person]),
        lacks=pl.sum_horizontal(absent) if there else None,
    ).cast(SHARES)


def _persons(expected: Expected, placed: pl.DataFrame) -> pl.DataFrame:
    """Sizes of persons, density of those of three records or more, and outliers."""
    size = expected.size
    inside = placed.filter((pl.col("person") == pl.col("person_right")) & (pl.col("weight") >= 0))
    likely = np.bincount(inside["person"].to_numpy(), minlength=len(size))
    several = size >= 3
    dense = np.minimum(likely[several] / (size[several] * (size[several] - 1) / 2), 1.0)
    counted = {"sparse": int((dense < DENSE).sum()), "large": int((size > LARGE).sum())}
    outliers = pl.DataFrame({"level": list(counted), "n": list(counted.values())})
    return pl.concat([
        _histogram("persons", "size", pl.DataFrame({"value": size}), _SIZES),
        _histogram("density", "persons of 3 and more", pl.DataFrame({"value": dense}), _DENSITIES),
        _rows(outliers.with_columns(value=pl.col("n") / max(len(size), 1)), "outliers", "kind"),
    ])  # fmt: skip


def _pairs(placed: pl.DataFrame) -> pl.DataFrame:
    """Scored pairs by whether they are joined and how likely they are."""
    joined = pl.col("person") == pl.col("person_right")
    parts = {"joined": joined, "apart": ~joined & ~pl.col("vetoed"), "apart by rule": ~joined & pl.col("vetoed")}
    return pl.concat(
        _histogram("pairs", name, placed.filter(chosen).select(value=probability("weight")), BANDS)
        for name, chosen in parts.items()
    )


def _missing(ordered: pl.DataFrame) -> pl.DataFrame:
    """Which share of each agency's records lacks which identifier."""
    fields = [name for name in ordered.columns if name.startswith("has_")]
    counted = ordered.group_by("agency").agg(pl.len().alias("n"), (~pl.col(fields)).mean())
    named = counted.unpivot(fields, index=["agency", "n"], variable_name="grp", value_name="value")
    named = named.with_columns(pl.col("grp").str.strip_prefix("has_")).rename({"agency": "level"})
    return _rows(named.sort("grp", "level"), "missing", None)


def _errors(ordered: pl.DataFrame, expected: Expected, exact: npt.NDArray[np.bool_] | None, grp: str) -> pl.DataFrame:
    """The expected shares of wrong, missing and torn, and what exact name and birth date would tear, by level."""
    names = ordered[grp].unique().sort()
    level = ordered[grp].cast(pl.Enum(names)).to_physical().cast(pl.Int64).to_numpy()
    torn = np.zeros(len(expected.size), bool) if exact is None else exact
    sums = summed(expected, level, len(names), torn)
    rows = [estimates(names, sums, grp)]
    if exact is not None:
        rows.append(_estimated(names, sums.persons, "exact_split", grp, wilson(sums.torn, sums.persons)))
    return pl.concat(rows)


def estimates(names: pl.Series, sums: Sums, grp: str) -> pl.DataFrame:
    """Model-based shares with prediction intervals, a row a level."""
    right = np.maximum(sums.links - sums.wrong, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        beside = np.where(right > 0, (sums.missed / right) ** 2 * sums.wrong_variance, 0.0)
        wrong = [part / sums.links for part in _with_limits(sums.wrong, sums.wrong_variance)]
        missed = [part / (part + right) for part in _with_limits(sums.missed, sums.missed_variance + beside)]
        split = [part / (part + sums.persons) for part in _with_limits(sums.splits, sums.splits_variance)]
    return pl.concat([
        _estimated(names, sums.records, "false_discovery_model", grp, wrong),
        _estimated(names, sums.records, "false_negative_model", grp, missed),
        _estimated(names, sums.persons, "split_model", grp, split),
    ])  # fmt: skip


def _with_limits(mean: Numbers, variance: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    return (mean, *gamma_interval(mean, variance))


def _estimated(
    names: pl.Series, n: Numbers, metric: str, grp: str, parts: list[Numbers] | tuple[Numbers, ...]
) -> pl.DataFrame:
    """Rows of a share and its limits; empty where it is a share of nothing."""
    columns = zip(("value", "low", "high"), parts, strict=True)
    shares = {name: pl.Series(np.clip(part, 0, 1)).fill_nan(None) for name, part in columns}
    return _rows(pl.DataFrame({"level": names, "n": n.astype(np.int64), **shares}), metric, grp)


def _histogram(metric: str, grp: str, rows: pl.DataFrame, steps: tuple[tuple[float, str], ...]) -> pl.DataFrame:
    """How many values lie from each step on, and which share."""
    levels = pl.DataFrame({"level": [name for _, name in steps]})
    counted = rows.select(level=_step(pl.col("value"), steps)).group_by("level").len("n")
    counted = levels.join(counted, on="level", how="left", maintain_order="left")
    counted = counted.with_columns(pl.col("n").fill_null(0).cast(pl.Int64))
    return _rows(counted.with_columns(value=pl.col("n") / max(rows.height, 1)), metric, grp)


def _step(value: pl.Expr, steps: tuple[tuple[float, str], ...]) -> pl.Expr:
    """The name of the highest step that a value reaches."""
    name = pl.lit(steps[0][1])
    for low, step in steps[1:]:
        name = pl.when(value >= low).then(pl.lit(step)).otherwise(name)
    return name


def _rows(rows: pl.DataFrame, metric: str, grp: str | None) -> pl.DataFrame:
    """Rows as `QUALITY`, with no interval where they have none."""
    stated = {"metric": pl.lit(metric)} | ({} if grp is None else {"grp": pl.lit(grp)})
    return pl.concat([QUALITY.to_frame(), rows.with_columns(**stated)], how="diagonal_relaxed").select(list(QUALITY))
