"""The page on what changed since earlier publications, and why."""

from typing import Any, Final

import polars as pl
from markupsafe import Markup

from warehouse.disclosure.rounding import rounded
from warehouse.report import words
from warehouse.report.contents import Contents
from warehouse.report.tables import Heading, count, day, table
from warehouse.snapshot.restatement import REASONS

MEASURES: Final = {"n": "people", "observable": "observable", "events": "outcome", "competing": "competing"}
_EVERYBODY: Final = (
    r"^(index_kind=[a-z_]+|threshold=0\.5; arm=all); stratum_kind=overall; stratum=overall(; basis=person)?$"
)
_NUMBERS: Final = (
    Heading("title", "study", names=True), Heading("outcome_title", "outcome"),
    Heading("window_months", "months", day, number=True), Heading("what", "number of"),
    Heading("before", "before", count, number=True), Heading("after", "after", count, number=True),
)  # fmt: skip
KINDS: Final = {"merge": "joined", "split": "taken apart", "retire": "retired"}
_REPLACED: Final = (
    Heading("feed", "feed", words.spaced, names=True), Heading("as_of", "as of", day),
    Heading("records_new", "new", count, number=True), Heading("records_changed", "changed", count, number=True),
    Heading("records_gone", "gone", count, number=True), Heading("records_same", "as before", count, number=True),
)  # fmt: skip
_MOVED: Final = (
    Heading("day", "day", day, names=True), Heading("kind", "participants"), Heading("reason", "because of", day),
    Heading("n", "number", count, number=True),
)  # fmt: skip
_STATES: Final = ("records_new", "records_changed", "records_gone", "records_same")


def sections(contents: Contents) -> dict[str, Any]:
    """What the template of the page is filled with."""
    return {
        "numbers": numbers(contents.more.get("restatement")),
        "moved": _moved(contents.moved),
        "files": _files(contents.extracts),
    }


def numbers(restated: pl.DataFrame | None) -> Markup:
    """Everybody's numbers that are others than at the publication before, as far as both may be shown."""
    if restated is None or restated.is_empty():
        return Markup('<p class="faint">No published number is another than at the publication before.</p>')
    overall = restated.filter(pl.col("measure").is_in(list(MEASURES)) & pl.col("part").str.contains(_EVERYBODY))
    rows = [row for row in map(_restated, overall.iter_rows(named=True)) if row is not None]
    rows.sort(key=lambda row: (row["title"], words.outcome_rank(row["outcome"]), row["window_months"]))
    reasons = sorted({reason for text in restated["reasons"] for reason in text.split()})
    told = Markup("").join(
        Markup("<dt>{}</dt><dd>{}</dd>").format(words.spaced(name), REASONS[name]) for name in reasons
    )
    many = Markup("<p>{} numbers are others than at the publication before. What took place in between:</p><dl>{}</dl>")
    shown = (
        table(_NUMBERS, rows, "Everybody's numbers before and after; only where the difference can be seen")
        if rows
        else Markup()
    )
    return many.format(count(restated.height), told) + shown


def _restated(row: dict[str, Any]) -> dict[str, Any] | None:
    """A number before and after, each by the rule for one number; None where both are shown alike."""
    before, after = (None if row[when] is None else rounded(round(row[when])) for when in ("before", "after"))
    if before == after:
        return None
    named = {"title": words.spaced(row["study"] or "everybody"), "outcome_title": words.title(row["outcome"])}
    return row | named | {"what": MEASURES[row["measure"]], "before": before, "after": after}


def _files(extracts: pl.DataFrame) -> Markup:
    """Deliveries that stated otherwise what an earlier one of their feed had stated."""
    loaded = extracts.filter(pl.col("state") == "loaded")
    first = loaded.group_by("feed").agg(pl.col("extract_id").min().alias("first"))
    later = loaded.join(first, on="feed").filter(pl.col("extract_id") > pl.col("first")).sort("extract_id")
    if later.is_empty():
        return Markup('<p class="faint">Each feed has delivered once: nothing has been stated anew.</p>')
    rows = [row | {name: rounded(row[name] or 0) for name in _STATES} for row in later.iter_rows(named=True)]
    return table(_REPLACED, rows, "Later deliveries of a feed: records against what it had stated before")


def _moved(moved: pl.DataFrame) -> Markup:
    """What each link batch did to participants of earlier publications."""
    if moved.is_empty():
        return Markup('<p class="faint">No participant has been joined with another or taken apart since.</p>')
    rows = [row | {"kind": KINDS.get(row["kind"], row["kind"]), "n": rounded(row["n"])} for row in moved.to_dicts()]
    return table(_MOVED, rows, "Participants of earlier publications that stand under another key today")
