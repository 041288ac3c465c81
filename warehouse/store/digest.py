"""The logical digest: one text that says whether two warehouses hold the same, however they came to it."""

from typing import Final

from sqlalchemy import Engine, text

from warehouse.store.engine import valueless
from warehouse.store.link_tables import MAIN_THRESHOLD


@valueless
def logical_digest(engine: Engine) -> str:
    """SHA-256, hexadecimal, of content, versions, verdicts, flags and partition (FAULTS I and O).

    Equal for the same files in any order of arrival and with any replays. System time, extract ids and repetitions
    are left out, and what depends on what was loaded before: differences, findings against the history, and the
    outcome that follows from the findings. Surrogates are random, so each stands by the place that nobody chose: a
    subject or a record by the first (file, row, moment) that speaks of it, a participant by its first subject;
    participants of whom no row speaks are counted by status. The stricter thresholds count by whom they take apart.
    """
    with engine.connect() as connection:
        return str(connection.scalar(text(_DIGEST)))


def _told(table: str, dates: str) -> str:
    return f"""
    SELECT '{table}' AS what,
           concat_ws('/', told.feed, told_by.digest, told.row_number, told.moment) COLLATE "C" AS place,
           told.subject_id, told.record_id, told.participant_key,
           jsonb_build_array(told.status, told.kind, {dates}, told.code, told.code_raw, told.number, told.text,
                             told.text_raw, told.detail, told.agency, told.known_from, told.known_until) AS content
    FROM warehouse.{table}_history AS told JOIN ledger.extract AS told_by USING (extract_id)"""


_VERDICT: Final = """
CASE jsonb_typeof(verdict -> 'findings') WHEN 'array' THEN (verdict - 'outcome' - 'findings') || jsonb_build_object(
    'findings', jsonb_path_query_array(verdict, '$.findings[*] ? (!(@.against_history == true))')
) ELSE verdict END"""

_DIGEST: Final = f"""
WITH told AS ({_told("event", "told.event_date")}
    UNION ALL {_told("span", "told.start_date, told.end_date")}
), subject AS (
    SELECT subject_id, min(place) AS place FROM told GROUP BY subject_id
), record AS (
    SELECT record_id, min(place) AS place FROM told GROUP BY record_id
), participant AS (
    SELECT link.participant_key, min(subject.place) AS place, min(link.status) AS status
    FROM timeline.link AS link LEFT JOIN subject USING (subject_id)
    WHERE link.participant_key IS NOT NULL GROUP BY link.participant_key
), apart AS (
    SELECT held.threshold, held.participant_key, min(subject.place) AS place
    FROM warehouse.participant_link AS held JOIN subject USING (subject_id)
    WHERE held.threshold > {MAIN_THRESHOLD} AND held.participant_key IS NOT NULL
    GROUP BY held.threshold, held.participant_key
), fact AS (
    SELECT jsonb_build_array(told.what, told.place, told.content, subject.place, record.place, participant.place)
    FROM told
    LEFT JOIN subject USING (subject_id)
    LEFT JOIN record USING (record_id)
    LEFT JOIN participant USING (participant_key)
    UNION ALL
    SELECT DISTINCT jsonb_build_array(
        'extract', feed, agency, digest, state, code, received, loaded, rejected, duplicate, quarantined,
        sequence, as_of, covered_from, covered_until, delivery, contract_version, {_VERDICT},
        (SELECT superseded.digest FROM ledger.extract AS superseded WHERE superseded.extract_id = extract.supersedes))
    FROM ledger.extract WHERE repeats IS NULL
    UNION ALL
    SELECT DISTINCT jsonb_build_array('decision', extract.feed, extract.digest, decision, decision.code, reason)
    FROM ledger.decision JOIN ledger.extract USING (extract_id)
    UNION ALL
    SELECT jsonb_build_array('rejection', extract.feed, extract.digest, rejection.row_number, rejection."column", rule)
    FROM ledger.rejection AS rejection JOIN ledger.extract AS extract USING (extract_id)
    UNION ALL
    SELECT jsonb_build_array('apart', apart.threshold, subject.place, apart.place)
    FROM apart JOIN warehouse.participant_link AS held USING (threshold, participant_key)
    JOIN subject USING (subject_id)
    JOIN timeline.link AS main USING (subject_id)
    JOIN participant ON participant.participant_key = main.participant_key
    WHERE apart.place <> participant.place
    UNION ALL
    SELECT jsonb_build_array('participants without a row', status, count(*))
    FROM participant WHERE place IS NULL GROUP BY status
), hashed AS (
    SELECT encode(sha256(convert_to(fact::text, 'UTF8')), 'hex') COLLATE "C" AS hash FROM fact AS facts(fact)
)
SELECT encode(sha256(convert_to(coalesce(string_agg(hash, '' ORDER BY hash), ''), 'UTF8')), 'hex') FROM hashed
"""
