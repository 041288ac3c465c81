"""The table ``measure``: the figures of every measure, with intervals, from the views of persons."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import duckdb
import polars as pl

from warehouse.estimate.curves import kaplan_meier
from warehouse.measures.court import RECIDIVISM
from warehouse.measures.equity import GROUPS
from warehouse.measures.figures import ALL, MEASURE, UNKNOWN
from warehouse.measures.intervals import SUMS, difference, with_estimates
from warehouse.measures.metric import Source
from warehouse.measures.metrics import SOURCES
from warehouse.measures.reading import before
from warehouse.measures.sections import SECTIONS
from warehouse.measures.views import VIEWS
from warehouse.snapshot.typed import TYPED_VIEWS
from warehouse.snapshot.views import select

FIRST_VIOLATION: Final = "first_violation"
FIRST_VIOLATION_DAYS: Final = 180
_FOLLOWED: Final = "accountability"
"""The view from which `FIRST_VIOLATION` comes."""
_FREE: Final = """
SELECT days_free_of_violation AS days, days_to_first_violation IS NOT NULL AS violated
FROM accountability WHERE days_free_of_violation IS NOT NULL
"""
_COURT_CHARGE: Final = next(view for view in TYPED_VIEWS if view.name == "court_charge")
_LINK_ERRORS: Final = {"false_negative_model": "links_missing", "false_discovery_model": "links_wrong"}


def measures(
    connection: duckdb.DuckDBPyConnection,
    link_quality: pl.DataFrame | None = None,
    outcome: str = "outcome",
    known: pl.DataFrame | None = None,
    views: Collection[str] = (),
) -> pl.DataFrame:
    """Compute every figure, schema `MEASURE`; ``link_quality``: the table of that name, for the error of linkage.

    Needs ``event``, ``span``, ``participant``, ``coverage`` and the table that ``outcome`` names (participant_key,
    index_date, outcome, window_months, value). The views of `VIEWS` are made as temporary tables, each once, and
    dropped at the end. ``known``: figures of before, of which those from ``views`` are taken as they are.
    """
    kept = frozenset(views) if known is not None else frozenset()
    wanted = {view for source in SOURCES if source.view not in kept for view in (source.view, *before(source.view))}
    with made(connection, wanted, outcome):
        parts = [
            _known(known, source) if known is not None and source.view in kept else _figures(connection, source)
            for source in SOURCES
        ]
        again = known is not None and _FOLLOWED in kept
        parts.append(
            known.filter(metric=FIRST_VIOLATION) if known is not None and again else _first_violation(connection)
        )
    if link_quality is not None:
        parts.append(_link_errors(link_quality))
    order = {section.measure: place for place, section in enumerate(SECTIONS)}
    return pl.concat(parts).sort(pl.col("measure").replace_strict(order), maintain_order=True)


@contextmanager
def made(connection: duckdb.DuckDBPyConnection, views: Collection[str], outcome: str = "outcome") -> Iterator[None]:
    """While inside, these views stand as temporary tables, each made once; those that they read have to be among them.

    ``outcome``: the table in the place of ``outcome``.
    """
    queries = {"court_charge": select(_COURT_CHARGE).sql("duckdb"), **{view.name: view.select() for view in VIEWS}}
    queries["recidivism"] = RECIDIVISM.select().replace("FROM outcome", f"FROM {outcome}")
    wanted = [name for name in queries if name in views]
    try:
        for name in wanted:
            connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {queries[name]}")
        yield
    finally:
        for name in wanted:
            connection.execute(f"DROP TABLE IF EXISTS temp.{name}")


def _known(known: pl.DataFrame, source: Source) -> pl.DataFrame:
    """The rows of a source among figures of before."""
    told = [(metric.measure, name) for metric in source.metrics for name in (metric.name, f"{metric.name}_gap")]
    groups = [*source.groups, *((ALL,) if source.everybody else ())]
    mine = pl.DataFrame(told, schema={"measure": pl.String(), "metric": pl.String()}, orient="row")
    return known.filter(pl.col("group_kind").is_in(groups)).join(
        mine, on=["measure", "metric"], how="semi", maintain_order="left"
    )


def _figures(connection: duckdb.DuckDBPyConnection, source: Source) -> pl.DataFrame:
    """The rows of one source: everybody's, each group's, and the gaps between groups."""
    summed = _summed(connection, source)
    parts = [_told(_rolled(summed, None))] if source.everybody else []
    for group in source.groups:
        levels = _rolled(summed, group)
        parts.append(_told(levels))
        if group in GROUPS:
            parts.append(_gaps(levels))
    return pl.concat(parts)


def _summed(connection: duckdb.DuckDBPyConnection, source: Source) -> pl.DataFrame:
    """One row per metric and combination of groups: the sums over persons, with what the metric says of itself."""
    pairs = ", ".join(
        f"CAST({metric.denominator} AS DOUBLE) AS x{place}, CAST({metric.numerator} AS DOUBLE) AS y{place}"
        for place, metric in enumerate(source.metrics)
    )
    sums = ", ".join(_sums(place) for place, _ in enumerate(source.metrics))
    groups = "".join(f"{group}, " for group in source.groups)
    query = f"SELECT {groups}{sums} FROM (SELECT {groups}{pairs} FROM {source.view}) AS each"
    wide = connection.execute(f"{query} GROUP BY {groups[:-2]}" if groups else query).pl()
    long = [
        wide.select(
            *source.groups, place=place, measure=pl.lit(metric.measure), metric=pl.lit(metric.name),
            kind=pl.lit(metric.kind), unit=pl.lit(metric.unit), basis=pl.lit(metric.basis), scale=metric.scale,
            **{name: pl.col(f"{name}{place}") for name in SUMS},
        )
        for place, metric in enumerate(source.metrics)
    ]  # fmt: skip
    return pl.concat(long)


def _sums(place: int) -> str:
    x, y = f"x{place}", f"y{place}"
    counted = f"count(*) FILTER ({x} > 0) AS n{place}, count(*) FILTER ({x} > 0 AND {y} <> 0) AS with_it{place}"
    products = {"sx": x, "sy": y, "sxx": f"{x} * {x}", "syy": f"{y} * {y}", "sxy": f"{x} * {y}"}
    return ", ".join([
        counted,
        *(f"coalesce(sum({what}) FILTER ({x} > 0), 0) AS {name}{place}" for name, what in products.items()),
    ])  # fmt: skip


_STATED: Final = ("place", "measure", "metric", "kind", "unit", "basis", "scale")


def _rolled(summed: pl.DataFrame, group: str | None) -> pl.DataFrame:
    """The sums by metric and one group, or over everybody; groups of nobody left out."""
    grp = pl.lit(ALL) if group is None else pl.col(group).fill_null(UNKNOWN)
    marked = summed.with_columns(group_kind=pl.lit(group or ALL), grp=grp)
    by = marked.group_by(*_STATED, "group_kind", "grp").agg(pl.col(SUMS).sum()).sort("place", "grp")
    return by if group is None else by.filter(pl.col("n") > 0)


def _told(sums: pl.DataFrame) -> pl.DataFrame:
    found = with_estimates(sums).with_columns(numerator=pl.col("sy"), denominator=pl.col("sx"))
    return found.select(list(MEASURE)).cast(MEASURE)


def _gaps(levels: pl.DataFrame) -> pl.DataFrame:
    """Each known group less all others that are known: where there are at least two."""
    known = levels.filter(pl.col("grp") != UNKNOWN).filter(pl.len().over("metric") > 1)
    total = [(pl.col(name).sum().over("metric") - pl.col(name)).alias(name) for name in SUMS]
    one, rest = with_estimates(known), with_estimates(known.with_columns(total))
    gap = known.select(
        "measure", pl.format("{}_gap", "metric").alias("metric"),
        pl.when(pl.col("kind") == "share").then(pl.lit("difference of shares")).otherwise("unit").alias("unit"),
        "group_kind", "grp", pl.min_horizontal(known["n"], rest["n"]).alias("n"), "basis",
    )  # fmt: skip
    wide = gap.with_columns(difference(one, rest).get_columns()).with_columns(interval=pl.lit("mover"))
    return _shaped(wide)


def _first_violation(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Who had a violation incident within the days from the first start of supervision, censored where that ends."""
    followed = connection.execute(_FREE).pl()
    days, violated = followed["days"].to_numpy(), followed["violated"].to_numpy()
    row: dict[str, object] = {
        "measure": "accountability", "metric": FIRST_VIOLATION, "unit": "share of 1", "group_kind": ALL, "grp": ALL,
        "n": followed.height, "with_it": int((violated & (days < FIRST_VIOLATION_DAYS)).sum()),
        "interval": "kaplan_meier", "basis": "persons",
    }  # fmt: skip
    if violated.any() and days.max() >= FIRST_VIOLATION_DAYS:
        curve = kaplan_meier(days, violated.astype(int))
        place = int((curve.time < FIRST_VIOLATION_DAYS).sum()) - 1
        if place >= 0:
            row |= {name: float(getattr(curve, name)[place]) for name in ("value", "low", "high")}
    return _shaped(pl.DataFrame([row])).with_columns(pl.col("value", "low", "high").fill_nan(None))


def _link_errors(link_quality: pl.DataFrame) -> pl.DataFrame:
    """The shares of links that are expected to be missing and wrong, by the groups that the gaps compare."""
    chosen = link_quality.filter(
        pl.col("scope") == "overall", pl.col("metric").is_in(list(_LINK_ERRORS)),
        pl.col("grp").is_in(["overall", *GROUPS]),
    )  # fmt: skip
    everybody = pl.col("grp") == "overall"
    return _shaped(chosen.select(
        pl.lit("equity").alias("measure"), pl.col("metric").replace(_LINK_ERRORS), pl.lit("share of 1").alias("unit"),
        pl.when(everybody).then(pl.lit(ALL)).otherwise("grp").alias("group_kind"),
        pl.when(everybody).then(pl.lit(ALL)).otherwise("level").alias("grp"), "n", "value", "low", "high",
        pl.lit("link_quality").alias("interval"), pl.lit("links").alias("basis"),
    ))  # fmt: skip


def _shaped(rows: pl.DataFrame, columns: Sequence[str] = tuple(MEASURE)) -> pl.DataFrame:
    return pl.concat([MEASURE.to_frame(), rows], how="diagonal_relaxed").select(columns).cast(MEASURE)
