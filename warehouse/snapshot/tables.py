"""What publication computes beside the rows it copies: the participants, and what the deliveries cover."""

from collections.abc import Mapping
from typing import Final

import duckdb
import polars as pl

from schemas.contract import Feed
from schemas.moments import SpanEnd

SUBJECT_TOLD: Final = """
WITH moment AS (
    SELECT event.subject_id, life.agency, event.event_date AS first_date, event.event_date AS last_date, event.detail
    FROM timeline.event AS event
    JOIN (SELECT extract_id, agency FROM timeline.extract_life WHERE known_until IS NULL) AS life
      ON life.extract_id = event.extract_id
    ANTI JOIN (SELECT extract_id, source_key FROM timeline.record_life WHERE known_until IS NOT NULL) AS restated
      ON restated.extract_id = event.extract_id AND restated.source_key = event.source_key
    WHERE event.subject_id IS NOT NULL
    UNION ALL
    SELECT subject_id, agency, start_date, coalesce(end_date, start_date), detail FROM span
    WHERE subject_id IS NOT NULL
), said AS (
    SELECT *, CASE WHEN contains(detail, '"birth_year"')
                   THEN try_cast(detail ->> '$.birth_year' AS INTEGER) END AS birth_year,
           CASE WHEN contains(detail, '"sex"') THEN detail ->> '$.sex' END AS sex,
           CASE WHEN contains(detail, '"race"') THEN detail ->> '$.race' END AS race
    FROM moment
)
SELECT subject_id, agency, birth_year, sex, race, min(first_date) AS first_date, max(last_date) AS last_date,
       count(*) AS moments
FROM said GROUP BY subject_id, agency, birth_year, sex, race
"""
"""What current events and spans tell of each subject; rows that say the same are one, with their number.

It is looked at before anybody asks whose the subjects are: rows are many, and a join would carry all that they say.
Detail is opened only where it has the name. The events are those of the view ``event``.
"""

TOLD: Final = "subject_told"
"""The name under which `PARTICIPANT_OF_TOLD` reads `SUBJECT_TOLD`."""
PARTICIPANT_OF_TOLD: Final = f"""
WITH alike AS (
    SELECT link.participant_key, told.agency, told.birth_year, told.sex, told.first_date, told.last_date, told.moments
    FROM {TOLD} AS told JOIN timeline.link AS link ON link.subject_id = told.subject_id
    WHERE link.participant_key IS NOT NULL
), seen AS (
    SELECT participant_key, min(first_date) AS first_date, max(last_date) AS last_date,
           list_sort(list(DISTINCT agency)) AS agencies, CAST(sum(moments) AS BIGINT) AS moments
    FROM alike GROUP BY participant_key
), born AS (
    SELECT participant_key, birth_year FROM alike WHERE birth_year IS NOT NULL GROUP BY participant_key, birth_year
    QUALIFY row_number() OVER (PARTITION BY participant_key ORDER BY sum(moments) DESC, birth_year) = 1
), sexed AS (
    SELECT participant_key, sex FROM alike WHERE sex IS NOT NULL GROUP BY participant_key, sex
    QUALIFY row_number() OVER (PARTITION BY participant_key ORDER BY sum(moments) DESC, sex) = 1
), known AS (
    SELECT participant_key, min(status) AS status, min(probability) AS probability
    FROM timeline.link WHERE participant_key IS NOT NULL GROUP BY participant_key
)
SELECT known.participant_key, known.status, known.probability, seen.first_date, seen.last_date,
       coalesce(seen.agencies, []) AS agencies, coalesce(seen.moments, 0) AS moments, born.birth_year, sexed.sex
FROM known LEFT JOIN seen USING (participant_key) LEFT JOIN born USING (participant_key)
LEFT JOIN sexed USING (participant_key) ORDER BY known.participant_key
"""
PARTICIPANT: Final = f"WITH {TOLD} AS ({SUBJECT_TOLD}) FROM ({PARTICIPANT_OF_TOLD})"
"""As the view of the same name in the warehouse; a value that several records tell differently is the most frequent."""

COVERAGE: Final = """
SELECT extract.agency, extract.feed, kind.kind, extract.covered_from, extract.covered_until,
       kind.lag_days, extract.extract_id
FROM ledger.extract AS extract
JOIN timeline.extract_life AS life USING (extract_id)
JOIN feed_kind AS kind ON kind.feed = extract.feed
WHERE life.known_until IS NULL
ORDER BY extract.agency, extract.feed, kind.kind, extract.extract_id
"""
"""One interval per delivery that is current and kind that its feed tells; what no interval holds is not known."""

FEED_KIND: Final = pl.Schema({"feed": pl.String(), "kind": pl.String(), "lag_days": pl.Int32()})


def kinds(feed: Feed) -> list[str]:
    """The kinds of fact that a feed tells; the end of a span counts as ``<kind>_end``."""
    named = (f"{mapped.kind}_end" if isinstance(mapped, SpanEnd) else mapped.kind for mapped in feed.timeline)
    return list(dict.fromkeys(named))


def register_feeds(connection: duckdb.DuckDBPyConnection, feeds: Mapping[str, Feed]) -> None:
    """Make the temporary table ``feed_kind``: which kinds each feed tells, and its maturation lag in days."""
    rows = [(feed.name, kind, feed.coverage.lag_days) for feed in feeds.values() for kind in kinds(feed)]
    register(connection, "feed_kind", pl.DataFrame(rows, schema=FEED_KIND, orient="row"))


def find_told(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the temporary table `TOLD` from events, spans and their lives: participants and links are judged by it."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {TOLD} AS {SUBJECT_TOLD}")


def forget_told(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop the table of `find_told`, which takes as much memory as there are subjects."""
    connection.execute(f"DROP TABLE temp.{TOLD}")


def register(connection: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    """Make a temporary table of a frame."""
    _create(connection, f"TEMP TABLE {name}", frame)


def store(connection: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    """Make a table of a frame in the open database."""
    _create(connection, f"TABLE {name}", frame)


def _create(connection: duckdb.DuckDBPyConnection, what: str, frame: pl.DataFrame) -> None:
    connection.register("frame", frame.to_arrow())
    connection.execute(f"CREATE OR REPLACE {what} AS SELECT * FROM frame")
    connection.unregister("frame")
