"""The real HMIS export: 4,146 clients whose names and SSNs are all one hash stay 4,146 participants."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.whole.conftest import Open
from tests.whole.installation import Installation

CLIENTS, ENROLMENTS, EXITS, SERVICES, PROJECTS = 4_146, 4_771, 4_295, 4_472, 27
OUTSIDE_THEIR_ENROLMENT = 6
OPEN_ENROLMENTS = ENROLMENTS - EXITS

pytestmark = pytest.mark.xdist_group("hmis")


@pytest.fixture(scope="module")
def hmis(installations: Open, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    installation = installations("hmis")
    folder = tmp_path_factory.mktemp("delivered") / "coc"
    folder.mkdir()
    (folder / "export.zip").symlink_to(shared_data / "hmis" / "demo.zip")
    installation.deliver([folder / "export.zip"])
    installation.link()
    installation.publish()
    yield installation


def test_each_feed_of_the_zip_is_loaded_whole(hmis: Installation) -> None:
    rows = hmis.warehouse("SELECT feed, received, loaded FROM ledger.extract ORDER BY feed")
    expected = {
        "hmis_client": CLIENTS, "hmis_enrolment": ENROLMENTS, "hmis_exit": EXITS, "hmis_service": SERVICES,
        "hmis_project": PROJECTS,
    }  # fmt: skip
    assert {feed: (received, loaded) for feed, received, loaded in rows} == {
        feed: (count, count) for feed, count in expected.items()
    }


def test_clients_with_one_hash_for_all_names_stay_different_people(hmis: Installation) -> None:
    counted = "SELECT count(*) AS n FROM participant WHERE agencies = ['coc'] OR list_contains(agencies, 'coc')"
    assert hmis.snapshot(counted)["n"].item() == CLIENTS
    assert hmis.warehouse("SELECT count(DISTINCT participant_key) FROM timeline.link")[0][0] == CLIENTS


def test_enrolments_are_spans_that_their_exits_close(hmis: Installation) -> None:
    spans = hmis.snapshot("SELECT count(*) AS n, count(*) FILTER (end_date IS NULL) AS open FROM enrolment")
    assert spans.row(0) == (ENROLMENTS, OPEN_ENROLMENTS)


def test_services_are_events_and_those_outside_their_enrolment_are_flagged(hmis: Installation) -> None:
    events = hmis.snapshot("SELECT count(*) AS n, count(*) FILTER (outside_enrolment) AS outside FROM service")
    assert events.row(0) == (SERVICES, OUTSIDE_THEIR_ENROLMENT)


def test_projects_are_spans_about_nobody(hmis: Installation) -> None:
    spans = hmis.snapshot("SELECT count(*) AS n, count(participant_key) AS k FROM span WHERE kind = 'programme'")
    assert spans.row(0) == (PROJECTS, 0)
