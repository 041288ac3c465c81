"""The page on linkage: how good the links are, for everybody and by group."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import polars as pl
from markupsafe import Markup

from warehouse.disclosure.grid import protect
from warehouse.disclosure.rounding import SMALL, parts, rounded
from warehouse.disclosure.shares import Share, counted
from warehouse.report import figures
from warehouse.report.contents import Contents
from warehouse.report.rates import top
from warehouse.report.tables import Heading, count, percent, table, tenths

GROUPS: Final = {
    "overall": "everybody", "sex": "sex", "race": "race", "birth_years": "born", "agency": "agency",
}  # fmt: skip
TORN: Final = {
    "exact_split": "By exact name and birth date",
    "split_model": "As linked here: expected by the model",
}
_EXPECTED: Final = {"wrong": "false_discovery_model", "missing": "false_negative_model", "torn": "split_model"}
_DRAWN: Final = ("overall", "sex", "race", "birth_years")
NONE: Final = Markup('<p class="faint">Nothing has been linked yet.</p>')
UNREVIEWED: Final = Markup(
    '<p class="faint">Reviewers have not judged a random sample of pairs yet: what the model expects has not been '
    "measured.</p>"
)
_SIZES: Final = "People by number of sets of identifiers under which agencies know them"
_CAPTION: Final = (
    "Wrong, missing and torn are model-based, not measured: what the probabilities of the links lead one to expect, "
    "with the 95 % interval in small print. Pairs that were never compared are not in it, so more may be missing. "
    "Records are sets of identifiers; people torn apart are those with two records or more."
)
_HEADINGS: Final = (
    Heading("grp", "by", names=True), Heading("level", ""), Heading("records", "records", count, number=True),
    Heading("wrong", "wrong links", tenths, number=True), Heading("missing", "missing links", tenths, number=True),
    Heading("torn", "torn apart", tenths, number=True),
    Heading("exact", "torn apart by exact match", tenths, number=True),
)  # fmt: skip


def sections(contents: Contents) -> dict[str, Any]:
    """What the template of the page is filled with."""
    return {"quality": quality(contents.quality)}


def quality(found: pl.DataFrame) -> Markup:
    """How good the linkage is overall, by group, and what the newest batch looked like."""
    overall, batches = found.filter(scope="overall"), found.filter(scope="batch")
    errors = overall.filter(
        pl.col("metric").is_in(["false_discovery_model", *TORN]) & pl.col("grp").is_in(list(GROUPS))
    )
    if errors.is_empty():
        return NONE
    rows = list(_groups(overall))
    rests_on = _missing(overall) + _sizes(overall) + _newest(batches)
    return Markup().join((
        _sentence(rows), _unlinked(overall), _figure(rows), _reviewed(batches), table(_HEADINGS, rows, _CAPTION),
        Markup("<details><summary>What the links rest on</summary>{}</details>").format(rests_on),
    ))  # fmt: skip


def _groups(overall: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """A row a group with its shares; small groups are withheld, and counted shares come from rounded counts."""
    cells = {(row["metric"], row["grp"], row["level"]): row for row in overall.iter_rows(named=True)}
    exact = _exact(overall)
    for grp in GROUPS:
        levels = [level for metric, name, level in cells if metric == "false_discovery_model" and name == grp]
        levels.sort(key=lambda name: (name == "unknown", name))
        found = [cells["false_discovery_model", grp, level]["n"] for level in levels]
        records = parts(found) if len(found) > 1 else [rounded(n) for n in found]
        for level, shown in zip(levels, records, strict=True):
            expected = {name: _estimate(cells.get((metric, grp, level))) for name, metric in _EXPECTED.items()}
            row = {"records": shown, **expected, "exact": exact.get((grp, level))}
            hidden = {name: None for name in row if shown is None}
            yield row | hidden | {"group": grp, "grp": GROUPS[grp], "level": _named(grp, level)}


def _named(grp: str, level: str) -> str:
    if grp == "overall":
        return Markup()
    return f"{level}–{int(level) + 9}" if grp == "birth_years" and level.isdigit() else level.replace("_", " ")


def _exact(overall: pl.DataFrame) -> dict[tuple[str, str], Share | None]:
    """(Group, level) → share whom exact matching tears apart, of counts that are shown together."""
    counts = overall.filter((pl.col("metric") == "exact_split") & pl.col("value").is_not_null()).select(
        "n", pl.col("grp").alias("stratum_kind"), pl.col("level").alias("stratum"),
        (pl.col("value") * pl.col("n")).round().cast(pl.Int64).alias("events"), outcome=pl.lit("torn"),
    )  # fmt: skip
    shown = protect(counts, ["n"], ["events"])
    return {(row["stratum_kind"], row["stratum"]): counted(row["events"], row["n"]) for row in shown.to_dicts()}


def _estimate(cell: dict[str, Any] | None) -> Share | None:
    """A share that is expected, of people enough."""
    if cell is None or cell["value"] is None or cell["n"] <= SMALL:
        return None
    return cell["value"], cell["low"], cell["high"]


def _counted(cell: dict[str, Any] | None) -> Share | None:
    """A share that was counted, made anew from rounded counts; withheld where one of them is."""
    if cell is None or cell["value"] is None:
        return None
    part, rest = round(cell["value"] * cell["n"]), round((1 - cell["value"]) * cell["n"])
    return None if rounded(rest) is None else counted(rounded(part), rounded(cell["n"]))


def _sentence(rows: Sequence[dict[str, Any]]) -> Markup:
    everybody = rows[0]
    if everybody["exact"] is None or everybody["torn"] is None:
        return Markup()
    exact, here = everybody["exact"][0], everybody["torn"][0]
    return Markup(
        "<p>Of the people whom agencies know by two records or more, matching by exact name and birth date would "
        "tear <b>{}\u202f%</b> apart. As linked here, <b>{}\u202f%</b> are expected to be torn apart.</p>"
    ).format(f"{exact * 100:.0f}", f"{here * 100:.1f}")


def _unlinked(overall: pl.DataFrame) -> Markup:
    """How many participants no identifier is known of: whether they are somebody else's, nothing can tell."""
    found = overall.filter(metric="unlinked").to_dicts()
    if not found or (number := rounded(found[0]["n"])) is None:
        return Markup()
    return Markup(
        "<p>Of {} participants nothing but an agency's number is known: no identifier of theirs has arrived, and they "
        "are counted as people of their own.</p>"
    ).format(count(number))


def _figure(rows: Sequence[dict[str, Any]]) -> Markup:
    drawn = [row for row in rows if row["group"] in _DRAWN and row["level"] != "unknown"]
    shown = {metric: [row for row in drawn if row[name] is not None]
             for metric, name in (("exact_split", "exact"), ("split_model", "torn"))}  # fmt: skip
    names = {"exact_split": "exact", "split_model": "torn"}
    order = list(dict.fromkeys(_label(row) for row in drawn if any(row in found for found in shown.values())))
    highest = top(row[names[metric]] for metric, found in shown.items() for row in found)
    panels = [
        _panel(metric, [(_label(row), row[names[metric]]) for row in found], order, highest)
        for metric, found in shown.items()
        if found
    ]
    if not panels:
        return Markup()
    caption = "People with two records or more who are, or would be, torn apart into several"
    return Markup('<figure><div class="panels">{}</div><figcaption>{}</figcaption></figure>').format(
        Markup().join(panels), caption
    )


def _label(row: dict[str, Any]) -> str:
    return str(row["level"] or row["grp"])


def _panel(metric: str, shares: Sequence[tuple[str, Share]], order: Sequence[str], highest: float) -> Markup:
    placed = [{"label": label, **dict(zip(("value", "low", "high"), share, strict=True))} for label, share in shares]
    told = "; ".join(f"{label}: {share[0]:.1%}" for label, share in shares)
    name = figures.Named(metric, f"{TORN[metric]}: torn apart", f"{told}. The numbers stand in the table below.")
    figure = figures.dots(name, placed, order, highest)
    return Markup('<div class="panel"><h3>{}</h3>{}</div>').format(TORN[metric], figure)


def _reviewed(batches: pl.DataFrame) -> Markup:
    """What reviewers found in pairs drawn at random, of the last batch that tells."""
    found = batches.filter(pl.col("metric").str.ends_with("_reviewed") & (pl.col("grp") == "overall"))
    found = found.filter((pl.col("batch_id") == pl.col("batch_id").max()) & pl.col("value").is_not_null())
    if found.is_empty():
        return UNREVIEWED
    names = {"false_discovery_reviewed": "wrong among links", "false_negative_reviewed": "missing among links"}
    told = (
        Markup("{} {}").format(names[row["metric"]], tenths((row["value"], row["low"], row["high"])))
        for row in found.sort("metric").iter_rows(named=True)
    )
    return Markup("<p>Measured on {} pairs drawn at random and judged by reviewers: {}.</p>").format(
        count(found["n"][0]), Markup(", ").join(told)
    )


def _missing(overall: pl.DataFrame) -> Markup:
    missing = overall.filter(metric="missing")
    if missing.is_empty():
        return Markup()
    agencies = missing["level"].unique().sort().to_list()
    cells = {(row["grp"], row["level"]): _counted(row) for row in missing.iter_rows(named=True)}
    fields = missing["grp"].unique(maintain_order=True).to_list()
    rows = [
        {"field": field.replace("_", " "), **{name: cells.get((field, name)) for name in agencies}} for field in fields
    ]
    headings = (
        Heading("field", "lacking", names=True),
        *(Heading(name, name.replace("_", " "), percent, number=True) for name in agencies),
    )
    return table(headings, rows, "Share of each agency's records that lack an identifier")


def _sizes(overall: pl.DataFrame) -> Markup:
    sizes = overall.filter(metric="persons")
    there = sizes.filter(pl.col("n") > 0)
    shown = parts(there["n"].to_list())
    rows = [{"level": level, "n": n} for level, n in zip(there["level"].to_list(), shown, strict=True)]
    return table((Heading("level", "records", names=True), Heading("n", "people", count, number=True)), rows, _SIZES)


def _newest(batches: pl.DataFrame) -> Markup:
    """Pairs of the newest batch by how they stand and how likely they are: counts of pairs, not of people."""
    pairs = batches.filter(pl.col("metric") == "pairs").filter(pl.col("batch_id") == pl.col("batch_id").max())
    if pairs.is_empty():
        return Markup()
    cells = {(row["level"], row["grp"]): rounded(row["n"]) for row in pairs.iter_rows(named=True)}
    stands = pairs["grp"].unique(maintain_order=True).to_list()
    bands = pairs["level"].unique(maintain_order=True).to_list()
    rows = [{"band": band, **{stand: cells.get((band, stand)) for stand in stands}} for band in bands]
    headings = (
        Heading("band", "probability", names=True), *(Heading(name, name, count, number=True) for name in stands),
    )  # fmt: skip
    return table(headings, rows, f"Pairs that link batch {pairs['batch_id'][0]} looked at")
