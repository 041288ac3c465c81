"""The synthetic city through the whole chain, against its known truth."""

import random
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from bench.accuracy import accuracy
from bench.city.city import Truth, write_city
from connectors.receipts import Receipt
from schemas.catalogue import feeds
from tests.whole.conftest import Open
from tests.whole.installation import Installation
from warehouse.store.digest import logical_digest

PEOPLE, SEED = 240, 11
PLACE = ["feed", "as_of", "row_number"]
PRECISION, RECALL = 0.98, 0.93
"""What the demo's linker must reach on a small city; issue by issue these rise."""

pytestmark = pytest.mark.xdist_group("city")


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Path], Truth]:
    folder = tmp_path_factory.mktemp("city")
    truth = write_city(PEOPLE, SEED, folder)
    return sorted(path for path in folder.glob("metro_*/*")), truth


@pytest.fixture(scope="module")
def city(installations: Open, delivered: tuple[list[Path], Truth]) -> Iterator[tuple[Installation, list[Receipt]]]:
    installation = installations("city")
    receipts = installation.deliver(delivered[0])
    installation.link()
    installation.publish()
    yield installation, receipts


def _by_place(frame: pl.DataFrame) -> set[tuple[str, int, str | None, str]]:
    return set(frame.select("feed", "row_number", "column", "rule").rows())


def test_exactly_the_planted_errors_are_rejected(
    city: tuple[Installation, list[Receipt]], delivered: tuple[list[Path], Truth]
) -> None:
    found = city[0].warehouse(
        'SELECT e.feed, r.row_number, r."column", r.rule FROM ledger.rejection AS r '
        "JOIN ledger.extract AS e USING (extract_id)"
    )
    assert {tuple(row) for row in found} == _by_place(delivered[1].errors)
    assert len(delivered[1].errors) > 20


def test_every_row_received_is_loaded_rejected_or_a_planted_duplicate(
    city: tuple[Installation, list[Receipt]], delivered: tuple[list[Path], Truth]
) -> None:
    receipts, truth = city[1], delivered[1]
    assert {receipt.state for receipt in receipts} == {"loaded"}
    assert sum(receipt.received for receipt in receipts) == len(truth.rows)
    assert sum(receipt.duplicate for receipt in receipts) == len(truth.duplicates)
    for receipt in receipts:
        assert receipt.received == receipt.loaded + receipt.rejected + receipt.duplicate + receipt.quarantined


def _people(truth: Truth) -> pl.DataFrame:
    """Who each row of each file is about; a file is told by its feed and the date in its name."""
    files = truth.rows.select("feed", "file").unique()
    dates = [feeds()[feed].file_date(file) for feed, file in files.rows()]
    return truth.rows.join(files.with_columns(as_of=pl.Series(dates)), on=["feed", "file"]).select(*PLACE, "person")


def _participants(installation: Installation, where: str = "true") -> pl.DataFrame:
    """Which participant each loaded row went to; null where it went to nobody."""
    moments = " UNION ALL ".join(
        f"SELECT extract_id, row_number, participant_key, kind FROM {t}" for t in ("event", "span")
    )
    return installation.snapshot(
        "SELECT DISTINCT x.feed, x.as_of, m.row_number::BIGINT AS row_number, "
        "m.participant_key::VARCHAR AS participant_key "
        f"FROM ({moments}) AS m JOIN extract AS x USING (extract_id) WHERE {where}"
    )


def test_the_same_people_are_found_across_agencies(
    city: tuple[Installation, list[Receipt]], delivered: tuple[list[Path], Truth]
) -> None:
    measured = accuracy(_participants(city[0]), _people(delivered[1]), on=PLACE)
    assert measured.precision >= PRECISION, measured
    assert measured.recall >= RECALL, measured


def test_a_reused_member_number_assigns_its_bare_rows_to_nobody(
    city: tuple[Installation, list[Receipt]], delivered: tuple[list[Path], Truth]
) -> None:
    reusing = delivered[1].reused["person"].implode()
    bare = _people(delivered[1]).filter(pl.col("feed") == "metro_peer_attendance", pl.col("person").is_in(reusing))
    assigned = _participants(city[0], "m.kind = 'attendance'").join(bare, on=PLACE)
    assert len(assigned) > 10
    assert assigned["participant_key"].null_count() == len(assigned)


def test_hearings_of_co_defendants_never_mix(
    city: tuple[Installation, list[Receipt]], delivered: tuple[list[Path], Truth]
) -> None:
    people = _people(delivered[1])
    charged = _participants(city[0], "m.kind = 'charge'").join(people, on=PLACE)
    heard = _participants(city[0], "m.kind = 'hearing'").join(people, on=PLACE)
    shared = charged.group_by("participant_key").agg(pl.col("person").unique()).filter(pl.col("person").list.len() == 1)
    own = heard.join(shared.explode("person"), on="participant_key", suffix="_charged")
    assert len(own) > 50
    assert own.filter(pl.col("person") != pl.col("person_charged")).is_empty()


def test_loading_every_file_twice_in_any_order_gives_the_same_logical_digest(
    city: tuple[Installation, list[Receipt]], delivered: tuple[list[Path], Truth], installations: Open
) -> None:
    expected = logical_digest(city[0].stores.warehouse)
    twice = [*delivered[0], *delivered[0]]
    random.Random(7).shuffle(twice)
    other = installations("shuffled")
    receipts = other.deliver(twice)
    other.link()
    assert logical_digest(other.stores.warehouse) == expected
    assert sum(receipt.state == "duplicate" for receipt in receipts) == len(delivered[0])
    again = city[0].deliver(delivered[0])
    city[0].link()
    assert all(receipt.state == "duplicate" and receipt.loaded == 0 for receipt in again)
    assert logical_digest(city[0].stores.warehouse) == expected


def test_outcomes_stand_in_the_warehouse_and_in_the_snapshot(city: tuple[Installation, list[Receipt]]) -> None:
    counted = "SELECT count(*) AS n, count(DISTINCT outcome) AS outcomes FROM "
    rows, outcomes = city[0].snapshot(counted + "outcome").row(0)
    assert rows > 0
    assert outcomes == 4
    assert tuple(city[0].warehouse(counted + "warehouse.outcome")[0]) == (rows, outcomes)


@pytest.mark.parametrize("first", ["attendance", "enrolments", "charges"])
def test_attendance_before_between_or_after_enrolments_gives_the_same_timelines(
    first: str, small: tuple[list[Path], str], installations: Open
) -> None:
    """Linked after every file, so that each order makes its own merges on the way."""
    paths = sorted(small[0], key=lambda path: (not path.name.startswith(first), path.name[::-1]))
    installation = installations(first)
    for path in paths:
        installation.deliver([path])
        installation.link()
    assert logical_digest(installation.stores.warehouse) == small[1]


@pytest.fixture(scope="module")
def small(installations: Open, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Path], str]:
    """A smaller city's peer-support and court files, and their logical digest when loaded and linked at once."""
    folder = tmp_path_factory.mktemp("small")
    write_city(60, SEED, folder)
    paths = [path for path in folder.glob("metro_*/*") if path.name.startswith(("attend", "enrol", "charg", "hear"))]
    installation = installations("small")
    installation.deliver(paths)
    installation.link()
    return paths, logical_digest(installation.stores.warehouse)
