"""Pieces of SQL that several steps need; DuckDB's dialect, of which only what Spark has too is used."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlglot import exp

from warehouse.study.moments import End, Happens, Moment

if TYPE_CHECKING:
    from warehouse.study.contract import Unit

RECORD = "coalesce(CAST(record_id AS TEXT), CAST(extract_id AS TEXT) || ':' || CAST(row_number AS TEXT))"
"""The case or record that an event belongs to: where no number tells, its own row."""


def quoted(text: str) -> str:
    """A string as a literal."""
    return exp.Literal.string(text).sql("duckdb")


def listed(values: Iterable[str]) -> str:
    """Strings between parentheses, for IN."""
    return f"({', '.join(map(quoted, values))})"


def picked(moment: Moment) -> str:
    """The condition under which a row of ``event`` or ``span`` is such a moment."""
    wanted = {"code": moment.codes, "text": moment.texts, "agency": moment.agencies}
    some = [f"{column} IN {listed(values)}" for column, values in wanted.items() if values]
    return " AND ".join([f"kind = {quoted(moment.kind)}", "participant_key IS NOT NULL", *some])


def table(moment: Moment) -> str:
    """Where such moments stand."""
    return "event" if isinstance(moment, Happens) else "span"


def day(moment: Moment) -> str:
    """The column that dates the moment."""
    return "event_date" if isinstance(moment, Happens) else "end_date" if isinstance(moment, End) else "start_date"


def moments(moment: Moment, *more: str) -> str:
    """The query for such moments: participant_key, agency, feed, day, and ``more`` expressions."""
    columns = ", ".join(["participant_key", "agency", "feed", f"{day(moment)} AS day", *more])
    dated = f" AND {day(moment)} IS NOT NULL" if isinstance(moment, End) else ""
    return f"SELECT {columns} FROM {table(moment)} WHERE {picked(moment)}{dated}"


def rows(columns: tuple[str, ...], values: Iterable[tuple[str, ...]], types: tuple[str, ...]) -> str:
    """A query for literal rows; one without rows where there are none, so that its columns have their types."""
    tuples = ", ".join(f"({', '.join(row)})" for row in values)
    nothing = ", ".join(f"CAST(NULL AS {kind}) AS {column}" for kind, column in zip(types, columns, strict=True))
    stated = f"SELECT {', '.join(columns)} FROM (VALUES {tuples}) AS stated({', '.join(columns)})"
    return stated if tuples else f"SELECT {nothing} WHERE FALSE"


def banded(value: str, bands: tuple[tuple[int, str], ...], missing: str) -> str:
    """A CASE that puts a number into the band with the highest lower limit that it reaches."""
    steps = " ".join(f"WHEN {value} >= {low} THEN {quoted(band)}" for low, band in reversed(bands))
    return f"CASE {steps} ELSE {quoted(missing)} END"


def elapsed(unit: "Unit", start: str, end: str) -> str:
    """In which day, week or month after ``start`` a later day lies, from 1; months are calendar months."""
    days = f"datediff('day', {start}, {end})"
    if unit == "day":
        return days
    if unit == "week":
        return f"CAST(ceil({days} / 7.0) AS INTEGER)"
    months = f"(year({end}) - year({start})) * 12 + month({end}) - month({start})"
    return f"CAST({months} + CASE WHEN day({end}) > day({start}) THEN 1 ELSE 0 END AS INTEGER)"
