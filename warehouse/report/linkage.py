"""The page's part on linkage: how much of each rate hangs on uncertain links, and how good the links are, by group."""

from collections.abc import Iterator
from html import escape
from typing import Any, Final

import polars as pl

from warehouse.outcomes.estimators import wilson
from warehouse.report import figures
from warehouse.report.disclosure import COUNTS, SMALL, rounded, withhold
from warehouse.report.tables import WITHHELD, Heading, count, percent, table

GROUPS: Final = {
    "overall": "everybody", "sex": "sex", "race": "race", "birth_years": "born", "agency": "agency",
}  # fmt: skip
TORN: Final = {
    "exact_split": "By exact name and birth date",
    "split_model": "As linked here: expected by the model",
}
_COLUMNS: Final = {
    "wrong": "false_discovery_model", "missing": "false_negative_model", "torn": "split_model", "exact": "exact_split",
}  # fmt: skip
_DRAWN: Final = ("overall", "sex", "race", "birth_years")
NONE: Final = '<p class="faint">Nothing has been linked yet.</p>'
UNREVIEWED: Final = (
    '<p class="faint">Reviewers have not judged a random sample of pairs yet: what the model expects has not been '
    "measured.</p>"
)
_KEY: Final = ["outcome", "window_months", "threshold"]
_SIZES: Final = "People by number of sets of identifiers under which agencies know them"
_CAPTION: Final = (
    "Wrong, missing and torn are model-based, not measured: what the probabilities of the links lead one to expect, "
    "with the 95 % interval in small print. Pairs that were never compared are not in it, so more may be missing. "
    "Records are sets of identifiers; people torn apart are those with two records or more."
)


def sensitivity(rates: pl.DataFrame, titles: dict[str, str]) -> str:
    """Each outcome at each threshold side by side; what is withheld at one is withheld at all of them."""
    if rates.is_empty():
        return NONE
    shown = withhold(rates, _KEY).sort("threshold")
    hidden = pl.any_horizontal(pl.col(COUNTS).is_null()).any().over("outcome", "window_months")
    shown = shown.with_columns(pl.when(~hidden).then(pl.col(name)).alias(name) for name in COUNTS)
    thresholds = shown["threshold"].unique().sort().to_list()
    rows = []
    for (outcome, months), part in shown.group_by("outcome", "window_months", maintain_order=True):
        row: dict[str, Any] = {"outcome": outcome, "title": titles[str(outcome)], "months": months}
        rows.append(row | {f"at {found['threshold']}": _rate(found) for found in part.iter_rows(named=True)})
    place = {name: number for number, name in enumerate(titles)}
    rows.sort(key=lambda row: (place[row["outcome"]], row["months"]))
    for before, row in zip(rows[:-1][::-1], rows[1:][::-1], strict=True):
        row["title"] = "" if before["outcome"] == row["outcome"] else row["title"]
    headings = (
        Heading("title", ""), Heading("months", "months", count, number=True),
        *(Heading(f"at {value}", f"links of {value * 100:g} % and more", percent, number=True) for value in thresholds),
    )  # fmt: skip
    return table(
        headings, rows, "Rate within the window, counted anew for the people of each threshold, with 95 % interval"
    )


def quality(found: pl.DataFrame) -> str:
    """How good the linkage is overall, by group, and what the newest batch looked like."""
    overall, batches = found.filter(scope="overall"), found.filter(scope="batch")
    errors = overall.filter(
        pl.col("metric").is_in(["false_discovery_model", *TORN]) & pl.col("grp").is_in(list(GROUPS))
    )
    if errors.is_empty():
        return NONE
    rows = list(_groups(overall))
    headings = (
        Heading("grp", "by"), Heading("level", ""), Heading("records", "records", count, number=True),
        Heading("wrong", "wrong links", share, number=True),
        Heading("missing", "missing links", share, number=True),
        Heading("torn", "torn apart", share, number=True),
        Heading("exact", "torn apart by exact match", share, number=True),
    )  # fmt: skip
    rests_on = _missing(overall) + _sizes(overall) + _newest(batches)
    more = f"<details><summary>What the links rest on</summary>{rests_on}</details>"
    return (
        _sentence(rows)
        + _unlinked(overall)
        + _figure(rows)
        + table(headings, rows, _CAPTION)
        + _reviewed(batches)
        + more
    )


def share(estimate: tuple[float, float | None, float | None] | None) -> str:
    """A small share in per cent with one decimal and its interval, or that it is withheld."""
    if estimate is None:
        return WITHHELD
    value, low, high = estimate
    between = "" if low is None or high is None else f' <span class="interval">{low * 100:.1f}–{high * 100:.1f}</span>'
    return f"{value * 100:.1f}\u202f%{between}"


def _rate(row: dict[str, Any]) -> tuple[float, float | None, float | None] | None:
    if row["events"] is None or row["observable"] is None:
        return None
    found = wilson(row["events"], row["observable"])
    return found.value, found.low, found.high


def _groups(overall: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """A row a group with its shares; small groups are withheld, and counted shares come from rounded counts."""
    cells = {(row["metric"], row["grp"], row["level"]): row for row in overall.iter_rows(named=True)}
    for grp in GROUPS:
        levels = [level for metric, name, level in cells if metric == "false_discovery_model" and name == grp]
        levels.sort(key=lambda name: (name == "unknown", name))
        rows = [
            _group({name: cells.get((metric, grp, level)) for name, metric in _COLUMNS.items()}) for level in levels
        ]
        _never_one_alone(rows, "records")
        for level, row in zip(levels, rows, strict=True):
            named = f"{level}–{int(level) + 9}" if grp == "birth_years" and level.isdigit() else level.replace("_", " ")
            hidden = {name: None for name in _COLUMNS if row["records"] is None}
            title = GROUPS[grp] if row is rows[0] else ""
            yield row | hidden | {"group": grp, "grp": title, "level": "" if grp == "overall" else named}


def _group(cells: dict[str, dict[str, Any] | None]) -> dict[str, Any]:
    of = cells["wrong"]
    expected = {name: _estimate(cell) for name, cell in cells.items() if name != "exact"}
    return {"records": None if of is None else rounded(of["n"]), **expected, "exact": _counted(cells["exact"])}


def _never_one_alone(rows: list[dict[str, Any]], key: str) -> None:
    """Withhold the smallest number too where a single one is withheld, which would follow from the total."""
    shown = [row for row in rows if row[key] is not None]
    if len(rows) - len(shown) == 1 and shown:
        min(shown, key=lambda row: int(row[key]))[key] = None


def _estimate(cell: dict[str, Any] | None) -> tuple[float, float | None, float | None] | None:
    """A share that is expected, of people enough."""
    if cell is None or cell["value"] is None or cell["n"] <= SMALL:
        return None
    return cell["value"], cell["low"], cell["high"]


def _counted(cell: dict[str, Any] | None) -> tuple[float, float | None, float | None] | None:
    """A share that was counted, made anew from rounded counts; withheld where one of them is."""
    if cell is None or cell["value"] is None:
        return None
    whole = rounded(cell["n"])
    part, rest = round(cell["value"] * cell["n"]), round((1 - cell["value"]) * cell["n"])
    counted = rounded(part)
    if whole is None or counted is None or rounded(rest) is None:
        return None
    found = wilson(counted, whole)
    return found.value, found.low, found.high


def _sentence(rows: list[dict[str, Any]]) -> str:
    everybody = rows[0]
    if everybody["exact"] is None or everybody["torn"] is None:
        return ""
    exact, here = everybody["exact"][0], everybody["torn"][0]
    return (
        f"<p>Of the people whom agencies know by two records or more, matching by exact name and birth date would "
        f"tear <b>{exact * 100:.0f}\u202f%</b> apart. As linked here, <b>{here * 100:.1f}\u202f%</b> are expected "
        f"to be torn apart.</p>"
    )


def _unlinked(overall: pl.DataFrame) -> str:
    """How many participants no identifier is known of: whether they are somebody else's, nothing can tell."""
    found = overall.filter(metric="unlinked").to_dicts()
    if not found or (number := rounded(found[0]["n"])) is None:
        return ""
    return (
        f"<p>Of {count(number)} participants nothing but an agency's number is known: no identifier of theirs has "
        "arrived, and they are counted as people of their own.</p>"
    )


def _figure(rows: list[dict[str, Any]]) -> str:
    points = [
        (metric, row["level"] or GROUPS["overall"], *row[name])
        for row in rows
        for metric, name in (("exact_split", "exact"), ("split_model", "torn"))
        if row[name] is not None and row["group"] in _DRAWN and row["level"] != "unknown"
    ]
    if not points:
        return ""
    frame = pl.DataFrame(points, schema=["outcome", "stratum", "rate", "low", "high"], orient="row")
    titles = {metric: title for metric, title in TORN.items() if metric in set(frame["outcome"])}
    order = frame["stratum"].unique(maintain_order=True).to_list()
    caption = "People with two records or more who are, or would be, torn apart into several"
    return f"<figure>{figures.dots(frame, titles, order)}<figcaption>{caption}</figcaption></figure>"


def _reviewed(batches: pl.DataFrame) -> str:
    """What reviewers found in pairs drawn at random, of the last batch that tells."""
    found = batches.filter(pl.col("metric").str.ends_with("_reviewed") & (pl.col("grp") == "overall"))
    found = found.filter((pl.col("batch_id") == pl.col("batch_id").max()) & pl.col("value").is_not_null())
    if found.is_empty():
        return UNREVIEWED
    names = {"false_discovery_reviewed": "wrong among links", "false_negative_reviewed": "missing among links"}
    told = [
        f"{names[row['metric']]} {share((row['value'], row['low'], row['high']))}"
        for row in found.sort("metric").iter_rows(named=True)
    ]
    return (
        f"<p>Measured on {count(found['n'][0])} pairs drawn at random and judged by reviewers: {', '.join(told)}.</p>"
    )


def _missing(overall: pl.DataFrame) -> str:
    missing = overall.filter(metric="missing")
    if missing.is_empty():
        return ""
    agencies = missing["level"].unique().sort().to_list()
    cells = {(row["grp"], row["level"]): _counted(row) for row in missing.iter_rows(named=True)}
    fields = missing["grp"].unique(maintain_order=True).to_list()
    rows = [
        {"field": field.replace("_", " "), **{name: cells.get((field, name)) for name in agencies}} for field in fields
    ]
    headings = (
        Heading("field", "lacking"),
        *(Heading(name, name.replace("_", " "), percent, number=True) for name in agencies),
    )
    return table(headings, rows, "Share of each agency's records that lack an identifier")


def _sizes(overall: pl.DataFrame) -> str:
    sizes = overall.filter(metric="persons")
    rows = [{"level": row["level"], "n": rounded(row["n"])} for row in sizes.iter_rows(named=True) if row["n"]]
    _never_one_alone(rows, "n")
    return table((Heading("level", "records"), Heading("n", "people", count, number=True)), rows, _SIZES)


def _newest(batches: pl.DataFrame) -> str:
    """Pairs of the newest batch by how they stand and how likely they are: counts of pairs, not of people."""
    pairs = batches.filter(pl.col("metric") == "pairs").filter(pl.col("batch_id") == pl.col("batch_id").max())
    if pairs.is_empty():
        return ""
    cells = {(row["level"], row["grp"]): rounded(row["n"]) for row in pairs.iter_rows(named=True)}
    stands = pairs["grp"].unique(maintain_order=True).to_list()
    bands = pairs["level"].unique(maintain_order=True).to_list()
    rows = [{"band": band, **{stand: cells.get((band, stand)) for stand in stands}} for band in bands]
    headings = (
        Heading("band", "probability"), *(Heading(name, name, count, number=True) for name in stands),
    )  # fmt: skip
    return table(headings, rows, escape(f"Pairs that link batch {pairs['batch_id'][0]} looked at"))
