"""Which table of a snapshot stands in which schema, and how the tables and views come to stand in a connection."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import duckdb

from warehouse.snapshot.partitions import Partition, scan
from warehouse.snapshot.views import BASE_VIEWS, DERIVED, store_views, typed_view_ddl
from warehouse.study.tables import TABLES as STUDIES
from warehouse.timeline.ddl import timeline_view_ddl

LEDGER: Final = ("extract", "feed_term")
TIMELINE: Final = ("event", "span", "record_version", "link", "link_strict", "link_history", *DERIVED)
COMPUTED: Final = (
    "participant", "participant_supersession", "coverage", "outcome", "outcome_rate", "outcome_curve", "outcome_flow",
    "outcome_sensitivity", "link_quality", "measure", *STUDIES,
)  # fmt: skip
"""Tables of schema ``main`` that publication computes; its views are the store's and the typed ones."""

_AT: Final = """
CREATE OR REPLACE MACRO {table}_at(least_probability) AS TABLE
SELECT moment.* REPLACE (held.participant_key AS participant_key)
FROM {table} AS moment
LEFT JOIN (SELECT subject_id, participant_key FROM participant_link WHERE threshold = least_probability) AS held
USING (subject_id)
"""
_LINK_AT: Final = """
CREATE OR REPLACE MACRO link_at(least_probability) AS TABLE
SELECT subject_id, participant_key, status, probability FROM participant_link WHERE threshold = least_probability
"""
MACROS: Final = (_LINK_AT, *(_AT.format(table=table) for table in ("event", "span")))
"""``link_at(.9)``, ``event_at(.9)``, ``span_at(.9)``: links, events and spans of the participants at a threshold."""

SCHEMAS: Final[dict[str, str]] = (
    dict.fromkeys(LEDGER, "ledger") | dict.fromkeys(TIMELINE, "timeline") | dict.fromkeys(COMPUTED, "main")
)


def create_schemas(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the schemas beside ``main`` in which the copied tables stand."""
    for schema in ("ledger", "timeline"):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")


def mount(connection: duckdb.DuckDBPyConnection, folder: Path, partitions: Iterable[Partition]) -> None:
    """Make each table that the partitions hold visible as a view over its files."""
    files: dict[str, list[str]] = {}
    for partition in partitions:
        files.setdefault(partition.table, []).append(partition.file)
    for table, names in files.items():
        connection.execute(f"CREATE OR REPLACE VIEW {SCHEMAS[table]}.{table} AS FROM {scan(folder, names)}")


def mount_store_views(connection: duckdb.DuckDBPyConnection, names: tuple[str, ...] = BASE_VIEWS) -> None:
    """Make the store's views, in the store's order; those of ``DERIVED`` stand in schema ``timeline``."""
    for name, query in store_views(names).items():
        schema = "timeline" if name in DERIVED else "main"
        connection.execute(f"CREATE OR REPLACE VIEW {schema}.{name} AS {query}")


def mount_typed_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the typed views in schema ``main``, and those that follow from the timeline."""
    for statement in (*typed_view_ddl("duckdb"), *timeline_view_ddl()):
        connection.execute(statement)


def mount_macros(connection: duckdb.DuckDBPyConnection) -> None:
    """Make what analysts call with a threshold."""
    for statement in MACROS:
        connection.execute(statement)
