"""What the report is made of, read from a published snapshot; no row of a person is read."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import duckdb
import polars as pl

from warehouse.snapshot.source import LINKS_ARE_SOUGHT

STUDY_TABLES: Final = ("flow", "rate", "curve", "effect", "balance", "dose", "warning")
"""``study_<name>``, all with ``study`` first; the rows of persons in ``study_outcome`` are not for the report."""
OPTIONAL: Final = (*(f"study_{name}" for name in STUDY_TABLES), "study", "restatement", "measure")

_QUERIES: Final = {
    "extracts": "FROM extract ORDER BY extract_id",
    "coverage": "FROM coverage ORDER BY agency, kind, covered_from",
    "people": "SELECT status, count(*) AS n FROM participant GROUP BY status ORDER BY n DESC",
    "moved": """SELECT batch_id, moved_at::DATE AS day, kind, reason, count(*) AS n FROM participant_supersession
                GROUP BY ALL ORDER BY batch_id, kind, reason""",
    "rates": "FROM outcome_rate",
    "curve": "SELECT * RENAME (day AS time, incidence AS value) FROM outcome_curve",
    "flow": "FROM outcome_flow ORDER BY step",
    "sensitivity": "FROM outcome_sensitivity",
    "quality": "FROM link_quality",
    "dictionary": "FROM dictionary",
    "fill": """
        SELECT agency, kind, count(*) AS records, count(code) AS coded, count(participant_key) AS assigned,
               count(*) FILTER (code IN ('unknown', 'unmapped', 'UU')) AS unknown
        FROM (SELECT agency, kind, code, participant_key FROM event UNION ALL
              SELECT agency, kind, code, participant_key FROM span)
        GROUP BY agency, kind ORDER BY agency, kind""",
}


@dataclass(frozen=True)
class Contents:
    """The tables of a snapshot that the report shows; an optional one that is not there is missing in ``more``."""

    snapshot: dict[str, Any]
    extracts: pl.DataFrame
    coverage: pl.DataFrame
    people: pl.DataFrame
    moved: pl.DataFrame
    rates: pl.DataFrame
    curve: pl.DataFrame
    flow: pl.DataFrame
    sensitivity: pl.DataFrame
    quality: pl.DataFrame
    dictionary: pl.DataFrame
    fill: pl.DataFrame
    more: dict[str, pl.DataFrame] = field(default_factory=dict)

    def of_study(self, table: str, study: str) -> pl.DataFrame:
        """The rows of one study in a table; none where the snapshot does not have the table."""
        found = self.more.get(table)
        return pl.DataFrame() if found is None or found.is_empty() else found.filter(study=study)


def read(snapshot: Path) -> Contents:
    """Read what the report needs from the snapshot's database file."""
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        connection.execute(LINKS_ARE_SOUGHT)
        identity = connection.execute("FROM snapshot").pl().row(0, named=True)
        found = {name: connection.execute(query).pl() for name, query in _QUERIES.items()}
        there = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'main'"
        ).fetchall()
        more = {name: connection.execute(f"FROM {name}").pl() for name in OPTIONAL if (name,) in there}
    return Contents(identity, **found, more=more)
