"""What was known as of a day: every view again, over the extracts, links and terms that a publication held.

**As of a day** is what the last publication told that told of no later day: of the publications whose latest delivery
is as of that day or before, the newest. Before the first publication nothing was told: then it is the first one, less
the deliveries of later days. ``published`` names a publication by its number instead; the day then only leaves out
deliveries. See docs/decisions/0019.

The macros are made of the very queries of the views, with what they read put into the past: so the two cannot disagree.
"""

import datetime as dt
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final, cast

import duckdb
import sqlglot
from sqlglot import exp

from warehouse.snapshot.tables import COVERAGE, PARTICIPANT
from warehouse.snapshot.views import BASE_VIEWS, DERIVED, store_views, typed_view_ddl
from warehouse.store.link_tables import MAIN_THRESHOLD
from warehouse.timeline.ddl import timeline_view_ddl

_PAST: Final = "known"
_ARGUMENTS: Final = "day, published := NULL"
_CHOICE: Final = """
CREATE OR REPLACE MACRO publication_as_of(day, published := NULL) AS coalesce(
    published,
    (SELECT max(made.publication) FROM main.publication AS made WHERE made.told_until <= CAST(day AS DATE)),
    (SELECT min(made.publication) FROM main.publication AS made))
"""
_NUMBER: Final = "publication_as_of(day, published := published)"
_STANDS: Final = f"stood.publication <= {_NUMBER}"
_STOOD: Final = f"{_STANDS} AND {_NUMBER} < stood.replaced"

_ROOTS: Final = {
    "ledger.extract": f"""
        SELECT * FROM ledger.extract AS stood
        WHERE stood.state = 'loaded' AND {_STANDS} AND (day IS NULL OR stood.as_of <= CAST(day AS DATE))""",
    "timeline.link": f"""
        SELECT subject_id, participant_key, status, probability FROM timeline.link AS stood WHERE {_STANDS}
        UNION ALL
        SELECT subject_id, participant_key, status, probability FROM timeline.link_history AS stood
        WHERE stood.threshold = {MAIN_THRESHOLD} AND {_STOOD}""",
    "timeline.link_strict": f"""
        SELECT subject_id, threshold, participant_key FROM timeline.link_strict AS stood WHERE {_STANDS}
        UNION ALL
        SELECT subject_id, threshold, participant_key FROM timeline.link_history AS stood
        WHERE stood.threshold > {MAIN_THRESHOLD} AND {_STOOD}""",
    "main.feed_kind": f"""
        SELECT feed, kind, lag_days FROM ledger.feed_term AS stood
        WHERE {_STANDS} AND ({_NUMBER} < stood.replaced OR stood.replaced IS NULL)""",
}
"""What all else is made of: the extracts, links and terms of a publication."""
_LASTING: Final = {"timeline.record_life": "WHERE known_until IS NOT NULL"}
"""What publication leaves out of a view's rows when it writes them down."""
_MADE: Final = ("extract_life", "record_life", "event_history", "span_history", "event", "span_end", "span",
                "participant_link")  # fmt: skip
_IN_TIMELINE: Final = frozenset((*DERIVED, "link", "link_strict"))


@cache
def as_of_macros() -> tuple[str, ...]:
    """The statements that make ``event_as_of(day)`` and the others; they need table ``main.publication``.

    Each takes a day (null: any) and, by name, ``published``. Also in schema ``main``: ``span_as_of``,
    ``event_history_as_of``, ``span_history_as_of``, ``participant_link_as_of``, ``participant_as_of``,
    ``coverage_as_of``; what these rest on stands in ``ledger`` and ``timeline``.
    """
    views = store_views(_MADE)
    queries = {**_ROOTS, **{_full(name): _in_the_past(views[name]) for name in _MADE}}
    queries |= {f"main.{name}": _in_the_past(query) for name, query in _COMPUTED.items()}
    return (_CHOICE, *(_macro(name, query) for name, query in queries.items()))


_COMPUTED: Final = {"participant": PARTICIPANT, "coverage": COVERAGE}


def _macro(name: str, query: str) -> str:
    kept = f"SELECT * FROM ({query}) {_LASTING[name]}" if name in _LASTING else query
    return f"CREATE OR REPLACE MACRO {name}_as_of({_ARGUMENTS}) AS TABLE {kept}"


def _full(name: str) -> str:
    return f"timeline.{name}" if name in _IN_TIMELINE else f"main.{name}"


def _in_the_past(query: str) -> str:
    """The query over what each of its tables was."""
    tree = sqlglot.parse_one(query, read="duckdb")
    own = {part.alias for part in tree.find_all(exp.CTE)}
    past = (*_ROOTS, *map(_full, _MADE))
    for table in list(tree.find_all(exp.Table)):
        name = f"{table.db or 'main'}.{table.name}"
        if name in past and (table.db or table.name not in own):
            table.replace(_called(name, table.alias or table.name))
    return tree.sql(dialect="duckdb")


def _called(name: str, alias: str) -> exp.Expression:
    call = f"SELECT * FROM {name}_as_of(day, published := published) AS {alias}"
    return cast("exp.Expression", sqlglot.parse_one(call, read="duckdb").args["from_"].this)


def mount_as_of(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the macros of `as_of_macros` in the open snapshot."""
    for statement in as_of_macros():
        connection.execute(statement)


_WRITTEN: Final = ("ledger.extract", "timeline.extract_life", "timeline.record_life", "timeline.link",
                   "timeline.link_strict", "main.feed_kind")  # fmt: skip
"""What a stand in the past writes down once, because much else reads it."""
_AS_THEY_ARE: Final = ("timeline.event", "timeline.span", "main.participant_supersession")


@contextmanager
def stand_as_of(
    connection: duckdb.DuckDBPyConnection, day: dt.date | None, published: int | None = None
) -> Iterator[None]:
    """Let the names of a snapshot mean what they meant as of ``day``, or to publication ``published``.

    Inside, ``event``, ``span``, their histories and typed views, ``participant``, ``participant_link``, ``coverage``
    and the views of `warehouse.timeline` are those of then, so that outcomes and studies compute what they did; tables
    of results (``outcome_rate``) stay what was published last. The connection's current database is the snapshot; it
    may be read-only. Raises `ValueError` where neither is stated.
    """
    if day is None and published is None:
        raise ValueError("as of which day, or which publication?")
    path = connection.execute("SELECT current_setting('search_path')").fetchall()[0][0]
    home = connection.execute("SELECT current_database()").fetchall()[0][0]
    with tempfile.TemporaryDirectory() as folder:
        connection.execute(f"ATTACH '{Path(folder) / 'known.duckdb'}' AS {_PAST} (READ_WRITE)")
        try:
            _write_down(connection, home, day, published)
            connection.execute(f"SET search_path = '{_PAST}.main,\"{home}\".main'")
            _stand(connection)
            yield
        finally:
            connection.execute(f"SET search_path = '{path}'")
            connection.execute(f"DETACH {_PAST}")


def _write_down(connection: duckdb.DuckDBPyConnection, home: str, day: dt.date | None, published: int | None) -> None:
    """Make, in the database of the past, the small tables on which the views rest."""
    for schema in ("ledger", "timeline"):
        connection.execute(f"CREATE SCHEMA {_PAST}.{schema}")
    stated = "NULL" if day is None else f"DATE '{day}'"
    arguments = f"{stated}, published := {published or 'NULL'}"
    for name in _WRITTEN:
        connection.execute(f"CREATE TABLE {_PAST}.{name} AS FROM {name}_as_of({arguments})")
    for name in _AS_THEY_ARE:
        connection.execute(f'CREATE VIEW {_PAST}.{name} AS FROM "{home}".{name}')


def _stand(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the views as in a snapshot, and compute what publication computes for it."""
    made = store_views((*BASE_VIEWS, "span_end"))
    for name, query in made.items():
        kind = "TABLE" if name == "span_end" else "VIEW"
        connection.execute(f"CREATE {kind} {_PAST}.{_full(name)} AS {query}")
    for name, query in _COMPUTED.items():
        connection.execute(f"CREATE TABLE {_PAST}.main.{name} AS {query}")
    for statement in (*typed_view_ddl("duckdb"), *timeline_view_ddl()):
        connection.execute(statement)
