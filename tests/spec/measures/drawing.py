"""Drawn tables: what agencies told of some people in, the rows of a view out; run on the real engine."""

import datetime as dt
import json
from dataclasses import dataclass
from functools import cache

import duckdb
import polars as pl

from tests.spec.drawn import create, frame, table
from warehouse.measures.compute import measures
from warehouse.measures.views import VIEWS
from warehouse.snapshot.views import typed_view_ddl

EVERYTHING_COVERED = """
agency    | feed        | kind        | from       | until      | lag
peer      | attendance  | attendance  | 2018-01-01 | 2024-01-01 | 7
peer      | enrolments  | enrolment   | 2018-01-01 | 2024-01-01 | 14
peer      | assessments | assessment  | 2018-01-01 | 2024-01-01 | 14
peer      | referrals   | referral    | 2018-01-01 | 2024-01-01 | 14
probation | cases       | supervision | 2018-01-01 | 2024-01-01 | 14
probation | violations  | violation   | 2018-01-01 | 2024-01-01 | 30
court     | charges     | charge      | 2018-01-01 | 2024-01-01 | 30
court     | judgments   | disposition | 2018-01-01 | 2024-01-01 | 14
"""
"""What the sources cover unless a case draws its own: days exclusive at the end, lag in days."""

SPANS = ("supervision", "enrolment", "employment")
AGENCIES = {
    "supervision": "probation", "violation": "probation", "contact": "probation", "drug_test": "probation",
    "hearing": "court", "charge": "court", "disposition": "court", "sentence": "court", "death": "court",
}  # fmt: skip
FEEDS = {
    "attendance": "attendance", "enrolment": "enrolments", "assessment": "assessments", "referral": "referrals",
    "supervision": "cases", "violation": "violations", "charge": "charges", "disposition": "judgments",
}  # fmt: skip
DETAIL = {
    "group": "group_id", "led": "led_by", "complied": "compliance", "version": "scale_version",
    "accepted": "accepted_date", "attended": "first_attended_date", "closed": "closed_date", "count": "charge_number",
    "suspended": "suspended_days", "race": "race",
}  # fmt: skip
"""Column of a drawn table → its name in the detail."""

_MOMENT = {
    "participant_key": pl.String, "status": pl.String, "kind": pl.String, "code": pl.String, "code_raw": pl.String,
    "text": pl.String, "text_raw": pl.String, "record_id": pl.Int64, "agency": pl.String, "feed": pl.String,
    "subject_id": pl.Int64, "extract_id": pl.Int64, "row_number": pl.Int64, "detail": pl.String,
    "known_from": pl.Date,
}  # fmt: skip
EVENT = {**_MOMENT, "event_date": pl.Date, "number": pl.Float64}
SPAN = {**_MOMENT, "start_date": pl.Date, "end_date": pl.Date, "end_code": pl.String, "end_text": pl.String}
COVERAGE = {
    "agency": pl.String, "feed": pl.String, "kind": pl.String, "covered_from": pl.Date, "covered_until": pl.Date,
    "lag_days": pl.Int64,
}  # fmt: skip
PARTICIPANT = {"participant_key": pl.String, "sex": pl.String, "birth_year": pl.Int64}
OUTCOME = {
    "participant_key": pl.String, "index_date": pl.Date, "outcome": pl.String, "window_months": pl.Int64,
    "value": pl.String,
}  # fmt: skip
TABLES = {"event": EVENT, "span": SPAN, "coverage": COVERAGE, "participant": PARTICIPANT, "outcome": OUTCOME}
FIGURES = "measure"
"""Not a view: the table of figures, of which a case draws some rows."""


@dataclass(frozen=True)
class Case:
    """A sentence that must hold, the records that are drawn for it, and the rows that ``view`` must have of them."""

    holds: str
    view: str
    records: str
    expected: str
    coverage: str = EVERYTHING_COVERED


def run(case: Case) -> list[tuple[str, ...]]:
    """All rows of the case's view, in the columns that the case draws, as it would draw them; sorted."""
    columns = list(table(case.expected)[0])
    connection = loaded(table(case.records), table(case.coverage))
    if case.view == FIGURES:
        found = measures(connection).select(columns)
    else:
        found = connection.execute(f"SELECT {', '.join(columns)} FROM {case.view}").pl()
    return sorted(tuple(shown(value) for value in row) for row in found.iter_rows())


def loaded(records: list[dict[str, str]], coverage: list[dict[str, str]]) -> duckdb.DuckDBPyConnection:
    """The connection with these records, and no others, in the tables that the measures read."""
    numbers = {who: place for place, who in enumerate(sorted({_who(row) for row in records}), start=1)}
    rows = [(number, row) for number, row in enumerate(records) if row["what"] != "outcome"]
    connection = _house()
    frames = {
        "event": [_event(n, row, numbers) for n, row in rows if row["what"] not in SPANS],
        "span": [_span(n, row, numbers) for n, row in rows if row["what"] in SPANS],
        "coverage": [_coverage(row) for row in coverage],
        "participant": _participants(records),
        "outcome": [_outcome(row) for row in records if row["what"] == "outcome"],
    }
    for name, drawn in frames.items():
        connection.register("drawn", frame(drawn, TABLES[name]).to_arrow())
        connection.execute(f"DELETE FROM {name}").execute(f"INSERT INTO {name} FROM drawn")
        connection.unregister("drawn")
    return connection


@cache
def _house() -> duckdb.DuckDBPyConnection:
    """The tables without rows, and the views over them, made once."""
    connection = duckdb.connect()
    create(connection, {name: frame([], schema) for name, schema in TABLES.items()})
    for statement in (*typed_view_ddl("duckdb"), *(view.ddl() for view in VIEWS)):
        connection.execute(statement)
    return connection


def shown(value: object) -> str:
    """A value as a cell: numbers with up to three decimals."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _moment(number: int, row: dict[str, str], numbers: dict[str, int]) -> dict[str, object]:
    who, what = _who(row), row["what"]
    detail = {name: row[column] for column, name in DETAIL.items() if row.get(column)}
    return {
        "participant_key": None if row.get("status") == "waiting" else who, "status": row.get("status") or "linked",
        "kind": what, "code": row.get("code") or None,
        "record_id": int(row["record"]) if row.get("record") else None,
        "agency": row.get("agency") or AGENCIES.get(what, "peer"), "feed": FEEDS.get(what, what),
        "subject_id": int(row["member"]) if row.get("member") else numbers[who],
        "extract_id": 1, "row_number": number, "detail": json.dumps(detail),
    }  # fmt: skip


def _event(number: int, row: dict[str, str], numbers: dict[str, int]) -> dict[str, object]:
    value = row.get("minutes") or row.get("score") or row.get("days")
    return _moment(number, row, numbers) | {
        "event_date": row["date"], "number": float(value) if value else None, "text": row.get("content") or None,
    }  # fmt: skip


def _span(number: int, row: dict[str, str], numbers: dict[str, int]) -> dict[str, object]:
    return _moment(number, row, numbers) | {
        "start_date": row["date"], "end_date": row.get("end") or None, "text": row.get("exit") or None,
    }  # fmt: skip


def _coverage(row: dict[str, str]) -> dict[str, object]:
    return {
        "agency": row["agency"], "feed": row["feed"], "kind": row["kind"], "covered_from": row["from"],
        "covered_until": row["until"], "lag_days": int(row["lag"]),
    }  # fmt: skip


def _participants(records: list[dict[str, str]]) -> list[dict[str, object]]:
    known = sorted({_who(row) for row in records if row.get("status") != "waiting"})
    sexes = {_who(row): row["sex"] for row in records if row.get("sex")}
    return [{"participant_key": who, "sex": sexes.get(who), "birth_year": None} for who in known]


def _outcome(row: dict[str, str]) -> dict[str, object]:
    return {
        "participant_key": _who(row), "index_date": row["date"], "outcome": "recharge", "window_months": 12,
        "value": row["code"],
    }  # fmt: skip


def _who(row: dict[str, str]) -> str:
    return row.get("who") or "ann"
