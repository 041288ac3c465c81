"""Gaps of coverage: the days between two deliveries for which a feed is complete for nothing."""

from collections.abc import Mapping
from typing import Final

COVERAGE_GAP: Final[Mapping[str, str]] = {
    "agency": "The agency",
    "feed": "The feed",
    "kind": "Kind of fact; <kind>_end is the end of a span",
    "gap_from": "The first day that no delivery covers",
    "gap_until": "The first day that is covered again",
}

COVERAGE_GAP_QUERY: Final = """
WITH reached AS (
    SELECT agency, feed, kind, covered_from, max(covered_until) OVER (
               PARTITION BY agency, feed, kind ORDER BY covered_from, covered_until
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reach
    FROM coverage
)
SELECT agency, feed, kind, reach AS gap_from, covered_from AS gap_until FROM reached WHERE covered_from > reach
"""
"""The query of the view ``coverage_gap`` over ``coverage``; outside of them nothing is known."""
