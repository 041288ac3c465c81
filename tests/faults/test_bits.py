"""Bits that flip where files, rows and partitions are kept; and files that fail each time."""

import secrets
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from flows.ingest import drain
from flows.link import link
from flows.publish import publish
from flows.settings import Settings
from flows.stores import Stores, open_stores
from flows.sweep import land_missed
from flows.verify import verify as verify_all
from schemas.failpoint import armed
from tests.faults.fault import withstands
from tests.faults.steps import NAME, NEXT, check, csv, put, spans, take, taken, with_settings
from warehouse.snapshot.folder import current_manifest
from warehouse.snapshot.partitions import verify
from warehouse.store.digest import logical_digest
from warehouse.store.soundness import imbalances


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
    assert imbalances(stores.warehouse)["whose rows are not those loaded"] == 1


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


def unsound(stores: Stores) -> dict[str, tuple[str, ...]]:
    """Store → what `throughcare verify` finds wrong in it."""
    return {one.store: one.faults for one in verify_all(stores) if one.faults}


@withstands("nothing flipped", "verifying reads every store and finds nothing", "A", "bits")
def test_what_is_as_it_was_verifies(stores: Stores) -> None:
    taken(stores, NAME, csv())
    assert unsound(stores) == {}
    link(stores)
    publish(stores)
    assert unsound(stores) == {}
    assert [one.store for one in verify_all(stores)] == [
        "landing", "quarantine", "ledger", "warehouse", "vault", "audit", "snapshot",
    ]  # fmt: skip


@withstands("flipped bit in a row of the timeline", "found against the published rows", "A", "bits")
def test_a_row_that_is_not_as_it_was_published_is_found(stores: Stores) -> None:
    taken(stores, NAME, csv())
    link(stores)
    publish(stores)
    (extract,) = stores.ledger.extracts()
    with stores.warehouse.begin() as connection:
        connection.execute(sa.text(
            "UPDATE timeline.span SET start_date = start_date - 1 WHERE ctid = (SELECT min(ctid) FROM timeline.span)"
        ))  # fmt: skip
    found = f"span, extract {extract.extract_id}: the warehouse has other rows than were published"
    assert unsound(stores) == {"snapshot": (found,)}


@withstands("flipped bit in a stored file", "found by verifying, before anybody reads it", "A", "bits")
def test_a_flipped_bit_in_a_file_that_was_loaded_is_found(stores: Stores) -> None:
    taken(stores, NAME, csv())
    (extract,) = stores.ledger.extracts()
    (blob,) = Path(stores.settings.home, "landing").glob(f"*/{extract.digest}")
    flip(blob, 0.5)
    assert unsound(stores) == {"landing": (f"file {extract.digest[:12]} is not as it was stored",)}
    blob.unlink()
    assert unsound(stores) == {"ledger": (f"extract {extract.extract_id}: its file is missing",)}


@withstands("flipped bit in an encrypted record", "found by its tag", "A", "bits")
def test_a_flipped_bit_in_the_vault_is_found(stores: Stores) -> None:
    taken(stores, NAME, csv())
    with stores.vault.engine.begin() as connection:
        connection.execute(sa.text(
            "UPDATE vault.record SET blob = set_bit(blob, 300, 1 - get_bit(blob, 300)) "
            "WHERE identity_id = (SELECT min(identity_id) FROM vault.record)"
        ))  # fmt: skip
    assert unsound(stores) == {"vault": ("records do not open",)}


@withstands("flipped bit on the disk of ledger or vault", "found by the checksum of its page", "A", "bits")
@pytest.mark.parametrize(
    ("store", "table", "found"),
    [
        (
            "warehouse",
            "ledger.extract",
            {"ledger": ("cannot be read",), "warehouse": ("table ledger.extract cannot be read",)},
        ),
        ("warehouse", "timeline.span", {"warehouse": ("table timeline.span cannot be read",)}),
        ("vault", "vault.record", {"vault": ("table record cannot be read",)}),
    ],
)
def test_a_flipped_bit_on_the_disk_is_found(
    store: str, table: str, found: dict[str, tuple[str, ...]], tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path / "home", master_key=SecretStr(secrets.token_hex(32)), quiet_seconds=0.02)
    with open_stores(settings) as stores:
        taken(stores, NAME, csv())
        engine = stores.warehouse if store == "warehouse" else stores.vault.engine
        with engine.begin() as connection:
            name = connection.scalar(sa.text(f"SELECT pg_relation_filepath('{table}')"))
    flip(settings.home / "postgres" / "data" / str(name), 0.9)
    with open_stores(settings) as stores:
        assert unsound(stores) == found


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
