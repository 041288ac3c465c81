"""The receipt of a delivery: what was accepted, what was not, in which row and column and why.

No value of a cell and no name of a file is in it.
"""

import dataclasses
import datetime as dt
import json
import os
import secrets
import stat
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

import polars as pl

from connectors.intake import RECEIPTS
from connectors.receipt_page import index_page, page
from connectors.receipt_text import text
from schemas.difference import Difference
from schemas.errors import StoreError
from schemas.failpoint import reach
from schemas.linkability import Linkability

PLACES: Final = 20
"""How many rows a receipt names for each fault; it counts them all."""
INDEXED: Final = 200
"""How many receipts the list of an agency's receipts names."""
KINDS: Final = ("html", "txt", "json")
"""Endings of the files of a receipt (``html``, ``txt``, ``json``), the one that machines read last."""
FILE_DIGITS: Final = 12
"""So many digits of a file's digest tell it from any other of an agency."""


@dataclass(frozen=True)
class Fault:
    """One rule that rows of one column break: how many, and the first of them."""

    rule: str
    column: str | None
    rows: int
    row_numbers: tuple[int, ...]


@dataclass(frozen=True)
class Finding:
    """What the delivery as a whole was found to be: an expectation, what was measured, and pass, warn or hold.

    ``code`` is the kind of the expectation; receipts of earlier versions have none.
    """

    expectation: str
    measure: float | None
    outcome: str
    code: str = ""


@dataclass(frozen=True)
class Before:
    """The counts of the last loaded delivery of the feed; ``extract_id`` is the number of its receipt."""

    extract_id: int
    received: int
    loaded: int
    rejected: int


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """A delivery's end. ``file`` begins its digest; ``row_number`` and ``column`` are the place of a refusal.

    ``repeats`` and ``supersedes`` are numbers of receipts; ``delivery`` is full or delta; ``decision`` is accept or
    refuse, where a person has decided. What is not known, as in receipts of earlier versions, is None.
    """

    extract_id: int
    feed: str
    title: str
    agency: str
    file: str
    size: int
    arrived_at: dt.datetime
    state: str
    code: str | None = None
    row_number: int | None = None
    column: str | None = None
    received: int = 0
    loaded: int = 0
    rejected: int = 0
    duplicate: int = 0
    quarantined: int = 0
    faults: tuple[Fault, ...] = ()
    findings: tuple[Finding, ...] = ()
    covered_from: dt.date | None = None
    covered_until: dt.date | None = None
    repeats: int | None = None
    supersedes: int | None = None
    sequence: int | None = None
    delivery: str | None = None
    decision: str | None = None
    before: Before | None = None
    difference: Difference | None = None
    linkability: Linkability | None = None
    next_expected: dt.date | None = None

    def to_json(self) -> dict[str, Any]:
        """The receipt as JSON's own types; dates in ISO form."""
        return {name: _plain(value) for name, value in dataclasses.asdict(self).items()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The receipt that `to_json` of this or an earlier version gave."""
        fields: dict[str, Any] = dict(stored)
        fields["arrived_at"] = dt.datetime.fromisoformat(fields["arrived_at"])
        for name in ("covered_from", "covered_until", "next_expected"):
            fields[name] = dt.date.fromisoformat(fields[name]) if fields.get(name) else None
        fields["faults"] = tuple(
            Fault(**{**fault, "row_numbers": tuple(fault["row_numbers"])}) for fault in fields["faults"]
        )
        fields["findings"] = tuple(Finding(**finding) for finding in fields["findings"])
        for name, kind in (("before", Before), ("difference", Difference), ("linkability", Linkability)):
            fields[name] = kind(**fields[name]) if fields.get(name) else None
        return cls(**fields)

    def to_text(self, *, trial: bool = False) -> str:
        """The receipt as somebody at the agency reads it; a ``trial`` says what would have become of the file."""
        return text(self, trial=trial)

    def to_html(self, *, trial: bool = False) -> str:
        """The same as a page that needs nothing beside itself."""
        return page(self, trial=trial)


def faults_of(rejected: pl.DataFrame) -> tuple[Fault, ...]:
    """The faults of a delivery, from `schemas.table.FAULTS`: the most frequent first."""
    grouped = (
        rejected.sort("row_number")
        .group_by("rule", "column", maintain_order=True)
        .agg(pl.len().alias("rows"), pl.col("row_number").head(PLACES).alias("row_numbers"))
        .sort(["rows", "rule", "column"], descending=[True, False, False])
    )
    return tuple(
        Fault(rule, column, rows, tuple(row_numbers)) for rule, column, rows, row_numbers in grouped.iter_rows()
    )


def rendered(receipt: Receipt, kinds: Iterable[str]) -> dict[str, bytes]:
    """The files of a receipt by name, in the order of their kinds."""
    render: dict[str, Callable[[], str]] = {
        "html": receipt.to_html,
        "txt": receipt.to_text,
        "json": partial(_json_text, receipt),
    }
    return {f"{receipt.extract_id}.{kind}": render[kind]().encode() for kind in kinds}


def write(receipt: Receipt, intake_root: Path) -> Path:
    """Write ``<agency>/receipts/<extract_id>`` in each of the `KINDS`, whole or not at all; the path of the last.

    Whichever group may enter the agency's folder may read its receipts, and nobody else but the owner. They are not
    forced to the disk: the ledger has what they say, and `is_written` finds what a power cut leaves empty.
    """
    return _write_all(intake_root / receipt.agency / RECEIPTS, rendered(receipt, KINDS))


def write_index(agency: str, receipts: Iterable[Receipt], intake_root: Path) -> Path:
    """Write ``<agency>/receipts/index.html``, which lists the newest `INDEXED` receipts: once for many of them."""
    folder = intake_root / agency / RECEIPTS
    newest = sorted(receipts, key=lambda receipt: receipt.extract_id, reverse=True)[:INDEXED]
    linked = frozenset(one.extract_id for one in newest if (folder / f"{one.extract_id}.html").exists())
    return _write_all(folder, {"index.html": index_page(agency, newest, linked).encode()})


def is_written(receipt: Receipt, intake_root: Path) -> bool:
    """Whether all files of a receipt are there, and none is empty as a power cut can leave it."""
    folder = intake_root / receipt.agency / RECEIPTS
    return all(_has_content(folder / f"{receipt.extract_id}.{kind}") for kind in KINDS)


def _has_content(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False


def _write_all(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write files into an agency's folder of receipts; the path of the last."""
    path = folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shared = bool(folder.parent.stat().st_mode & stat.S_IXGRP)
        _share(folder, shared)
        for name, content in files.items():
            path = folder / name
            _replace(path, content, shared)
            reach("receipt.written")
    except OSError as error:
        code = error.errno
    else:
        return path
    raise StoreError(f"a receipt cannot be written (errno {code})")


def _share(folder: Path, shared: bool) -> None:
    """Let the group that owns the agency's folder read the receipts, where that is asked for and may be done."""
    if not shared:
        return
    # A receipt that its agency cannot read yet is better than none.
    with suppress(PermissionError):
        os.chown(folder, -1, folder.parent.stat().st_gid)
        folder.chmod(0o2750)


def _replace(path: Path, content: bytes, shared: bool) -> None:
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with aside.open("xb") as stream:
            os.fchmod(stream.fileno(), 0o640 if shared else 0o600)
            stream.write(content)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _json_text(receipt: Receipt) -> str:
    return json.dumps(receipt.to_json(), indent=2, ensure_ascii=False) + "\n"


def _plain(value: object) -> object:
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return value
