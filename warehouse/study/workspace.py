"""Running a study's steps in DuckDB: each becomes a temporary table, and is not made twice."""

import hashlib
from collections.abc import Iterable

import polars as pl
from duckdb import DuckDBPyConnection

from warehouse.study.compile import Step


class Workspace:
    """A connection and the steps that stand in it as temporary tables.

    Studies share steps (coverage, filings, removals): one that stands, made by the same SELECT from the same steps,
    is not made again. The base tables must not change meanwhile; where they do, `forget`.
    """

    def __init__(self, connection: DuckDBPyConnection) -> None:
        """Nothing stands yet."""
        self.connection = connection
        self._made: dict[str, str] = {}
        self._told: dict[str, pl.DataFrame] = {}

    def make(self, steps: Iterable[Step]) -> None:
        """Make what does not stand yet, in order."""
        for step in steps:
            origin = self._origin(step)
            if self._made.get(step.name) != origin:
                self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {step.name} AS\n{step.sql()}")
                self._made[step.name] = origin

    def stands(self, steps: Iterable[Step]) -> bool:
        """Whether all these steps stand as they would be made now."""
        return all(self._made.get(step.name) == self._origin(step) for step in steps)

    def tell(self, query: str, *reads: str) -> pl.DataFrame:
        """The rows of a query over base tables and the steps ``reads``; it is not run twice while these stand.

        Studies that count the same people share what is counted.
        """
        origin = self._digest(query, reads)
        if origin not in self._told:
            self._told[origin] = self.connection.execute(query).pl()
        return self._told[origin]

    def _origin(self, step: Step) -> str:
        """The digest of the SELECT and of the steps that it reads, as they stand."""
        return self._digest(step.sql(), step.reads)

    def _digest(self, query: str, reads: Iterable[str]) -> str:
        read = (self._made.get(name, "") for name in sorted(reads))
        return hashlib.sha256("\n".join([query, *read]).encode()).hexdigest()

    def forget(self) -> None:
        """The base tables are others now: everything is to be made again."""
        self._made.clear()
        self._told.clear()
