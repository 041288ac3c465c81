"""What publication computes beside the rows it copies: the participants, and what the deliveries cover."""

from collections.abc import Mapping
from typing import Final

import duckdb
import polars as pl

from schemas.contract import Feed
from schemas.moments import SpanEnd

PARTICIPANT: Final = """
WITH moment AS (
    SELECT participant_key, event_date AS first_date, event_date AS last_date, agency, detail
    FROM event WHERE participant_key IS NOT NULL
    UNION ALL
    SELECT participant_key, start_date, coalesce(end_date, start_date), agency, detail
    FROM span WHERE participant_key IS NOT NULL
), said AS (
    SELECT *, CASE WHEN contains(detail, '"birth_year"')
                   THEN try_cast(detail ->> '$.birth_year' AS INTEGER) END AS birth_year,
           CASE WHEN contains(detail, '"sex"') THEN detail ->> '$.sex' END AS sex
    FROM moment
), alike AS (
    SELECT participant_key, agency, birth_year, sex, min(first_date) AS first_date, max(last_date) AS last_date,
           count(*) AS moments
    FROM said GROUP BY participant_key, agency, birth_year, sex
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
"""As the view of the same name in the warehouse; a value that several records tell differently is the most frequent.

Rows that say the same are counted before anything is sought among them; detail is opened only where it has the name.
"""

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
