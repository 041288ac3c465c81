"""Drawn tables of timelines: records in, episodes, flags or gaps out; run on the views of a snapshot."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import duckdb
import polars as pl

from tests.spec.drawn import create, frame, table
from warehouse.snapshot.views import typed_view_ddl
from warehouse.timeline.ddl import timeline_view_ddl

SPANS = ("supervision", "custody", "enrolment")
DETAILS = ("offence_date", "charge_number", "incident_date", "accepted_date", "first_attended_date", "closed_date")

_IDS = {
    "participant_key": pl.String, "status": pl.String, "kind": pl.String, "code": pl.String, "code_raw": pl.String,
    "number": pl.Float64, "text": pl.String, "text_raw": pl.String, "detail": pl.String, "agency": pl.String,
    "feed": pl.String, "record_id": pl.Int64, "subject_id": pl.Int64, "source_key": pl.Int64, "extract_id": pl.Int64,
    "row_number": pl.Int64, "moment": pl.Int64, "known_from": pl.Date,
}  # fmt: skip
EVENT = {**_IDS, "event_date": pl.Date}
SPAN = {
    **_IDS, "start_date": pl.Date, "end_date": pl.Date,
    **dict.fromkeys(("end_code", "end_code_raw", "end_text", "end_text_raw", "end_detail"), pl.String),
}  # fmt: skip
COVERAGE = {
    "agency": pl.String, "feed": pl.String, "kind": pl.String, "covered_from": pl.Date, "covered_until": pl.Date,
}  # fmt: skip
PARTICIPANT = {"participant_key": pl.String, "birth_year": pl.Int64}


@dataclass(frozen=True)
class Case:
    """A sentence that must hold, what is drawn for it, and the rows of ``view`` that come out: no others do."""

    holds: str
    records: str
    expected: str
    view: Literal["episode", "timeline_flag", "coverage_gap"] = "episode"


def run(case: Case) -> list[dict[str, str]]:
    """The rows of the case's view, with the columns that the case draws, as text."""
    columns = list(table(case.expected)[0]) if table(case.expected) else ["*"]
    with duckdb.connect() as connection:
        _load(connection, table(case.records))
        chosen = ", ".join(columns)
        found = connection.execute(f"SELECT {chosen} FROM {case.view} ORDER BY {chosen}").pl()
    return [{name: shown(value) for name, value in row.items()} for row in found.iter_rows(named=True)]


def shown(value: object) -> str:
    """A value as a drawn cell."""
    if isinstance(value, list):
        return " ".join(map(str, value))
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _load(connection: duckdb.DuckDBPyConnection, records: list[dict[str, str]]) -> None:
    numbered = list(enumerate(records, start=2))
    moments = [(number, row) for number, row in numbered if row.get("what")]
    frames = {
        "event": frame([_event(number, row) for number, row in moments if row["what"] not in SPANS], EVENT),
        "span": frame([_span(number, row) for number, row in moments if row["what"] in SPANS], SPAN),
        "coverage": frame([_coverage(row) for row in records if "from" in row], COVERAGE),
        "participant": frame(_participants(row for _, row in moments), PARTICIPANT),
    }
    create(connection, frames)
    for statement in (*typed_view_ddl("duckdb"), *timeline_view_ddl()):
        connection.execute(statement)


def _said(number: int, row: dict[str, str]) -> dict[str, object]:
    detail = {name: row[name] for name in DETAILS if row.get(name)}
    return {
        "participant_key": None if row.get("who") == "nobody" else row.get("who") or "ann", "kind": row["what"],
        "code": row.get("code") or None, "agency": row.get("agency") or "county", "feed": row["what"],
        "record_id": int(row["record"]) if row.get("record") else None, "extract_id": 1, "row_number": number,
        "moment": 0, "detail": json.dumps(detail) if detail else None,
    }  # fmt: skip


def _event(number: int, row: dict[str, str]) -> dict[str, object]:
    return {**_said(number, row), "event_date": row["date"]}


def _span(number: int, row: dict[str, str]) -> dict[str, object]:
    return {**_said(number, row), "start_date": row["date"], "end_date": row.get("end") or None}


def _coverage(row: dict[str, str]) -> dict[str, object]:
    return {
        "agency": "county", "feed": row["feed"], "kind": row["kind"], "covered_from": row["from"],
        "covered_until": row["until"],
    }  # fmt: skip


def _participants(records: Iterable[dict[str, str]]) -> list[dict[str, object]]:
    born = {row.get("who") or "ann": row.get("born") for row in records}
    return [{"participant_key": who, "birth_year": int(year) if year else None} for who, year in born.items()]
