"""Bits that flip where files, rows and partitions are kept; and files that fail each time."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from bench.kills import imbalances
from flows.ingest import drain
from flows.link import link
from flows.publish import publish
from flows.stores import Stores
from flows.sweep import land_missed
from schemas.failpoint import armed
from tests.faults.fault import withstands
from tests.faults.steps import NAME, NEXT, check, csv, put, spans, take, taken, with_settings
from warehouse.snapshot.folder import current_manifest
from warehouse.snapshot.partitions import verify
from warehouse.store.digest import logical_digest


def flip(path: Path, place: float) -> None:
    content = bytearray(path.read_bytes())
    content[int(place * (len(content) - 1))] ^= 1
    path.write_bytes(content)


@withstands(
    "flipped bit in a stored file", "found when it is read: quarantined; the file behind it goes on", "ACT", "bits"
)
@pytest.mark.parametrize("place", [0.0, 0.5, 1.0])
def test_a_flipped_bit_in_a_stored_file_is_found(place: float, stores: Stores) -> None:
    few = with_settings(stores, attempts=2)
    put(few, NAME, csv())
    land_missed(few)
    (extract,) = few.ledger.extracts()
    (blob,) = Path(few.settings.home, "landing").glob(f"*/{extract.digest}")
    flip(blob, place)
    put(few, NEXT, csv(seed=2))
    land_missed(few)
    assert {one.extract_id == extract.extract_id: one.state for one in drain(few)} == {
        True: "quarantined",
        False: "loaded",
    }
    check(few)
    assert spans(few) == 20


@withstands("flipped bit in a ledger row", "forbidden where counts, states or digests would not agree", "CT", "bits")
@pytest.mark.parametrize(
    "change",
    ["loaded = loaded # 1", "received = received # 1", "state = 'loadee'", "digest = 'x' || digest",
     "finished_at = NULL"],
)  # fmt: skip
def test_a_ledger_row_that_does_not_agree_with_itself_is_forbidden(change: str, stores: Stores) -> None:
    taken(stores, NAME, csv())
    with pytest.raises(sa.exc.DBAPIError), stores.warehouse.begin() as connection:
        connection.execute(sa.text(f"UPDATE ledger.extract SET {change}"))
    check(stores)


@withstands("flipped bits in a ledger row that agree with each other", "found by counting its rows", "C", "bits")
def test_counts_that_agree_with_each_other_only_are_found(stores: Stores) -> None:
    taken(stores, NAME, csv())
    with stores.warehouse.begin() as connection:
        connection.execute(sa.text("UPDATE ledger.extract SET loaded = loaded - 1, rejected = rejected + 1"))
    assert imbalances(stores)["whose rows are not those loaded"] == 1


@withstands("flipped bit in a row of the timeline", "the logical digest differs", "A", "bits")
def test_a_changed_row_changes_the_digest(stores: Stores) -> None:
    taken(stores, NAME, csv())
    before = logical_digest(stores.warehouse)
    with stores.warehouse.begin() as connection:
        connection.execute(sa.text(
            "UPDATE timeline.span SET start_date = start_date - 1 WHERE ctid = (SELECT min(ctid) FROM timeline.span)"
        ))  # fmt: skip
    assert logical_digest(stores.warehouse) != before


@withstands("flipped bit in a published partition", "found by its hash, whichever partition it is", "A", "bits")
def test_a_flipped_bit_in_a_published_partition_is_found(stores: Stores) -> None:
    taken(stores, NAME, csv())
    link(stores)
    publish(stores)
    folder = next(path for path in Path(stores.settings.home, "published").rglob("*") if current_manifest(path))
    manifest = current_manifest(folder)
    assert manifest is not None
    assert verify(folder, manifest) == []
    for partition in manifest.partitions:
        whole = (folder / partition.file).read_bytes()
        flip(folder / partition.file, 0.5)
        assert verify(folder, manifest) == [partition.file]
        (folder / partition.file).write_bytes(whole)


@withstands("poison file", "quarantined after N tries; the files behind it go on", "ACT", "poison")
@pytest.mark.parametrize("point", ["extract.read", "extract.judged", "split.staged", "load.finished"])
def test_a_poison_file_is_given_up_and_stops_no_other(point: str, stores: Stores) -> None:
    few, failed = with_settings(stores, attempts=3), []
    put(few, NAME, csv())
    land_missed(few)
    put(few, NEXT, csv(15, seed=2))
    land_missed(few)
    (first, _) = few.ledger.extracts()

    def fail(name: str) -> None:
        if name == point and few.ledger.get(first.extract_id).state == "loading":
            failed.append(name)
            raise ValueError(name)

    with armed(fail):
        ends = {one.extract_id == first.extract_id: one.state for one in drain(few)}
    assert ends == {True: "quarantined", False: "loaded"}
    assert len(failed) == 3
    assert few.quarantine.exists(first.digest)
    take(few)
    assert spans(few) == 15
    assert few.vault.staged() == ()
