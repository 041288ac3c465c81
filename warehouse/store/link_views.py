"""The views over the link tables: who is who at each threshold, and what became of a participant's key."""

from typing import Final

from warehouse.store.link_tables import THRESHOLDS

_LINK: Final = f"""
CREATE VIEW warehouse.participant_link AS
SELECT link.subject_id, held.threshold, coalesce(strict.participant_key, link.participant_key) AS participant_key,
       link.status, link.probability
FROM timeline.link AS link
CROSS JOIN (VALUES {", ".join(f"(CAST({value} AS double precision))" for value in THRESHOLDS)}) AS held(threshold)
LEFT JOIN timeline.link_strict AS strict
       ON strict.subject_id = link.subject_id AND strict.threshold = held.threshold
"""

_SUPERSESSION: Final = """
CREATE VIEW warehouse.participant_supersession AS
SELECT moved.from_key, moved.to_key, moved.kind, moved.reason, moved.subjects, moved.batch_id,
       batch.model_version, batch.applied_at AS moved_at
FROM timeline.supersession AS moved
JOIN ledger.link_batch AS batch USING (batch_id)
WHERE batch.key_version IS NOT DISTINCT FROM
      (SELECT newest.key_version FROM ledger.link_batch AS newest ORDER BY newest.batch_id DESC LIMIT 1)
"""
"""Keys of an earlier version of the project's key are replaced as a whole: those who hold them ask the project."""

_SUCCESSOR: Final = """
CREATE VIEW warehouse.participant_successor AS
WITH RECURSIVE step AS (
    SELECT from_key, to_key, batch_id,
           kind = 'merge' AND count(*) OVER (PARTITION BY from_key, batch_id) = 1 AS whole
    FROM warehouse.participant_supersession WHERE to_key IS NOT NULL
), path AS (
    SELECT from_key, to_key, batch_id, whole FROM step
    UNION
    SELECT path.from_key, step.to_key, step.batch_id, path.whole AND step.whole
    FROM path JOIN step ON step.from_key = path.to_key AND step.batch_id > path.batch_id
)
SELECT from_key, to_key AS participant_key, max(batch_id) AS batch_id, bool_or(whole) AS whole
FROM path
WHERE to_key IN (SELECT participant_key FROM timeline.link WHERE participant_key IS NOT NULL) AND from_key <> to_key
GROUP BY from_key, to_key
"""

_COMMENTS: Final = (
    "COMMENT ON VIEW warehouse.participant_link IS "
    "'Which participant each subject is, at each threshold of the probability of a link'",
    "COMMENT ON VIEW warehouse.participant_supersession IS "
    "'Which participant was replaced by which, when and why: every merge, split and retirement'",
    "COMMENT ON VIEW warehouse.participant_successor IS "
    "'Under which keys those are found today who once stood under another'",
)

LINK_VIEWS: Final = (_LINK, _SUPERSESSION, _SUCCESSOR, *_COMMENTS)
