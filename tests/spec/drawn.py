"""Drawn tables, which specifications are made of: read, put into a connection, printed as Markdown."""

from collections.abc import Iterator, Mapping
from typing import Any

import duckdb
import polars as pl


def table(drawn: str) -> list[dict[str, str]]:
    """The rows of a drawn table: cells between bars, the first line names the columns."""
    lines = [[cell.strip() for cell in line.split("|")] for line in drawn.strip().splitlines()]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def frame(rows: list[dict[str, object]], schema: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    """Rows as a frame; dates are given as text."""
    text = {name: pl.String if kind is pl.Date else kind for name, kind in schema.items()}
    dates = [pl.col(name).str.to_date() for name, kind in schema.items() if kind is pl.Date]
    return pl.DataFrame(rows, schema=text).with_columns(dates)


def create(connection: duckdb.DuckDBPyConnection, frames: Mapping[str, pl.DataFrame]) -> None:
    """Make a table of each frame, under its name."""
    for name, rows in frames.items():
        connection.register("drawn", rows.to_arrow())
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM drawn")
        connection.unregister("drawn")


def markdown(drawn: str) -> Iterator[str]:
    """The lines of a drawn table in a document."""
    rows = table(drawn)
    yield f"| {' | '.join(rows[0])} |"
    yield f"|{'---|' * len(rows[0])}"
    yield from (f"| {' | '.join(row.values())} |" for row in rows)


def glossary(title: str, meanings: Mapping[Any, str]) -> Iterator[str]:
    """The lines of a list of terms in a document."""
    yield from (f"**{title}**", "", *(f"- `{name}`: {meaning}" for name, meaning in meanings.items()), "")
