"""Data Docs: a page of Great Expectations a delivery and a list of them, of measures only, whole without a network.

Great Expectations renders what its expectations found; its pages fetch scripts, styles, fonts and pictures from
elsewhere, which are taken out. Everything on a page is a count, a share, a bound or a word of the contract.
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

from schemas.delivery import Finding, Verdict
from schemas.expecting import Bound, validated
from schemas.measures import Measures


@dataclass(frozen=True)
class DocumentedDelivery:
    """A delivery as its page tells of it: ``state`` is the one in which it ended, ``arrived_at`` when it came."""

    extract_id: int
    feed: str
    state: str
    arrived_at: dt.datetime
    measures: Measures
    verdict: Verdict


def data_docs(folder: Path, deliveries: Iterable[DocumentedDelivery]) -> Path:
    """Write a page a delivery and ``index.html``, which lists them; the index. Pages of others are removed."""
    folder.mkdir(parents=True, exist_ok=True)
    documented = sorted(deliveries, key=lambda delivery: delivery.extract_id, reverse=True)
    for delivery in documented:
        _write(folder / _page_name(delivery), page(delivery))
    wanted = {_page_name(delivery) for delivery in documented}
    for stale in folder.glob("*.html"):
        if re.fullmatch(r"[0-9]+\.html", stale.name) and stale.name not in wanted:
            stale.unlink()
    return _write(folder / "index.html", _index(documented))


def page(delivery: DocumentedDelivery) -> str:
    """The page of a delivery: what was expected of it as Great Expectations shows it, then all its measures."""
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView

    findings = {_label(place, found): found for place, found in enumerate(delivery.verdict.findings, start=1)}
    bounds = {label: Bound(found.measure, found.low, found.high) for label, found in findings.items()}
    result = validated(f"{delivery.feed} {delivery.extract_id}", bounds)
    rendered = str(DefaultJinjaPageView().render(ValidationResultsPageRenderer().render(result)))
    return _alone(rendered).replace("</body>", "\n".join(_measures(delivery.measures)) + "</body>")


def _label(place: int, finding: Finding) -> str:
    mark = "" if finding.outcome == "pass" else f" [{finding.outcome}]"
    return f"{place}. {finding.expectation}{mark}"


_FETCHING: Final = (
    (r"<script\b.*?</script>", ""),
    (r"<link\b[^>]*>", ""),
    (r"<img\b[^>]*>", ""),
    (r"<style>.*?</style>", ""),
    (r"<footer>.*?</footer>", ""),
    (r'<a data-toggle="collapse".*?</a>', ""),
    (r'<a\b[^>]*href="(?:https?:|[./]*expectations/)[^>]*>(.*?)</a>', r"\1"),
    (r'href="[./]*/index\.html"', 'href="index.html"'),
    (r" on[a-z]+=\"[^\"]*\"", ""),
)
"""What a page of Great Expectations fetches, runs or leads to that is not here, and what stands in its place."""

_STYLE: Final = """
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
body { font: 1rem/1.5 system-ui, sans-serif; margin: 1rem auto; max-width: 75rem; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { border-bottom: 1px solid #8886; padding: .3rem .8rem; text-align: left; vertical-align: top; }
.collapse, .card, .ge-breadcrumbs-item.active { display: none; }
.fa-check-circle::before { content: "\\2713"; } .fa-times::before { content: "\\2717"; }
@media (prefers-color-scheme: dark) { body { background: #111; color: #ddd; } a { color: #8cf; } }
</style>
"""


def _alone(rendered: str) -> str:
    """A rendered page that fetches nothing and runs nothing."""
    for pattern, instead in _FETCHING:
        rendered = re.sub(pattern, instead, rendered, flags=re.DOTALL)
    rendered = re.sub(r"\n\s*\n+", "\n", rendered)
    return rendered.replace("</head>", _STYLE + "</head>", 1)


def _measures(measures: Measures) -> Iterator[str]:
    """The measures as tables: rows, then columns with how filled they are and their faults.

    The latest dates are left out: each is that of a cell.
    """
    yield "<h2>Measures</h2>"
    counts = ("received", "accepted", "rejected", "duplicates")
    yield _table(("Rows", ""), [(name, f"{getattr(measures, name):,}") for name in counts])
    columns = dict.fromkeys([*measures.filled, *measures.faults])
    yield _table(("Column", "Filled", "Rows rejected by rule"), (_column(measures, name) for name in columns))


def _column(measures: Measures, name: str) -> tuple[str, ...]:
    faults = ", ".join(f"{rule}: {rows:,}" for rule, rows in measures.faults.get(name, {}).items())
    filled = f"{measures.filled[name]:.1%}" if name in measures.filled else ""
    return name or "the row as a whole", filled, faults


def _index(deliveries: Iterable[DocumentedDelivery]) -> str:
    head = ("Delivery", "Feed", "Arrived", "State", "Verdict", "Received", "Accepted", "Rejected")
    table = _table(head, (_line(delivery) for delivery in deliveries), linked=True)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Deliveries</title>{_STYLE}</head>\n'
        f"<body><h1>Deliveries</h1>\n{table}\n</body></html>\n"
    )


def _line(delivery: DocumentedDelivery) -> tuple[str, ...]:
    measures = delivery.measures
    counts = (f"{rows:,}" for rows in (measures.received, measures.accepted, measures.rejected))
    arrived = delivery.arrived_at.strftime("%Y-%m-%d %H:%M")
    return str(delivery.extract_id), delivery.feed, arrived, delivery.state, delivery.verdict.outcome, *counts


def _table(head: Iterable[str], lines: Iterable[Iterable[str]], *, linked: bool = False) -> str:
    """A table; where ``linked``, the first cell of a line is the number of a page."""
    rows = []
    for line in lines:
        first, *others = (escape(cell) for cell in line)
        name = f'<a href="{first}.html">{first}</a>' if linked else first
        rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in (name, *others)) + "</tr>")
    titles = "".join(f'<th scope="col">{escape(title)}</th>' for title in head)
    return f"<table><thead><tr>{titles}</tr></thead>\n<tbody>\n" + "\n".join(rows) + "\n</tbody></table>"


def _page_name(delivery: DocumentedDelivery) -> str:
    return f"{delivery.extract_id}.html"


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path
