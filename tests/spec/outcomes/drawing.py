"""Drawn tables: a toy person's records in, the outcome's row out; run on the real engine, printable as documents."""

import json
from dataclasses import dataclass

import duckdb
import polars as pl

from tests.spec.drawn import create, frame, table
from warehouse.outcomes.compute import compute
from warehouse.outcomes.values import outcomes

EVERYTHING_COVERED = """
agency    | feed       | kind        | from       | until      | lag
court     | charges    | charge      | 2018-01-01 | 2024-01-01 | 30
court     | judgments  | disposition | 2018-01-01 | 2024-01-01 | 14
probation | cases      | supervision | 2018-01-01 | 2024-01-01 | 14
probation | violations | revocation  | 2018-01-01 | 2024-01-01 | 30
"""
"""What the sources cover unless a case draws its own: days exclusive at the end, lag in days."""

FEEDS = {
    "charge": "charges", "disposition": "judgments", "supervision": "cases", "death": "judgments",
    "enrolment": "members", "attendance": "sessions", "custody": "bookings", "arrest": "arrests", "study": "releases",
    "referral": "referrals",
}  # fmt: skip
SPANS = ("supervision", "custody", "enrolment", "study")
AGENCIES = {
    "charge": "court", "disposition": "court", "enrolment": "peer", "attendance": "peer", "referral": "peer",
    "custody": "jail", "arrest": "police", "study": "prison",
}  # fmt: skip

EVENT = {
    "participant_key": pl.String, "kind": pl.String, "event_date": pl.Date, "code": pl.String, "record_id": pl.Int64,
    "agency": pl.String, "feed": pl.String, "extract_id": pl.Int64, "row_number": pl.Int64, "detail": pl.String,
    "text": pl.String, "number": pl.Float64,
}  # fmt: skip
SPAN = {
    "participant_key": pl.String, "status": pl.String, "kind": pl.String, "start_date": pl.Date,
    "end_date": pl.Date, "code": pl.String, "record_id": pl.Int64, "agency": pl.String, "feed": pl.String,
    "text": pl.String, "number": pl.Float64, "detail": pl.String,
}  # fmt: skip
COVERAGE = {
    "agency": pl.String, "feed": pl.String, "kind": pl.String, "covered_from": pl.Date, "covered_until": pl.Date,
    "lag_days": pl.Int64,
}  # fmt: skip
PARTICIPANT = {"participant_key": pl.String, "birth_year": pl.Int64, "sex": pl.String}


@dataclass(frozen=True)
class Case:
    """A sentence that must hold, the records that are drawn for it, and the rows that it expects."""

    holds: str
    records: str
    expected: str
    coverage: str = EVERYTHING_COVERED


@dataclass(frozen=True)
class Ran:
    """What came out: person × outcome × window, and how many were left at each step."""

    outcome: pl.DataFrame
    flow: pl.DataFrame


def run(case: Case) -> Ran:
    """Compute the outcomes of a case's persons."""
    with duckdb.connect() as connection:
        load(connection, table(case.records), table(case.coverage))
        flow = compute(connection).flow
        return Ran(outcomes(connection), flow)


def load(connection: duckdb.DuckDBPyConnection, records: list[dict[str, str]], coverage: list[dict[str, str]]) -> None:
    """Make the four tables that the outcomes read."""
    numbered = list(enumerate(records))
    frames = {
        "event": frame([_event(number, row) for number, row in numbered if row["what"] not in SPANS], EVENT),
        "span": frame([_span(row) for _, row in numbered if row["what"] in SPANS], SPAN),
        "coverage": frame([_coverage(row) for row in coverage], COVERAGE),
        "participant": frame(_participants(records), PARTICIPANT),
    }
    create(connection, frames)


def _event(number: int, row: dict[str, str]) -> dict[str, object]:
    detail = {
        "offence_date": row.get("offence"),
        "charge_number": row.get("count"),
        "incident_date": row.get("incident"),
    }
    return {
        "participant_key": _who(row), "kind": row["what"], "event_date": row["date"], "code": row.get("code") or None,
        "record_id": int(row["record"]) if row.get("record") else None, "agency": _agency(row),
        "feed": FEEDS.get(row["what"], "violations"), "extract_id": 1, "row_number": number,
        "detail": json.dumps({name: value for name, value in detail.items() if value}), **_further(row),
    }  # fmt: skip


def _span(row: dict[str, str]) -> dict[str, object]:
    return {
        "participant_key": _who(row), "status": row.get("status") or "linked", "kind": row["what"],
        "start_date": row["date"], "end_date": row.get("end") or None, "code": row.get("code") or None,
        "record_id": int(row["record"]) if row.get("record") else None, "agency": _agency(row),
        "feed": FEEDS[row["what"]], "detail": json.dumps(_told(row.get("detail", ""))), **_further(row),
    }  # fmt: skip


def _further(row: dict[str, str]) -> dict[str, object]:
    return {"text": row.get("text") or None, "number": float(row["number"]) if row.get("number") else None}


def _told(words: str) -> dict[str, str]:
    """``age=27 race=black`` as a detail."""
    return dict(word.split("=", 1) for word in words.split())


def _coverage(row: dict[str, str]) -> dict[str, object]:
    return {
        "agency": row["agency"], "feed": row["feed"], "kind": row["kind"], "covered_from": row["from"],
        "covered_until": row["until"], "lag_days": int(row["lag"]),
    }  # fmt: skip


def _participants(records: list[dict[str, str]]) -> list[dict[str, object]]:
    born = {_who(row): int(row["born"]) for row in records if row.get("born")}
    return [
        {"participant_key": who, "birth_year": born.get(who), "sex": None}
        for who in sorted({_who(r) or "" for r in records} - {""})
    ]


def _who(row: dict[str, str]) -> str | None:
    return None if row.get("status") in ("waiting", "ambiguous_subject") else row.get("who") or "ann"


def _agency(row: dict[str, str]) -> str:
    return row.get("agency") or AGENCIES.get(row["what"], "probation")
