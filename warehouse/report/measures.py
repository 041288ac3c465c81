"""The page on what peer support is said to do: each claim with the figures that test it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import polars as pl
from markupsafe import Markup

from warehouse.disclosure.grid import protect
from warehouse.disclosure.rounding import SMALL
from warehouse.disclosure.shares import counted, snapped
from warehouse.measures.figures import ALL
from warehouse.measures.sections import SECTIONS, meanings
from warehouse.report import words
from warehouse.report.contents import Contents
from warehouse.report.tables import WITHHELD, Heading, count, percent, significant, table

SHARE: Final = "share of 1"
_GAP: Final = "_gap"
"""Gaps are differences of exact figures: the report shows the groups side by side instead."""
_HEADINGS: Final = (
    Heading("meaning", "figure", names=True, wraps=True), Heading("shown", "value, 95 %", number=True),
    Heading("unit_shown", "unit"), Heading("n", "people", count, number=True),
)  # fmt: skip
_BY_GROUP: Final = (
    Heading("meaning", "figure", names=True, wraps=True), Heading("group", "by"), Heading("level", ""),
    *_HEADINGS[1:],
)  # fmt: skip


def sections(contents: Contents) -> dict[str, Any]:
    """What the template of the page is filled with."""
    found = contents.more.get("measure")
    rows = [] if found is None or found.is_empty() else list(_released(found))
    parts = []
    for section in SECTIONS:
        own = [row for row in rows if row["measure"] == section.measure]
        everybody = [row for row in own if row["group_kind"] == ALL]
        grouped = [row for row in own if row["group_kind"] != ALL]
        if own:
            parts.append({
                "key": section.measure, "title": section.title, "claim": section.claim, "meaning": section.meaning,
                "everybody": _table(_HEADINGS, everybody, f"{section.title}: everybody"),
                "groups": _table(_BY_GROUP, grouped, f"{section.title}: by group"),
            })  # fmt: skip
    return {"parts": parts}


def _table(headings: Sequence[Heading], rows: Sequence[Mapping[str, Any]], caption: str) -> Markup:
    return table(headings, rows, f"{caption}, with 95 % interval") if rows else Markup()


def _released(figures: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """The figures as they may be shown: where too few people have something to count, or to divide by, none is."""
    chosen = figures.with_row_index("place").filter(~pl.col("metric").str.ends_with(_GAP)).with_columns(
        persons=pl.col("n"), outcome=pl.format("{} {}", "measure", "metric"),
        stratum_kind=pl.when(pl.col("group_kind") == ALL).then(pl.lit("overall")).otherwise("group_kind"),
        stratum=pl.when(pl.col("group_kind") == ALL).then(pl.lit("overall")).otherwise("grp"),
        with_it=pl.col("with_it").fill_null(pl.col("n")).clip(upper_bound=pl.col("n")),
    )  # fmt: skip
    told = meanings()
    of_people = pl.col("interval") == "wilson"
    kept = [protect(chosen.filter(of_people), ["n"], ["with_it"]), protect(chosen.filter(~of_people), ["n"], [])]
    for row in pl.concat(kept).sort("place").to_dicts():
        named = {"meaning": told.get((row["measure"], row["metric"]), words.spaced(row["metric"]))}
        groups = {"group": words.spaced(row["group_kind"]), "level": words.spaced(str(row["grp"]))}
        few = row["n"] is None or row["with_it"] is None or row["with_it"] <= SMALL
        yield row | named | groups | _shown(row, hidden=few)


def _shown(row: Mapping[str, Any], *, hidden: bool) -> dict[str, Any]:
    """The value of a row: shares as those of rounded counts, all else with two digits."""
    share = row["unit"] == SHARE
    unit = {"unit_shown": "" if share else row["unit"]}
    if hidden or row["value"] is None:
        return unit | {"shown": WITHHELD if hidden else "–"}
    if not share:
        return unit | {"shown": significant((row["value"], row["low"], row["high"]))}
    if row["interval"] == "wilson":
        return unit | {"shown": percent(counted(row["with_it"], row["n"]))}
    return unit | {"shown": percent(snapped(row["value"], row["low"], row["high"], row["persons"]))}
