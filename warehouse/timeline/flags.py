"""Flags: what cannot have happened in the order in which it is told. The record stays; whoever counts decides.

A flag is about one row of a delivered file, so that the agency can be asked. Rows without a participant have none, for
order is judged within a person's timeline. Everything is a query over ``event``, ``span``, ``participant`` and the
typed views, in DuckDB's dialect.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

TIMELINE_FLAG: Final[Mapping[str, str]] = {
    "participant_key": "The participant",
    "kind": "Kind of the event or span that is flagged",
    "date": "The day that the record states",
    "flag": "What is impossible about it",
    "agency": "The agency that told it",
    "feed": "The feed that told it",
    "extract_id": "The delivered file that told it",
    "row_number": "Its row there, as a spreadsheet shows it",
}


@dataclass(frozen=True)
class Flag:
    """A flag: its name, what it says, and the query for its records (columns as `TIMELINE_FLAG` without ``flag``)."""

    name: str
    meaning: str
    query: str


def _rows(table: str, date: str, condition: str, alias: str = "it") -> str:
    return f"""
    SELECT {alias}.participant_key, {alias}.kind, {date} AS date, {alias}.agency, {alias}.feed, {alias}.extract_id,
           {alias}.row_number
    FROM {table} AS {alias} WHERE {alias}.participant_key IS NOT NULL AND {condition}"""


def _typed(view: str, date: str) -> str:
    """The rows of a typed view that lie outside any enrolment with their provider."""
    return f"""
    SELECT participant_key, '{view}' AS kind, {date} AS date, agency, feed, extract_id, row_number
    FROM {view} WHERE participant_key IS NOT NULL AND outside_enrolment"""


def _before(earlier: str, later: str) -> str:
    """Events of kind ``earlier`` that lie before the first ``later`` of their charge, or of their case as a whole.

    Where both name their charge it must be the same one.
    """
    return f"""
    WITH first AS (
        SELECT participant_key, agency, record_id, detail ->> '$.charge_number' AS charge, min(event_date) AS day
        FROM event WHERE kind = '{later}' AND participant_key IS NOT NULL AND record_id IS NOT NULL GROUP BY ALL
    ), compared AS (
        SELECT it.extract_id, it.row_number, it.moment, min(first.day) AS day
        FROM event AS it JOIN first ON first.participant_key = it.participant_key
             AND first.agency = it.agency AND first.record_id = it.record_id
        WHERE it.kind = '{earlier}' AND coalesce(first.charge = (it.detail ->> '$.charge_number'), true)
        GROUP BY ALL
    )
    SELECT it.participant_key, it.kind, it.event_date AS date, it.agency, it.feed, it.extract_id, it.row_number
    FROM event AS it JOIN compared USING (extract_id, row_number, moment)
    WHERE it.kind = '{earlier}' AND it.event_date < compared.day"""


def _dated(name: str) -> str:
    return f"try_cast(it.detail ->> '$.{name}' AS DATE)"


AFTER_DEATH: Final = ("disposition", "death")
"""Kinds that may follow a death: a court closes the case of one who died; and two sources may date it differently."""
_DEATH: Final = """
    WITH death AS (
        SELECT participant_key, min(day) AS day FROM (
            SELECT participant_key, event_date AS day FROM event WHERE kind = 'death'
            UNION ALL SELECT participant_key, end_date FROM span WHERE kind = 'supervision' AND code = 'DE')
        WHERE participant_key IS NOT NULL AND day IS NOT NULL GROUP BY participant_key
    ), moment AS (
        SELECT participant_key, kind, event_date AS date, agency, feed, extract_id, row_number FROM event
        WHERE kind NOT IN ({allowed}) AND kind NOT LIKE '%^_end' ESCAPE '^'
        UNION ALL SELECT participant_key, kind, start_date, agency, feed, extract_id, row_number FROM span
    )
    SELECT moment.* FROM moment JOIN death USING (participant_key) WHERE moment.date > death.day"""
_BIRTH: Final = """
    SELECT it.participant_key, it.kind, it.date, it.agency, it.feed, it.extract_id, it.row_number FROM (
        SELECT participant_key, kind, event_date AS date, agency, feed, extract_id, row_number FROM event
        UNION ALL SELECT participant_key, kind, start_date, agency, feed, extract_id, row_number FROM span
    ) AS it JOIN participant ON participant.participant_key = it.participant_key
    WHERE year(it.date) < participant.birth_year"""

FLAGS: Final = (
    Flag(
        "service_outside_enrolment",
        "a service before the entry or after the exit of its enrolment",
        _typed("service", "service_date"),
    ),
    Flag(
        "attendance_outside_enrolment",
        "a session while the participant was in no enrolment with the provider",
        _typed("attendance", "session_date"),
    ),
    Flag(
        "offence_after_filing",
        "the offence is dated after the charge was filed",
        _rows("event", "it.event_date", f"it.kind = 'charge' AND {_dated('offence_date')} > it.event_date"),
    ),
    Flag(
        "hearing_before_filing",
        "a hearing before the first charge of its case was filed",
        _before("hearing", "charge"),
    ),
    Flag(
        "disposition_before_filing",
        "a disposition before its charge, or the first of its case, was filed",
        _before("disposition", "charge"),
    ),
    Flag(
        "sentence_before_disposition",
        "a sentence before its charge, or the first of its case, was disposed of",
        _before("sentence", "disposition"),
    ),
    Flag(
        "incident_after_revocation",
        "the incident that led to a revocation is dated after it",
        _rows("event", "it.event_date", f"it.kind = 'revocation' AND {_dated('incident_date')} > it.event_date"),
    ),
    Flag(
        "answer_before_referral",
        "a referral was accepted, first attended or closed before it was made",
        _rows(
            "event",
            "it.event_date",
            f"it.kind = 'referral' AND least({_dated('accepted_date')}, {_dated('first_attended_date')},"
            f" {_dated('closed_date')}) < it.event_date",
        ),
    ),
    Flag(
        "end_before_start",
        "a span that ends before it starts; no episode counts it",
        _rows("span", "it.start_date", "it.end_date < it.start_date"),
    ),
    Flag(
        "after_death",
        "something after the day on which the participant died; court closures and a second date of death aside",
        _DEATH.format(allowed=", ".join(map(repr, AFTER_DEATH))),
    ),
    Flag("before_birth", "something before the year in which the participant was born", _BIRTH),
)


def flag_query() -> str:
    """The query of the view ``timeline_flag``; columns as `TIMELINE_FLAG`."""
    columns = ", ".join("'{name}' AS flag" if name == "flag" else name for name in TIMELINE_FLAG)
    return "\nUNION ALL\n".join(f"SELECT {columns.format(name=flag.name)} FROM ({flag.query})" for flag in FLAGS)
