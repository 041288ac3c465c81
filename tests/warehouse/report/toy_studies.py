"""Tables of studies as a snapshot has them, made from toy persons: exact, and consistent with each other."""

import datetime as dt
from math import exp, log, sqrt
from typing import Any

import numpy as np
import polars as pl

from warehouse.disclosure.shares import counted

MONTHS = (6, 12, 24)
DAYS = {6: 183, 12: 365, 24: 730}
OUTCOMES = {"recharge": 0.0009, "reconviction": 0.0006, "custody_technical": 0.00035}
AGES = ("18-24", "25-34", "35-44", "45-54", "55 and over")
FILINGS = ("0", "1", "2", "3 and more")


def persons(n: int, seed: int = 1) -> pl.DataFrame:
    """A row a person: arm, strata, follow-up, and for each outcome the day and what came."""
    rng = np.random.default_rng(seed)
    age = rng.choice(AGES, n, p=(0.18, 0.34, 0.24, 0.15, 0.09))
    filings = rng.choice(FILINGS, n, p=(0.46, 0.28, 0.16, 0.1))
    exposed = rng.random(n) < 0.28 + 0.12 * (age == "25-34") - 0.08 * (filings == "3 and more")
    followed = rng.integers(150, 1100, n)
    columns: dict[str, Any] = {"exposed": exposed, "age_band": age, "prior_filings": filings, "followed": followed}
    for outcome, hazard in OUTCOMES.items():
        day = rng.exponential(1 / (hazard * np.where(exposed, 0.68, 1.0) * np.where(filings == "0", 0.7, 1.4)))
        other = rng.exponential(1 / 0.0003, n)
        columns[outcome] = np.ceil(np.minimum(day, other)).astype(int)
        columns[f"{outcome}_competes"] = other < day
    return pl.DataFrame(columns)


def tables(people: pl.DataFrame, study: str = "peer_support") -> dict[str, pl.DataFrame]:
    """The tables of one study, by name; what an analyst would estimate is made up, in plausible size."""
    named = pl.lit(study).alias("study")
    return {name: frame.select(named, pl.all()) for name, frame in {
        "study": _study(), "study_flow": _flow(people.height), "study_rate": _rates(people),
        "study_curve": _curves(people), "study_effect": _effects(people), "study_balance": _balance(people),
        "study_dose": _dose(people),
        "study_warning": pl.DataFrame({
            "outcome": ["recharge"], "code": ["unequal_follow_up"],
            "text": ["those exposed are followed longer than the others; the curves allow for it, the shares do not"],
        }),
    }.items()}  # fmt: skip


def _study() -> pl.DataFrame:
    return pl.DataFrame([{
        "title": "Peer support during a first supervision",
        "question": "Are people under supervision charged, convicted or returned to custody less often once they have "
        "enrolled in peer support than before, or than those who never do?",
        "definition": "3fa9c1d27be04416", "as_of": dt.date(2025, 6, 30), "model_version": "v1", "time_unit": "day",
        "index_event": "first supervision start", "design": "time_varying",
        "exposure": "Enrolled in peer support, from the day after the first enrolment on", "assignment": "chosen",
        "estimand": "conditional hazard ratio",
        "sql": "SELECT participant_key, min(start_date) AS index_date\nFROM span\nWHERE kind = 'supervision'\n"
        "GROUP BY participant_key  -- <first> & only\n",
    }])  # fmt: skip


def _flow(n: int) -> pl.DataFrame:
    steps = ("people with a supervision", "whose start lies inside coverage", "of age at the start", "in both sources")
    counts = (n + 212, n + 87, n + 3, n)
    return pl.DataFrame({"step": range(1, 5), "what": steps, "n": counts})


def _rates(people: pl.DataFrame) -> pl.DataFrame:
    rows = []
    for threshold, kept in ((0.5, 1.0), (0.9, 0.97), (0.99, 0.93)):
        known = people.head(int(people.height * kept))
        kinds = ("overall", "age_band", "prior_filings") if threshold == 0.5 else ("overall",)
        for arm, part in _arms(known):
            for kind in kinds:
                strata = [("overall", part)] if kind == "overall" else [
                    (str(name), found) for (name,), found in part.partition_by(kind, as_dict=True).items()
                ]  # fmt: skip
                rows += [
                    _rate(found, outcome, months) | {"threshold": threshold, "arm": arm, "stratum_kind": kind,
                                                     "stratum": stratum, "basis": basis}
                    for stratum, found in strata for outcome in OUTCOMES for months in MONTHS
                    for basis in (("person", "event") if kind == "overall" else ("person",))
                ]  # fmt: skip
    return pl.DataFrame(rows)


def _arms(people: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    return [("all", people), ("exposed", people.filter("exposed")), ("unexposed", people.filter(~pl.col("exposed")))]


def _rate(people: pl.DataFrame, outcome: str, months: int) -> dict[str, Any]:
    seen = people.filter(pl.col("followed") >= DAYS[months])
    came = seen.filter(pl.col(outcome) <= DAYS[months])
    events, competing = came.filter(~pl.col(f"{outcome}_competes")).height, came[f"{outcome}_competes"].sum()
    rate, low, high = counted(events, seen.height) or (None, None, None)
    return {
        "outcome": outcome, "window_months": months, "n": people.height, "observable": seen.height, "events": events,
        "competing": competing, "rate": rate, "low": low, "high": high, "cumulative_incidence": rate, "ci_low": low,
        "ci_high": high, "late": 0,
    }  # fmt: skip


def _curves(people: pl.DataFrame) -> pl.DataFrame:
    parts = [
        _curve(part, outcome).with_columns(
            arm=pl.lit(arm), outcome=pl.lit(outcome), estimator=pl.lit("aalen_johansen"), clock=pl.lit(clock)
        )
        for arm, part in _arms(people) for outcome in OUTCOMES for clock in ("calendar", "street")
    ]  # fmt: skip
    return pl.concat(parts)


def _curve(people: pl.DataFrame, outcome: str) -> pl.DataFrame:
    day = people.select(pl.min_horizontal(outcome, "followed", pl.lit(730)).alias("time"), outcome, "followed",
                        f"{outcome}_competes")  # fmt: skip
    event = (pl.col("time") == pl.col(outcome)) & (pl.col(outcome) <= pl.col("followed"))
    told = day.with_columns(came=event & ~pl.col(f"{outcome}_competes"), left=event).group_by("time").agg(
        pl.len(), pl.col("came").sum(), pl.col("left").sum()
    ).sort("time")  # fmt: skip
    at_risk = people.height - told["len"].cum_sum() + told["len"]
    survival = (1 - told["left"] / at_risk).cum_prod().shift(1, fill_value=1.0)
    value = (survival * told["came"] / at_risk).cum_sum().clip(1e-9, 1 - 1e-9)
    error = (value * (1 - value) / at_risk).sqrt()
    return pl.DataFrame({
        "time": told["time"].cast(pl.Float64), "at_risk": at_risk, "events": told["came"].cum_sum(), "value": value,
        "low": (value - 1.96 * error).clip(0), "high": (value + 1.96 * error).clip(0, 1),
    })  # fmt: skip


def _effects(people: pl.DataFrame) -> pl.DataFrame:
    guessed = {"naive_ever_never": 0.52, "cox_unadjusted": 0.74, "cox_adjusted": 0.81, "cox_weighted": 0.84,
               "combined": 0.82}  # fmt: skip
    rows = []
    for outcome in OUTCOMES:
        events = people.filter((pl.col(outcome) <= 730) & ~pl.col(f"{outcome}_competes")).height
        for threshold in (0.5, 0.9, 0.99):
            for method, ratio in guessed.items():
                if method != "combined" or threshold == 0.5:
                    terms = {"exposed": log(ratio)} | (
                        {"age_band: 25-34": 0.1, "prior_filings: 1": 0.3} if method == "cox_adjusted" else {}
                    )
                    rows += [_effect(outcome, threshold, method, term, value, people.height, events)
                             for term, value in terms.items()]  # fmt: skip
    return pl.DataFrame(rows)


def _effect(
    outcome: str, threshold: float, method: str, term: str, value: float, n: int, events: int
) -> dict[str, Any]:
    error = 2.2 / sqrt(max(events, 1))
    low, high = value - 1.96 * error, value + 1.96 * error
    marginal = method in ("cox_weighted", "naive_ever_never", "cox_unadjusted")
    return {
        "outcome": outcome, "threshold": threshold, "method": method, "term": term, "coefficient": value, "se": error,
        "low": low, "high": high, "ratio": exp(value), "ratio_low": exp(low), "ratio_high": exp(high), "p": 0.04,
        "scale": "hazard_ratio", "estimand": "marginal" if marginal else "conditional", "persons": n, "events": events,
        "log_likelihood": -1234.5678, "e_value": 1.75, "e_value_limit": 1.1 if exp(high) < 1 else 1.0,
    }  # fmt: skip


def _balance(people: pl.DataFrame) -> pl.DataFrame:
    rows = []
    parts = dict(_arms(people))
    for covariate, levels in (("age_band", AGES), ("prior_filings", FILINGS)):
        for level in levels:
            one, other = (
                parts[arm].filter(pl.col(covariate) == level).height / max(parts[arm].height, 1)
                for arm in ("exposed", "unexposed")
            )
            spread = sqrt((one * (1 - one) + other * (1 - other)) / 2) or 1.0
            rows.append({"covariate": covariate, "level": level, "exposed": one, "unexposed": other, "overlap": 0.93,
                         "difference": (one - other) / spread, "weighted_difference": 0.01})  # fmt: skip
    return pl.DataFrame(rows)


def _dose(people: pl.DataFrame) -> pl.DataFrame:
    n = people.filter("exposed").height
    rows = [("group_hours", "hours", "exposed", n, 21.437, 17.25, 19.9, 22.9),
            ("attended_of_scheduled", "share", "exposed", n, 0.712, 0.75, 0.69, 0.73),
            ("longest_gap", "days", "exposed", max(n - 90, 1), 34.2, 21.0, 30.1, 38.3),
            ("group_hours", "hours", "unexposed", 4, 1.5, 1.5, 1.0, 2.0)]  # fmt: skip
    names = ["measure", "unit", "arm", "n", "mean", "median", "low", "high"]
    return pl.DataFrame(rows, schema=names, orient="row")
