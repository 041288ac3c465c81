"""The MEDS export is read by that standard's own schemas, and holds what the snapshot holds."""

import json
from pathlib import Path

import duckdb
import meds
import polars as pl
import pyarrow.parquet as pq
import pytest

from schemas.errors import StoreError
from warehouse.exports.meds import DATA, Exported, description, export_meds
from warehouse.snapshot.publish import Published


@pytest.fixture(scope="module")
def exported(published: Published, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return export_meds(published.path, tmp_path_factory.mktemp("meds") / "town")


def shards(exported: Exported) -> list[Path]:
    return sorted((exported.folder / "data").glob("*/*.parquet"))


def data(exported: Exported) -> pl.DataFrame:
    return pl.concat(pl.read_parquet(path) for path in shards(exported))


def test_the_standards_own_schemas_accept_every_file(exported: Exported) -> None:
    folder = exported.folder
    assert [path.parent.name for path in shards(exported)] == ["held_out", "train", "tuning"]
    for path in shards(exported):
        meds.DataSchema.validate(pq.read_table(path, partitioning=None))
    meds.SubjectSplitSchema.validate(pq.read_table(folder / meds.subject_splits_filepath))
    meds.CodeMetadataSchema.validate(pq.read_table(folder / meds.code_metadata_filepath))
    meds.DatasetMetadataSchema.validate(json.loads((folder / meds.dataset_metadata_filepath).read_text()))
    assert {str(field.type) for field in DATA} == {"int64", "timestamp[us]", "string", "float", "large_string"}


def test_each_subject_is_in_one_file_and_in_order_of_time(exported: Exported) -> None:
    where: dict[int, Path] = {}
    for path in shards(exported):
        rows = pl.read_parquet(path)
        assert rows["subject_id"].is_sorted()
        for (subject,), own in rows.group_by("subject_id"):
            assert where.setdefault(int(str(subject)), path) == path
            assert own["time"].is_sorted(nulls_last=False)
    splits = pl.read_parquet(exported.folder / "metadata" / "subject_splits.parquet")
    assert {subject: path.parent.name for subject, path in where.items()} == dict(splits.iter_rows())


def test_what_is_told_is_what_the_snapshot_tells(exported: Exported, published: Published) -> None:
    rows = data(exported)
    with duckdb.connect(str(published.path), read_only=True) as connection:
        counted = connection.execute("""
            SELECT (SELECT count(*) FROM event WHERE participant_key IS NOT NULL AND kind NOT LIKE '%^_end' ESCAPE '^')
                 + (SELECT count(*) + count(end_date) FROM span WHERE participant_key IS NOT NULL)
                 + (SELECT count(birth_year) + count(sex) FROM participant)""").fetchall()
    assert [(exported.rows,)] == counted == [(rows.height,)]
    assert exported.subjects == 2
    codes = set(rows["code"])
    assert codes == {
        "charge//1200", "disposition//GP", "service//141", "sex//F", "birth_year", "supervision//start",
        "supervision//end//CO", "enrolment//start//housing", "enrolment//end//410",
    }  # fmt: skip
    assert rows.filter(code="birth_year").select("numeric_value", "time").rows() == [(1990.0, None)]


def test_every_code_is_described_and_has_its_parent(exported: Exported) -> None:
    codes = pl.read_parquet(exported.folder / "metadata" / "codes.parquet")
    assert set(codes["code"]) == set(data(exported)["code"])
    said = {row["code"]: (row["description"], row["parent_codes"]) for row in codes.iter_rows(named=True)}
    assert said["disposition//GP"] == ("A charge is disposed of (guilty, plea)", ["disposition"])
    assert said["enrolment//start//housing"][0] == "Membership of a programme: begins (housing)"
    assert description("MEDS_DEATH") == "A person dies"


def test_the_same_snapshot_gives_the_same_files_and_writes_over_nothing(
    exported: Exported, published: Published, tmp_path: Path
) -> None:
    again = export_meds(published.path, tmp_path / "again")
    for path in (file for file in exported.folder.rglob("*") if file.is_file()):
        assert (again.folder / path.relative_to(exported.folder)).read_bytes() == path.read_bytes()
    with pytest.raises(StoreError, match="there already"):
        export_meds(published.path, tmp_path / "again")
    assert [path.name for path in tmp_path.iterdir()] == ["again"]
