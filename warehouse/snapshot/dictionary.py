"""The dictionary of a snapshot: every table and column that is in it, described; an undescribed one is an error."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import duckdb
import polars as pl

from schemas.contract import Feed, Span, SpanEnd
from schemas.errors import StoreError
from schemas.moments import Const, Mapped
from warehouse.measures.figures import MEASURE_TABLE
from warehouse.measures.views import VIEWS as MEASURE_VIEWS
from warehouse.snapshot import meanings
from warehouse.snapshot.typed import TYPED_VIEWS, WHENCE, WHO, TypedView, ViewColumn
from warehouse.store import tables as store

DICTIONARY: Final = pl.Schema(dict.fromkeys(
    ("table_name", "column_name", "type", "unit", "codes", "meaning", "source"), pl.String()
))  # fmt: skip
_NUMBERS: Final = ("INT", "DOUBLE", "DECIMAL", "HUGEINT")
_COLUMNS: Final = """
SELECT CASE schema_name WHEN 'main' THEN '' ELSE schema_name || '.' END || table_name AS table_name,
       column_name, data_type
FROM duckdb_columns() WHERE NOT internal AND database_name = current_database()
ORDER BY schema_name <> 'main', table_name, column_index
"""
_VIEWS: Final = {view.name: view for view in TYPED_VIEWS}
_MEASURES: Final = {view.name: view for view in (*MEASURE_VIEWS, MEASURE_TABLE)}
_STORED: Final = {table.name: table for table in store.metadata.sorted_tables}


def describe(connection: duckdb.DuckDBPyConnection, feeds: Mapping[str, Feed]) -> pl.DataFrame:
    """One row per table and per column of the open database, schema `DICTIONARY`.

    ``source`` names, for a typed column, the columns of the feeds that fill it. Raises `StoreError` with the
    name of a table or column that nobody has described.
    """
    columns = connection.execute(_COLUMNS).fetchall()
    columns += [
        ("dictionary", name, "VARCHAR") for name in DICTIONARY if ("dictionary", name, "VARCHAR") not in columns
    ]
    rows = (
        _table(table, feeds) if column is None else _column(table, column, type_, feeds)
        for table, column, type_ in _with_tables(columns)
    )
    return pl.DataFrame(list(rows), schema=DICTIONARY, orient="row")


def _with_tables(columns: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, str | None, str]]:
    """The columns, with a row of its own before the first column of each table."""
    last = None
    for table, column, type_ in columns:
        if table != last:
            yield table, None, ""
        yield table, column, type_
        last = table


def _table(table: str, feeds: Mapping[str, Feed]) -> tuple[str | None, ...]:
    if table in _MEASURES:
        return table, None, None, None, None, _MEASURES[table].meaning, _MEASURES[table].source
    view = _VIEWS.get(table)
    meaning = view.meaning if view else meanings.TABLES.get(table)
    if not meaning:
        raise StoreError(f"snapshot: table {table} has no description")
    return table, None, None, None, None, meaning, _table_source(table, view, feeds)


def _column(table: str, column: str, type_: str, feeds: Mapping[str, Feed]) -> tuple[str | None, ...]:
    if table in _MEASURES:
        told = next(told for told in _MEASURES[table].columns if told.name == column)
        return table, column, type_, told.unit, _codes(told.codes), told.meaning, _MEASURES[table].source
    view = _VIEWS.get(table)
    if view:
        stated = next(c for c in (*WHO, *view.columns, *WHENCE) if c.name == column)
        source = ", ".join(_origins(stated, view, feeds)) or _table_source(table, view, feeds)
        return table, column, type_, stated.unit, _codes(stated.codes), stated.meaning, source
    unit = meanings.UNITS_OF.get((table, column), meanings.UNITS.get(column))
    unit = unit if any(number in type_ for number in _NUMBERS) else None
    listed = _codes(meanings.CODES.get((table, column)))
    return table, column, type_, unit, listed, _meaning(table, column), _table_source(table, None, feeds)


def _meaning(table: str, column: str) -> str:
    """From this project's own descriptions first, then the comments of the store's tables."""
    own = meanings.OWN.get(table, {}).get(column) or meanings.SHARED.get(column)
    stored = (_STORED[name] for name in (_bare(table), "event", "extract") if name in _STORED)
    comments = (found.columns[column].comment for found in stored if column in found.columns)
    described = own or next((comment for comment in comments if comment), None)
    if not described:
        raise StoreError(f"snapshot: column {table}.{column} has no description")
    return described


def _bare(table: str) -> str:
    """The store's name of a table: without schema, and the history of a table as the table."""
    return table.rpartition(".")[2].removesuffix("_history")


def _codes(codes: Mapping[str, str] | None) -> str | None:
    return "; ".join(f"{code}: {meaning}" for code, meaning in codes.items()) if codes else None


def _table_source(table: str, view: TypedView | None, feeds: Mapping[str, Feed]) -> str:
    """The feeds whose timeline fills the table, or what the project says of it."""
    if table in meanings.SOURCES:
        return meanings.SOURCES[table]
    spans = (view.table if view else _bare(table)).startswith("span")
    filling = {
        feed
        for feed, mapped in _mapped(feeds)
        if isinstance(mapped, Span) == spans and (view is None or mapped.kind == view.kind)
    }
    return ", ".join(sorted(filling))


def _origins(column: ViewColumn, view: TypedView, feeds: Mapping[str, Feed]) -> Iterator[str]:
    """``feed.column`` of everything that a feed's timeline maps to a typed column."""
    for feed, mapped in _mapped(feeds):
        if mapped.kind == view.kind and not isinstance(mapped, SpanEnd) and column.origin:
            header = _header(mapped, column.origin)
            if isinstance(header, str):
                yield f"{feed}.{header}"


def _header(mapped: Mapped, origin: str) -> str | Const | None:
    part, _, name = origin.partition(":")
    return mapped.detail.get(name) if part == "detail" else getattr(mapped, part)


def _mapped(feeds: Mapping[str, Feed]) -> Iterator[tuple[str, Mapped]]:
    return ((feed.name, mapped) for feed in feeds.values() for mapped in feed.timeline)
