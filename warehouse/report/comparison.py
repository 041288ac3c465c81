"""The part of a study's page that compares: effects side by side, and how alike the arms were."""

from collections.abc import Sequence
from math import sqrt
from typing import Any, Final

import polars as pl
from markupsafe import Markup

from warehouse.disclosure.rounding import nearest, parts, rounded
from warehouse.disclosure.shares import Share
from warehouse.report import figures, rates, words
from warehouse.report.contents import Contents
from warehouse.report.rates import Row
from warehouse.report.tables import WITHHELD, Heading, count, decimal, percent, ratio, table

METHODS: Final = {
    "cox_unadjusted": "unadjusted",
    "cox_adjusted": "adjusted for what was known at the start",
    "cox_weighted": "weighted to make the arms alike",
    "combined": "adjusted, uncertain links carried through",
    "naive_ever_never": "naive, ever against never: not to be believed",
}
SHORT: Final = {
    "cox_unadjusted": "unadjusted", "cox_adjusted": "adjusted", "cox_weighted": "weighted",
    "combined": "with uncertain links", "naive_ever_never": "naive",
}  # fmt: skip
NAIVE: Final = "naive_ever_never"
BEST: Final = ("combined", "cox_weighted", "cox_adjusted", "cox_unadjusted")
"""Which estimate the page's sentence gives: the first that there is."""


def sections(study: Row, contents: Contents, rows: Sequence[Row]) -> dict[str, Any]:
    """What the template is filled with: ``finding``, ``effects``, ``terms``, ``thresholds``, ``balance``."""
    name = str(study["study"])
    effect, balance = contents.of_study("study_effect", name), contents.of_study("study_balance", name)
    found = _effects(effect)
    lowest = min((row["threshold"] for row in found if row["threshold"] is not None), default=None)
    exposure = _exposure_terms(found)
    main = [row for row in found if row["term"] in exposure and row["threshold"] in (lowest, None)]
    other = [row for row in found if row["term"] not in exposure and row["threshold"] in (lowest, None)]
    random = study["assignment"] == "random"
    return {
        "random": random,
        "finding": _finding(main, random),
        "effects": _side_by_side(main) if main else Markup(),
        "covariates": _covariates(other),
        "by_threshold": _by_threshold([row for row in found if row["term"] in exposure]),
        "balance": _balance(balance, rows),
    }


def _effects(effect: pl.DataFrame) -> list[dict[str, Any]]:
    """The rows of estimates; withheld where few had the outcome, or few had not."""
    rows = []
    for row in effect.iter_rows(named=True):
        events, persons = rounded(row["events"] or 0), rounded(row["persons"] or 0)
        few = events is None or persons is None or (rounded(row["persons"] - row["events"]) is None)
        estimate = None if few or row["ratio"] is None else (row["ratio"], row["ratio_low"], row["ratio_high"])
        e_value = None if few or row["e_value"] is None else (row["e_value"], None, None)
        rows.append(row | {
            "title": words.title(row["outcome"]), "way": METHODS.get(row["method"], words.spaced(row["method"])),
            "estimate": estimate, "e_value": e_value, "events": None if few else events,
            "persons": None if few else persons, "few": few,
        })  # fmt: skip
    order = list(METHODS)
    place = {method: number for number, method in enumerate(order)}
    return sorted(rows, key=lambda row: (words.outcome_rank(row["outcome"]), place.get(row["method"], len(place))))


def _exposure_terms(rows: Sequence[Row]) -> set[str]:
    """The terms that stand for the exposure: those of the methods that have no other."""
    alone = {row["term"] for row in rows if row["method"] in (NAIVE, "cox_unadjusted", "combined")}
    return alone or {row["term"] for row in rows if row["term"] == "exposed"}


def _finding(rows: Sequence[Row], random: bool) -> list[Markup]:
    """A sentence an outcome: the best estimate, and the word for it."""
    said = []
    for outcome in dict.fromkeys(row["outcome"] for row in rows):
        known = {row["method"]: row for row in rows if row["outcome"] == outcome and row["estimate"] is not None}
        best = next((known[method] for method in BEST if method in known), None)
        if best is not None:
            said.append(_sentence(best, random))
    return said


def _sentence(row: Row, random: bool) -> Markup:
    value, low, high = row["estimate"]
    unclear = low is None or high is None or low <= 1 <= high
    way = "less" if value < 1 else "more"
    told = "no clear difference" if unclear else f"the exposed had it {way} often"
    word = "" if random or unclear else " This is an association: it may have other causes."
    return Markup("<b>{}</b>: {}. {} hazard ratio with 95\u202f% interval: {} ({}).{}").format(
        row["title"], told, str(row["estimand"]).capitalize(), Markup(ratio(row["estimate"])), row["way"], word
    )


def _headings() -> tuple[Heading, ...]:
    return (
        Heading("title", "", names=True), Heading("way", "how", wraps=True),
        Heading("estimate", "ratio, 95 %", ratio, number=True), Heading("estimand", "conditional or marginal"),
        Heading("e_value", "E-value (limit)", _e_value, number=True), Heading("persons", "people", count, number=True),
        Heading("events", "outcome", count, number=True),
    )  # fmt: skip


def _side_by_side(rows: Sequence[Row]) -> Markup:
    panels = []
    for outcome in dict.fromkeys(row["outcome"] for row in rows):
        shown = [row for row in rows if row["outcome"] == outcome and row["estimate"] is not None]
        if shown:
            panels.append(_forest(outcome, shown))
    caption = "Hazard ratios with 95 % interval; in grey the naive ratio, which flatters whatever starts late"
    figure = Markup('<figure><div class="panels">{}</div><figcaption>{}</figcaption></figure>').format(
        Markup().join(panels), caption
    )
    numbers = table(
        _headings(), [_shown(row) for row in rows], "The same comparison done in several ways, side by side"
    )
    return (figure if panels else Markup()) + numbers


def _shown(row: Row) -> Row:
    """A row for the table; an E-value where there is one."""
    return dict(row) | {"e_value": row["e_value"] and (row["e_value"][0], None, row["e_value_limit"])}


def _forest(outcome: str, rows: Sequence[Row]) -> Markup:
    placed = [
        {"label": SHORT.get(row["method"], row["way"]),
         **dict(zip(("value", "low", "high"), row["estimate"], strict=True)), "doubted": row["method"] == NAIVE}
        for row in rows
    ]  # fmt: skip
    told = "; ".join(f"{row['way']}: {row['estimate'][0]:.2f}" for row in rows)
    title = words.title(outcome)
    name = figures.Named(
        f"effect-{outcome}", f"{title}: hazard ratios", f"{told}. The numbers stand in the table below."
    )
    labels = [str(row["label"]) for row in placed]
    return Markup('<div class="panel"><h3>{}</h3>{}</div>').format(title, figures.forest(name, placed, labels))


def _covariates(rows: Sequence[Row]) -> Markup:
    if not rows:
        return Markup()
    headings = (
        Heading("title", "", names=True), Heading("way", "model", wraps=True), Heading("term", "term", words.spaced),
        Heading("estimate", "ratio, 95 %", ratio, number=True),
    )  # fmt: skip
    return table(headings, rows, "The other terms of the models")


def _by_threshold(rows: Sequence[Row]) -> Markup:
    """The estimates at each threshold of linkage, side by side."""
    thresholds = sorted({row["threshold"] for row in rows if row["threshold"] is not None})
    if len(thresholds) < 2:
        return Markup()
    beside: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        blank = {f"at {value}": None for value in thresholds}
        line = beside.setdefault((row["outcome"], row["method"]), blank | {"title": row["title"], "way": row["way"]})
        line[f"at {row['threshold']}"] = row["estimate"]
    headings = (
        Heading("title", "", names=True), Heading("way", "how", wraps=True),
        *(Heading(f"at {value}", f"links of {value * 100:g} %", ratio, number=True) for value in thresholds),
    )  # fmt: skip
    return table(headings, beside.values(), "The ratios, estimated anew at each threshold of linkage")


def _balance(balance: pl.DataFrame, rows: Sequence[Row]) -> Markup:
    """How alike the arms were before and after weighting, with shares made from rounded counts."""
    if balance.is_empty():
        return Markup()
    sizes = {arm: _size(rows, arm) for arm in ("exposed", "unexposed")}
    shown = [
        row
        for (covariate,), part in balance.group_by("covariate", maintain_order=True)
        for row in _levels(str(covariate), part, rows, sizes)
    ]
    after = (Heading("weighted_difference", "after weighting", _difference, number=True),)
    means = (Heading("exposed", "exposed", _mean, number=True), Heading("unexposed", "not exposed", _mean, number=True))
    headings = (
        Heading("covariate", "", words.stratum_title, names=True), Heading("level", "", words.spaced),
        *(means if any(row["exposed"] is not None for row in shown) else ()),
        Heading("difference", "difference before", _difference, number=True),
        *(after if any(row["weighted_difference"] is not None for row in shown) else ()),
    )  # fmt: skip
    caption = "Standardised differences: less than 0.1 counts as alike. Shares are made from rounded counts"
    return _balance_figure(shown) + _overlap(balance) + table(headings, shown, caption)


def _levels(
    covariate: str, part: pl.DataFrame, rows: Sequence[Row], sizes: dict[str, int | None]
) -> list[dict[str, Any]]:
    """The levels of one covariate; a level is withheld in both arms where either arm's count is."""
    levels = sorted(part.to_dicts(), key=lambda row: words.stratum_rank(row["level"] or ""))
    if None in sizes.values():
        return [_without_arms(covariate, row, rows) for row in levels]
    if levels[0]["level"] in (None, ""):
        return [row | {"exposed": (row["exposed"], False), "unexposed": (row["unexposed"], False), "level": ""}
                for row in levels]  # fmt: skip
    shares = {arm: _shares_of(arm, covariate, levels, rows, sizes[arm]) for arm in sizes}
    shown = []
    for place, row in enumerate(levels):
        one, other = (shares[arm][place] for arm in ("exposed", "unexposed"))
        if one is None or other is None:
            shown.append(row | dict.fromkeys(("exposed", "unexposed", "difference", "weighted_difference")))
        else:
            spread = sqrt((one * (1 - one) + other * (1 - other)) / 2)
            standardised = (one - other) / spread if spread else None
            shown.append(row | {"exposed": (one, True), "unexposed": (other, True), "difference": standardised})
    return shown


def _without_arms(covariate: str, row: Row, rows: Sequence[Row]) -> dict[str, Any]:
    """A level where the arms are stretches of time, and not people: differences alone, of levels that are shown."""
    known = {found["stratum"]: found["n"] for found in rates.chosen(rows, stratum_kind=covariate, arm="all")}
    blank = dict.fromkeys(("exposed", "unexposed"))
    if row["level"] in (None, "") or known.get(row["level"]) is not None:
        return dict(row) | blank | {"level": row["level"] or ""}
    return dict(row) | blank | dict.fromkeys(("difference", "weighted_difference"))


def _shares_of(
    arm: str, covariate: str, levels: Sequence[Row], rows: Sequence[Row], size: int | None
) -> list[float | None]:
    """The share of an arm in each level: of the counts that the outcome grid shows too, else of its own."""
    if size is None:
        return [None] * len(levels)
    strata = {row["stratum"]: row["n"] for row in rates.chosen(rows, stratum_kind=covariate, arm=arm)}
    if all(row["level"] in strata for row in levels):
        counts = [strata[row["level"]] for row in levels]
    else:
        exact = [round(row[arm] * size) for row in levels]
        rest = size - sum(exact)
        counts = parts([*exact, rest] if rest > 0 else exact)[: len(exact)]
    return [None if found is None else min(found / nearest(size), 1.0) for found in counts]


def _size(rows: Sequence[Row], arm: str) -> int | None:
    """How many persons an arm has, exact; None where that is withheld."""
    found = next(iter(rates.chosen(rows, stratum_kind="overall", arm=arm)), None)
    return None if found is None or found["n"] is None else int(found["persons"])


def _e_value(value: Share | None) -> str:
    if value is None:
        return ""
    limit = Markup() if value[2] is None else Markup(' <span class="interval">{}</span>').format(f"{value[2]:.2f}")
    return f"{value[0]:.2f}" + limit


def _mean(value: tuple[float, bool] | None) -> str:
    if value is None:
        return WITHHELD
    number, share = value
    return percent((number, None, None)) if share else decimal(number)


def _difference(value: float | None) -> str:
    return WITHHELD if value is None else f"{value:+.2f}".replace("-", "−")


def _overlap(balance: pl.DataFrame) -> Markup:
    share = next((value for value in balance["overlap"].to_list() if value is not None), None)
    if share is None:
        return Markup()
    told: Share = (round(share * 20) / 20, None, None)
    return Markup(
        "<p>Overlap: about {} of the people could, by what was known at the start, have been in either arm.</p>"
    ).format(Markup(percent(told)))


def _balance_figure(rows: Sequence[Row]) -> Markup:
    placed = [
        {"label": words.spaced(row["covariate"]) + (f": {words.spaced(row['level'])}" if row["level"] else ""),
         "value": row["difference"], "after": row["weighted_difference"]}
        for row in rows
        if row["difference"] is not None
    ]  # fmt: skip
    if not placed:
        return Markup()
    told = "; ".join(f"{row['label']}: {abs(row['value']):.2f}" for row in placed)
    name = figures.Named("balance", "Standardised differences between the arms", f"Before weighting: {told}.")
    weighted = any(row["after"] is not None for row in placed)
    marks = "Hollow: as they were. Filled: after weighting." if weighted else "As they were; nothing was weighted."
    caption = f"{marks} Left of the dashed line the arms count as alike."
    return Markup("<figure>{}<figcaption>{}</figcaption></figure>").format(
        figures.balance(name, placed, [str(row["label"]) for row in placed]), caption
    )
