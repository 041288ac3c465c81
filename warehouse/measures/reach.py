"""Up to when an agency tells everything of a kind: what lies behind is not known, and never a no."""

from typing import Final

from warehouse.measures.view import Described, MeasureView

KIND_COVERAGE: Final = MeasureView(
    "kind_coverage",
    "The days on which all feeds of an agency that tell a kind of fact are complete, their lag taken off",
    """
WITH reached AS (
    SELECT agency, feed, kind, covered_from, covered_until,
           CAST(max(lag_days) OVER (PARTITION BY agency, feed, kind) AS INTEGER) AS lag_days,
           max(covered_until) OVER (
               PARTITION BY agency, feed, kind ORDER BY covered_from, covered_until
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM coverage
), numbered AS (
    SELECT agency, feed, kind, covered_from, covered_until, lag_days,
           sum(CASE WHEN before IS NULL OR covered_from > before THEN 1 ELSE 0 END) OVER (
               PARTITION BY agency, feed, kind ORDER BY covered_from, covered_until
               ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS island
    FROM reached
), island AS (
    SELECT agency, feed, kind, min(covered_from) AS covered_from, max(covered_until) - max(lag_days) AS observed_until
    FROM numbered GROUP BY agency, feed, kind, island
), edge AS (
    SELECT agency, kind, covered_from AS day, 1 AS step FROM island WHERE covered_from < observed_until
    UNION ALL
    SELECT agency, kind, observed_until, -1 FROM island WHERE covered_from < observed_until
), stepped AS (
    SELECT agency, kind, day, sum(step) AS step FROM edge GROUP BY agency, kind, day
), level AS (
    SELECT agency, kind, day, sum(step) OVER (PARTITION BY agency, kind ORDER BY day) AS feeds,
           lead(day) OVER (PARTITION BY agency, kind ORDER BY day) AS next_day
    FROM stepped
), supplied AS (
    SELECT agency, kind, count(DISTINCT feed) AS feeds FROM coverage GROUP BY agency, kind
)
SELECT level.agency, level.kind, level.day AS covered_from, level.next_day AS observed_until
FROM level JOIN supplied ON supplied.agency = level.agency AND supplied.kind = level.kind
WHERE level.feeds = supplied.feeds AND level.next_day IS NOT NULL
""",
    (
        Described("agency", "The agency"),
        Described("kind", "Kind of fact; <kind>_end is the end of a span"),
        Described("covered_from", "Everything is told from this day"),
        Described("observed_until", "Everything is told up to this day, exclusive: the lag is taken off"),
    ),
)


def observed(moment: str, day: str, kinds: str) -> str:
    """A subquery: agency, ``day``, up to when all ``kinds`` that the agency's feeds tell are seen from that day.

    ``moment`` names the table of agencies and days. Empty where one of the kinds is not covered on the day.
    """
    return f"""
    SELECT asked.agency, asked.{day},
           CASE WHEN count(reach.observed_until) = count(*) THEN min(reach.observed_until) END AS observed_until
    FROM (SELECT DISTINCT agency, {day} FROM {moment}) AS asked
    JOIN (SELECT DISTINCT agency, kind FROM coverage WHERE kind IN ({kinds})) AS needed
      ON needed.agency = asked.agency
    LEFT JOIN kind_coverage AS reach
      ON reach.agency = needed.agency AND reach.kind = needed.kind
     AND asked.{day} >= reach.covered_from AND asked.{day} < reach.observed_until
    GROUP BY asked.agency, asked.{day}"""
