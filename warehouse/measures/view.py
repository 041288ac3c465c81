"""A view of the measures: one plain query, and what it and each of its columns mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import sqlglot
from sqlglot import exp


@dataclass(frozen=True)
class Described:
    """A column: name, meaning, unit where it is a number, codes where it has a closed list."""

    name: str
    meaning: str
    unit: str | None = None
    codes: Mapping[str, str] | None = None


@dataclass(frozen=True)
class MeasureView:
    """A view over ``event``, ``span``, ``coverage``, ``participant`` and the views that stand before it.

    ``query`` is DuckDB's SQL, kept to what sqlglot can turn into another dialect. ``columns`` are in its order.
    ``source`` says whose definition it is.
    """

    name: str
    meaning: str
    query: str
    columns: tuple[Described, ...]
    source: str = "docs/measures.md"

    def select(self, dialect: str = "duckdb") -> str:
        """The query in a dialect, laid out to be read."""
        return _laid_out(self.query, dialect)

    def tree(self) -> exp.Query:
        """The query, parsed; it must not be changed."""
        return _parsed(self.query)

    def ddl(self) -> str:
        """The statement that makes the view in the snapshot."""
        return f"CREATE OR REPLACE VIEW {self.name} AS\n{self.select()}"


@cache
def _parsed(query: str) -> exp.Query:
    found = sqlglot.parse_one(query, read="duckdb")
    assert isinstance(found, exp.Query)
    return found


@cache
def _laid_out(query: str, dialect: str) -> str:
    return _parsed(query).sql(dialect=dialect, pretty=True)


PARTICIPANT: Final = Described("participant_key", "The participant, in this project")


def counted(name: str, meaning: str, unit: str) -> Described:
    """A column that counts."""
    return Described(name, meaning, unit)


def share(name: str, meaning: str) -> Described:
    """A column between 0 and 1; empty where there is nothing to divide by."""
    return Described(name, meaning, "share of 1")
