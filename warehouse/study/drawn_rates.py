"""Rates over drawn partitions: how much wider their intervals are for what the links leave open."""

from collections.abc import Sequence
from typing import Final

import polars as pl
from duckdb import DuckDBPyConnection

from warehouse.estimate.proportions import wilson_limits
from warehouse.study.apart import PARTS
from warehouse.study.drawn import DRAWS, Apart, chosen
from warehouse.study.rates import OVERALL
from warehouse.study.tables import RATE

_CELL: Final = ("arm", "outcome", "window_months")
_PEOPLE: Final = """
SELECT {key} AS main_key, o.arm, o.outcome, o.window_months,
       count(*) FILTER (o.value <> 'not_observable') AS observable, count(*) FILTER (o.value = 'event') AS events
FROM outcome_row AS o JOIN ({apart}) AS a ON a.participant_key = o.participant_key GROUP BY ALL ORDER BY ALL
"""
_MAIN: Final = "SELECT DISTINCT main_key AS participant_key FROM apart"


def people(connection: DuckDBPyConnection, threshold: float | None = None) -> pl.DataFrame:
    """Of those whom any threshold takes apart, as the steps in the connection have them: observable, and events.

    A row a ``main_key``, arm, outcome and window. ``threshold``: that of the participants which stand there; None for
    the main one.
    """
    if threshold is None:
        return connection.execute(_PEOPLE.format(key="o.participant_key", apart=_MAIN)).pl()
    return connection.execute(_PEOPLE.format(key="a.main_key", apart=PARTS.format(threshold=threshold))).pl()


def with_links(rates: pl.DataFrame, whole: pl.DataFrame, parts: Sequence[Apart]) -> pl.DataFrame:
    """The rates (`RATE`) of everybody with ``link_low`` and ``link_high``: Rubin's rules over `DRAWS` partitions.

    ``whole``: `people` at the main threshold. Wilson's interval for as many independent persons as have the whole
    variance: that within draws, p(1 - p)/n, and that between them. Other rows are left as they are.
    """
    totals = rates.filter(stratum_kind=OVERALL, basis="person").select(*_CELL, "observable", "events")
    draws = pl.concat(in_draw(totals, whole, parts, draw) for draw in range(DRAWS))
    limits = _limits(draws.group_by(_CELL).agg(
        share=pl.col("share").mean(), within=(pl.col("share") * (1 - pl.col("share")) / pl.col("observable")).mean(),
        between=pl.col("share").var(), n=pl.col("observable").mean(),
    ))  # fmt: skip
    mine = (pl.col("stratum_kind") == OVERALL) & (pl.col("basis") == "person")
    found = rates.drop("link_low", "link_high").join(limits, on=_CELL, how="left", maintain_order="left")
    return found.with_columns(pl.when(mine).then(name).alias(name) for name in ("link_low", "link_high")).select(
        RATE.names()
    )


def in_draw(totals: pl.DataFrame, whole: pl.DataFrame, parts: Sequence[Apart], draw: int) -> pl.DataFrame:
    """Observable, events and their share, by arm, outcome and window, in one drawn partition.

    ``totals``: the same counts of everybody at the main threshold; ``whole``: `people` there.
    """
    taken = chosen(parts, draw)
    moved = [whole.join(taken, on="main_key", how="semi").with_columns(-pl.col("observable", "events"))]
    moved += [part.people.join(taken.filter(threshold=part.threshold), on="main_key", how="semi") for part in parts]
    change = pl.concat(moved)
    both = pl.concat([change, change.filter(pl.col("arm") != "all").with_columns(arm=pl.lit("all"))])
    summed = pl.concat([totals, both.select(totals.columns).cast(totals.schema)])
    counted = summed.group_by(_CELL).agg(pl.col("observable", "events").sum()).filter(pl.col("observable") > 0)
    return counted.with_columns(share=pl.col("events") / pl.col("observable"))


def _limits(cells: pl.DataFrame) -> pl.DataFrame:
    variance = pl.col("within") + (1 + 1 / DRAWS) * pl.col("between").fill_null(0)
    certain = (pl.col("share") <= 0) | (pl.col("share") >= 1)
    carrying = pl.when(certain).then("n").otherwise(pl.col("share") * (1 - pl.col("share")) / variance)
    stated = cells.with_columns(carrying=carrying)
    low, high = wilson_limits(stated["share"].to_numpy(), stated["carrying"].to_numpy())
    return stated.select(*_CELL, link_low=pl.Series(low), link_high=pl.Series(high))
