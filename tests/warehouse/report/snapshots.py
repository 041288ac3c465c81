"""Database files with what the report reads, of made-up towns."""

import datetime as dt
from pathlib import Path

import duckdb
import polars as pl

from tests.warehouse.outcomes.test_sensitivity import THRESHOLDS, linked_town
from tests.warehouse.report.test_linkage import QUALITY
from tests.warehouse.report.toy_studies import persons, tables
from warehouse.measures.figures import MEASURE
from warehouse.outcomes.compute import compute
from warehouse.outcomes.sensitivity import sensitivity
from warehouse.snapshot.restatement import RESTATEMENT
from warehouse.snapshot.tables import store

EVERYBODY = "index_kind=supervision_start; stratum_kind=overall; stratum=overall"
HOSTILE = "<script>alert('x')</script>"
_MOVED = pl.Schema({"batch_id": pl.Int64(), "moved_at": pl.Datetime(), "kind": pl.String(), "reason": pl.String()})
_RECORDS = {"received": 1_203, "loaded": 1_200, "rejected": 3, "duplicate": 0, "quarantined": 0}
_STATED = {"records_new": 40, "records_changed": 12, "records_gone": 3, "records_same": 1_148}
_DATES = {"covered_from": dt.date(2018, 1, 1), "covered_until": dt.date(2024, 1, 1)}
EXTRACTS = pl.DataFrame([
    {"extract_id": number, "feed": HOSTILE, "agency": "metro_court", "as_of": dt.date(2024, number, 1),
     "state": "loaded", **_RECORDS, **_STATED, **_DATES}
    for number in (1, 2)
])  # fmt: skip
COVERAGE = pl.DataFrame([{"agency": "metro_court", "feed": HOSTILE, "kind": "charge", **_DATES, "lag_days": 30}])
DICTIONARY = pl.DataFrame({
    "table_name": ["event", "event"], "column_name": [None, "code"], "type": [None, "VARCHAR"], "unit": [None, None],
    "codes": [None, HOSTILE], "meaning": ["What happened", "Which"], "source": ["metro_court", None],
})  # fmt: skip
RESTATED = pl.DataFrame(
    [("outcome_rate", None, "recharge", 12, EVERYBODY, "events", 240.0, 253.0, "late_file relink", 1, 2),
     ("outcome_rate", None, "recharge", 24, EVERYBODY, "events", 300.0, 301.0, "late_file relink", 1, 2),
     ("outcome_rate", None, "recharge", 6, EVERYBODY, "events", 4.0, 22.0, "late_file relink", 1, 2)],
    schema=RESTATEMENT, orient="row",
)  # fmt: skip


def figures(people: int) -> pl.DataFrame:
    """Figures of two measures: everybody's, and by sex; one man in ten has it."""
    men, women = people * 2 // 3, people - people * 2 // 3
    rows = [
        (measure, metric, unit, kind, grp, n, n // 3, float(n // 3), float(n), value, value * 0.8, value * 1.2, how, "")
        for measure, metric, unit, how, value in (
            ("resources", "accepted", "share of 1", "wilson", 0.3333),
            ("dose", "hours", "hours", "t", 23.4567),
        )
        for kind, grp, n in (("all", "all", people), ("sex", "F", women), ("sex", "M", men))
    ]
    return pl.DataFrame(rows, schema=MEASURE, orient="row")


def snapshot(folder: Path, people: int, studies: int = 0) -> Path:
    """A town of so many people; with ``studies``, a study of so many people too."""
    town = linked_town(people)
    computed = compute(town)
    path = folder / "throughcare.duckdb"
    facts = {"agency": "metro_court", "kind": "charge", "code": "FE", "participant_key": "k"}
    found = {
        "snapshot": pl.DataFrame({"project": [HOSTILE], "version": ["1"], "published_at": ["2024-01-02T03:04:05"]}),
        "extract": EXTRACTS, "coverage": COVERAGE, "dictionary": DICTIONARY,
        "participant": pl.DataFrame({"status": ["linked"] * people}),
        "event": pl.DataFrame([facts] * people), "span": pl.DataFrame([facts]).clear(),
        "participant_supersession": pl.DataFrame(
            [(1, dt.datetime(2024, 1, 2), "merge", "arrival")] * 12, schema=_MOVED, orient="row"
        ),
        "outcome_rate": computed.rate, "outcome_curve": computed.curve, "outcome_flow": computed.flow,
        "outcome_sensitivity": sensitivity(town, THRESHOLDS),
        "measure": figures(max(people // 2, 5)), "restatement": RESTATED,
        "link_quality": QUALITY.with_columns(pl.col("n").clip(upper_bound=people)),
    }  # fmt: skip
    with duckdb.connect(str(path)) as connection:
        for name, frame in (found | (tables(persons(studies)) if studies else {})).items():
            store(connection, name, frame)
    return path
