"""The typed views: what analysts meet first. Each column is stated once, with its expression and its meaning.

Expressions are PostgreSQL over the views ``event`` and ``span``; `warehouse.snapshot.views` turns them into the
dialect that is asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from schemas import codes
from warehouse.outcomes.definitions import UNDECIDED

Part = Literal["code", "number", "text", "date", "start", "end"]


@dataclass(frozen=True)
class ViewColumn:
    """A column of a view: expression, meaning, unit, codes; ``origin`` is what a feed's timeline maps to it.

    ``origin`` is a part of the mapping (``code``, ``date``, …) or, after ``detail:``, a name in its detail.
    """

    name: str
    expression: str
    meaning: str
    origin: str | None = None
    unit: str | None = None
    codes: Mapping[str, str] | None = None


@dataclass(frozen=True)
class TypedView:
    """The rows of ``kind`` in ``table`` with proper names and types; ``joins`` is added to the FROM clause."""

    name: str
    table: Literal["event", "span"]
    kind: str
    meaning: str
    columns: tuple[ViewColumn, ...]
    joins: str = ""


def _detail(name: str, meaning: str, type_: str = "TEXT", unit: str | None = None) -> ViewColumn:
    return ViewColumn(name, f"CAST(moment.detail ->> '{name}' AS {type_})", meaning, f"detail:{name}", unit)


def _code(name: str, meaning: str, vocabulary: Mapping[str, str] | None = None, part: str = "code") -> ViewColumn:
    return ViewColumn(name, f"moment.{part}", meaning, part, None, vocabulary)


def _raw(name: str, part: str = "code") -> ViewColumn:
    return ViewColumn(name, f"moment.{part}_raw", "The agency's own text of it")


def _date(name: str, meaning: str) -> ViewColumn:
    return ViewColumn(name, "moment.event_date", meaning, "date")


def _number(name: str, meaning: str, unit: str | None) -> ViewColumn:
    return ViewColumn(name, "moment.number", meaning, "number", unit)


def _period(start: str, end: str) -> tuple[ViewColumn, ...]:
    return (
        ViewColumn("start_date", "moment.start_date", start, "start"),
        ViewColumn("end_date", "moment.end_date", end, "end"),
    )


WHO: Final = (
    ViewColumn(
        "participant_key", "moment.participant_key", "The participant, in this project; empty where none is known"
    ),
    ViewColumn("status", "moment.status", "How the row's subject is assigned", codes=codes.SUBJECT_STATUSES),
)
WHENCE: Final = (
    ViewColumn(
        "record_id", "moment.record_id", "The agency's record (case, supervision, enrolment), as a random number"
    ),
    ViewColumn("agency", "moment.agency", "The agency that told it"),
    ViewColumn("feed", "moment.feed", "The feed that told it"),
    ViewColumn("extract_id", "moment.extract_id", "The delivered file that told it"),
    ViewColumn("row_number", "moment.row_number", "Its row there, as a spreadsheet shows it; the header is row 1"),
    ViewColumn("known_from", "moment.known_from", "The as-of day of the delivery from which we know it"),
)

_CONVICTED: Final = ", ".join(map(repr, codes.CONVICTIONS))
_DECIDED: Final = f"""
    SELECT DISTINCT ON (participant_key, agency, record_id, detail ->> 'charge_number')
           participant_key, agency, record_id, detail ->> 'charge_number' AS charge_number, event_date, code, code_raw
    FROM event WHERE kind = 'disposition' AND participant_key IS NOT NULL{{whose}}
    ORDER BY participant_key, agency, record_id, detail ->> 'charge_number',
             coalesce(code IN ({", ".join(map(repr, UNDECIDED))}), TRUE), event_date DESC,
             coalesce(code IN ({_CONVICTED}), FALSE) DESC, code
"""
_DISPOSITION: Final = f"""
LEFT JOIN ({_DECIDED.format(whose="")}) AS own
ON own.participant_key = moment.participant_key AND own.agency = moment.agency
AND own.record_id = moment.record_id AND own.charge_number = moment.detail ->> 'charge_number'
LEFT JOIN ({_DECIDED.format(whose=" AND detail ->> 'charge_number' IS NULL")}) AS whole
ON whole.participant_key = moment.participant_key AND whole.agency = moment.agency
AND whole.record_id = moment.record_id
"""
"""The last disposition that decides the charge, as re-conviction counts it; of the case as a whole, if of no charge."""


def _disposed(column: str) -> str:
    return f"CASE WHEN own.event_date IS NULL THEN whole.{column} ELSE own.{column} END"


_OUTSIDE_RECORD: Final = """NOT EXISTS (
    SELECT 1 FROM span AS held
    WHERE held.kind = 'enrolment' AND held.agency = moment.agency AND held.record_id = moment.record_id
      AND moment.event_date >= held.start_date AND (held.end_date IS NULL OR moment.event_date <= held.end_date))"""
_OUTSIDE_ANY: Final = """NOT EXISTS (
    SELECT 1 FROM span AS held
    WHERE held.kind = 'enrolment' AND held.agency = moment.agency AND held.participant_key = moment.participant_key
      AND moment.event_date >= held.start_date AND (held.end_date IS NULL OR moment.event_date <= held.end_date))"""

COURT: Final = (
    TypedView(
        "court_charge", "event", "charge", "A charge filed with a court, with the last disposition that decides it",
        (
            _date("filing_date", "When it was filed"),
            _detail("offence_date", "When the offence was committed", "DATE"),
            _code("offence_code", "Offence class: UCCS, NCIC or the agency's own"),
            _raw("offence_raw"),
            _code("grade_code", "Grade", codes.GRADES, "text"),
            _detail("charge_number", "Which charge of the case"),
            ViewColumn("disposition_date", _disposed("event_date"), "When it was disposed of; empty while open"),
            ViewColumn("disposition_code", _disposed("code"), "How it was disposed of", codes=codes.DISPOSITIONS),
            ViewColumn("disposition_raw", _disposed("code_raw"), "The agency's own text of it"),
            ViewColumn(
                "convicted",
                f"{_disposed('code')} IN ({_CONVICTED})",
                "Whether it ended in a conviction; empty while open",
            ),
        ),
        _DISPOSITION,
    ),
    TypedView(
        "hearing", "event", "hearing", "A hearing that was scheduled",
        (
            _date("scheduled_date", "For which day"),
            _code("hearing_kind", "Kind of hearing", part="text"),
            _code("appeared_code", "Whether the person appeared; no is a failure to appear", codes.APPEARED),
            _raw("appeared_raw"),
        ),
    ),
    TypedView(
        "sentence", "event", "sentence", "A part of a sentence",
        (
            _date("sentence_date", "When it was passed"),
            _code("sentence_kind", "Kind", codes.SENTENCES),
            _raw("sentence_raw"),
            _number("sentence_days", "Length imposed", "days"),
            _detail("suspended_days", "Of these suspended", "DOUBLE PRECISION", "days"),
            _detail("charge_number", "Which charge of the case"),
        ),
    ),
    TypedView(
        "arrest", "event", "arrest", "An arrest", (_date("arrest_date", "When"), _code("arrest_code", "For what"))
    ),
)  # fmt: skip

PROBATION: Final = (
    TypedView(
        "supervision", "span", "supervision", "A time under probation or parole",
        (
            *_period("First day", "First day after; empty while supervised"),
            _code("supervision_kind", "Kind of supervision", part="text"),
            _code("exit_code", "Why it ended (APPA/BJS)", codes.SUPERVISION_EXITS),
            _raw("exit_raw"),
        ),
    ),
    TypedView(
        "violation", "event", "violation", "A violation within an incident; record_id is the incident",
        (
            _date("incident_date", "When the incident was"),
            _code("violation_kind", "Kind", codes.VIOLATIONS),
            _raw("violation_raw"),
            _code("response", "What followed", part="text"),
        ),
    ),
    TypedView(
        "revocation", "event", "revocation", "A revocation of supervision to custody",
        (
            _date("revocation_date", "When"),
            _code("reason_code", "Why it was revoked", codes.REVOCATIONS),
            _raw("reason_raw"),
            _detail("incident_date", "When the incident was that led to it", "DATE"),
        ),
    ),
    TypedView(
        "contact", "event", "contact", "A supervision contact that was scheduled",
        (
            _date("contact_date", "For which day"),
            _code("contact_kind", "Kind of contact", part="text"),
            _code("contact_code", "Whether it was kept", codes.CONTACTS),
            _raw("contact_raw"),
        ),
    ),
    TypedView(
        "drug_test", "event", "drug_test", "A drug test",
        (_date("test_date", "When"), _code("result_code", "Result", codes.DRUG_TESTS), _raw("result_raw")),
    ),
)  # fmt: skip

PROGRAMME: Final = (
    TypedView(
        "enrolment", "span", "enrolment", "A membership of a programme",
        (
            *_period("First day", "First day after, or the day of exit; empty while enrolled"),
            _code("programme_kind", "Kind of programme", codes.PROGRAMMES),
            _raw("programme_raw"),
            _code("completion", "Completion status or exit reason, as the enrolment says", part="text"),
            _detail("referral_source", "Who referred the person"),
            ViewColumn("exit_code", "moment.end_code", "Exit reason or destination, from a feed of exits"),
            ViewColumn("exit_text", "moment.end_text", "Completion status, from a feed of exits"),
        ),
    ),
    TypedView(
        "attendance", "event", "attendance", "A session that was scheduled for a person",
        (
            _date("session_date", "For which day"),
            _code("attendance_code", "Attendance; compliance is another thing", codes.ATTENDANCE),
            _raw("attendance_raw"),
            _detail("compliance", "Compliance, where the provider records it"),
            _number("minutes", "Length attended", "minutes"),
            _code("content_code", "Kind of content", codes.SESSION_CONTENTS, "text"),
            _detail("led_by", "Who led it: peer, expert or staff"),
            _detail("group_id", "Which group"),
            ViewColumn("outside_enrolment", _OUTSIDE_ANY, "No enrolment with this provider spans the day"),
        ),
    ),
    TypedView(
        "assessment", "event", "assessment", "A scale that was scored",
        (
            _date("assessment_date", "When"),
            _code("scale", "Scale", {scale: f"{low:g} to {high:g}" for scale, (low, high) in codes.SCALES.items()}),
            _number("score", "Score; WHO-5 raw, MSPSS mean", "points of the scale"),
            _detail("scale_version", "Version of the scale"),
        ),
    ),
    TypedView(
        "referral", "event", "referral", "A referral for a need",
        (
            _date("made_date", "When it was made"),
            _code("need_code", "Need", codes.NEEDS),
            _raw("need_raw"),
            _detail("accepted_date", "When it was accepted", "DATE"),
            _detail("first_attended_date", "When the person first attended", "DATE"),
            _detail("closed_date", "When it was closed", "DATE"),
        ),
    ),
    TypedView(
        "service", "event", "service", "A service that was provided",
        (
            _date("service_date", "When"),
            _code("service_code", "Kind of service"),
            _code("service_type", "Type within the kind", part="text"),
            ViewColumn(
                "outside_enrolment", _OUTSIDE_RECORD, "The day lies before the entry or after the exit of its enrolment"
            ),
        ),
    ),
)  # fmt: skip

TYPED_VIEWS: Final = (*COURT, *PROBATION, *PROGRAMME)
