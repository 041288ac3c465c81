"""The dose: what was scheduled, offered and received, by enrolment and by participant."""

from collections.abc import Iterator
from typing import Final

from schemas import codes
from warehouse.measures.definitions import LOOK_BACK_DAYS, RETENTION, RETENTION_DAYS
from warehouse.measures.reach import observed
from warehouse.measures.view import PARTICIPANT, Described, MeasureView, counted, share

SUMS: Final = (
    counted("sessions_scheduled", "Sessions scheduled and due", "sessions"),
    counted("sessions_cancelled", "Of these cancelled by the programme", "sessions"),
    counted("sessions_offered", "Of these offered: scheduled, less those cancelled by the programme", "sessions"),
    counted("sessions_unknown", "Of those offered: of which nobody knows whether the person came", "sessions"),
    counted("sessions_attended", "Of those offered: attended, made up ones too", "sessions"),
    counted("sessions_made_up", "Of those attended: made up on another day", "sessions"),
    counted("sessions_excused", "Of those offered: absent with excuse", "sessions"),
    counted("sessions_unexcused", "Of those offered: absent without excuse", "sessions"),
    share("attended_share", "Attended ÷ offered, those left out of which it is not known"),
    share("attended_share_excused_out", "Attended ÷ (attended + absent without excuse): excused ones taken out too"),
    counted("attended_not_complied", "Sessions attended of which the provider says that the person did not comply",
            "sessions"),
    counted("absent_complied", "Sessions not attended of which the provider says that the person complied", "sessions"),
    counted("compliance_told", "Sessions of which the provider says whether the person complied", "sessions"),
    counted("hours_attended", "Hours attended, as far as lengths are told", "hours"),
    counted("sessions_without_length", "Sessions attended whose length is not told: their hours are not counted",
            "sessions"),
    *(counted(f"hours_{code}", f"Hours attended of {meaning}", "hours")
      for code, meaning in codes.SESSION_CONTENTS.items()),
    counted("hours_other", "Hours attended of a kind of content that is not told", "hours"),
)  # fmt: skip

_HOURS: Final = ",\n       ".join(
    f"coalesce(sum(CASE WHEN content_code = '{code}' THEN hours END), 0) AS hours_{code}"
    for code in codes.SESSION_CONTENTS
)
_COUNTED: Final = f"""
       count(CASE WHEN session_status <> 'planned' THEN 1 END) AS sessions_scheduled,
       count(CASE WHEN session_status = 'cancelled' THEN 1 END) AS sessions_cancelled,
       count(CASE WHEN offered THEN 1 END) AS sessions_offered,
       count(CASE WHEN session_status = 'unknown' THEN 1 END) AS sessions_unknown,
       count(CASE WHEN session_status = 'attended' THEN 1 END) AS sessions_attended,
       count(CASE WHEN made_up THEN 1 END) AS sessions_made_up,
       count(CASE WHEN session_status = 'excused' THEN 1 END) AS sessions_excused,
       count(CASE WHEN session_status = 'absent' THEN 1 END) AS sessions_unexcused,
       count(CASE WHEN attended THEN 1 END) * 1.0 / nullif(count(attended), 0) AS attended_share,
       count(CASE WHEN attended THEN 1 END) * 1.0
           / nullif(count(CASE WHEN NOT excused THEN attended END), 0) AS attended_share_excused_out,
       count(CASE WHEN attended AND compliance = 'no' THEN 1 END) AS attended_not_complied,
       count(CASE WHEN NOT attended AND compliance = 'yes' THEN 1 END) AS absent_complied,
       count(CASE WHEN compliance IN ('yes', 'no') THEN 1 END) AS compliance_told,
       coalesce(sum(hours), 0) AS hours_attended,
       count(CASE WHEN attended AND hours IS NULL THEN 1 END) AS sessions_without_length,
       {_HOURS},
       coalesce(sum(CASE WHEN content_code IS NULL
                           OR content_code NOT IN ({", ".join(f"'{code}'" for code in codes.SESSION_CONTENTS)})
                         THEN hours END), 0) AS hours_other"""

_EMPTY: Final = {column.name for column in SUMS if not column.name.startswith("attended_share")}
_SUMMED: Final = ", ".join(
    f"coalesce(summed.{column.name}, 0) AS {column.name}" if column.name in _EMPTY else f"summed.{column.name}"
    for column in SUMS
)
"""Whoever was never scheduled has no session, and no share."""


def _within(days: int) -> str:
    after = f"session_date > enrolment_start + {days - LOOK_BACK_DAYS}"
    return f"{after} AND session_date <= enrolment_start + {days}"


_AROUND: Final = ",\n           ".join(
    f"count(CASE WHEN attended AND {_within(days)} THEN 1 END) AS attended_{days}, "
    f"count(CASE WHEN offered AND {_within(days)} THEN 1 END) AS offered_{days}, "
    f"count(CASE WHEN cancelled_by_programme AND {_within(days)} THEN 1 END) AS cancelled_{days}"
    for days in RETENTION_DAYS
)
_RETAINED: Final = ",\n       ".join(
    f"""CASE WHEN observed_until IS NULL OR start_date + {days} >= observed_until THEN 'not_observable'
            WHEN died_date <= start_date + {days} THEN 'died'
            WHEN end_date <= start_date + {days} AND completed THEN 'completed'
            WHEN end_date <= start_date + {days} THEN 'left'
            WHEN attended_{days} > 0 THEN 'retained'
            WHEN cancelled_{days} > 0 AND offered_{days} = 0 THEN 'not_observable'
            ELSE 'lapsed' END AS retained_{days}"""
    for days in RETENTION_DAYS
)


def _retention() -> Iterator[Described]:
    for days in RETENTION_DAYS:
        yield Described(f"retained_{days}", f"Who is still there {days} days after the start", codes=RETENTION)


ENROLMENT_DOSE: Final = MeasureView(
    "enrolment_dose",
    "Each enrolment with a programme: what was offered and received in it, the longest gap, who was retained",
    f"""
WITH session AS (SELECT * FROM session_ledger WHERE enrolment_start IS NOT NULL
), held AS (
    SELECT participant_key, agency, record_id, start_date, max(code) AS programme_kind,
           CASE WHEN count(end_date) = count(*) THEN max(end_date) END AS end_date,
           coalesce(bool_or(text = 'completed' OR end_text = 'completed'), FALSE) AS completed
    FROM span WHERE kind = 'enrolment' AND participant_key IS NOT NULL
    GROUP BY participant_key, agency, record_id, start_date
), died AS (
    SELECT participant_key, min(event_date) AS died_date FROM event
    WHERE kind = 'death' AND participant_key IS NOT NULL GROUP BY participant_key
), seen AS ({observed("held", "start_date", "'attendance', 'enrolment', 'enrolment_end'")}
), summed AS (
    SELECT participant_key, agency, enrolment_id, enrolment_start,
           {_AROUND},{_COUNTED}
    FROM session GROUP BY participant_key, agency, enrolment_id, enrolment_start
), attended AS (
    SELECT ledger.participant_key, ledger.agency, ledger.enrolment_id, ledger.enrolment_start, ledger.session_date,
           ledger.session_date - lag(ledger.session_date, 1, ledger.enrolment_start) OVER (
               PARTITION BY ledger.participant_key, ledger.agency, ledger.enrolment_id, ledger.enrolment_start
               ORDER BY ledger.session_date) AS gap
    FROM session AS ledger
    JOIN seen ON seen.agency = ledger.agency AND seen.start_date = ledger.enrolment_start
    WHERE ledger.attended AND ledger.session_date < seen.observed_until
), gaps AS (
    SELECT participant_key, agency, enrolment_id, enrolment_start, max(gap) AS gap, max(session_date) AS last_date
    FROM attended GROUP BY participant_key, agency, enrolment_id, enrolment_start
), whole AS (
    SELECT held.*, died.died_date, {_SUMMED},
           {", ".join(f"coalesce({what}_{days}, 0) AS {what}_{days}"
                      for days in RETENTION_DAYS for what in ("attended", "offered", "cancelled"))},
           CASE WHEN offering.agency IS NOT NULL THEN seen.observed_until END AS observed_until, gaps.gap,
           coalesce(gaps.last_date, held.start_date) AS last_date,
           least(coalesce(held.end_date, seen.observed_until), coalesce(died.died_date, seen.observed_until),
                 seen.observed_until) AS until
    FROM held
    LEFT JOIN died ON died.participant_key = held.participant_key
    LEFT JOIN seen ON seen.agency = held.agency AND seen.start_date = held.start_date
    LEFT JOIN (SELECT DISTINCT agency FROM coverage WHERE kind = 'attendance') AS offering
      ON offering.agency = held.agency
    LEFT JOIN summed ON summed.participant_key = held.participant_key AND summed.agency = held.agency
     AND summed.enrolment_id IS NOT DISTINCT FROM held.record_id AND summed.enrolment_start = held.start_date
    LEFT JOIN gaps ON gaps.participant_key = held.participant_key AND gaps.agency = held.agency
     AND gaps.enrolment_id IS NOT DISTINCT FROM held.record_id AND gaps.enrolment_start = held.start_date
)
SELECT participant_key, agency, record_id AS enrolment_id, start_date, end_date, programme_kind, completed,
       observed_until, {", ".join(column.name for column in SUMS)},
       CASE WHEN observed_until IS NOT NULL THEN greatest(coalesce(gap, 0), until - last_date, 0) END
           AS longest_gap_days,
       CASE WHEN observed_until IS NOT NULL
            THEN until - last_date > coalesce(gap, 0) AND (end_date IS NULL OR end_date > observed_until)
                 AND (died_date IS NULL OR died_date > observed_until)
       END AS longest_gap_censored,
       {_RETAINED}
FROM whole
""",
    (
        PARTICIPANT,
        Described("agency", "The provider"),
        Described("enrolment_id", "The provider's record of it, as a random number"),
        Described("start_date", "First day"),
        Described("end_date", "First day after; empty while enrolled"),
        Described("programme_kind", "Kind of programme", codes=codes.PROGRAMMES),
        Described("completed", "Whether it ended by completion"),
        Described("observed_until", "Up to when sessions and enrolments are told, exclusive; empty where not at all"),
        *SUMS,
        Described("longest_gap_days",
                  "Longest time without a session: from start to first, between two, from last to end", "days"),
        Described("longest_gap_censored", "Whether that gap was still growing where coverage ends: at least as long"),
        *_retention(),
    ),
    "warehouse/measures/dose.py",
)  # fmt: skip

DOSE: Final = MeasureView(
    "dose",
    "What each participant was offered and received, all enrolments together; each session counts once",
    f"""
WITH summed AS (
    SELECT participant_key, count(CASE WHEN enrolment_start IS NULL THEN 1 END) AS sessions_outside_enrolment,{_COUNTED}
    FROM session_ledger GROUP BY participant_key
), enrolled AS (SELECT * FROM enrolment_dose
), held AS (
    SELECT participant_key, count(*) AS enrolments, min(start_date) AS first_enrolled,
           max(longest_gap_days) AS longest_gap_days
    FROM enrolled GROUP BY participant_key
), longest AS (
    SELECT held.participant_key, bool_or(each.longest_gap_censored) AS longest_gap_censored
    FROM held JOIN enrolled AS each
      ON each.participant_key = held.participant_key AND each.longest_gap_days = held.longest_gap_days
    GROUP BY held.participant_key
), first AS (
    SELECT * FROM enrolled WHERE observed_until IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY participant_key ORDER BY start_date, agency, enrolment_id) = 1
)
SELECT coalesce(held.participant_key, summed.participant_key) AS participant_key,
       coalesce(held.enrolments, 0) AS enrolments, held.first_enrolled,
       coalesce(summed.sessions_outside_enrolment, 0) AS sessions_outside_enrolment, {_SUMMED},
       held.longest_gap_days, longest.longest_gap_censored,
       {", ".join(f"coalesce(first.retained_{days}, 'not_observable') AS retained_{days}" for days in RETENTION_DAYS)}
FROM held
FULL JOIN summed ON summed.participant_key = held.participant_key
LEFT JOIN longest ON longest.participant_key = held.participant_key
LEFT JOIN first ON first.participant_key = held.participant_key
""",
    (
        PARTICIPANT,
        counted("enrolments", "Enrolments with programmes", "enrolments"),
        Described("first_enrolled", "First day of the first of them"),
        counted("sessions_outside_enrolment", "Sessions on days that no enrolment with their provider spans: counted "
                "here, in no enrolment", "sessions"),
        *SUMS,
        Described("longest_gap_days", "Longest gap within an enrolment", "days"),
        Described("longest_gap_censored", "Whether it was still growing where coverage ends: at least as long"),
        *_retention(),
    ),
    "warehouse/measures/dose.py; retention is that of the first enrolment that is covered",
)  # fmt: skip
