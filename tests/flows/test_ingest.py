import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from connectors import taking
from connectors.landing import Landed, LandingStore
from connectors.receipts import Receipt
from flows import ingest, loading
from flows.arriving import land as land_delivery
from flows.ingest import drain, take_next
from flows.judgement import Judgement
from flows.loading import Work, load_judged
from flows.once import ingest_once, sweep_once
from flows.settings import Settings
from flows.stores import Stores
from flows.sweep import sweep
from identity.linkability import score
from identity.split import split_batches
from schemas.errors import StoreError
from tests.flows.conftest import content, deliver, land
from warehouse.store.engine import Unavailable

AGENCY = "metro_probation"
NAME = "supervision_20250601.csv"


def spans(stores: Stores) -> int:
    with stores.warehouse.connect() as connection:
        return int(connection.scalar(sa.text("SELECT count(*) FROM timeline.span")) or 0)


def receipt_files(settings: Settings, agency: str = AGENCY) -> list[Path]:
    return sorted((settings.intake / agency / "receipts").glob("*.json"))


def test_a_file_goes_from_the_intake_to_its_receipt(stores: Stores) -> None:
    path = deliver(stores.settings, NAME, content(size=20))
    (receipt,) = ingest_once(stores)
    assert (receipt.state, receipt.received, receipt.loaded) == ("loaded", 20, 20)
    assert not path.exists()
    assert spans(stores) == 20
    (file,) = receipt_files(stores.settings)
    assert json.loads(file.read_text())["loaded"] == 20
    assert stores.vault.staged() == ()


def test_what_is_loaded_is_scored_as_what_is_held_or_checked_would_be(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    judgements: list[Judgement] = []

    def noted(work: Work, judgement: Judgement, receipt: Receipt) -> Receipt:
        judgements.append(judgement)
        assert receipt.linkability is None
        return load_judged(work, judgement, receipt)

    monkeypatch.setattr(ingest, "load_judged", noted)
    deliver(stores.settings, NAME, content(size=20))
    (receipt,) = ingest_once(stores)
    (judgement,) = judgements
    assert judgement.feed and judgement.judged
    assert receipt.linkability == score(judgement.feed, judgement.judged.batches)
    (file,) = receipt_files(stores.settings)
    assert json.loads(file.read_text())["linkability"]["rows"] == 20


def test_a_broken_cell_is_named_by_row_column_and_rule_and_never_shown(stores: Stores) -> None:
    cells = content(size=40)
    broken = cells.with_columns(
        pl.when(pl.int_range(pl.len()) == 3).then(pl.lit("Qvintus")).otherwise(pl.col("Gender")).alias("Gender")
    )
    deliver(stores.settings, NAME, broken)
    (receipt,) = ingest_once(stores)
    assert (receipt.loaded, receipt.rejected) == (39, 1)
    (file,) = receipt_files(stores.settings)
    told = file.read_text() + file.with_suffix(".txt").read_text()
    assert "unknown_code" in told
    assert "Gender" in told
    assert "Qvintus" not in told
    assert NAME not in told


@pytest.mark.parametrize(("new", "state", "kept_back"), [(4, "loaded", 0), (8, "held", 40)])
def test_labels_that_changed_since_the_last_delivery_are_held_not_guessed(
    new: int, state: str, kept_back: int, stores: Stores
) -> None:
    deliver(stores.settings, NAME, content(size=40))
    list(ingest_once(stores))
    label = pl.when(pl.int_range(pl.len()) < new).then(pl.lit("New word")).otherwise(pl.col("Gender"))
    deliver(stores.settings, "supervision_20250708.csv", content(size=40, seed=3).with_columns(label.alias("Gender")))
    (receipt,) = ingest_once(stores)
    assert (receipt.state, receipt.quarantined) == (state, kept_back)
    assert receipt.rejected == (new if state == "loaded" else 0)


def test_the_same_bytes_again_change_nothing(stores: Stores) -> None:
    deliver(stores.settings, NAME, content())
    list(ingest_once(stores))
    deliver(stores.settings, NAME, content())
    (receipt,) = ingest_once(stores)
    assert (receipt.state, receipt.received, receipt.duplicate) == ("duplicate", 20, 20)
    assert spans(stores) == 20
    assert len(receipt_files(stores.settings)) == 2


def test_a_file_of_no_feed_is_refused_and_kept(stores: Stores) -> None:
    path = stores.settings.intake / AGENCY / "holiday.pdf"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"%PDF")
    (receipt,) = ingest_once(stores)
    assert (receipt.state, receipt.code) == ("refused", "no_feed")
    assert not path.exists()
    assert len(receipt_files(stores.settings)) == 1
    (extract,) = stores.ledger.extracts()
    assert stores.quarantine.exists(extract.digest)


def test_a_refused_file_says_why(stores: Stores) -> None:
    deliver(stores.settings, NAME, content().rename({"Gender": "Sex"}))
    (receipt,) = ingest_once(stores)
    assert (receipt.state, receipt.code) == ("refused", "undeclared_column")
    assert (receipt.received, receipt.quarantined) == (20, 20)


def test_a_shrunken_file_is_held(stores: Stores) -> None:
    deliver(stores.settings, NAME, content().clear())
    (receipt,) = ingest_once(stores)
    assert receipt.state == "held"
    assert spans(stores) == 0


def test_poison_is_quarantined_and_the_files_behind_it_go_on(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    first = land(stores, deliver(stores.settings, NAME, content(seed=1)))[0]
    land(stores, deliver(stores.settings, "supervision_20250608.csv", content(seed=2)))
    genuine = split_batches

    def poisoned(*arguments: Any, **said: Any) -> Generator[pl.DataFrame, None, None]:
        if arguments[2] == first.extract_id:
            raise ValueError("Quillon Vantreight")
        return genuine(*arguments, **said)

    monkeypatch.setattr(loading, "split_batches", poisoned)
    receipts = {receipt.extract_id: receipt for receipt in drain(stores)}
    assert receipts[first.extract_id].state == "quarantined"
    assert receipts[first.extract_id].code == "unexpected_ValueError"
    assert {receipt.state for receipt in receipts.values()} == {"quarantined", "loaded"}
    assert stores.ledger.get(first.extract_id).attempts == stores.settings.attempts


def test_a_store_that_is_away_raises_and_leaves_the_extract_pending(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise Unavailable("warehouse: 08006")

    land(stores, deliver(stores.settings, NAME, content()))
    monkeypatch.setattr(loading, "load", away)
    with pytest.raises(StoreError):
        take_next(stores)
    (extract,) = stores.ledger.pending()
    assert extract.receipt is None


def test_a_vault_that_is_away_costs_no_attempt(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise StoreError("vault: away")

    land(stores, deliver(stores.settings, NAME, content()))
    with monkeypatch.context() as patch:
        patch.setattr(type(stores.vault), "staged", away)
        for _ in range(5):
            with pytest.raises(StoreError):
                take_next(stores)
    (receipt,) = drain(stores)
    assert receipt.state == "loaded"
    assert stores.ledger.get(receipt.extract_id).attempts == 1


def test_an_interrupted_extract_is_given_back(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    land(stores, deliver(stores.settings, NAME, content()))
    with monkeypatch.context() as patch:
        patch.setattr(loading, "load", interrupt)
        with pytest.raises(KeyboardInterrupt):
            take_next(stores)
    (receipt,) = drain(stores)
    assert receipt.state == "loaded"


def test_a_death_between_load_and_confirmation_is_repaired_by_the_sweep(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(stores.settings, NAME, content())
    with monkeypatch.context() as patch:
        patch.setattr(type(stores.vault), "confirm", lambda *_: None)
        list(ingest_once(stores))
    assert len(stores.vault.staged()) == 1
    assert sweep(stores)["staging_confirmed"] == 1
    assert stores.vault.staged() == ()


def test_abandoned_staging_is_erased(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*of: Any, **_: object) -> None:
        list(of[3])
        raise ValueError("no")

    deliver(stores.settings, NAME, content())
    monkeypatch.setattr(loading, "load", broken)
    (receipt,) = ingest_once(stores)
    assert receipt.state == "quarantined"
    assert sweep(stores)["staging_discarded"] == 1
    assert stores.vault.staged() == ()


def test_a_lost_receipt_is_rendered_again(stores: Stores) -> None:
    deliver(stores.settings, NAME, content())
    list(ingest_once(stores))
    (file,) = receipt_files(stores.settings)
    before = file.read_bytes()
    file.unlink()
    assert sweep_once(stores)["receipts_rendered"] == 1
    assert file.read_bytes() == before


def test_a_file_that_changes_while_it_is_read_stays(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    path = deliver(stores.settings, NAME, content())
    genuine = type(stores.landing).put_stream

    def append_meanwhile(store: LandingStore, *of: Any) -> Landed:
        landed = genuine(store, *of)
        (hidden,) = path.parent.glob(f".*/{NAME}")
        with hidden.open("ab") as stream:
            stream.write(b"more")
        return landed

    monkeypatch.setattr(type(stores.landing), "put_stream", append_meanwhile)
    assert land(stores, path) == ()
    assert path.exists()
    assert stores.ledger.extracts() == ()


def test_landing_again_after_a_crash_is_the_same_delivery(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    path = deliver(stores.settings, NAME, content())
    with monkeypatch.context() as patch:
        # As a process leaves it that is killed between the ledger and the removal.
        patch.setattr(taking._LocalTaken, "remove", lambda _: False)
        patch.setattr(taking._LocalTaken, "give_back", lambda _: None)
        first = land(stores, path)
    (left,) = stores.intake.abandoned(0)
    assert land_delivery(stores, left) == first
    assert stores.intake.abandoned(0) == []
    assert len(stores.ledger.extracts()) == 1
