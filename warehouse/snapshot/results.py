"""Results of the publication before that are the same today: their files, or their rows, are used again.

Each is noted with where it comes from: the code that computes, the definition and the thresholds. It is used again
where these are the same, its files are as they were written, and no kind of fact that it reads has changed.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import duckdb
import polars as pl

from warehouse.measures.figures import MEASURE as FIGURES
from warehouse.measures.metrics import SOURCES
from warehouse.measures.reading import reads
from warehouse.outcomes.compute import OutcomeTables
from warehouse.provenance import computed_by
from warehouse.snapshot.changes import Changes
from warehouse.snapshot.held import definition
from warehouse.snapshot.partitions import Manifest, Partition, intact, scan
from warehouse.store.link_tables import THRESHOLDS
from warehouse.study.contract import Study
from warehouse.study.reading import kinds_of_study
from warehouse.study.run import as_of, model_version
from warehouse.study.tables import TABLES

OUTCOMES: Final = ("outcome", "outcome_rate", "outcome_curve", "outcome_flow")
"""What the study of supervision leaves beside the tables of all studies."""
PERSONS: Final = "study_outcome"
MEASURE: Final = "measure"
EVERYBODY: Final = "participant"


def origin(study: Study) -> str:
    """What a study's results come from, beside the facts: its name and a digest."""
    stated = "\n".join((computed_by(), definition(), repr(study), repr(THRESHOLDS)))
    return f"{study.name} {hashlib.sha256(stated.encode()).hexdigest()}"


def origin_of_measures() -> str:
    """What the figures of the measures come from, beside the facts."""
    return f"measures {hashlib.sha256(f'{computed_by()} {definition()}'.encode()).hexdigest()}"


@dataclass(frozen=True)
class Results:
    """The results of the manifest ``before``, and what has changed since."""

    connection: duckdb.DuckDBPyConnection
    folder: Path
    before: Manifest | None
    changes: Changes
    _sound: dict[Partition, bool] = field(default_factory=dict, repr=False)

    def stands(self, study: Study) -> bool:
        """Whether the study left results that are the same today; one that could not be run is looked at again."""
        if not self._of(PERSONS, origin(study)) or not self._are_sound(set(TABLES) - {PERSONS}):
            return False
        return not self.changes.touch_study(kinds_of_study(study), study.compares)

    def persons(self, study: Study) -> Partition:
        """The file of the study's rows of persons."""
        (found,) = self._of(PERSONS, origin(study))
        return found

    def outcomes(self, study: Study) -> tuple[list[Partition], OutcomeTables] | None:
        """The tables `OUTCOMES` of the study, where they are the same today."""
        files = [part for table in OUTCOMES for part in self._of(table, origin(study))]
        if len(files) < len(OUTCOMES) or not self.stands(study):
            return None
        rate, curve, flow = (self._read(part) for part in files[1:])
        return files, OutcomeTables(rate, curve, flow)

    def figures(self, now: Iterable[Partition]) -> tuple[pl.DataFrame | None, list[str]]:
        """The figures of the measures, and from which views they are the same today; ``now``: partitions written."""
        former = self._of(MEASURE, origin_of_measures())
        if not former:
            return None, []
        there = {part.file for part in self.before.partitions} if self.before else set()
        same = {part.table for part in now if part.table in (EVERYBODY, OUTCOMES[0]) and part.file in there}
        views = [source.view for source in SOURCES]
        kept = [view for view in views if reads(view).tables <= same and not self.changes.touch(reads(view).kinds)]
        return self._read(former[0]).cast(FIGURES), kept

    def together(self, found: Mapping[str, pl.DataFrame], kept: Iterable[Study]) -> dict[str, pl.DataFrame]:
        """The tables of studies that were run, with the rows of those that were not; study by study."""
        names = [study.name for study in kept]
        if not names:
            return dict(found)
        former = {name: self._rows(name, names) for name in found}
        known = pl.lit(as_of(self.connection), pl.Date), pl.lit(model_version(self.connection), pl.String)
        former["study"] = former["study"].with_columns(as_of=known[0], model_version=known[1])
        return {
            name: pl.concat([rows, former[name].select(rows.columns)]).sort("study", maintain_order=True)
            for name, rows in found.items()
        }

    def _rows(self, table: str, studies: list[str]) -> pl.DataFrame:
        parts = [self._read(part) for part in self.before.of(table)] if self.before else []
        return pl.concat(parts).filter(pl.col("study").is_in(studies)).cast(TABLES[table])

    def _read(self, part: Partition) -> pl.DataFrame:
        return self.connection.execute(f"FROM {scan(self.folder, [part.file])}").pl()

    def _of(self, table: str, origin: str) -> list[Partition]:
        """The sound file of a table that comes from this, if there is one."""
        parts = self.before.of(table) if self.before else ()
        return [part for part in parts if part.origin == origin and self._is_sound(part)][:1]

    def _are_sound(self, tables: Iterable[str]) -> bool:
        of = [self.before.of(table) for table in tables] if self.before else [()]
        return all(parts and all(self._is_sound(part) for part in parts) for parts in of)

    def _is_sound(self, part: Partition) -> bool:
        if part not in self._sound:
            self._sound[part] = intact(self.folder, part)
        return self._sound[part]
