"""The views that follow from the timeline, for a snapshot: episodes, flags, and gaps of coverage."""

from collections.abc import Mapping
from typing import Final

from warehouse.timeline.episodes import EPISODE, HOW, episode_query
from warehouse.timeline.flags import FLAGS, TIMELINE_FLAG, flag_query
from warehouse.timeline.gaps import COVERAGE_GAP, COVERAGE_GAP_QUERY

TABLES: Final[Mapping[str, str]] = {
    "episode": "How long each thing lasted, whoever told it: the spans of a kind, put together; see docs/timelines.md",
    "timeline_flag": "Records that cannot stand in the order in which they are told; they are kept all the same",
    "coverage_gap": "Days between deliveries for which a feed is complete for nothing",
}
COLUMNS: Final[Mapping[str, Mapping[str, str]]] = {
    "episode": EPISODE,
    "timeline_flag": TIMELINE_FLAG,
    "coverage_gap": COVERAGE_GAP,
}
CODES: Final[Mapping[tuple[str, str], Mapping[str, str]]] = {
    ("episode", "how"): HOW,
    ("timeline_flag", "flag"): {flag.name: flag.meaning for flag in FLAGS},
}
SOURCES: Final[Mapping[str, str]] = {
    "episode": "warehouse/timeline/episodes.py",
    "timeline_flag": "warehouse/timeline/flags.py",
    "coverage_gap": "warehouse/timeline/gaps.py",
}


def timeline_view_ddl() -> tuple[str, ...]:
    """CREATE VIEW statements in DuckDB's dialect; they read ``event``, ``span`` and others without a schema."""
    queries = {"episode": episode_query(), "timeline_flag": flag_query(), "coverage_gap": COVERAGE_GAP_QUERY}
    return tuple(f"CREATE VIEW {name} AS {query}" for name, query in queries.items())
