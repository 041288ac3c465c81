"""Emotional support, information and life skills: hours and sessions of their kinds of content."""

from typing import Final

from warehouse.measures.definitions import FOLLOW_UP, MODULE_SHARE, RESPONSES, RETENTION, RETENTION_DAYS
from warehouse.measures.scales import pivoted
from warehouse.measures.view import PARTICIPANT, Described, MeasureView, counted, share


def _sessions(condition: str) -> str:
    """Offered, unknown, attended, and the share, of the sessions that meet a condition."""
    return f"""
           count(CASE WHEN {condition} AND offered THEN 1 END) AS sessions_offered,
           count(CASE WHEN {condition} AND session_status = 'unknown' THEN 1 END) AS sessions_unknown,
           count(CASE WHEN {condition} AND attended THEN 1 END) AS sessions_attended,
           count(CASE WHEN {condition} AND attended THEN 1 END) * 1.0
               / nullif(count(CASE WHEN {condition} THEN attended END), 0) AS attended_share,
           coalesce(sum(CASE WHEN {condition} THEN hours END), 0) AS hours"""


def _told(kind: str) -> tuple[Described, ...]:
    return (
        counted("sessions_offered", f"Sessions of {kind} offered", "sessions"),
        counted("sessions_unknown", "Of these: of which nobody knows whether the person came", "sessions"),
        counted("sessions_attended", "Of these: attended", "sessions"),
        share("attended_share", "Attended ÷ offered, those left out of which it is not known"),
        counted("hours", "Hours of them attended", "hours"),
    )


_SCALES: Final = {"WHO-5": "who5", "K6": "k6", "PHQ-9": "phq9"}
_SHOWN: Final = ("first_score", "last_score", "change", "response", "followed_up")
_PIVOTS: Final = ", ".join(pivoted(scale, prefix, _SHOWN) for scale, prefix in _SCALES.items())
_SCALE_COLUMNS: Final = tuple(
    column
    for scale, prefix in _SCALES.items()
    for column in (
        Described(f"{prefix}_first_score", f"{scale}: first score; empty where never scored", "points"),
        Described(f"{prefix}_last_score", f"{scale}: last score of the same version", "points"),
        Described(f"{prefix}_change", f"{scale}: last less first", "points"),
        Described(f"{prefix}_response", f"{scale}: what the change means; empty where nobody agreed", codes=RESPONSES),
        Described(f"{prefix}_followed_up", f"{scale}: what became of the second score", codes=FOLLOW_UP),
    )
)

EMOTIONAL_SUPPORT: Final = MeasureView(
    "emotional_support",
    "Hours in emotional-support sessions, retention, longest gap, and the change of scales",
    f"""
WITH received AS (SELECT * FROM dose
), shared AS (
    SELECT participant_key,{_sessions("content_code = 'emotional_support'")}
    FROM session_ledger GROUP BY participant_key
), scored AS (
    SELECT participant_key, {_PIVOTS} FROM scale_change GROUP BY participant_key
), who AS (
    SELECT participant_key FROM received UNION SELECT participant_key FROM scored
)
SELECT who.participant_key, coalesce(shared.sessions_offered, 0) AS sessions_offered,
       coalesce(shared.sessions_unknown, 0) AS sessions_unknown,
       coalesce(shared.sessions_attended, 0) AS sessions_attended, shared.attended_share,
       coalesce(shared.hours, 0) AS hours, dose.longest_gap_days, dose.longest_gap_censored,
       {", ".join(f"coalesce(dose.retained_{days}, 'not_observable') AS retained_{days}" for days in RETENTION_DAYS)},
       {", ".join(f"scored.{column.name}" for column in _SCALE_COLUMNS)}
FROM who
LEFT JOIN received AS dose ON dose.participant_key = who.participant_key
LEFT JOIN shared ON shared.participant_key = who.participant_key
LEFT JOIN scored ON scored.participant_key = who.participant_key
""",
    (
        PARTICIPANT,
        *_told("emotional support"),
        Described("longest_gap_days", "Longest time without any session within an enrolment", "days"),
        Described("longest_gap_censored", "Whether it was still growing where coverage ends"),
        *(Described(f"retained_{days}", f"Who is still there {days} days after the start", codes=RETENTION)
          for days in RETENTION_DAYS),
        *_SCALE_COLUMNS,
    ),
    "warehouse/measures/support.py",
)  # fmt: skip

_INFORMATION: Final = "content_code IN ('legal_information', 'education')"
INFORMATION: Final = MeasureView(
    "information",
    "Sessions of legal information and education attended ÷ offered, hours led by experts, kinds of content met",
    f"""
SELECT participant_key,{_sessions(_INFORMATION)},
       coalesce(sum(CASE WHEN content_code = 'legal_information' THEN hours END), 0) AS hours_legal_information,
       coalesce(sum(CASE WHEN content_code = 'education' THEN hours END), 0) AS hours_education,
       coalesce(sum(CASE WHEN led_by = 'expert' THEN hours END), 0) AS expert_led_hours,
       count(DISTINCT CASE WHEN attended THEN content_code END) AS topics
FROM session_ledger GROUP BY participant_key
""",
    (
        PARTICIPANT,
        *_told("legal information and education"),
        counted("hours_legal_information", "Hours of legal information attended", "hours"),
        counted("hours_education", "Hours of education attended", "hours"),
        counted("expert_led_hours", "Hours attended that an expert led, of any content", "hours"),
        counted("topics", "Different kinds of content attended; the files tell no finer topic", "kinds"),
    ),
    "warehouse/measures/support.py",
)  # fmt: skip

STATUS_SPAN: Final = MeasureView(
    "status_span",
    "Times of employment and of education; empty where no feed tells them, as of today none does",
    """
SELECT participant_key, kind AS status_kind, start_date, end_date, code AS status_code, agency
FROM span WHERE kind IN ('employment', 'education') AND participant_key IS NOT NULL
""",
    (
        PARTICIPANT,
        Described("status_kind", "Employment or education"),
        Described("start_date", "First day"),
        Described("end_date", "First day after; empty while it lasts"),
        Described("status_code", "Kind, as the agency says"),
        Described("agency", "The agency that told it"),
    ),
    "no feed yet",
)

LIFE_SKILLS: Final = MeasureView(
    "life_skills",
    "Life-skills sessions and modules; a module is the life-skills sessions of one group",
    f"""
WITH session AS (SELECT * FROM session_ledger
), module AS (
    SELECT participant_key, agency, group_id, count(CASE WHEN attended THEN 1 END) AS sessions_attended,
           count(attended) AS sessions_known
    FROM session WHERE content_code = 'life_skills' AND offered AND group_id IS NOT NULL
    GROUP BY participant_key, agency, group_id
), modules AS (
    SELECT participant_key, count(*) AS modules_offered,
           count(CASE WHEN sessions_known > 0 AND sessions_attended >= {MODULE_SHARE} * sessions_known THEN 1 END)
               AS modules_completed
    FROM module GROUP BY participant_key
), lived AS (
    SELECT participant_key, count(CASE WHEN status_kind = 'employment' THEN 1 END) AS employment_spans,
           count(CASE WHEN status_kind = 'education' THEN 1 END) AS education_spans
    FROM status_span GROUP BY participant_key
), summed AS (
    SELECT participant_key,{_sessions("content_code = 'life_skills'")}
    FROM session GROUP BY participant_key
)
SELECT summed.*, coalesce(modules.modules_offered, 0) AS modules_offered,
       coalesce(modules.modules_completed, 0) AS modules_completed, lived.employment_spans, lived.education_spans
FROM summed
LEFT JOIN modules ON modules.participant_key = summed.participant_key
LEFT JOIN lived ON lived.participant_key = summed.participant_key
""",
    (
        PARTICIPANT,
        *_told("life skills"),
        counted("modules_offered", "Groups whose life-skills sessions were offered to the person", "modules"),
        counted("modules_completed", "Of these: attended at three quarters or more of the sessions that are known",
                "modules"),
        counted("employment_spans", "Times of employment; empty where no feed tells them", "spans"),
        counted("education_spans", "Times of education; empty where no feed tells them", "spans"),
    ),
    "warehouse/measures/support.py",
)  # fmt: skip
