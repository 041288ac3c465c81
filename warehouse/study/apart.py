"""The participants of a stricter threshold of linkage: those taken apart, put in the place of the others.

A stricter threshold takes some participants apart and leaves all others as they are. What a study counts is of each
person alone, so only those taken apart are computed again; the others are counted as they stand.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import polars as pl
from duckdb import DuckDBPyConnection

from warehouse.study.words import listed

_BASE: Final = ("event", "span", "participant")
_APART: Final = """
CREATE OR REPLACE TEMP TABLE apart AS
SELECT strict.threshold, strict.subject_id, strict.participant_key, main.participant_key AS main_key
FROM participant_link AS strict
JOIN (FROM participant_link WHERE threshold = $main) AS main USING (subject_id)
WHERE strict.threshold <> $main AND main.participant_key IN (
    SELECT m.participant_key FROM participant_link AS s JOIN participant_link AS m USING (subject_id)
    WHERE s.threshold = strict.threshold AND m.threshold = $main AND s.participant_key <> m.participant_key)
"""
PARTS: Final = "SELECT DISTINCT participant_key, main_key FROM apart WHERE threshold = {threshold}"
"""Those whom a stricter threshold takes apart, and whose they are at the main one; needs `find_apart`."""
_MOMENT: Final = """
CREATE OR REPLACE TEMP TABLE {table}_apart AS
SELECT moment.* REPLACE (apart.participant_key AS participant_key)
FROM {table} AS moment JOIN apart USING (subject_id) WHERE apart.threshold = {threshold}{told}
"""
_PARTICIPANT: Final = """
CREATE OR REPLACE TEMP TABLE participant_apart AS
SELECT known.* REPLACE (apart.participant_key AS participant_key)
FROM (SELECT DISTINCT participant_key, main_key FROM apart WHERE threshold = {threshold}) AS apart
JOIN participant AS known ON known.participant_key = apart.main_key
QUALIFY row_number() OVER (PARTITION BY apart.participant_key ORDER BY apart.main_key) = 1
"""


def find_apart(connection: DuckDBPyConnection, main: float) -> None:
    """Make the temporary table ``apart``: whom each stricter threshold takes apart, from ``participant_link``."""
    connection.execute(_APART, {"main": main})


def taken_apart(connection: DuckDBPyConnection, threshold: float) -> pl.Series:
    """The keys, at the main threshold, of the participants that a stricter one takes apart."""
    query = f"SELECT DISTINCT main_key FROM apart WHERE threshold = {threshold} ORDER BY 1"
    return connection.execute(query).pl()["main_key"]


def main_keys(connection: DuckDBPyConnection, threshold: float) -> pl.DataFrame:
    """``participant_key`` of those whom a stricter threshold takes apart → ``main_key``, whose they are at the main."""
    return connection.execute(f"{PARTS.format(threshold=threshold)} ORDER BY ALL").pl()


def broken(threshold: float) -> str:
    """The SQL condition on ``participant_key``, of the main threshold, for those whom this one takes apart."""
    return f"participant_key IN (SELECT main_key FROM apart WHERE threshold = {threshold})"


def separable(connection: DuckDBPyConnection, thresholds: Sequence[float]) -> bool:
    """Whether there are links by threshold at all, and stricter thresholds than the first."""
    query = "SELECT count(*) FROM duckdb_columns() WHERE table_name = 'participant_link'"
    return len(thresholds) > 1 and connection.execute(query).fetchall()[0][0] > 0


@contextmanager
def only_apart(connection: DuckDBPyConnection, threshold: float, kinds: frozenset[str] | None = None) -> Iterator[None]:
    """Inside, ``event``, ``span`` and ``participant`` are those of whom the threshold takes apart.

    ``kinds``: only events and spans of these, if stated. Temporary views stand before the tables of the same names, so
    that a connection that only reads will do.
    """
    told = "" if kinds is None else f" AND moment.kind IN {listed(sorted(kinds))}"
    for table in ("event", "span"):
        connection.execute(_MOMENT.format(table=table, threshold=threshold, told=told))
    connection.execute(_PARTICIPANT.format(threshold=threshold))
    for table in _BASE:
        connection.execute(f"CREATE TEMP VIEW {table} AS FROM temp.{table}_apart")
    try:
        yield
    finally:
        for table in _BASE:
            connection.execute(f"DROP VIEW temp.{table}")
