"""The page of a study: who was counted, what happened to them, and how those exposed compare."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

import polars as pl
from markupsafe import Markup

from warehouse.disclosure.curve import drawn
from warehouse.disclosure.rounding import rounded
from warehouse.estimate.proportions import wilson
from warehouse.report import comparison, overview, rates, words
from warehouse.report.contents import STUDY_TABLES, Contents
from warehouse.report.kept import Kept
from warehouse.report.rates import COLUMNS, INCIDENCE, MONTHS, OUTCOME, TOO_FEW, Row
from warehouse.report.tables import Heading, count, decimal, table
from warehouse.study.dose import PEOPLE
from warehouse.study.tables import WARNINGS

DESIGNS: Final = {
    "single_arm": "single arm: everybody, without a comparison",
    "intention_to_treat": "intention to treat: arms as they stood on the first day, whatever came later",
    "time_varying": "time-varying: each person counts as not exposed until the exposure starts (as treated)",
    "landmark": "landmark: arms as they stood on a fixed day, among those still followed on it",
}
ASSIGNMENT: Final = {"random": "by lot", "chosen": "chosen, not by lot: what is compared is an association"}
CLOCKS: Final = {"calendar": "calendar time", "street": "street time: days in custody left out"}
_GRID: Final = (
    "Rate: outcome among the observable. Incidence: cumulative incidence, which also uses the time of people who are "
    "not observable to the end. In small print the limits of the 95 % interval. One line a person, not an event."
)
SHARES: Final = ("share", "share of 1", PEOPLE)
_NUMBERS: Final = ("mean", "low", "high", "median")
_EVENTS: Final = "Event-based: events, and not the people who had them, among the observable"


def sections(study: Row, contents: Contents, kept: Kept | None = None) -> dict[str, Any]:
    """What the template of the page is filled with; ``study``: a row of the table ``study``.

    Parts that are ``kept`` are not made again.
    """
    name, known = str(study["study"]), kept or Kept()
    of = {table: contents.of_study(f"study_{table}", name) for table in STUDY_TABLES}
    person = _person_based(of["rate"])

    @cache
    def rows() -> list[dict[str, Any]]:
        return [row | {"main": row["threshold"] == _lowest(person)} for row in rates.released(person)]

    def compared() -> dict[str, Any]:
        return comparison.sections(study, contents, rates.chosen(rows(), main=True))

    facts = (of["rate"], of["effect"], of["balance"], study["assignment"])
    return {
        "study": study,
        "facts": _facts(study, _lowest(person)),
        "warnings": _warnings(of["warning"]),
        "ran": not of["rate"].is_empty(),
        **known.part(f"{name} rates", (of["rate"], of["flow"]), lambda: _rates(of, rows())),
        **known.part(f"{name} curves", (of["curve"], study["time_unit"]), lambda: _both_clocks(of["curve"], study)),
        "dose": _dose(of["dose"]),
        **known.part(f"{name} compared", facts, compared),
    }


def _rates(of: Mapping[str, pl.DataFrame], rows: Sequence[Row]) -> dict[str, Any]:
    """What follows from rates and flow alone."""
    main = rates.chosen(rows, main=True)
    return {
        "flow": _flow(of["flow"], main),
        "grid": _grid(rates.chosen(main, stratum_kind="overall")),
        "events": _event_based(of["rate"], main),
        "strata": _strata(main),
        "sensitivity": _sensitivity(rows),
    }


def _both_clocks(curve: pl.DataFrame, study: Row) -> dict[str, Any]:
    return {"curves": [_curves(curve, clock, study) for clock in CLOCKS if _has(curve, clock)]}


def _person_based(rate: pl.DataFrame) -> pl.DataFrame:
    if rate.is_empty():
        return rate
    order = [name for name in ("outcome", "window_months", "arm", "stratum_kind", "stratum") if name in rate.columns]
    return rate.filter(pl.col("basis") == "person").sort("threshold", *order)


def _lowest(rate: pl.DataFrame) -> float | None:
    return None if rate.is_empty() else float(rate["threshold"].to_list()[0])


def _facts(study: Row, threshold: float | None) -> list[tuple[str, str]]:
    links = "" if threshold is None else f", links of {threshold * 100:g} % and more"
    exposure = [("Exposure", str(study["exposure"]))] if study["exposure"] else []
    compared = [] if study["design"] == "single_arm" else [
        *exposure, ("Assignment", ASSIGNMENT.get(study["assignment"], str(study["assignment"]))),
        ("Estimand", str(study["estimand"])),
    ]  # fmt: skip
    return [
        ("Counted from", str(study["index_event"])),
        ("Design", DESIGNS.get(study["design"], words.spaced(study["design"]))),
        *compared,
        ("Known as of", str(study["as_of"])),
        ("Linkage", f"model {study['model_version']}{links}" if study["model_version"] else f"no model noted{links}"),
        ("Definition", str(study["definition"])),
    ]


def _warnings(warning: pl.DataFrame) -> list[str]:
    """The warnings; one whose text holds a number, which would be exact, by what its code means."""
    said = []
    for row in warning.iter_rows(named=True):
        exact = any(letter.isdigit() for letter in row["text"])
        text = WARNINGS.get(row["code"], words.spaced(row["code"])) if exact else str(row["text"])
        said.append(f"{words.title(row['outcome'])}: {text}." if row["outcome"] else f"{text.capitalize()}.")
    return list(dict.fromkeys(said))


def _flow(flow: pl.DataFrame, rows: Sequence[Row]) -> Markup:
    """How many are left, step by step; of the arms as the grid tells it."""
    if flow.is_empty():
        return TOO_FEW
    arms = {f"of these {row['arm']}": row["n"] for row in rates.chosen(rows, stratum_kind="overall")}
    steps = flow.filter(~pl.col("what").str.starts_with("observable for")).sort("step").to_dicts()
    shown = [{"what": row["what"], "n": arms.get(row["what"], rounded(row["n"]))} for row in steps]
    headings = (Heading("what", "", names=True, wraps=True), Heading("n", "number", count, number=True))
    return table(headings, shown, "How many are left after each step")


def _grid(rows: Sequence[Row]) -> Markup:
    if not rows:
        return TOO_FEW
    named = [dict(row) | {"arm": words.ARMS.get(row["arm"], row["arm"])} for row in rows]
    several = len({row["arm"] for row in rows}) > 1
    arm = (Heading("arm", "arm"),) if several else ()
    return table((OUTCOME, MONTHS, *arm, *COLUMNS, INCIDENCE), named, _GRID)


def _event_based(rate: pl.DataFrame, person: Sequence[Row]) -> Markup:
    """Counts of events, shown only where the counts of their people are."""
    if rate.is_empty() or rate.filter(basis="event").is_empty():
        return Markup()
    shown = {(row["outcome"], row["window_months"], row["arm"]): row
             for row in rates.chosen(person, stratum_kind="overall")}  # fmt: skip
    rows = []
    for row in rate.filter(basis="event", stratum_kind="overall", threshold=_lowest(rate)).iter_rows(named=True):
        known = shown.get((row["outcome"], row["window_months"], row["arm"]))
        visible = known is not None and known["events"] is not None
        events, observable = (rounded(row["events"]), known["observable"]) if visible and known else (None, None)
        per = None if events is None or not observable else 100 * events / observable
        rows.append({"title": words.title(row["outcome"]), "window_months": row["window_months"],
                     "arm": words.ARMS.get(row["arm"], row["arm"]), "events": events, "observable": observable,
                     "per": per, "place": words.outcome_rank(row["outcome"])})  # fmt: skip
    rows.sort(key=lambda row: (row["place"], row["window_months"]))
    headings = (
        OUTCOME, MONTHS, Heading("arm", "arm"), Heading("observable", "observable", count, number=True),
        Heading("events", "events", count, number=True), Heading("per", "per 100 people", decimal, number=True),
    )  # fmt: skip
    return table(headings, rows, _EVENTS)


def _has(curve: pl.DataFrame, clock: str) -> bool:
    return not curve.is_empty() and curve.filter(clock=clock).height > 0


def _curves(curve: pl.DataFrame, clock: str, study: Row) -> dict[str, Any]:
    """All outcomes by one clock: the arms beside each other where there are two."""
    chosen = curve.filter(clock=clock)
    there = set(chosen["arm"])
    arms = ["exposed", "unexposed"] if {"exposed", "unexposed"} <= there else ["all"]
    unit = str(study["time_unit"])
    exact = {outcome: [(words.ARMS[arm], chosen.filter(outcome=outcome, arm=arm)) for arm in arms]
             for outcome in sorted(set(chosen["outcome"]), key=words.outcome_rank)}  # fmt: skip
    exact = {outcome: found for outcome, found in exact.items() if any(drawn(part, unit).height for _, part in found)}
    if not exact:
        return {"clock": clock, "title": CLOCKS[clock].capitalize(), "figure": TOO_FEW}
    latest = max(part["time"].to_list()[-1] for found in exact.values() for _, part in found if part.height)
    months = max(6, -(-int(latest / rates.PER_MONTH[unit] - 0.5) // 6) * 6)
    highest = rates.highest_of([part for found in exact.values() for _, part in found], unit)
    panels = (
        rates.curve_panel(outcome, found, unit, months, highest, f"curve-{clock}") for outcome, found in exact.items()
    )
    estimators = " and ".join(sorted({_estimator(name) for name in chosen["estimator"]}))
    caption = (
        f"Cumulative incidence ({estimators}) with 95 % interval, in {CLOCKS[clock]}; a step is more than ten people."
    )
    return {
        "clock": clock, "title": CLOCKS[clock].capitalize(),
        "figure": Markup('<figure>{}<div class="panels">{}</div><figcaption>{}</figcaption></figure>').format(
            rates.key_of_arms([words.ARMS[arm] for arm in arms]), Markup().join(panels), caption
        ),
    }  # fmt: skip


def _estimator(name: str) -> str:
    return {"aalen_johansen": "Aalen–Johansen", "kaplan_meier": "Kaplan–Meier"}.get(name, words.spaced(name))


def _dose(dose: pl.DataFrame) -> Markup:
    """Mean and median of what was received; of ten people and more, with one decimal."""
    if dose.is_empty():
        return Markup()
    rows = []
    for (measure, unit), part in dose.group_by("measure", "unit", maintain_order=True):
        for row in part.iter_rows(named=True):
            n = rounded(row["n"])
            scale, shown = (100, "%") if unit in SHARES else (1, unit)
            told = _share_of_people(row) if unit == PEOPLE else row
            numbers = {name: _scaled(told[name], scale, n) for name in _NUMBERS}
            rows.append({"measure": words.spaced(str(measure)), "unit": shown, "n": n, **numbers,
                         "arm": words.ARMS.get(row["arm"], words.spaced(row["arm"]))})  # fmt: skip
    headings = (
        Heading("measure", "", names=True), Heading("unit", "unit"), Heading("arm", "arm"),
        Heading("n", "people", count, number=True), Heading("mean", "mean", decimal, number=True),
        Heading("low", "from", decimal, number=True), Heading("high", "to", decimal, number=True),
        Heading("median", "median", decimal, number=True),
    )  # fmt: skip
    return table(headings, rows, "What was received, with the 95 % interval of the mean")


def _scaled(number: float | None, scale: int, n: int | None) -> float | None:
    """A number as it is shown; None of a few people."""
    return None if number is None or n is None else number * scale


def _share_of_people(row: Row) -> dict[str, float | None]:
    """A share as it may be shown: of rounded numbers, where neither those counted nor the rest are few."""
    counted = round(row["n"] * row["mean"])
    n, among = rounded(row["n"]), rounded(counted)
    if n is None or among is None or rounded(row["n"] - counted) is None:
        return dict.fromkeys(_NUMBERS)
    share = wilson(among, n)
    return {"mean": share.value, "low": share.low, "high": share.high, "median": None}


def _strata(rows: Sequence[Row]) -> Markup:
    """Gaps between groups: everybody's rates within the window nearest to a year."""
    everybody = rates.chosen(rows, arm="all")
    kinds = [kind for kind in dict.fromkeys(row["stratum_kind"] for row in everybody) if kind != "overall"]
    windows = sorted({row["window_months"] for row in everybody}, key=lambda months: abs(months - 12))
    return Markup().join(rates.strata(everybody, kind, windows[0], "strata") for kind in kinds)


def _sensitivity(rows: Sequence[Row]) -> Markup:
    return overview.sensitivity(rates.chosen(rows, arm="all", stratum_kind="overall"))
