"""The real HMIS export through its feeds: every record is taken, and the traps of the file are still in it."""

import os
from functools import lru_cache
from pathlib import Path

import polars as pl
import pytest

from connectors.readers import read
from schemas.catalogue import feeds, match
from schemas.decode import check_header
from schemas.rows import judge_rows
from schemas.table import Judged

SHARED = os.environ.get("THROUGHCARE_SHARED", "")
pytestmark = pytest.mark.skipif(not SHARED, reason="THROUGHCARE_SHARED does not say where the real data is")

COUNTS = {"hmis_client": 4146, "hmis_enrolment": 4771, "hmis_exit": 4295, "hmis_service": 4472, "hmis_project": 27}


@lru_cache
def judged(name: str) -> Judged:
    feed = feeds()[name]
    table = read((Path(SHARED) / "data/hmis/demo.zip").read_bytes(), feed.format)
    check_header(feed, table.rows.columns[1:])
    return judge_rows(feed, table)


def test_the_archive_is_for_the_five_feeds() -> None:
    assert {feed.name for feed in match("demo.zip", "coc")} == set(COUNTS)


@pytest.mark.parametrize("name", COUNTS)
def test_every_record_is_accepted(name: str) -> None:
    assert (judged(name).received, len(judged(name).accepted)) == (COUNTS[name], COUNTS[name])


def test_all_clients_share_one_hashed_name_and_ssn() -> None:
    clients = judged("hmis_client").accepted

    assert [clients[name].drop_nulls().n_unique() for name in ("FirstName", "LastName", "SSN")] == [1, 1, 1]
    assert clients["PersonalID"].n_unique() == 4146


def test_6_services_lie_outside_their_enrolment_and_476_enrolments_are_open() -> None:
    entries = judged("hmis_enrolment").accepted.select("EnrollmentID", "EntryDate")
    exits = judged("hmis_exit").accepted.select("EnrollmentID", "ExitDate")
    spans = entries.join(exits, on="EnrollmentID", how="left")
    services = judged("hmis_service").accepted.join(spans, on="EnrollmentID")
    outside = (pl.col("DateProvided") < pl.col("EntryDate")) | (pl.col("DateProvided") > pl.col("ExitDate"))

    assert spans["ExitDate"].null_count() == 476
    assert len(services.filter(outside)) == 6
