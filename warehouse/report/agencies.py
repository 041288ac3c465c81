"""The page on the data of each agency: files, rows by state, how full they are, what they cover.

These are counts of records, not of persons. They go by the same rule for a single number; nothing is withheld beside
a small one.
"""

from collections.abc import Iterator
from typing import Any, Final

import polars as pl
from markupsafe import Markup

from warehouse.disclosure.rounding import rounded
from warehouse.disclosure.shares import Share
from warehouse.report import words
from warehouse.report.contents import Contents
from warehouse.report.tables import Heading, count, day, percent, table

RECORDS: Final = ("received", "loaded", "rejected", "duplicate", "quarantined")
_FILES: Final = (
    Heading("feed", "feed", words.spaced, names=True), Heading("as_of", "as of", day), Heading("state", "state"),
    *(Heading(name, name, count, number=True) for name in RECORDS),
    Heading("covered_from", "covers from", day), Heading("covered_until", "until, exclusive", day),
)  # fmt: skip
_FILL: Final = (
    Heading("kind", "kind of fact", words.spaced, names=True), Heading("records", "records", count, number=True),
    Heading("coded", "with a code", percent, number=True),
    Heading("unknown", "unknown or unmapped", percent, number=True),
    Heading("assigned", "assigned to a participant", percent, number=True),
)  # fmt: skip
_COVERAGE: Final = (
    Heading("kind", "kind of fact", words.spaced, names=True), Heading("feed", "feed", words.spaced),
    Heading("covered_from", "complete from", day), Heading("covered_until", "until, exclusive", day),
    Heading("lag_days", "less the last days", count, number=True),
)  # fmt: skip


def sections(contents: Contents) -> dict[str, Any]:
    """What the template of the page is filled with."""
    agencies = contents.extracts["agency"].unique().sort().to_list()
    return {"agencies": [_agency(name, contents) for name in agencies], "all": _totals(contents.extracts, agencies)}


def _agency(name: str, contents: Contents) -> dict[str, Any]:
    fill, coverage = contents.fill.filter(agency=name), contents.coverage.filter(agency=name)
    title = words.spaced(name)
    return {
        "title": title.capitalize(),
        "key": name,
        "files": table(_FILES, _files(contents.extracts.filter(agency=name)), f"Files of {title}, by order of arrival"),
        "fill": table(_FILL, _fill(fill), f"How full the current records of {title} are") if fill.height else Markup(),
        "coverage": table(_COVERAGE, coverage.to_dicts(), f"For which days {title} is complete")
        if coverage.height
        else Markup(),
    }


def _files(extracts: pl.DataFrame) -> Iterator[dict[str, Any]]:
    for row in extracts.iter_rows(named=True):
        yield row | {name: rounded(row[name] or 0) for name in RECORDS}


def _fill(fill: pl.DataFrame) -> Iterator[dict[str, Any]]:
    for row in fill.iter_rows(named=True):
        shares = {name: _share(row[name], row["records"]) for name in ("coded", "unknown", "assigned")}
        yield row | {"records": rounded(row["records"])} | shares


def _share(part: int, whole: int) -> Share | None:
    """The share of records, made from rounded counts. That it is all of them, or none, is said: it singles out none."""
    n = rounded(whole)
    if n is None:
        return None
    if part in (0, whole):
        return part / whole, None, None
    counted, rest = rounded(part), rounded(whole - part)
    return None if counted is None or rest is None else (min(counted / n, 1.0), None, None)


def _totals(extracts: pl.DataFrame, agencies: list[str]) -> Markup:
    rows = []
    for name in agencies:
        part = extracts.filter(agency=name)
        sums = {record: rounded(int(part[record].sum() or 0)) for record in RECORDS}
        last = part["covered_until"].max()
        rows.append({"agency": name, "files": part.height, **sums, "covered_until": last})
    headings = (
        Heading("agency", "agency", words.spaced, names=True), Heading("files", "files", count, number=True),
        *(Heading(name, name, count, number=True) for name in RECORDS),
        Heading("covered_until", "covers until, exclusive", day),
    )  # fmt: skip
    return table(headings, rows, "All agencies: files, and what became of their records")
