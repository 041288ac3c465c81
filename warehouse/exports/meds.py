"""The Medical Event Data Standard (MEDS 0.4): a snapshot as the files that tools of that standard read.

One row is one thing said of a person at a time: ``subject_id``, ``time``, ``code``, ``numeric_value``, ``text_value``,
and ``agency`` as the site. An event gives one row, coded ``<kind>//<code>``; a span gives one at its start and one at
its end (``<kind>//start//<code>``, ``<kind>//end//<code>``). What has no date (sex, year of birth) has no time: only
the year of birth is kept, so there is no ``MEDS_BIRTH``. A death is ``MEDS_DEATH``. Rows without a participant are
left out.

The files hold persons: they are restricted as the snapshot is.
"""

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.codes import EVENT_KINDS, SPAN_KINDS, VOCABULARIES
from schemas.errors import StoreError

MEDS_VERSION: Final = "0.4"
SPLITS: Final = {"train": range(8), "tuning": range(8, 9), "held_out": range(9, 10)}
"""Split → last digits of the subjects in it. Subjects are random, and nobody changes sides from export to export."""
_SHARD_ROWS: Final = 1_000_000
_MODE: Final = 0o750
_TYPES: Final[dict[str, pa.DataType]] = {
    "subject_id": pa.int64(), "time": pa.timestamp("us"), "code": pa.string(), "numeric_value": pa.float32(),
    "text_value": pa.large_string(), "agency": pa.string(),
}  # fmt: skip
DATA: Final = pa.schema(_TYPES)
_SPLIT_TYPES: Final[dict[str, pa.DataType]] = {"subject_id": pa.int64(), "split": pa.string()}

_SUBJECT: Final = """
CREATE OR REPLACE TEMP TABLE subject AS
SELECT participant_key, ('0x' || left(replace(participant_key::VARCHAR, '-', ''), 15))::BIGINT AS subject_id,
       birth_year, sex
FROM participant
"""
"""The first sixty bits of a participant's key: the same in every export of a project."""
_MEASUREMENT: Final = """
CREATE OR REPLACE TEMP VIEW measurement AS
WITH said AS (
    SELECT participant_key, NULL::DATE AS day, 0 AS place, 'birth_year' AS code, birth_year::DOUBLE AS number,
           NULL AS text, NULL AS agency
    FROM subject WHERE birth_year IS NOT NULL
    UNION ALL
    SELECT participant_key, NULL, 0, 'sex//' || sex, NULL, NULL, NULL FROM subject WHERE sex IS NOT NULL
    UNION ALL
    SELECT participant_key, start_date, 1, concat_ws('//', kind, 'start', CASE kind WHEN 'enrolment' THEN code END),
           number, text, agency
    FROM span WHERE participant_key IS NOT NULL
    UNION ALL
    SELECT participant_key, event_date, 2,
           CASE kind WHEN 'death' THEN 'MEDS_DEATH' ELSE concat_ws('//', kind, code) END, number, text, agency
    FROM event WHERE participant_key IS NOT NULL AND kind NOT LIKE '%^_end' ESCAPE '^'
    UNION ALL
    SELECT participant_key, end_date, 3,
           concat_ws('//', kind, 'end', coalesce(end_code, CASE WHEN kind <> 'enrolment' THEN code END)),
           NULL, end_text, agency
    FROM span WHERE participant_key IS NOT NULL AND end_date IS NOT NULL
)
SELECT subject.subject_id, day::TIMESTAMP AS time, said.code, number::FLOAT AS numeric_value, said.text AS text_value,
       said.agency, said.place
FROM said JOIN subject USING (participant_key)
"""
_SHARD: Final = """
SELECT * EXCLUDE (place) FROM measurement
WHERE subject_id % 10 BETWEEN {first} AND {last} AND subject_id // 10 % {shards} = {shard}
ORDER BY subject_id, time NULLS FIRST, place, code, numeric_value, text_value, agency
"""


@dataclass(frozen=True)
class Exported:
    """What was written: the folder, and how many subjects and rows are in it."""

    folder: Path
    subjects: int
    rows: int


def export_meds(snapshot: Path, folder: Path) -> Exported:
    """Write the snapshot's database file as a MEDS data set into ``folder``, which must not exist yet.

    The layout: ``data/<split>/<n>.parquet``, each subject in one file and in order of time; ``metadata/dataset.json``,
    ``codes.parquet``, ``subject_splits.parquet``. Raises `StoreError` where the folder is there, or two participants
    would become one subject. All files appear at once.
    """
    if folder.exists():
        raise StoreError("export: the folder is there already")
    draft = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    (draft / "metadata").mkdir(parents=True, mode=_MODE)
    try:
        with duckdb.connect(str(snapshot), read_only=True) as connection:
            connection.execute(_SUBJECT)
            connection.execute(_MEASUREMENT)
            exported = Exported(folder, _subjects(connection), sum(_data(connection, draft)))
            _metadata(connection, draft / "metadata")
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return exported


def _subjects(connection: duckdb.DuckDBPyConnection) -> int:
    """The number of subjects, each of one participant."""
    counted = connection.execute("SELECT count(*), count(DISTINCT subject_id) FROM subject").fetchall()
    participants, subjects = counted[0]
    if participants != subjects:
        raise StoreError("export: two participants would become one subject")
    return int(subjects)


def _data(connection: duckdb.DuckDBPyConnection, draft: Path) -> Iterator[int]:
    """Write the shards of each split; the number of rows of each."""
    rows = connection.execute("SELECT count(*) FROM measurement").fetchall()[0][0]
    for split, digits in SPLITS.items():
        home = draft / "data" / split
        home.mkdir(parents=True, mode=_MODE)
        shards = max(1, -(-rows * len(digits) // (10 * _SHARD_ROWS)))
        for shard in range(shards):
            query = _SHARD.format(first=digits[0], last=digits[-1], shards=shards, shard=shard)
            table = connection.execute(query).to_arrow_table().cast(DATA)
            pq.write_table(table, home / f"{shard}.parquet", compression="zstd")
            yield table.num_rows


def _metadata(connection: duckdb.DuckDBPyConnection, home: Path) -> None:
    """Write what the data set is, its codes, and who is in which split."""
    (home / "dataset.json").write_text(json.dumps(_dataset(connection), indent=1) + "\n")
    codes = connection.execute("SELECT DISTINCT code FROM measurement ORDER BY code").pl()["code"]
    described = pa.table(
        {
            "code": pa.array(codes.to_list(), pa.string()),
            "description": pa.array([description(code) for code in codes], pa.string()),
            "parent_codes": pa.array([_parents(code) for code in codes], pa.list_(pa.string())),
        }
    )
    pq.write_table(described, home / "codes.parquet")
    digit = pl.col("subject_id") % 10
    split = pl.coalesce(pl.when(digit.is_in(list(digits))).then(pl.lit(name)) for name, digits in SPLITS.items())
    subjects = connection.execute("SELECT subject_id FROM subject ORDER BY subject_id").pl()
    splits = subjects.select("subject_id", split.alias("split")).to_arrow()
    pq.write_table(splits.cast(pa.schema(_SPLIT_TYPES)), home / "subject_splits.parquet")


def _dataset(connection: duckdb.DuckDBPyConnection) -> dict[str, object]:
    """The data set is dated by its publication: the same snapshot gives the same files."""
    project, version, published = connection.execute("SELECT project, version, published_at FROM snapshot").fetchall()[
        0
    ]
    return {
        "dataset_name": project, "dataset_version": version, "etl_name": "throughcare", "meds_version": MEDS_VERSION,
        "created_at": dt.datetime.fromisoformat(published).isoformat(), "site_id_columns": ["agency"],
    }  # fmt: skip


def description(code: str) -> str:
    """What a code of the data set says."""
    kind, *rest = code.split("//")
    if code == "MEDS_DEATH":
        return EVENT_KINDS["death"]
    if kind in SPAN_KINDS and rest:
        when = "begins" if rest[0] == "start" else "ends"
        return _named(f"{SPAN_KINDS[kind].partition(';')[0]}: {when}", kind, rest[1:])
    if kind in EVENT_KINDS:
        return _named(EVENT_KINDS[kind].partition(";")[0], kind, rest)
    return {"birth_year": "Year of birth, as a number", "sex": f"Sex as recorded: {''.join(rest)}"}[kind]


def _named(what: str, kind: str, rest: list[str]) -> str:
    meaning = VOCABULARIES.get(kind, {}).get(rest[0]) if rest else None
    return f"{what} ({meaning if isinstance(meaning, str) else rest[0]})" if rest else what


def _parents(code: str) -> list[str]:
    """The code with its last part taken off, where something is left."""
    parent, mark, _ = code.rpartition("//")
    return [parent] if mark else []
