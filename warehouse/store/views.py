"""The views over ledger and timeline: what is current, what was known when, who is who.

Deliveries of a feed stand in the order of as-of day, number, full before delta, digest: so the order in which files
arrive changes nothing. A full delivery closes all that the feed said before it; a delta closes the records that it
states, whoever stated them last. An extract that another one supersedes was never the truth: its life has no length.
What is current is sought in the extracts that no full delivery has closed, so that old ones cost nothing. Applied, in
this order, by `warehouse.store.migrate`.
"""

from typing import Final

from warehouse.store.link_views import LINK_VIEWS

_EXTRACT: Final = """
CREATE VIEW warehouse.extract AS
SELECT extract_id, feed, agency, left(digest, 12) AS file, size_bytes, arrived_at, state, code,
       received, loaded, rejected, duplicate, quarantined, repeats,
       sequence, as_of, covered_from, covered_until, delivery, supersedes,
       CAST(difference ->> 'new' AS bigint) AS records_new, CAST(difference ->> 'changed' AS bigint) AS records_changed,
       CAST(difference ->> 'gone' AS bigint) AS records_gone, CAST(difference ->> 'same' AS bigint) AS records_same,
       contract_version, finished_at
FROM ledger.extract
"""

_EXTRACT_LIFE: Final = """
CREATE VIEW timeline.extract_life AS
WITH loaded AS (
    SELECT extract_id, feed, agency, delivery, digest, sequence, as_of,
           extract_id IN (SELECT supersedes FROM ledger.extract WHERE state = 'loaded' AND supersedes IS NOT NULL)
               AS superseded
    FROM ledger.extract WHERE state = 'loaded'
), placed AS (
    SELECT extract_id, feed, agency, delivery, as_of,
           row_number() OVER (PARTITION BY feed ORDER BY as_of, sequence NULLS FIRST, delivery DESC, digest) AS place
    FROM loaded WHERE NOT superseded
), followed AS (
    SELECT extract_id, feed, agency, delivery, as_of, place,
           min(as_of) FILTER (WHERE delivery = 'full') OVER later AS known_until,
           min(place) FILTER (WHERE delivery = 'full') OVER later AS next_full,
           min(place) FILTER (WHERE delivery = 'delta') OVER later AS next_delta
    FROM placed
    WINDOW later AS (PARTITION BY feed ORDER BY place ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)
)
SELECT extract_id, feed, agency, delivery, as_of AS known_from, known_until,
       coalesce(next_delta < coalesce(next_full, next_delta + 1), false) AS restated, place
FROM followed
UNION ALL
SELECT extract_id, feed, agency, delivery, as_of, as_of, false, 0 FROM loaded WHERE superseded
"""

_RECORD_VERSION: Final = """
CREATE VIEW timeline.record_version AS
SELECT extract_id, stated.source_key
FROM timeline.record_block, unnest(source_keys) AS stated(source_key)
"""

_RECORD_LIFE: Final = """
CREATE VIEW timeline.record_life AS
SELECT version.extract_id, version.source_key,
       lead(life.known_from) OVER (PARTITION BY life.feed, version.source_key ORDER BY life.place) AS known_until
FROM timeline.record_version AS version
JOIN timeline.extract_life AS life USING (extract_id)
WHERE life.restated OR (life.delivery = 'delta' AND life.place > 0)
"""


def _history(table: str, dates: str) -> str:
    """The view ``<table>_history``: every row ever loaded, with its participant and when it was known."""
    return f"""
CREATE VIEW warehouse.{table}_history AS
SELECT link.participant_key,
       CASE WHEN moment.subject_id IS NULL THEN 'none' ELSE link.status END AS status,
       moment.kind, {dates}, moment.code, moment.code_raw, moment.number, moment.text, moment.text_raw, moment.detail,
       life.agency, life.feed, moment.record_id, moment.subject_id, moment.source_key,
       moment.extract_id, moment.row_number, moment.moment,
       life.known_from, least(life.known_until, record.known_until) AS known_until
FROM timeline.{table} AS moment
JOIN timeline.extract_life AS life USING (extract_id)
LEFT JOIN timeline.record_life AS record
       ON life.restated
      AND record.extract_id = moment.extract_id AND record.source_key = moment.source_key
LEFT JOIN timeline.link AS link ON link.subject_id = moment.subject_id
"""


_EVENT: Final = """
CREATE VIEW warehouse.event AS
SELECT participant_key, status, kind, event_date, code, code_raw, number, text, text_raw, detail,
       agency, feed, record_id, subject_id, source_key, extract_id, row_number, moment, known_from
FROM warehouse.event_history
WHERE known_until IS NULL AND extract_id IN (SELECT extract_id FROM timeline.extract_life WHERE known_until IS NULL)
"""

_SPAN_END: Final = """
CREATE VIEW timeline.span_end AS
SELECT DISTINCT ON (kind, record_id, event_date)
       left(kind, -4) AS kind, record_id, event_date AS end_date, code, code_raw, text, text_raw, detail
FROM warehouse.event
WHERE kind LIKE '%\\_end' AND record_id IS NOT NULL
ORDER BY kind, record_id, event_date, code, text, detail::text
"""

_SPAN: Final = """
CREATE VIEW warehouse.span AS
SELECT span.participant_key, span.status, span.kind, span.start_date,
       coalesce(span.end_date, span_end.end_date) AS end_date,
       span.code, span.code_raw, span.number, span.text, span.text_raw, span.detail,
       span_end.code AS end_code, span_end.code_raw AS end_code_raw, span_end.text AS end_text,
       span_end.text_raw AS end_text_raw, span_end.detail AS end_detail,
       span.agency, span.feed, span.record_id, span.subject_id, span.source_key,
       span.extract_id, span.row_number, span.moment, span.known_from
FROM warehouse.span_history AS span
LEFT JOIN (
    SELECT kind, record_id, end_date, code, code_raw, text, text_raw, detail,
           coalesce(lag(end_date) OVER (PARTITION BY kind, record_id ORDER BY end_date), DATE '0001-01-01') AS earlier
    FROM timeline.span_end
) AS span_end
       ON span_end.kind = span.kind AND span_end.record_id = span.record_id AND span_end.end_date >= span.start_date
      AND span_end.earlier < span.start_date
WHERE span.known_until IS NULL
  AND span.extract_id IN (SELECT extract_id FROM timeline.extract_life WHERE known_until IS NULL)
"""

_PARTICIPANT: Final = """
CREATE VIEW warehouse.participant AS
WITH moment AS (
    SELECT participant_key, event_date AS first_date, event_date AS last_date, agency, detail
    FROM warehouse.event WHERE participant_key IS NOT NULL
    UNION ALL
    SELECT participant_key, start_date, coalesce(end_date, start_date), agency, detail
    FROM warehouse.span WHERE participant_key IS NOT NULL
), seen AS (
    SELECT participant_key, min(first_date) AS first_date, max(last_date) AS last_date,
           array_agg(DISTINCT agency ORDER BY agency) AS agencies, count(*) AS moments,
           mode() WITHIN GROUP (ORDER BY detail ->> 'birth_year')
               FILTER (WHERE detail ->> 'birth_year' ~ '^[0-9]{4}$')::integer AS birth_year,
           mode() WITHIN GROUP (ORDER BY detail ->> 'sex') AS sex
    FROM moment GROUP BY participant_key
), known AS (
    SELECT participant_key, min(status) AS status, min(probability) AS probability
    FROM timeline.link WHERE participant_key IS NOT NULL GROUP BY participant_key
)
SELECT known.participant_key, known.status, known.probability, seen.first_date, seen.last_date,
       coalesce(seen.agencies, '{}') AS agencies, coalesce(seen.moments, 0) AS moments, seen.birth_year, seen.sex
FROM known LEFT JOIN seen USING (participant_key)
"""

_COVERAGE: Final = """
CREATE VIEW warehouse.coverage AS
SELECT extract.agency, extract.feed, extract.covered_from, extract.covered_until, extract.extract_id
FROM ledger.extract
JOIN timeline.extract_life AS life USING (extract_id)
WHERE life.known_until IS NULL
"""

_COMMENTS: Final = (
    "COMMENT ON VIEW warehouse.extract IS 'Every file delivered: what became of it, its counts, what it covers'",
    "COMMENT ON VIEW warehouse.event IS 'What happened on a day, as the newest deliveries tell it'",
    "COMMENT ON VIEW warehouse.span IS 'What lasted from a day (inclusive) to a day (exclusive), as now known'",
    "COMMENT ON VIEW warehouse.event_history IS 'Every version of every event, and from when until when it was known'",
    "COMMENT ON VIEW warehouse.span_history IS 'Every version of every span, and from when until when it was known'",
    "COMMENT ON VIEW warehouse.participant IS 'Every participant: first and last date, agencies, what is kept of them'",
    "COMMENT ON VIEW warehouse.coverage IS 'For which days each feed is complete; a missing delivery leaves a gap'",
)

VIEWS: Final = (
    _EXTRACT,
    _EXTRACT_LIFE,
    _RECORD_VERSION,
    _RECORD_LIFE,
    _history("event", "moment.event_date"),
    _history("span", "moment.start_date, moment.end_date"),
    _EVENT,
    _SPAN_END,
    _SPAN,
    _PARTICIPANT,
    _COVERAGE,
    *LINK_VIEWS,
    *_COMMENTS,
)
