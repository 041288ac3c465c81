"""Feeds are found by being there."""

import datetime as dt
import sys
from pathlib import Path
from types import ModuleType

import pytest

import schemas.feeds
from schemas import catalogue
from schemas.dictionary import describe_feeds
from schemas.errors import ContractError
from tests.schemas.small import feed


def test_each_module_of_feeds_is_a_feed() -> None:
    folder = Path(schemas.feeds.__path__[0])
    assert set(catalogue.feeds()) == {file.stem for file in folder.glob("*.py")} - {"__init__"}


def test_a_file_is_matched_within_its_agency_only() -> None:
    assert [found.name for found in catalogue.match("CHARGES_20240131.TXT", "metro_court")] == ["metro_court_charges"]
    assert catalogue.match("charges_20240131.txt", "metro_peer") == ()
    assert catalogue.match("charges_20240231.txt", "metro_court") == ()
    assert catalogue.match("minutes.txt", "metro_court") == ()


def test_an_archive_may_deliver_several_feeds() -> None:
    assert len(catalogue.match("export.zip", "coc")) == 5


@pytest.mark.parametrize(("stated", "problem"), [(None, "not stated"), (feed(), "not the name of its module")])
def test_a_module_states_one_feed_of_its_own_name(
    stated: object, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("schemas.feeds.stray")
    module.__dict__["FEED"] = stated
    monkeypatch.setitem(sys.modules, "schemas.feeds.stray", module)
    with pytest.raises(ContractError, match=problem):
        catalogue._load("stray")


def test_the_dictionary_has_every_column_of_every_feed() -> None:
    described = {(entry.feed, entry.column) for entry in describe_feeds()}
    assert described == {(name, header) for name, found in catalogue.feeds().items() for header in found.headers}


@pytest.mark.parametrize("written", ["202411", "2024115", "2024 115", "２０２４0115", "20240230", "240115"])
def test_a_date_in_a_files_name_reads_back_as_it_was_written(written: str) -> None:
    dated = feed(files="records_{date:%Y%m%d}.csv")
    assert dated.file_date("records_20240115.csv") == dt.date(2024, 1, 15)
    assert not dated.matches(f"records_{written}.csv")
