"""The receipt of a delivery: what was accepted, what was not, in which row and column and why.

No value of a cell and no name of a file is in it.
"""

import dataclasses
import datetime as dt
import json
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import polars as pl

from connectors.intake import RECEIPTS
from connectors.wording import CODES, STATES, TRIED
from schemas.codes import ROW_RULES
from schemas.errors import StoreError

PLACES: Final = 20
"""How many rows a receipt names for each fault; it counts them all."""
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
    """What the delivery as a whole was found to be: an expectation, what was measured, and pass, warn or hold."""

    expectation: str
    measure: float | None
    outcome: str


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """A delivery's end. ``file`` begins its digest; ``row_number`` and ``column`` are the place of a refusal."""

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

    def to_json(self) -> dict[str, Any]:
        """The receipt as JSON's own types; dates in ISO form."""
        return {name: _plain(value) for name, value in dataclasses.asdict(self).items()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The receipt that `to_json` gave."""
        fields: dict[str, Any] = dict(stored)
        fields["arrived_at"] = dt.datetime.fromisoformat(fields["arrived_at"])
        for name in ("covered_from", "covered_until"):
            fields[name] = dt.date.fromisoformat(fields[name]) if fields.get(name) else None
        fields["faults"] = tuple(
            Fault(**{**fault, "row_numbers": tuple(fault["row_numbers"])}) for fault in fields["faults"]
        )
        fields["findings"] = tuple(Finding(**finding) for finding in fields["findings"])
        return cls(**fields)

    def to_text(self, *, trial: bool = False) -> str:
        """The receipt as somebody at the agency reads it; a ``trial`` says what would have become of the file."""
        return "\n".join([*_heading(self, trial), *_lines(self)]) + "\n"


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


def write(receipt: Receipt, intake_root: Path) -> Path:
    """Write ``<agency>/receipts/<extract_id>.json`` and ``.txt``, each whole or not at all; returns the first.

    Whichever group may enter the agency's folder may read its receipts, and nobody else but the owner.
    """
    folder = intake_root / receipt.agency / RECEIPTS
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shared = bool(folder.parent.stat().st_mode & stat.S_IXGRP)
        _share(folder, shared)
        _replace(folder / f"{receipt.extract_id}.txt", receipt.to_text(), shared)
        path = folder / f"{receipt.extract_id}.json"
        _replace(path, json.dumps(receipt.to_json(), indent=2, ensure_ascii=False) + "\n", shared)
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


def _replace(path: Path, text: str, shared: bool) -> None:
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with aside.open("x", encoding="utf-8") as stream:
            os.fchmod(stream.fileno(), 0o640 if shared else 0o600)
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _heading(receipt: Receipt, trial: bool) -> Iterator[str]:
    yield f"Trial: {receipt.title}" if trial else f"Receipt {receipt.extract_id}: {receipt.title}"
    yield ""
    said = TRIED if trial else STATES
    yield said.get(receipt.state, f"The file is {receipt.state}.") + (" Nothing was stored or sent." if trial else "")


def _lines(receipt: Receipt) -> Iterator[str]:
    yield from _refusal(receipt)
    yield ""
    yield f"  file        {receipt.file}… ({receipt.size:,} bytes)"
    yield f"  arrived     {receipt.arrived_at:%Y-%m-%d %H:%M:%S %Z}".rstrip()
    if receipt.covered_from and receipt.covered_until:
        yield f"  complete    {receipt.covered_from} to {receipt.covered_until}"
    yield ""
    for name in ("received", "loaded", "rejected", "duplicate", "quarantined"):
        yield f"  {name:<12}{getattr(receipt, name):>12,}"
    yield from _fault_lines(receipt.faults)
    yield from _finding_lines(receipt.findings)


def _refusal(receipt: Receipt) -> Iterator[str]:
    if receipt.code is not None:
        place = [f"row {receipt.row_number}"] if receipt.row_number is not None else []
        place += [f"column {receipt.column}"] if receipt.column is not None else []
        reason = CODES.get(receipt.code, f"Reason: {receipt.code.replace('_', ' ')}.")
        yield " ".join([reason, *([f"({', '.join(place)})"] if place else [])])
    if receipt.repeats is not None:
        yield f"It repeats the delivery of receipt {receipt.repeats}."


def _fault_lines(faults: tuple[Fault, ...]) -> Iterator[str]:
    if faults:
        yield ""
        yield "What to correct (rows as a spreadsheet counts them):"
    for fault in faults:
        subject = fault.column if fault.column is not None else "whole row"
        yield ""
        yield f"  {subject}: {ROW_RULES.get(fault.rule, fault.rule.replace('_', ' '))} [{fault.rule}]"
        more = f" and {fault.rows - len(fault.row_numbers):,} more" if fault.rows > len(fault.row_numbers) else ""
        yield f"    {_counted(fault.rows)}: {', '.join(map(str, fault.row_numbers))}{more}"


def _finding_lines(findings: tuple[Finding, ...]) -> Iterator[str]:
    noted = [finding for finding in findings if finding.outcome != "pass"]
    if noted:
        yield ""
        yield "About the delivery as a whole:"
        yield ""
    for finding in noted:
        measured = "" if finding.measure is None else f" (found: {finding.measure:g})"
        yield f"  {finding.outcome}: {finding.expectation}{measured}"


def _counted(rows: int) -> str:
    return "row" if rows == 1 else f"{rows:,} rows"


def _plain(value: object) -> object:
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return value
