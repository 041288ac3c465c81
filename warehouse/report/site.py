"""The report: a small static site made from a published snapshot. Nothing on it comes from the network."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from schemas.templates import template
from warehouse.report import agencies, dictionary, linkage, measures, overview, restatements, study
from warehouse.report.contents import Contents, read
from warehouse.report.kept import FILE, Kept

INDEX: Final = "index.html"
_AFTER: Final = {
    "measures.html": ("Measures", measures.sections),
    "agencies.html": ("Agencies", agencies.sections),
    "linkage.html": ("Linkage", linkage.sections),
    "restatements.html": ("Restatements", restatements.sections),
    "dictionary.html": ("Dictionary", dictionary.sections),
}
"""Pages after the overview and the studies: file → title, and what fills the template of the same name."""


def write_report(snapshot: Path, folder: Path) -> Path:
    """Write the site into ``folder`` from the snapshot's database file; the path of its first page.

    Each page is replaced in one step, the first one last; pages of studies that are no more are removed.
    """
    kept = Kept(snapshot.with_name(FILE))
    pages = render(read(snapshot), kept)
    kept.write()
    folder.mkdir(parents=True, exist_ok=True)
    for name in sorted(pages, key=lambda name: name == INDEX):
        draft = folder / f".{name}.part"
        draft.write_text(pages[name], encoding="utf-8")
        draft.replace(folder / name)
    for path in folder.glob("study-*.html"):
        if path.name not in pages:
            path.unlink()
    return folder / INDEX


def render(contents: Contents, kept: Kept | None = None) -> dict[str, str]:
    """The pages as text, by file name; parts that are ``kept`` are not made again."""
    known = kept or Kept()
    studies = list(_studies(contents))
    site = {
        "project": contents.snapshot["project"],
        "version": contents.snapshot["version"],
        "published": str(contents.snapshot["published_at"])[:16].replace("T", " "),
        "studies": studies,
        "pages": [
            {"file": INDEX, "title": "Overview"},
            *({"file": found["file"], "title": found["title"]} for found in studies),
            *({"file": file, "title": title} for file, (title, _) in _AFTER.items()),
        ],
    }
    pages = {INDEX: _page("overview.html", INDEX, "Overview", site, overview.sections(contents, known))}
    for found in studies:
        filled = study.sections(found, contents, known)
        pages[found["file"]] = _page("study.html", found["file"], found["title"], site, filled)
    for file, (title, sections) in _AFTER.items():
        pages[file] = _page(file, file, title, site, sections(contents))
    return pages


def _studies(contents: Contents) -> Iterator[dict[str, Any]]:
    """The rows of the table ``study`` with the file of each one's page; none where the snapshot has no studies."""
    found = contents.more.get("study")
    for row in () if found is None else found.sort("title").iter_rows(named=True):
        safe = "".join(letter if letter.isalnum() else "-" for letter in str(row["study"]))
        yield row | {"file": f"study-{safe}.html"}


def _page(name: str, file: str, title: str, site: dict[str, Any], filled: dict[str, Any]) -> str:
    return template(__file__, name).render(file=file, title=title, site=site, **filled)
