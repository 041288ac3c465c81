"""The ledger of sessions: one row for each session scheduled for a participant."""

from typing import Final

from schemas import codes
from warehouse.measures.definitions import PRESENT, RECEIVED, SESSION_STATUSES, listed
from warehouse.measures.view import PARTICIPANT, Described, MeasureView

SESSION_LEDGER: Final = MeasureView(
    "session_ledger",
    "Each session scheduled for a participant, once, with the enrolment that it belongs to; "
    "sessions of subjects that are nobody's yet stand in attendance only",
    f"""
WITH told AS (
    SELECT participant_key, agency, feed, event_date AS session_date, code AS attendance_code, text AS content_code,
           number AS minutes, detail ->> '$.group_id' AS group_id, detail ->> '$.led_by' AS led_by,
           detail ->> '$.compliance' AS compliance, subject_id, extract_id, row_number,
           coalesce(code IN ({listed(RECEIVED)}), FALSE) AS received
    FROM event WHERE kind = 'attendance' AND participant_key IS NOT NULL
), twice AS (
    SELECT participant_key, agency FROM told
    GROUP BY participant_key, agency HAVING min(subject_id) <> max(subject_id)
), doubted AS (
    SELECT told.*, first_value(told.subject_id) OVER (
               PARTITION BY told.participant_key, told.agency, told.session_date, told.group_id, told.content_code
               ORDER BY told.received DESC, told.subject_id) AS kept
    FROM told JOIN twice ON twice.participant_key = told.participant_key AND twice.agency = told.agency
), seat AS (
    SELECT told.* FROM told
    LEFT JOIN twice ON twice.participant_key = told.participant_key AND twice.agency = told.agency
    WHERE twice.agency IS NULL
    UNION ALL
    SELECT participant_key, agency, feed, session_date, attendance_code, content_code, minutes, group_id, led_by,
           compliance, subject_id, extract_id, row_number, received
    FROM doubted WHERE group_id IS NULL OR subject_id = kept
), held AS (
    SELECT DISTINCT participant_key, agency, record_id, start_date, end_date + 1 AS until_date, code FROM span
    WHERE kind = 'enrolment' AND participant_key IS NOT NULL
), edge AS (
    SELECT participant_key, agency, start_date AS day FROM held
    UNION
    SELECT participant_key, agency, until_date FROM held WHERE until_date IS NOT NULL
), stretch AS (
    SELECT participant_key, agency, day AS from_date, coalesce(
               lead(day) OVER (PARTITION BY participant_key, agency ORDER BY day), DATE '9999-12-31') AS until_date
    FROM edge
), placed AS (
    SELECT stretch.participant_key, stretch.agency, stretch.from_date, stretch.until_date, held.record_id,
           held.start_date, held.code,
           count(*) OVER (PARTITION BY stretch.participant_key, stretch.agency, stretch.from_date) AS enrolments,
           row_number() OVER (PARTITION BY stretch.participant_key, stretch.agency, stretch.from_date
               ORDER BY held.start_date DESC, held.record_id DESC, held.until_date DESC, held.code) AS place
    FROM stretch JOIN held
      ON held.participant_key = stretch.participant_key AND held.agency = stretch.agency
     AND held.start_date <= stretch.from_date
     AND (held.until_date IS NULL OR held.until_date > stretch.from_date)
), told_until AS (
    SELECT agency, feed, max(covered_until) AS covered_until FROM coverage WHERE kind = 'attendance'
    GROUP BY agency, feed
), judged AS (
    SELECT seat.*, held.record_id AS enrolment_id, held.start_date AS enrolment_start, held.code AS programme_kind,
           coalesce(held.enrolments, 0) AS enrolments,
           CASE WHEN seat.session_date >= told_until.covered_until THEN 'planned'
                WHEN seat.attendance_code = 'cancelled_by_programme' THEN 'cancelled'
                WHEN seat.received THEN 'attended'
                WHEN seat.attendance_code = 'absent_excused' THEN 'excused'
                WHEN seat.attendance_code = 'absent_unexcused' THEN 'absent'
                ELSE 'unknown' END AS session_status
    FROM seat
    LEFT JOIN (SELECT * FROM placed WHERE place = 1) AS held
      ON held.participant_key = seat.participant_key AND held.agency = seat.agency
     AND seat.session_date >= held.from_date AND seat.session_date < held.until_date
    LEFT JOIN told_until ON told_until.agency = seat.agency AND told_until.feed = seat.feed
)
SELECT participant_key, agency, session_date, group_id, content_code, led_by, programme_kind, enrolment_id,
       enrolment_start, enrolments, session_status, session_status NOT IN ('planned', 'cancelled') AS offered,
       CASE session_status WHEN 'attended' THEN TRUE WHEN 'excused' THEN FALSE WHEN 'absent' THEN FALSE END AS attended,
       session_status = 'attended' AND attendance_code IN ({listed(PRESENT)}) AS present,
       session_status = 'excused' AS excused, session_status = 'cancelled' AS cancelled_by_programme,
       session_status = 'attended' AND attendance_code = 'make_up' AS made_up,
       CASE WHEN session_status = 'attended' THEN minutes / 60.0 END AS hours, compliance, attendance_code,
       feed, extract_id, row_number
FROM judged
""",
    (
        PARTICIPANT,
        Described("agency", "The provider"),
        Described("session_date", "For which day the session was scheduled"),
        Described("group_id", "Which group of the provider; another provider may use the same number"),
        Described("content_code", "Kind of content", codes=codes.SESSION_CONTENTS),
        Described("led_by", "Who led it: peer, expert or staff"),
        Described("programme_kind", "Kind of programme of the enrolment that spans the day", codes=codes.PROGRAMMES),
        Described("enrolment_id", "Record of the enrolment that spans the day; of several the one that began last"),
        Described("enrolment_start", "First day of that enrolment; empty where none spans the day"),
        Described("enrolments", "How many enrolments with the provider span the day", "enrolments"),
        Described("session_status", "What became of the session", codes=SESSION_STATUSES),
        Described("offered", "Whether it took place: scheduled, due, and not cancelled by the programme"),
        Described("attended", "Whether its content was received; empty where that is unknown, planned or cancelled"),
        Described("present", "Whether the person was there on the day: a session made up later was not shared"),
        Described("excused", "Whether the person was absent with excuse"),
        Described("cancelled_by_programme", "Whether the programme cancelled it"),
        Described("made_up", "Whether it was made up later: attended, on a day that is not told"),
        Described("hours", "Length of what was attended; empty where no length is told, and where not attended",
                  "hours"),
        Described("compliance", "Whether the person complied, where the provider says so; apart from attendance"),
        Described("attendance_code", "Attendance as the provider says it", codes=codes.ATTENDANCE),
        Described("feed", "The feed that told it; see schemas/feeds"),
        Described("extract_id", "The delivered file that told it"),
        Described("row_number", "Its row there, as a spreadsheet shows it; the header is row 1"),
    ),
    "warehouse/measures/ledger.py; attendance and compliance apart after MoJ England & Wales",
)  # fmt: skip
"""Somebody who stands twice on a list, under two numbers of one provider, sat there once: the attended row is kept."""
