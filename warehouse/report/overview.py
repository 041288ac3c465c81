"""The first page: what happens after supervision starts, for everybody."""

from collections.abc import Sequence
from typing import Any, Final

import polars as pl
from markupsafe import Markup

from warehouse.disclosure.curve import drawn
from warehouse.disclosure.rounding import rounded
from warehouse.outcomes.definitions import CAUSES, OUTCOMES, STRATA, VALUES
from warehouse.report import rates, words
from warehouse.report.contents import Contents
from warehouse.report.kept import Kept
from warehouse.report.rates import COLUMNS, INCIDENCE, MONTHS, OUTCOME, TOO_FEW, Row
from warehouse.report.tables import Heading, count, percent, table

STRATUM_MONTHS: Final = 12
CURVE_MONTHS: Final = 24
STRATUM_KINDS: Final = ("age_band", "prior_filings")

OVERALL_CAPTION: Final = (
    "Everybody. Rate: outcome among the observable. Incidence: Aalen–Johansen, which also uses the time of people "
    "who are not observable to the end. In small print the limits of the 95 % interval."
)
NONE_LINKED: Final = Markup('<p class="faint">Nothing has been linked yet.</p>')


def sections(contents: Contents, kept: Kept | None = None) -> dict[str, Any]:
    """What the template of the page is filled with; parts that are ``kept`` are not made again."""
    facts = (contents.rates, contents.sensitivity, contents.curve, contents.flow)
    estimates = (kept or Kept()).part("overview", facts, lambda: _estimates(contents))
    return {"tiles": list(_tiles(contents)), **estimates, "terms": _terms()}


def _estimates(contents: Contents) -> dict[str, Any]:
    """What follows from rates, curves and flow alone."""
    rows = released(contents.rates, contents.sensitivity)
    everybody = rates.chosen(rows, stratum_kind="overall", main=True)
    return {
        "short": _short(everybody),
        "curves": _curves(contents.curve),
        "overall": table((OUTCOME, MONTHS, *COLUMNS, INCIDENCE), everybody, OVERALL_CAPTION) if everybody else TOO_FEW,
        "strata": Markup().join(
            rates.strata(rates.chosen(rows, main=True), kind, STRATUM_MONTHS, "strata") for kind in STRATUM_KINDS
        ),
        "flow": _flow(contents.flow),
        "sensitivity": sensitivity(rates.chosen(rows, stratum_kind="overall")),
    }


def released(everybody: pl.DataFrame, sensitivity: pl.DataFrame) -> list[dict[str, Any]]:
    """The rates by stratum, and everybody's at stricter thresholds, as they may be shown together.

    ``main``: whether a row is of the threshold at which outcomes are computed, which is the lowest.
    """
    lowest = sensitivity["threshold"].min() if sensitivity.height else 0.0
    stricter = sensitivity.filter(pl.col("threshold") > lowest).with_columns(
        stratum_kind=pl.lit("overall"), stratum=pl.lit("overall"), main=pl.lit(False)
    )
    main = everybody.with_columns(threshold=pl.lit(lowest, pl.Float64), main=pl.lit(True))
    return rates.released(pl.concat([main, stricter], how="diagonal"))


def sensitivity(rows: Sequence[Row]) -> Markup:
    """Each outcome at each threshold side by side; what is withheld at one is withheld at all of them."""
    thresholds = sorted({row["threshold"] for row in rows})
    if len(thresholds) < 2:
        return NONE_LINKED
    beside: dict[tuple[str, int], dict[str, Any]] = {}
    for row in rows:
        line = beside.setdefault((row["outcome"], row["window_months"]), dict(row))
        line[f"at {row['threshold']}"] = row["share"]
    headings = (
        OUTCOME, MONTHS,
        *(Heading(f"at {value}", f"links of {value * 100:g} % and more", percent, number=True) for value in thresholds),
    )  # fmt: skip
    caption = "Rate within the window, counted anew for the people of each threshold, with 95 % interval"
    return table(headings, beside.values(), caption)


def _tiles(contents: Contents) -> list[tuple[str, str]]:
    extracts = contents.extracts
    return [
        (count(rounded(int(contents.people["n"].sum()))), "participants"),
        (count(extracts.height), "files received"),
        (count(rounded(int(extracts["loaded"].sum()))), "records loaded"),
        (count(rounded(int(extracts["rejected"].sum()))), "records rejected"),
    ]


def _short(everybody: Sequence[Row]) -> list[tuple[str, str]]:
    """What has happened within a year, an outcome a line."""
    year = rates.chosen(everybody, window_months=STRATUM_MONTHS)
    return [(row["title"], percent(row["incidence"])) for row in year if row["incidence"] is not None]


def _curves(curve: pl.DataFrame) -> Markup:
    exact = {outcome: curve.filter(outcome=outcome) for outcome in words.TITLES}
    shown = {outcome: points for outcome, points in exact.items() if drawn(points).height}
    if not shown:
        return TOO_FEW
    highest = rates.highest_of(shown.values(), "day")
    panels = (
        rates.curve_panel(outcome, [("everybody", points)], "day", CURVE_MONTHS, highest, "curve")
        for outcome, points in shown.items()
    )
    missing = [words.title(outcome) for outcome in exact if outcome not in shown]
    note = f" Too few people to draw: {', '.join(missing)}." if missing else ""
    return Markup('<figure><div class="panels">{}</div><figcaption>{}</figcaption></figure>').format(
        Markup().join(panels),
        f"Cumulative incidence (Aalen–Johansen) with 95 % interval; a step is more than ten people.{note}",
    )


def _flow(flow: pl.DataFrame) -> Markup:
    before = flow.filter(~pl.col("what").str.starts_with("observable"))
    rows = [{"what": row["what"], "n": rounded(row["n"])} for row in before.iter_rows(named=True)]
    headings = (Heading("what", "", names=True, wraps=True), Heading("n", "number", count, number=True))
    return table(headings, rows, "From the records to the people; how many are observable stands with each outcome")


def _terms() -> list[tuple[str, str]]:
    terms = {words.title(outcome.name): outcome.meaning for outcome in OUTCOMES}
    terms |= {words.spaced(name): meaning for name, meaning in VALUES.items()}
    terms |= {words.spaced(str(cause)): meaning for cause, meaning in CAUSES.items()}
    return list((terms | {words.stratum_title(kind): STRATA[kind] for kind in STRATUM_KINDS}).items())
