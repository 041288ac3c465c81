"""Rates and curves of a study, by arm and stratum: of persons, and of events."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from warehouse.estimate.curves import Curve, aalen_johansen, kaplan_meier
from warehouse.estimate.proportions import Z
from warehouse.outcomes import rates as of_persons
from warehouse.study.collect import Collected
from warehouse.study.contract import Study
from warehouse.study.tables import CURVE, RATE

OVERALL = "overall"
_SHARED = (
    "stratum_kind", "stratum", "outcome", "window_months", "n", "observable", "events", "competing", "rate", "low",
    "high", "cumulative_incidence", "ci_low", "ci_high", "late",
)  # fmt: skip


def rates(study: Study, collected: Collected, threshold: float, kinds: tuple[str, ...] | None = None) -> pl.DataFrame:
    """The table ``study_rate`` at a threshold, schema `RATE`; ``kinds``: of which strata, all unless stated.

    ``person``: persons with the outcome among those observable, Wilson's interval, and the cumulative incidence.
    ``event``: events per observable person, all of a person's counted; interval from the variance between persons.
    """
    wanted = (OVERALL, *study.strata) if kinds is None else kinds
    parts = [RATE.to_frame()]
    for arm in _arms(study):
        chosen = pl.lit(True) if arm == "all" else pl.col("arm") == arm
        counts, times, events = (
            table.filter(chosen) for table in (collected.counts, collected.times, collected.events)
        )
        persons = of_persons.rates(counts, times, wanted).select(*_SHARED)
        numbered = persons.join(_per_person(events, wanted), on=["stratum_kind", "stratum", "outcome", "window_months"])
        for basis, table in (("person", persons), ("event", numbered.select(*_event_columns()))):
            told: dict[str, object] = {
                "study": study.name, "threshold": threshold, "arm": arm, "basis": basis, "link_low": None,
                "link_high": None,
            }  # fmt: skip
            parts.append(_told(table, told).select(RATE.names()))
    order = ("arm", "basis", "outcome", "window_months", "stratum_kind", "stratum")
    return pl.concat([part.cast(RATE) for part in parts]).sort(order)


def _arms(study: Study) -> tuple[str, ...]:
    return ("all", "exposed", "unexposed") if study.exposure.kind in ("intention_to_treat", "landmark") else ("all",)


def _told(table: pl.DataFrame, told: dict[str, object]) -> pl.DataFrame:
    """The table with columns that hold one value each."""
    return table.with_columns(pl.lit(value).alias(name) for name, value in told.items())


def _event_columns() -> Iterator[pl.Expr]:
    """The columns of a rate of events: what only persons can have is empty."""
    own = {"events": "all_events", "rate": "mean", "low": "mean_low", "high": "mean_high"}
    empty = ("competing", "cumulative_incidence", "ci_low", "ci_high", "late")
    return ((pl.lit(None) if name in empty else pl.col(own.get(name, name))).alias(name) for name in _SHARED)


def _per_person(events: pl.DataFrame, kinds: tuple[str, ...]) -> pl.DataFrame:
    """Events per observable person with a 95 % interval, by stratum."""
    parts = []
    for kind in kinds:
        stratum = pl.lit(kind) if kind == OVERALL else pl.col(kind)
        parts.append(
            events.group_by(stratum.alias("stratum"), "outcome", "window_months")
            .agg(pl.col("persons", "events", "squares").sum())
            .with_columns(pl.lit(kind).alias("stratum_kind"))
        )
    mean = pl.col("events") / pl.col("persons")
    variance = (pl.col("squares") - pl.col("persons") * mean**2) / (pl.col("persons") - 1).clip(1)
    half = Z * (variance / pl.col("persons")).sqrt()
    return pl.concat(parts).select(
        "stratum_kind", "stratum", "outcome", "window_months", pl.col("events").alias("all_events"),
        mean.alias("mean"), (mean - half).clip(0).alias("mean_low"), (mean + half).alias("mean_high"),
    )  # fmt: skip


def curves(study: Study, clocks: pl.DataFrame, street: bool) -> pl.DataFrame:
    """The table ``study_curve``, schema `CURVE`: cumulative incidence by arm until the horizon, in the study's unit.

    Kaplan–Meier where nothing competes with the outcome, else Aalen–Johansen. One row for each time of an event,
    and one for the last time at which somebody is followed. ``street``: with the second clock too.
    """
    parts = [CURVE.to_frame()]
    for outcome in study.outcomes:
        for arm in _arms(study):
            chosen = (pl.col("outcome") == outcome.name) & (pl.lit(True) if arm == "all" else pl.col("arm") == arm)
            for clock in ("calendar", "street") if street else ("calendar",):
                rows = clocks.filter(chosen, (pl.col(clock) > 0) | pl.col("complete"))
                if rows.height:
                    parts.append(_curve(study, outcome.name, bool(outcome.competing), arm, clock, rows))
    return pl.concat(parts)


def _curve(study: Study, outcome: str, competes: bool, arm: str, clock: str, rows: pl.DataFrame) -> pl.DataFrame:
    last = rows[clock].max()
    together = rows.with_columns(pl.when("complete").then(last).otherwise(clock).alias("time"))
    persons = together["persons"].to_numpy()
    time, status = (np.repeat(together[name].to_numpy(), persons) for name in ("time", "status"))
    fitted: Curve = aalen_johansen(time, status) if competes else kaplan_meier(time, status == 1)
    table = pl.DataFrame(
        {
            "time": fitted.time, "at_risk": fitted.at_risk, "events": fitted.events, "value": fitted.value,
            "low": fitted.low, "high": fitted.high,
        }
    )  # fmt: skip
    told: dict[str, object] = {
        "study": study.name, "arm": arm, "outcome": outcome, "clock": clock,
        "estimator": "aalen_johansen" if competes else "kaplan_meier",
    }  # fmt: skip
    stepped = pl.col("events") > pl.col("events").shift(1, fill_value=0)
    shown = table.filter(stepped | (pl.int_range(pl.len()) == pl.len() - 1))
    return _told(shown, told).with_columns(pl.col("low", "high").fill_nan(None)).select(CURVE.names()).cast(CURVE)
