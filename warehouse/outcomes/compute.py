"""The outcomes after a first supervision: the study ``supervision_outcomes``, as the tables ``outcome…`` hold it."""

from dataclasses import dataclass
from typing import Final

import polars as pl
from duckdb import DuckDBPyConnection

from warehouse.outcomes.rates import curves, rates
from warehouse.outcomes.values import counts, survival
from warehouse.studies.supervision_outcomes import STUDY
from warehouse.study.compile import compiled
from warehouse.study.flow import flow
from warehouse.study.workspace import Workspace

STRATA: Final = STUDY.strata


@dataclass(frozen=True)
class OutcomeTables:
    """``rate`` and ``curve``: see `rates`; ``flow``: n at each step. The rows of persons stay in ``outcome_row``."""

    rate: pl.DataFrame
    curve: pl.DataFrame
    flow: pl.DataFrame


def compute(connection: DuckDBPyConnection, workspace: Workspace | None = None) -> OutcomeTables:
    """Compute every outcome from ``event``, ``span``, ``participant`` and ``coverage`` in the connection.

    Needs of the tables: ``event`` (participant_key, kind, event_date, code, record_id, agency, feed, extract_id,
    row_number, detail as JSON text), ``span`` (participant_key, status, kind, start_date, end_date, code,
    record_id, agency, feed), ``participant`` (participant_key, birth_year), ``coverage`` (agency, feed, kind,
    covered_from, covered_until exclusive, lag_days). Only current rows belong in them. ``workspace``: of the same
    connection, where steps that stand are to be used.
    """
    work = workspace or Workspace(connection)
    work.make(compiled(STUDY))
    times = survival(work, STRATA)
    return OutcomeTables(rates(counts(work, STRATA), times), curves(times), flow(work, STUDY))
