"""A feed of a test's own, found as every feed is: its module stands in a folder that is searched for feeds."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import schemas.feeds
from schemas import catalogue

CONTACTS = """
import datetime as dt

from schemas.contract import *
from schemas.contract import ManifestRule, Sequence

FEED = Feed(
    name="{name}", title="Contacts of a test", agency="metro_peer", agreement="metro-2025",
    files="{files}", format={format}, delivery={delivery},
    coverage=UpTo(FileDate(), dt.date(2021, 1, 1)), subject=Key("metro_peer.member"), key=("Contact",),
    columns=(
        Column("Contact", Text(), "Number of the contact", Key("metro_peer.{name}")),
        Column("Member", Text(), "The member's number", Key("metro_peer.member")),
        Column("Day", Date(), "When", Keep()),
        Column("Minutes", Integer(), "How long", Keep(), unit="minutes"),
        Column("Gone", Text(), "Y where the record was deleted", Drop() if not {deleted} else Keep(), null=True),
    ),
    timeline=(Event("attendance", date="Day", number="Minutes", code=Const("attended")),),
    deleted={deleted}, sequence={sequence}, manifest={manifest},
)
"""


@contextmanager
def declared(folder: Path, name: str, **terms: str) -> Iterator[None]:
    """A feed of contacts with these terms, as Python text, is declared while inside."""
    said = {
        "files": f"{name}_{{date:%Y%m%d}}.csv", "format": "Delimited()", "delivery": 'Full(every="week")',
        "deleted": "None", "sequence": "None", "manifest": "None", **terms,
    }  # fmt: skip
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.py").write_text(CONTACTS.format(name=name, **said))
    schemas.feeds.__path__.append(str(folder))
    importlib.invalidate_caches()
    _forget()
    try:
        yield
    finally:
        schemas.feeds.__path__.remove(str(folder))
        sys.modules.pop(f"schemas.feeds.{name}", None)
        _forget()


def _forget() -> None:
    for remembered in vars(catalogue).values():
        if hasattr(remembered, "cache_clear"):
            remembered.cache_clear()


def contacts(*rows: tuple[object, ...]) -> bytes:
    """The content of a file: contact, member, day, minutes, and Y where it is gone."""
    lines = [",".join(map(str, (*row, *[""] * (5 - len(row))))) for row in rows]
    return "\n".join(["Contact,Member,Day,Minutes,Gone", *lines, ""]).encode()
