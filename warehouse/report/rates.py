"""Rates, curves and strata, for the overview and for each study: from rounded counts alone."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import polars as pl
from markupsafe import Markup

from warehouse.disclosure.curve import drawn, numbers_at_risk, value_at
from warehouse.disclosure.grid import protect
from warehouse.disclosure.shares import Share, counted, snapped
from warehouse.report import figures, words
from warehouse.report.tables import Heading, count, percent, table

Row = Mapping[str, Any]
TOO_FEW: Final = Markup('<p class="faint">Too few people to show without singling anybody out.</p>')
COLUMNS: Final = (
    Heading("n", "people", count, number=True),
    Heading("observable", "observable", count, number=True),
    Heading("events", "outcome", count, number=True),
    Heading("competing", "competing", count, number=True),
    Heading("share", "rate, 95 %", percent, number=True),
)
INCIDENCE: Final = Heading("incidence", "incidence, 95 %", percent, number=True)
OUTCOME: Final = Heading("title", "", names=True)
MONTHS: Final = Heading("window_months", "months", count, number=True)
DAYS_A_MONTH: Final = 365 / 12
PER_MONTH: Final = {"day": DAYS_A_MONTH, "week": DAYS_A_MONTH / 7, "month": 1.0}
"""Time units in a month."""


def released(rates: pl.DataFrame) -> list[dict[str, Any]]:
    """The rows of rates as they may be shown, with ``share`` and ``incidence``; in the report's order.

    Everything that a page or the pages together show must be given at once: `protect` looks at it together.
    """
    if rates.is_empty():
        return []
    rows = protect(rates.with_columns(persons=pl.col("n"))).to_dicts()
    rows = [row | _shares(row) | {"title": words.title(row["outcome"])} for row in rows]
    return sorted(rows, key=_place)


def chosen(rows: Iterable[Row], **wanted: object) -> list[Row]:
    """The rows in which each named column has the value."""
    return [row for row in rows if all(row.get(name) == value for name, value in wanted.items())]


def top(shares: Iterable[Share | None]) -> float:
    """How high an axis of shares must reach."""
    return min(1.0, 1.08 * max([0.1, *(share[2] or share[0] for share in shares if share is not None)]))


def strata(rows: Sequence[Row], kind: str, months: int, key: str) -> Markup:
    """The rates within one window by stratum: a panel an outcome, and the numbers behind them."""
    heading = Markup("<h3>{}</h3>").format(words.stratum_title(kind))
    found = sorted(chosen(rows, stratum_kind=kind, window_months=months), key=_by_stratum)
    named = [dict(row) | {"stratum": words.spaced(row["stratum"])} for row in found]
    shown = [row for row in named if row["share"] is not None]
    if not shown:
        return heading + TOO_FEW
    order = list(
        dict.fromkeys(row["stratum"] for row in sorted(shown, key=lambda row: words.stratum_rank(row["stratum"])))
    )
    highest = top(row["share"] for row in shown)
    panels = Markup().join(
        _stratum_panel(outcome, [row for row in shown if row["outcome"] == outcome], order, highest, f"{key}-{kind}")
        for outcome in dict.fromkeys(row["outcome"] for row in shown)
    )
    caption = f"{words.stratum_title(kind)}: within {months} months, with 95 % interval"
    headings = (OUTCOME, Heading("stratum", words.stratum_title(kind).lower()), *COLUMNS)
    numbers = table(headings, named, caption)
    note = "" if len(shown) == len(named) else ". Where there is no dot, there are too few people to show"
    return heading + Markup(
        '<figure><div class="panels">{}</div><figcaption>{}.</figcaption></figure>'
        "<details><summary>The numbers</summary>{}</details>"
    ).format(panels, caption + note, numbers)


def curve_panel(
    outcome: str, arms: Sequence[tuple[str, pl.DataFrame]], unit: str, months: int, highest: float, key: str
) -> Markup:
    """One outcome's curves, one or two arms, over their numbers; ``arms``: name and exact curve."""
    per_month = PER_MONTH[unit]
    parts = [(name, curve, drawn(curve, unit)) for name, curve in arms]
    title = words.title(outcome)
    points = [_in_months(shown, per_month, months) for _, _, shown in parts]
    at = [months * quarter // 4 for quarter in range(5)]
    told = "; ".join(_told(name, shown, at, per_month) for name, _, shown in parts)
    name = figures.Named(
        f"{key}-{outcome}", f"{title}: cumulative incidence", f"{told}. The table below has the numbers."
    )
    axis = figures.Axis("months since the start", months, at)
    rows = [row for name, curve, shown in parts for row in _numbers(name, curve, shown, at, per_month)]
    arm = (Heading("arm", "", names=True),) if len(arms) > 1 else ()
    headings = (
        *arm, Heading("what", "", names=not arm),
        *(Heading(str(month), str(month), number=True) for month in at),
    )  # fmt: skip
    return Markup('<div class="panel"><h3>{}</h3>{}{}</div>').format(
        title, figures.curves(name, points, axis, highest),
        table(headings, rows, f"{title}: people still followed and share so far, by months"),
    )  # fmt: skip


def highest_of(curves: Iterable[pl.DataFrame], unit: str) -> float:
    """How high the axis of several curves must reach."""
    shown = [drawn(curve, unit) for curve in curves]
    return top((row["value"], row["low"], row["high"]) for points in shown for row in points.to_dicts())


def key_of_arms(arms: Sequence[str]) -> Markup:
    """What the line of each arm looks like; nothing where there is one."""
    if len(arms) < 2:
        return Markup()
    marks = (Markup('<span><i{}></i>{}</span>').format(Markup(' class="second"') if place else "", arm)
             for place, arm in enumerate(arms))  # fmt: skip
    return Markup('<p class="key">{}</p>').format(Markup().join(marks))


def _shares(row: Row) -> dict[str, Any]:
    """The rate of the rounded counts; the cumulative incidence, snapped to such, only where the counts are shown."""
    share = counted(row["events"], row["observable"])
    estimate = (row["cumulative_incidence"], row["ci_low"], row["ci_high"])
    return {"share": share, "incidence": None if share is None else snapped(*estimate, row["persons"])}


def _place(row: Row) -> tuple[Any, ...]:
    arm = list(words.ARMS).index(row.get("arm", "all")) if row.get("arm", "all") in words.ARMS else len(words.ARMS)
    return words.outcome_rank(row["outcome"]), row["window_months"], arm


def _by_stratum(row: Row) -> tuple[Any, ...]:
    return words.outcome_rank(row["outcome"]), words.stratum_rank(row["stratum"])


def _stratum_panel(outcome: str, rows: Sequence[Row], order: Sequence[str], highest: float, key: str) -> Markup:
    placed = [
        dict(zip(("value", "low", "high"), row["share"], strict=True)) | {"label": row["stratum"]} for row in rows
    ]
    told = "; ".join(f"{row['stratum']}: {row['share'][0]:.0%}" for row in rows)
    title = words.title(outcome)
    name = figures.Named(f"{key}-{outcome}", f"{title}, by group", f"{told}. The numbers stand in the table below.")
    return Markup('<div class="panel"><h3>{}</h3>{}</div>').format(title, figures.dots(name, placed, order, highest))


def _in_months(points: pl.DataFrame, per_month: float, months: int) -> list[dict[str, Any]]:
    return points.with_columns((pl.col("time") / per_month).clip(upper_bound=months)).to_dicts()


def _told(name: str, points: pl.DataFrame, at: Sequence[int], per_month: float) -> str:
    found = {month: value_at(points, month * per_month) for month in at[1:]}
    said = ", ".join(f"{share[0]:.0%} at {month} months" for month, share in found.items() if share is not None)
    return f"{name}: {said or 'too few people to draw'}"


def _numbers(
    name: str, curve: pl.DataFrame, shown: pl.DataFrame, at: Sequence[int], per_month: float
) -> list[dict[str, Any]]:
    """Two rows: how many are followed at the months, and to what share it has happened."""
    followed = numbers_at_risk(curve, [month * per_month for month in at])
    values = [value_at(shown, month * per_month) for month in at]
    shares = ["0\u202f%" if month == 0 else percent(share) for month, share in zip(at, values, strict=True)]
    months = [str(month) for month in at]
    return [
        {"arm": name, "what": "followed", **dict(zip(months, map(count, followed), strict=True))},
        {"arm": name, "what": "so far", **dict(zip(months, shares, strict=True))},
    ]
