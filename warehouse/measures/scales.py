"""Scales: first score, last comparable one, and what became of the second score where there is none."""

from typing import Final

from schemas import codes
from warehouse.measures.definitions import (
    BETTER,
    CUT_OFFS,
    FACTORS,
    FOLLOW_UP,
    FOLLOW_UP_DAYS,
    MEANINGFUL,
    RESPONSES,
    per_scale,
)
from warehouse.measures.reach import observed
from warehouse.measures.view import PARTICIPANT, Described, MeasureView

_THRESHOLD: Final = per_scale(MEANINGFUL, "first.scale")
_CUT_OFF: Final = per_scale(CUT_OFFS, "first.scale")
_GAIN: Final = f"(last.points - first.points) * {per_scale(BETTER, 'first.scale', '1')}"

SCALE_CHANGE: Final = MeasureView(
    "scale_change",
    "Participant × scale: the first score and the last one on a later day with the same version; nothing is imputed",
    f"""
WITH scored AS (
    SELECT participant_key, agency, code AS scale, coalesce(detail ->> '$.scale_version', '') AS version, event_date,
           number * {per_scale(FACTORS, "code", "1")} AS points, extract_id, row_number
    FROM event WHERE kind = 'assessment' AND participant_key IS NOT NULL AND number IS NOT NULL
), first AS (
    SELECT * FROM scored QUALIFY row_number() OVER (
        PARTITION BY participant_key, scale ORDER BY event_date, extract_id, row_number) = 1
), later AS (
    SELECT scored.participant_key, scored.scale, scored.event_date, scored.points, scored.extract_id,
           scored.row_number, scored.version = first.version AS same_version
    FROM scored JOIN first ON first.participant_key = scored.participant_key AND first.scale = scored.scale
    WHERE scored.event_date > first.event_date
), last AS (
    SELECT * FROM later WHERE same_version QUALIFY row_number() OVER (
        PARTITION BY participant_key, scale ORDER BY event_date DESC, extract_id DESC, row_number DESC) = 1
), other AS (
    SELECT participant_key, scale, count(CASE WHEN NOT same_version THEN 1 END) AS other_version
    FROM later GROUP BY participant_key, scale
), seen AS ({observed("first", "event_date", "'assessment'")}
)
SELECT first.participant_key, first.scale, first.version, first.event_date AS first_date, first.points AS first_score,
       last.event_date AS last_date, last.points AS last_score, last.points - first.points AS change,
       CASE WHEN last.points IS NULL OR {_THRESHOLD} IS NULL THEN NULL
            WHEN {_GAIN} >= {_THRESHOLD} THEN 'improved' WHEN -({_GAIN}) >= {_THRESHOLD} THEN 'worsened'
            ELSE 'unchanged' END AS response,
       first.points >= {_CUT_OFF} AS first_over_cut_off, last.points >= {_CUT_OFF} AS last_over_cut_off,
       CASE WHEN last.points IS NOT NULL THEN 'yes' WHEN other.other_version > 0 THEN 'other_version'
            WHEN seen.observed_until IS NULL OR first.event_date + {FOLLOW_UP_DAYS} >= seen.observed_until
            THEN 'not_observable' ELSE 'no' END AS followed_up
FROM first
LEFT JOIN last ON last.participant_key = first.participant_key AND last.scale = first.scale
LEFT JOIN other ON other.participant_key = first.participant_key AND other.scale = first.scale
LEFT JOIN seen ON seen.agency = first.agency AND seen.event_date = first.event_date
""",
    (
        PARTICIPANT,
        Described("scale", "Scale", codes={scale: f"{low:g} to {high:g} as scored" for scale, (low, high)
                                           in codes.SCALES.items()}),
        Described("version", "Version of its wording at the first score; empty where none is told"),
        Described("first_date", "When it was first scored"),
        Described("first_score", "First score; WHO-5 times four", "points"),
        Described("last_date", "When it was last scored with the same version; empty where never again"),
        Described("last_score", "That score", "points"),
        Described("change", "Last less first", "points"),
        Described("response", "What the change means: WHO-5 by 10 of 100 points, PHQ-9 by 5; empty for other scales",
                  codes=RESPONSES),
        Described("first_over_cut_off", "Whether the first score says distress: K6 from 13, PHQ-9 from 10"),
        Described("last_over_cut_off", "Whether the last one does"),
        Described("followed_up", "What became of the second score", codes=FOLLOW_UP),
    ),
    "warehouse/measures/scales.py: WHO 2024 (WHO-5); Kessler et al. 2003 (K6); Kroenke et al. 2001 (PHQ-9)",
)  # fmt: skip


def pivoted(scale: str, prefix: str, columns: tuple[str, ...]) -> str:
    """Columns of one scale's row of ``scale_change``, under a prefix; for a GROUP BY of the participant."""
    chosen = (f"max(CASE WHEN scale = '{scale}' THEN {name} END) AS {prefix}_{name}" for name in columns)
    return ", ".join(chosen)
