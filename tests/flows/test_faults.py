"""One bad file, folder or disk stops nothing else, and what was committed stays committed."""

import json
import shutil
from pathlib import Path
from typing import IO, Any

import pytest

from connectors import intake
from connectors.landing import Landed, LandingStore
from flows import handing
from flows.ingest import drain, take_next
from flows.once import ingest_once, sweep_once
from flows.settings import Settings
from flows.stores import Stores
from flows.sweep import sweep
from schemas.errors import StoreError
from tests.flows.conftest import content, deliver, land

AGENCY = "metro_probation"
NAME, NEXT = "supervision_20250601.csv", "supervision_20250608.csv"


def receipt_files(settings: Settings, agency: str = AGENCY) -> list[Path]:
    return sorted((settings.intake / agency / "receipts").glob("*.json"))


def test_a_file_that_another_watcher_took_is_no_failure(stores: Stores) -> None:
    path = deliver(stores.settings, NAME, content())
    path.unlink()
    assert land(stores, path) == ()


def test_a_file_taken_by_another_watcher_meanwhile_is_no_failure(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = deliver(stores.settings, NAME, content())
    genuine = type(stores.landing).put_stream

    def removed_meanwhile(store: LandingStore, *of: Any) -> Landed:
        landed = genuine(store, *of)
        (hidden,) = path.parent.glob(f".*/{NAME}")
        hidden.unlink()
        return landed

    monkeypatch.setattr(type(stores.landing), "put_stream", removed_meanwhile)
    assert land(stores, path) == ()


def test_a_file_that_cannot_be_stored_stops_no_other(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    unreadable = deliver(stores.settings, NAME, content(seed=1))
    deliver(stores.settings, NEXT, content(seed=2))
    genuine = type(stores.landing).put_stream

    def put(store: LandingStore, stream: IO[bytes], name: str, *of: Any) -> Landed:
        if name == NAME:
            raise StoreError("landing: a file cannot be stored (errno 13)")
        return genuine(store, stream, name, *of)

    with monkeypatch.context() as patch:
        patch.setattr(type(stores.landing), "put_stream", put)
        (receipt,) = ingest_once(stores)
    assert receipt.state == "loaded"
    assert unreadable.exists()
    assert sweep(stores)["files_landed"] == 1


def test_a_damaged_stored_file_ends_in_quarantine_and_stops_no_other(stores: Stores) -> None:
    (damaged,) = land(stores, deliver(stores.settings, NAME, content(seed=1)))
    (blob,) = Path(stores.settings.home, "landing").glob(f"*/{damaged.digest}")
    bytes_ = bytearray(blob.read_bytes())
    bytes_[len(bytes_) // 2] ^= 1
    blob.write_bytes(bytes_)
    deliver(stores.settings, NEXT, content(seed=2))
    states = {receipt.extract_id: receipt.state for receipt in ingest_once(stores)}
    assert states[damaged.extract_id] == "quarantined"
    assert sorted(states.values()) == ["loaded", "quarantined"]


def test_no_space_for_a_receipt_takes_nothing_back(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    object.__setattr__(stores, "settings", stores.settings.model_copy(update={"attempts": 1}))
    land(stores, deliver(stores.settings, NAME, content(seed=1)))
    land(stores, deliver(stores.settings, NEXT, content(seed=2)))

    def full(*_: object) -> None:
        raise StoreError("a receipt cannot be written (errno 28)")

    with monkeypatch.context() as patch:
        patch.setattr(handing, "write", full)
        assert [receipt.state for receipt in drain(stores)] == ["loaded", "loaded"]
    assert receipt_files(stores.settings) == []
    assert sweep_once(stores)["receipts_rendered"] == 2
    assert len(receipt_files(stores.settings)) == 2


def test_a_receipt_that_cannot_be_rendered_stops_no_sweep(stores: Stores) -> None:
    deliver(stores.settings, NAME, content(seed=1))
    list(ingest_once(stores))
    folder = stores.settings.intake / AGENCY / intake.RECEIPTS
    shutil.rmtree(folder)
    folder.symlink_to(stores.settings.home / "nowhere")
    deliver(stores.settings, NEXT, content(seed=2))
    assert [receipt.state for receipt in ingest_once(stores)] == ["loaded"]
    folder.unlink()
    assert sweep(stores)["receipts_rendered"] == 2


def test_a_vault_lost_after_the_commit_takes_nothing_back(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    object.__setattr__(stores, "settings", stores.settings.model_copy(update={"attempts": 1}))
    land(stores, deliver(stores.settings, NAME, content()))

    def away(*_: object) -> None:
        raise StoreError("vault: away")

    with monkeypatch.context() as patch:
        patch.setattr(type(stores.vault), "confirm", away)
        receipt = take_next(stores)
    assert receipt is not None
    assert receipt.state == "loaded"
    assert len(receipt_files(stores.settings)) == 1
    assert sweep(stores)["staging_confirmed"] == 1


def test_a_file_refused_for_its_name_is_taken_under_the_right_one(stores: Stores) -> None:
    deliver(stores.settings, "supervision.csv", content())
    (refused,) = ingest_once(stores)
    assert refused.code == "no_feed"
    deliver(stores.settings, NAME, content())
    (receipt,) = ingest_once(stores)
    assert (receipt.state, receipt.code) == ("loaded", None)
    assert stores.ledger.get(receipt.extract_id).as_of is not None


def test_a_renamed_copy_changes_nothing_of_what_its_first_name_said(stores: Stores) -> None:
    (first,) = land(stores, deliver(stores.settings, NAME, content()))
    land(stores, deliver(stores.settings, NEXT, content()))
    assert stores.landing.name(first.digest) == NAME
    assert [receipt.state for receipt in drain(stores)] == ["loaded", "duplicate"]


def test_files_where_none_is_taken_are_counted(stores: Stores) -> None:
    folder = stores.settings.intake / AGENCY
    (folder / "2025" / "june").mkdir(parents=True)
    (folder / "2025" / "june" / NAME).touch()
    (stores.settings.intake / NAME).touch()
    (folder / ".hidden").touch()
    deliver(stores.settings, NEXT, content())
    list(ingest_once(stores))
    assert intake.strays(stores.settings.intake) == 2
    assert sweep(stores)["files_out_of_place"] == 2
    assert json.loads(receipt_files(stores.settings)[0].read_text())["state"] == "loaded"
