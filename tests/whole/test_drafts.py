"""Contracts drafted from whole files load them unedited, and keep nothing in clear that a person would protect."""

import datetime as dt
from pathlib import Path

import pytest

from bench.city import write_city
from connectors.readers import read
from connectors.readers.sniff import members, sniff
from schemas.catalogue import match
from schemas.columns import Column, Drop
from schemas.contract import Feed
from schemas.coverage import as_of
from schemas.decode import check_header
from schemas.delivery import judge_delivery
from schemas.draft import draft
from schemas.errors import DeliveryRefused
from schemas.measures import measure
from schemas.rows import judge_rows

ENOUGH = 0.95
"""The share of its own sample that a draft must load unedited."""


def drafted(content: bytes, file_name: str, agency: str = "acme", member: str | None = None) -> Feed:
    """The feed of a draft, from its source as a person would find it in the file."""
    form = sniff(content, file_name, member)
    drafted = draft("acme_sample", agency, file_name, form, read(content, form), day=dt.date(2025, 7, 1))
    names: dict[str, object] = {}
    exec(compile(drafted.source(), "drafted", "exec"), names)
    feed = names["FEED"]
    assert isinstance(feed, Feed)
    return feed


def loaded(feed: Feed, content: bytes, file_name: str) -> tuple[int, int, str]:
    """Rows loaded and received, and the outcome of the delivery."""
    assert feed.matches(file_name)
    table = read(content, feed.format, feed.headers)
    check_header(feed, [name for name in table.rows.columns if name != "row_number"])
    judged = judge_rows(feed, table)
    as_of(feed, feed.file_date(file_name), judged.accepted)
    return (
        judged.accepted_rows + len(judged.duplicates),
        table.received,
        judge_delivery(feed, measure(feed, judged)).outcome,
    )


def is_protected(column: Column) -> bool:
    return bool(column.identifies or column.keys or any(isinstance(use, Drop) for use in column.uses))


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("city")
    write_city(200, 1, folder)
    return sorted(path for path in folder.glob("metro_*/*") if path.is_file())


def test_drafts_of_the_city_load_its_files_and_miss_nothing_that_identifies(city: list[Path]) -> None:
    kept_by_hand, kept = 0, 0
    for path in city:
        (by_hand,) = match(path.name, path.parent.name)
        feed = drafted(path.read_bytes(), path.name, path.parent.name)
        taken, received, outcome = loaded(feed, path.read_bytes(), path.name)
        if taken < ENOUGH * received:
            assert taken >= loaded(by_hand, path.read_bytes(), path.name)[0], path.name
        assert outcome != "hold"
        mine = {column.name: is_protected(column) for column in feed.columns}
        assert {column.name for column in by_hand.columns if is_protected(column) and not mine[column.name]} == set()
        open_by_hand = [column.name for column in by_hand.columns if not is_protected(column)]
        kept_by_hand += len(open_by_hand)
        kept += sum(not mine[name] for name in open_by_hand)
    assert len(city) == 13
    assert kept >= 0.9 * kept_by_hand


def test_drafts_of_the_housing_export_load_every_member(shared_data: Path) -> None:
    content = (shared_data / "hmis" / "demo.zip").read_bytes()
    listed = members(content)
    for member in listed:
        taken, received, outcome = loaded(drafted(content, "demo.zip", "coc", member), content, "demo.zip")
        assert taken >= ENOUGH * received, member
        assert outcome != "hold"
    assert len(listed) == 24


NOT_RECTANGULAR = {
    "extra_comma.csv", "incarceration_period_simple.csv", "movement_facility_location_offstat_supervision_periods.csv",
    "tagDoubleDaggerWINDOWS1252.csv", "tagNormalizationConflict.csv", "tagPipeSeparatedNonUTF8_load_input.csv",
    "tagRowExtraColumns.csv", "tagRowMissingColumns.csv", "singlePrimaryKey_input.csv", "tagBasicData_load_input.csv",
    "windows_file_with_custom_newlines_custom_delim_unparseable.csv",
}  # fmt: skip
"""Files made to be broken: rows of other widths, or without any value in a key."""


FOLDERS = (
    "agency_shapes/cloud_storage", "agency_shapes/airflow_fixtures", "agency_shapes/ingest", "doj_rapsheet", "visits",
    "rossi", "recid_nc",
)  # fmt: skip


@pytest.mark.parametrize("step", [8, pytest.param(1, marks=pytest.mark.slow)])
def test_drafts_of_agencies_files_load_them_wherever_they_are_rectangular(shared_data: Path, step: int) -> None:
    tried, headers = 0, set()
    paths = [path for folder in FOLDERS for path in sorted((shared_data / folder).rglob("*.csv"))]
    for path in paths[::step]:
        content = path.read_bytes()
        if content[:200] in headers:
            continue
        headers.add(content[:200])
        try:
            feed = drafted(content, path.name)
            taken, received, _ = loaded(feed, content, path.name)
        except DeliveryRefused as refused:
            assert refused.code == "empty_file", path.name
            continue
        if path.name not in NOT_RECTANGULAR and received:
            assert taken >= ENOUGH * received, path.name
            tried += 1
    assert tried > 150 / step
