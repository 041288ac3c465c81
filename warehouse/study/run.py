"""Running studies on a snapshot: every table that they leave."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import polars as pl
from duckdb import DuckDBPyConnection

from warehouse.study.apart import broken, find_apart, main_keys, only_apart, separable, taken_apart
from warehouse.study.collect import Collected, clocks, collect
from warehouse.study.compile import compiled, text
from warehouse.study.contract import Study
from warehouse.study.definition import definition
from warehouse.study.designs import SingleArm, TimeVarying
from warehouse.study.drawn import Apart, combined
from warehouse.study.drawn_rates import people, with_links
from warehouse.study.flow import flow
from warehouse.study.models import Models, Warned
from warehouse.study.rates import OVERALL, curves, rates
from warehouse.study.reading import kinds_of_studies
from warehouse.study.sources import lacking, tells, without_source
from warehouse.study.tables import TABLES
from warehouse.study.warnings import of_follow_up, of_windows
from warehouse.study.workspace import Workspace

Tables = Mapping[str, pl.DataFrame]
"""Name → rows, for every name in `TABLES`."""

_OUTCOME: Final = """
SELECT {study} AS study, participant_key, index_date, arm, outcome, window_months, value, days, event_date,
       leading_date, competing, flags, {strata}::VARCHAR AS strata
FROM outcome_row
"""


def run(
    connection: DuckDBPyConnection, study: Study, thresholds: Sequence[float] | None = None, persons: bool = True
) -> Tables:
    """Run one study and return its tables by name, with the columns of `warehouse.study.tables`.

    The connection holds ``event``, ``span``, ``participant``, ``coverage`` and, where other thresholds than the first
    are asked for, ``participant_link`` with ``subject_id`` in event and span: a snapshot does. ``thresholds``: some of
    those of the study, all unless stated. ``persons``: with ``study_outcome``, the rows of persons.
    """
    found: list[pl.DataFrame] = []

    def keep(study: Study, query: str) -> None:
        found.append(connection.execute(query).pl())

    asked = study.thresholds if thresholds is None else tuple(thresholds)
    tables = run_all(connection, [study], asked, keep=keep if persons else None)
    own = found[0] if found else TABLES["study_outcome"].to_frame()
    return {**tables, "study_outcome": own}


def run_all(
    connection: DuckDBPyConnection,
    studies: Iterable[Study],
    thresholds: Sequence[float],
    workspace: Workspace | None = None,
    keep: Callable[[Study, str], None] | None = None,
) -> dict[str, pl.DataFrame]:
    """Run studies and return their tables together, all but ``study_outcome``.

    ``thresholds``: the first is that of the participants in the tables; of the others those that a study states.
    ``keep`` is called with each study and the query for its ``study_outcome`` while its rows stand in the connection.
    Afterwards steps may stand there that were made of other participants: the workspace is empty.
    """
    work = workspace or Workspace(connection)
    runs = [Run(work, study, thresholds[0]) for study in studies]
    # A study whose steps stand goes first: those of another one would take their place.
    able = sorted((one for one in runs if one.able), key=lambda one: not work.stands(compiled(one.study)))
    strict = thresholds[1:] if able and separable(connection, thresholds) else ()
    if strict:
        find_apart(connection, thresholds[0])
    for one in able:
        work.make(compiled(one.study))
        one.main([threshold for threshold in strict if threshold in one.study.thresholds], keep)
    for threshold in strict:
        work.forget()
        with only_apart(connection, threshold, kinds_of_studies(one.study for one in able)):
            for one in able:
                if threshold in one.study.thresholds:
                    work.make(compiled(one.study))
                    one.again(threshold)
    for one in able:
        one.combine()
    work.forget()
    return {
        name: pl.concat([schema.to_frame(), *(part for one in runs for part in one.tables.get(name, ()))])
        for name, schema in TABLES.items()
        if name != "study_outcome"
    }


class Run:
    """One study while it is run."""

    def __init__(self, work: Workspace, study: Study, threshold: float) -> None:
        """Look whether the snapshot holds what the study needs; where not, that is all that it leaves."""
        self.work, self.connection, self.study, self.threshold = work, work.connection, study, threshold
        self.tables: dict[str, list[pl.DataFrame]] = {}
        lacks = lacking(self.connection, study)
        self.able = not lacks
        self.warned = without_source(self.connection, study, lacks)
        self._parts: dict[float, tuple[Collected, pl.Series]] = {}
        self._risk, self._whole = pl.DataFrame(), pl.DataFrame()
        self._apart: list[Apart] = []
        if not self.able:
            self._add("study_warning", self._warnings())

    def main(self, strict: Sequence[float], keep: Callable[[Study, str], None] | None) -> None:
        """Take everything out of the steps that stand in the connection."""
        study, connection, work = self.study, self.connection, self.work
        collected = collect(connection, study, workspace=work)
        self._risk = collected.risk
        if strict:
            self._whole = people(connection)
        for threshold in strict:
            others = collect(connection, study, broken(threshold), risk=False, workspace=work)
            self._parts[threshold] = (collected.less(others), taken_apart(connection, threshold))
        self._add("study", self._described())
        self._add("study_flow", flow(work, study).select(pl.lit(study.name).alias("study"), pl.all()))
        self._add("study_rate", rates(study, collected, self.threshold))
        street = tells(connection, "custody")
        self._add("study_curve", curves(study, clocks(work, study), street))
        if not street:
            said = "no feed tells of custody: time outside custody cannot be counted"
            self.warned.append(Warned("", "no_street_time", said))
        self.warned += of_windows(connection) + of_follow_up(connection, study)
        if study.compares:
            models = Models(study, collected.risk, self.threshold, self.warned)
            self._add("study_effect", models.effects())
            self._add("study_balance", models.balance())
        self._add("study_warning", self._warnings())
        if keep:
            keep(self.study, self._persons())

    def again(self, threshold: float) -> None:
        """Put the participants of a stricter threshold together, and estimate what depends on them."""
        rest, keys = self._parts.pop(threshold)
        others = collect(self.connection, self.study, workspace=self.work)
        together = rest.without(others, keys)
        of, counted = main_keys(self.connection, threshold), people(self.connection, threshold)
        self._apart.append(Apart(threshold, others.risk, of, counted))
        self._add("study_rate", rates(self.study, together, threshold, (OVERALL,)))
        if self.study.compares:
            self._add("study_effect", Models(self.study, together.risk, threshold, []).effects(full=False))

    def combine(self) -> None:
        """Carry through what the links leave open, where partitions of stricter thresholds tell."""
        if not self._apart:
            return
        own, *stricter = self.tables["study_rate"]
        self.tables["study_rate"] = [with_links(own, self._whole, self._apart), *stricter]
        if self.study.compares:
            self._add("study_effect", combined(self.study, self._risk, self._apart, self.threshold))

    def _add(self, name: str, rows: pl.DataFrame) -> None:
        self.tables.setdefault(name, []).append(rows.cast(TABLES[name]))

    def _warnings(self) -> pl.DataFrame:
        rows = [(self.study.name, warned.outcome, warned.code, warned.text) for warned in dict.fromkeys(self.warned)]
        return pl.DataFrame(rows, schema=TABLES["study_warning"], orient="row")

    def _persons(self) -> str:
        names = ", ".join(f"'{name}', {name}" for name in self.study.strata)
        return _OUTCOME.format(study=f"'{self.study.name}'", strata=f"json_object({names})")

    def _described(self) -> pl.DataFrame:
        """The row of the table ``study``."""
        study, exposure = self.study, self.study.exposure
        words = "" if isinstance(exposure, SingleArm) else exposure.words
        if not words and not isinstance(exposure, SingleArm):
            words = exposure.start.words if isinstance(exposure, TimeVarying) else exposure.by.words
        row = {
            "study": study.name, "title": study.title, "question": study.question, "definition": definition(study),
            "as_of": as_of(self.connection), "model_version": model_version(self.connection),
            "time_unit": study.unit, "index_event": f"the first {_without_article(study.index.words)}",
            "design": exposure.kind,
            "exposure": words, "assignment": exposure.assignment, "estimand": study.estimand, "sql": text(study),
        }  # fmt: skip
        return pl.DataFrame([row], schema=TABLES["study"])


def _without_article(words: str) -> str:
    return words.partition(" ")[2]


def as_of(connection: DuckDBPyConnection) -> dt.date | None:
    """The last day that any feed covers: what the snapshot knows, it knows as of then."""
    found: dt.date | None = connection.execute("SELECT max(covered_until) FROM coverage").fetchall()[0][0]
    return found


def model_version(connection: DuckDBPyConnection) -> str | None:
    """The linkage model that the newest publication rests on; None where the connection knows of no publication."""
    query = (
        "SELECT count(*) FROM duckdb_columns() WHERE table_name = 'publication' AND column_name = 'model_version' "
        "AND database_name IN (current_database(), 'temp') AND schema_name = 'main'"
    )
    if not connection.execute(query).fetchall()[0][0]:
        return None
    rows = connection.execute("SELECT model_version FROM publication ORDER BY publication DESC LIMIT 1").fetchall()
    return str(rows[0][0]) if rows and rows[0][0] is not None else None
