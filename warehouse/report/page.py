"""One static page, made from a published snapshot: nothing on it comes from the network, and no row of a person."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Any, Final

import duckdb
import polars as pl

from warehouse.outcomes.definitions import CAUSES, OUTCOMES, STRATA, VALUES
from warehouse.outcomes.estimators import wilson
from warehouse.report import figures, linkage
from warehouse.report.disclosure import coarsen, rounded, withhold
from warehouse.report.tables import Heading, count, day, percent, table

TITLES: Final = {
    "recharge": "Re-charge",
    "reconviction": "Re-conviction",
    "custody_new_offence": "Return to custody, new offence",
    "custody_technical": "Return to custody, technical",
}
STRATUM_MONTHS: Final = 12
STRATUM_TITLES: Final = {"age_band": "Age at the start", "prior_filings": "Filings in the two years before"}
TOO_FEW: Final = '<p class="faint">Too few people to show without singling anybody out.</p>'

OVERALL_CAPTION: Final = (
    "Everybody. Rate: outcome among the observable. Incidence: Aalen–Johansen, which also uses the time of people "
    "who are not observable to the end. In small print the limits of the 95 % interval."
)
RECORDS: Final = ("received", "loaded", "rejected", "duplicate", "quarantined")
RATE_COLUMNS: Final = (
    Heading("n", "people", count, number=True),
    Heading("observable", "observable", count, number=True),
    Heading("events", "outcome", count, number=True),
    Heading("competing", "competing", count, number=True),
    Heading("share", "rate, 95 %", percent, number=True),
)


@dataclass(frozen=True)
class Contents:
    """What the page is made of, as the snapshot has it."""

    snapshot: dict[str, Any]
    extracts: pl.DataFrame
    people: pl.DataFrame
    rates: pl.DataFrame
    curve: pl.DataFrame
    flow: pl.DataFrame
    sensitivity: pl.DataFrame
    quality: pl.DataFrame


def write_report(snapshot: Path, folder: Path) -> Path:
    """Write ``index.html`` into ``folder`` from the snapshot's database file; the path of the page."""
    text = render(read(snapshot))
    folder.mkdir(parents=True, exist_ok=True)
    draft, page = folder / ".index.html.part", folder / "index.html"
    draft.write_text(text, encoding="utf-8")
    draft.replace(page)
    return page


def read(snapshot: Path) -> Contents:
    """Read what the page needs."""
    queries = {
        "extracts": "FROM extract ORDER BY extract_id",
        "people": "SELECT status, count(*) AS n FROM participant GROUP BY status ORDER BY n DESC",
        "rates": "FROM outcome_rate",
        "curve": "FROM outcome_curve",
        "flow": "FROM outcome_flow ORDER BY step",
        "sensitivity": "FROM outcome_sensitivity",
        "quality": "FROM link_quality",
    }
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        identity = connection.execute("FROM snapshot").pl().row(0, named=True)
        return Contents(identity, **{name: connection.execute(query).pl() for name, query in queries.items()})


def render(contents: Contents) -> str:
    """The page as text."""
    template = Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))
    return template.substitute(
        project=escape(str(contents.snapshot["project"])),
        published=escape(str(contents.snapshot["published_at"])[:16].replace("T", " ")),
        tiles=_tiles(contents),
        curves=_curves(contents.curve),
        overall=_overall(contents.rates),
        strata="".join(_stratum(contents.rates, kind) for kind in STRATUM_TITLES),
        flow=_flow(contents.flow),
        sensitivity=linkage.sensitivity(contents.sensitivity, TITLES),
        quality=linkage.quality(contents.quality),
        extracts=_extracts(contents.extracts),
        terms=_terms(),
    )


def _tiles(contents: Contents) -> str:
    extracts = contents.extracts
    numbers = {
        "participants": count(rounded(int(contents.people["n"].sum()))),
        "files received": count(extracts.height),
        "records loaded": count(int(extracts["loaded"].sum())),
        "records rejected": count(int(extracts["rejected"].sum())),
    }
    return "".join(f'<div class="tile"><b>{number}</b><span>{name}</span></div>' for name, number in numbers.items())


def _curves(curve: pl.DataFrame) -> str:
    drawn = [coarsen(curve.filter(outcome=name)) for name in TITLES]
    shown = {name: title for (name, title), points in zip(TITLES.items(), drawn, strict=True) if points.height}
    if not shown:
        return TOO_FEW
    figure = figures.curves(pl.concat(drawn), shown)
    missing = [title for name, title in TITLES.items() if name not in shown]
    note = f" Too few people to draw: {', '.join(missing)}." if missing else ""
    return (
        f"<figure>{figure}<figcaption>Cumulative incidence (Aalen–Johansen) with 95 % interval; a step is at least ten "
        f"people.{escape(note)}</figcaption></figure>"
    )


def _overall(rates: pl.DataFrame) -> str:
    chosen = withhold(rates.filter(stratum_kind="overall"), ["outcome", "window_months", "stratum"])
    rows = _named_once(_with_shares(row) for row in _in_order(chosen).iter_rows(named=True))
    headings = (
        Heading("title", ""),
        Heading("window_months", "months", count, number=True),
        *RATE_COLUMNS,
        Heading("incidence", "incidence, 95 %", percent, number=True),
    )
    return table(headings, rows, OVERALL_CAPTION) if rows else TOO_FEW


def _stratum(rates: pl.DataFrame, kind: str) -> str:
    chosen = rates.filter(stratum_kind=kind, window_months=STRATUM_MONTHS)
    rows = [_with_shares(row) for row in _in_order(withhold(chosen, ["outcome"])).iter_rows(named=True)]
    rows = [row | {"stratum": row["stratum"].replace("_", " ")} for row in rows]
    shown = [row for row in rows if row["share"] is not None]
    if not shown:
        return f"<h3>{STRATUM_TITLES[kind]}</h3>{TOO_FEW}"
    cells = [(row["outcome"], row["stratum"], *row["share"]) for row in shown]
    points = pl.DataFrame(cells, schema=["outcome", "stratum", "rate", "low", "high"], orient="row")
    titles = {name: title for name, title in TITLES.items() if name in set(points["outcome"])}
    figure = figures.dots(points, titles, sorted(set(points["stratum"]), key=_rank))
    headings = (
        Heading("title", ""),
        Heading("stratum", STRATUM_TITLES[kind].lower()),
        *RATE_COLUMNS,
    )
    caption = f"{STRATUM_TITLES[kind]}: within {STRATUM_MONTHS} months, with 95 % interval"
    return (
        f"<figure>{figure}<figcaption>{caption}</figcaption></figure>"
        f"<details><summary>The numbers</summary>{table(headings, _named_once(rows), caption)}</details>"
    )


def _with_shares(row: dict[str, Any]) -> dict[str, Any]:
    """A row with the rate of its rounded counts; the cumulative incidence only where the counts are shown."""
    events, observable = row["events"], row["observable"]
    if events is None or observable is None:
        return row | {"share": None, "incidence": None}
    fixed = wilson(events, observable)
    incidence = None if row["cumulative_incidence"] is None else tuple(
        row[name] for name in ("cumulative_incidence", "ci_low", "ci_high")
    )  # fmt: skip
    return row | {"share": (fixed.value, fixed.low, fixed.high), "incidence": incidence}


def _named_once(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with the outcome's title where it begins, and empty after that."""
    named: list[dict[str, Any]] = []
    for row in rows:
        begins = not named or named[-1]["outcome"] != row["outcome"]
        named.append(row | {"title": TITLES[row["outcome"]] if begins else ""})
    return named


def _in_order(rates: pl.DataFrame) -> pl.DataFrame:
    """Outcomes as the page names them, windows by length, strata with what is not known last."""
    place = pl.col("outcome").replace_strict({name: number for number, name in enumerate(TITLES)})
    ranked = pl.col("stratum").map_elements(lambda name: _rank(name)[0], return_dtype=pl.Int64)
    return rates.sort(place, "window_months", ranked, "stratum")


def _rank(stratum: str) -> tuple[int, str]:
    return {"under 18": 0, "unknown": 2, "not_observable": 2, "not observable": 2}.get(stratum, 1), stratum


def _flow(flow: pl.DataFrame) -> str:
    before = flow.filter(~pl.col("what").str.starts_with("observable"))
    rows = [{"what": row["what"], "n": rounded(row["n"])} for row in before.iter_rows(named=True)]
    headings = (Heading("what", ""), Heading("n", "number", count, number=True))
    return table(headings, rows, "From the records to the people; how many are observable stands with each outcome")


def _extracts(extracts: pl.DataFrame) -> str:
    headings = (
        Heading("feed", "feed"), Heading("as_of", "as of", day), Heading("state", "state"),
        *(Heading(name, name, count, number=True) for name in RECORDS),
        Heading("covered_from", "covers from", day), Heading("covered_until", "until, exclusive", day),
    )  # fmt: skip
    return table(headings, extracts.iter_rows(named=True), "By order of arrival")


def _terms() -> str:
    terms = {TITLES[outcome.name]: outcome.meaning for outcome in OUTCOMES}
    terms |= {
        name.replace("_", " "): meaning for name, meaning in (VALUES | {str(k): v for k, v in CAUSES.items()}).items()
    }
    terms |= {STRATUM_TITLES[kind]: STRATA[kind] for kind in STRATUM_TITLES}
    return "".join(f"<dt>{escape(term)}</dt><dd>{escape(meaning)}</dd>" for term, meaning in terms.items())
