"""The order in which deliveries arrive changes nothing of what is current in the end."""

import datetime as dt
from itertools import permutations
from pathlib import Path

import pytest
import sqlalchemy as sa

from bench.kills import empty
from connectors.signing import write_manifest
from flows.stores import Stores
from tests.faults.fault import withstands
from tests.faults.steps import PEERS, put, take, taken
from tests.flows.feeds import contacts, declared
from warehouse.store.digest import logical_digest

NUMBERED = {
    "files": "try_order_{date:%Y%m%d}_{sequence}.csv",
    "sequence": "Sequence()", "delivery": 'Delta(every="week")',
}  # fmt: skip
A, B, C = (1, "M1", "2025-01-05", 60), (2, "M2", "2025-01-06", 45), (3, "M3", "2025-01-07", 30)
DELTAS = (
    ("try_order_20250110_1.csv", contacts(A, B)),
    ("try_order_20250117_2.csv", contacts((*A[:3], 75), C)),
    ("try_order_20250124_3.csv", contacts((*A[:3], 90), (*B[:3], 10))),
)
DAILY = tuple((f"try_daily_{name[10:18]}.csv", content) for name, content in DELTAS)


def minutes(stores: Stores) -> list[float]:
    with stores.warehouse.connect() as connection:
        return list(connection.scalars(sa.text("SELECT number FROM warehouse.event ORDER BY number")))


@withstands("numbered deltas permuted", "what comes early is held; all converge to one digest", "COT", "order")
def test_numbered_deltas_converge_in_every_order(stores: Stores, tmp_path: Path) -> None:
    digests = set()
    with declared(tmp_path / "feeds", "try_order", **NUMBERED):
        for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
            empty(stores)
            for name, content in (DELTAS[which] for which in order):
                put(stores, name, content, PEERS)
                take(stores)
            assert [one.state for one in stores.ledger.extracts()] == ["loaded"] * 3
            assert minutes(stores) == [10, 30, 90]
            digests.add(logical_digest(stores.warehouse))
    assert len(digests) == 1


@withstands("deltas of different days permuted", "the later day wins; one digest", "COT", "order")
def test_dated_deltas_converge_in_every_order(stores: Stores, tmp_path: Path) -> None:
    digests = set()
    with declared(tmp_path / "feeds", "try_daily", delivery='Delta(every="week")'):
        for order in permutations(DAILY):
            empty(stores)
            assert [taken(stores, name, content, PEERS).state for name, content in order] == ["loaded"] * 3
            assert minutes(stores) == [10, 30, 90]
            digests.add(logical_digest(stores.warehouse))
    assert len(digests) == 1


@withstands("deltas with a gap", "held and reported until the missing one comes", "COT", "order")
def test_a_gap_is_held_and_reported(stores: Stores, tmp_path: Path) -> None:
    with declared(tmp_path / "feeds", "try_order", **NUMBERED):
        assert taken(stores, *DELTAS[0], PEERS).state == "loaded"
        held = taken(stores, *DELTAS[2], PEERS)
        assert (held.state, held.code, held.sequence, held.loaded) == ("held", "sequence_gap", 3, 0)
        assert minutes(stores) == [45, 60]
        put(stores, *DELTAS[1], PEERS)
        assert [one.state for one in take(stores)] == ["loaded", "loaded"]
        assert minutes(stores) == [10, 30, 90]


@withstands("deltas repeated", "each repetition is a duplicate; the digest stays", "CIOT", "order")
def test_a_repeated_delta_changes_nothing(stores: Stores, tmp_path: Path) -> None:
    with declared(tmp_path / "feeds", "try_order", **NUMBERED):
        for name, content in DELTAS:
            taken(stores, name, content, PEERS)
        before = logical_digest(stores.warehouse)
        for name, content in reversed(DELTAS):
            assert taken(stores, name, content, PEERS).state == "duplicate"
        assert logical_digest(stores.warehouse) == before


@withstands("two contents under one number", "the second is held", "CAT", "order")
def test_two_contents_under_one_number_wait_for_a_person(stores: Stores, tmp_path: Path) -> None:
    with declared(tmp_path / "feeds", "try_order", **NUMBERED):
        taken(stores, *DELTAS[0], PEERS)
        held = taken(stores, DELTAS[0][0], DELTAS[1][1], PEERS)
        assert (held.state, held.code) == ("held", "sequence_conflict")
        assert minutes(stores) == [45, 60]


@withstands("a correction before and after what it corrects", "one digest", "COT", "version")
def test_a_correction_holds_in_whatever_order_it_comes(stores: Stores, tmp_path: Path) -> None:
    full, aside = ("try_corrected_20250110.csv", contacts(A, B)), tmp_path / "try_corrected_20250112.csv"
    aside.write_bytes(contacts((*B[:3], 50)))
    tomorrow = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
    stated = write_manifest(aside, rows=1, agency=PEERS, agreement="metro-2025", expires=tomorrow, kind="delta")
    digests = set()
    with declared(tmp_path / "feeds", "try_corrected", manifest="ManifestRule(demanded=False, signed=False)"):
        for order in ((0, 1), (1, 0)):
            empty(stores)
            for which in order:
                if which:
                    put(stores, stated.name, stated.read_bytes(), PEERS)
                put(stores, *((aside.name, aside.read_bytes()) if which else full), PEERS)
                assert [one.state for one in take(stores)] == ["loaded"]
            assert minutes(stores) == [50, 60]
            digests.add(logical_digest(stores.warehouse))
    assert len(digests) == 1


@withstands("new content with a higher number", "supersedes by its number, not by its arrival", "COT", "version")
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_full_deliveries_of_one_day_are_ordered_by_their_numbers(
    order: tuple[int, int], stores: Stores, tmp_path: Path
) -> None:
    terms = {"files": "try_order_{date:%Y%m%d}_{sequence}.csv"}
    versions = (("try_order_20250110_1.csv", contacts(A, B)), ("try_order_20250110_2.csv", contacts(A, C)))
    with declared(tmp_path / "feeds", "try_order", **terms):
        for which in order:
            assert taken(stores, *versions[which], PEERS).state == "loaded"
        assert minutes(stores) == [30, 60]
