"""Deliveries among each other: in order, apart, corrected, deleted, held, and decided on by a person."""

import datetime as dt
import gzip
from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors.receipts import Receipt
from connectors.signing import new_key, private_key, write_manifest
from flows.deliveries import accept, document, refuse, waiting
from flows.once import ingest_once
from flows.retention import erase_expired
from flows.stores import Stores
from flows.sweep import sweep
from schemas.errors import StoreError
from tests.flows.feeds import contacts, declared

AGENCY = "metro_peer"
WEEKLY = 'Delta(every="week")'
A, B, C = (1, "M1", "2025-01-05", 60), (2, "M2", "2025-01-06", 45), (3, "M3", "2025-01-07", 30)


def drop(stores: Stores, name: str, content: bytes) -> Path:
    path = stores.settings.intake / AGENCY / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def take(stores: Stores, name: str, content: bytes) -> Receipt:
    drop(stores, name, content)
    (receipt,) = ingest_once(stores)
    return receipt


def minutes(stores: Stores) -> list[float]:
    """What is current, in the order of days."""
    with stores.warehouse.connect() as connection:
        return list(connection.scalars(sa.text("SELECT number FROM warehouse.event ORDER BY event_date, number")))


def test_a_full_delivery_says_what_is_new_changed_and_gone(stores: Stores, tmp_path: Path) -> None:
    with declared(tmp_path / "feeds", "try_full"):
        take(stores, "try_full_20250110.csv", contacts(A, B))
        receipt = take(stores, "try_full_20250117.csv", contacts((*A[:3], 90), C))
        difference = receipt.difference
        assert difference is not None
        assert (difference.new, difference.changed, difference.gone, difference.same) == (1, 1, 1, 0)
        assert receipt.before is not None
        assert receipt.before.loaded == 2
        assert receipt.next_expected == dt.date(2025, 1, 24)
        assert minutes(stores) == [90, 30]


def test_two_full_deliveries_of_one_day_wait_for_a_person(stores: Stores, tmp_path: Path) -> None:
    with declared(tmp_path / "feeds", "try_day"):
        first = take(stores, "try_day_20250110.csv", contacts(A))
        held = take(stores, "try_day_20250110.csv", contacts(B))
        assert (held.state, held.code, held.supersedes) == ("held", "same_day", first.extract_id)
        assert minutes(stores) == [60]
        assert [one["extract"] for one in waiting(stores)] == [held.extract_id]
        (accepted,) = accept(stores, held.extract_id, "the first was sent by mistake")
        assert (accepted.state, accepted.decision, accepted.supersedes) == ("loaded", "accept", first.extract_id)
        assert minutes(stores) == [45]
        assert waiting(stores) == []


def test_a_shrunken_delivery_is_held_and_can_be_refused(stores: Stores, tmp_path: Path) -> None:
    many = [(number, f"M{number}", "2025-01-05", 60) for number in range(100)]
    with declared(tmp_path / "feeds", "try_shrunken"):
        take(stores, "try_shrunken_20250110.csv", contacts(*many))
        held = take(stores, "try_shrunken_20250117.csv", contacts(*many[:10]))
        assert (held.state, held.code) == ("held", "held")
        refused = refuse(stores, held.extract_id, "half of the file is missing")
        assert (refused.state, refused.code, refused.quarantined) == ("refused", "refused_after_review", 10)
        assert len(minutes(stores)) == 100
        with pytest.raises(StoreError):
            accept(stores, held.extract_id, "no")
        index = document(stores, tmp_path / "docs")
        assert len(list(index.parent.glob("*.html"))) == 3


def test_a_number_that_is_missing_holds_what_follows_until_it_comes(stores: Stores, tmp_path: Path) -> None:
    terms = {
        "files": "try_seq_{date:%Y%m%d}_{sequence}.csv",
        "sequence": "Sequence()",
        "delivery": 'Delta(every="week")',
    }
    with declared(tmp_path / "feeds", "try_seq", **terms):
        take(stores, "try_seq_20250110_1.csv", contacts(A))
        held = take(stores, "try_seq_20250124_3.csv", contacts((*A[:3], 99)))
        assert (held.state, held.code, held.sequence) == ("held", "sequence_gap", 3)
        drop(stores, "try_seq_20250117_2.csv", contacts((*A[:3], 75), B))
        assert [one.state for one in ingest_once(stores)] == ["loaded", "loaded"]
        assert minutes(stores) == [99, 45]


def test_a_deleted_record_makes_no_moment_and_closes_what_was_known(stores: Stores, tmp_path: Path) -> None:
    with declared(
        tmp_path / "feeds", "try_gone", deleted='Deleted("Gone", codes=("Y",))', delivery='Delta(every="week")'
    ):
        take(stores, "try_gone_20250110.csv", contacts(A, B))
        receipt = take(stores, "try_gone_20250117.csv", contacts((*A, "Y")))
        assert receipt.loaded == 1
        assert receipt.difference is not None
        assert receipt.difference.gone == 1
        assert minutes(stores) == [45]


def test_the_same_text_packed_anew_is_a_duplicate(stores: Stores, tmp_path: Path) -> None:
    terms = {"format": "Gzip(Delimited())", "files": "try_gz_{date:%Y%m%d}.csv.gz"}
    with declared(tmp_path / "feeds", "try_gz", **terms):
        first = take(stores, "try_gz_20250110.csv.gz", gzip.compress(contacts(A, B), 9, mtime=1))
        again = take(stores, "try_gz_20250117.csv.gz", gzip.compress(contacts(A, B), 1, mtime=2))
        assert (again.state, again.repeats, again.duplicate) == ("duplicate", first.extract_id, 2)
        cut = take(stores, "try_gz_20250124.csv.gz", gzip.compress(contacts(A, C))[:-9])
        assert (cut.state, cut.code) == ("refused", "bad_gzip")


def test_an_empty_delivery_covers_its_own_period(stores: Stores, tmp_path: Path) -> None:
    with declared(tmp_path / "feeds", "try_empty", delivery=WEEKLY):
        states = [take(stores, f"try_empty_{day}.csv", contacts()).state for day in (20250110, 20250117)]
        assert states == ["loaded", "loaded"]


def test_a_manifest_is_held_against_its_file_and_its_key(stores: Stores, tmp_path: Path) -> None:
    keys = stores.settings.agency_keys / AGENCY
    keys.mkdir(parents=True)
    new_key(tmp_path / "private.pem", keys / "k1.pem")
    terms = {"manifest": 'ManifestRule(totals=("Minutes",))'}
    with declared(tmp_path / "feeds", "try_signed", **terms):
        tomorrow = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)

        def signed(name: str, content: bytes, rows: int, total: str) -> Receipt:
            aside = tmp_path / name
            aside.write_bytes(content)
            stated = write_manifest(
                aside, rows=rows, agency=AGENCY, agreement="metro-2025", expires=tomorrow,
                key=private_key(tmp_path / "private.pem"), key_id="k1", totals={"Minutes": total},
            )  # fmt: skip
            drop(stores, stated.name, stated.read_bytes())
            return take(stores, name, content)

        assert signed("try_signed_20250110.csv", contacts(A, B), 2, "105").state == "loaded"
        assert signed("try_signed_20250117.csv", contacts(A, B, C), 3, "105").code == "manifest_total"
        assert signed("try_signed_20250124.csv", contacts(A, C), 3, "90").code == "manifest_rows"
        object.__setattr__(stores, "settings", stores.settings.model_copy(update={"manifest_wait_seconds": 0.0}))
        assert take(stores, "try_signed_20250131.csv", contacts(B)).code == "manifest_missing"
        assert minutes(stores) == [60, 45]


def test_a_correction_of_some_rows_is_no_new_truth_about_the_others(stores: Stores, tmp_path: Path) -> None:
    with declared(tmp_path / "feeds", "try_correction", manifest="ManifestRule(demanded=False, signed=False)"):
        take(stores, "try_correction_20250110.csv", contacts(A, B))
        aside = tmp_path / "try_correction_20250112.csv"
        aside.write_bytes(contacts((*B[:3], 50)))
        tomorrow = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
        stated = write_manifest(aside, rows=1, agency=AGENCY, agreement="metro-2025", expires=tomorrow, kind="delta")
        drop(stores, stated.name, stated.read_bytes())
        corrected = take(stores, aside.name, aside.read_bytes())
        assert (corrected.state, corrected.delivery) == ("loaded", "delta")
        assert minutes(stores) == [60, 50]


def test_bytes_are_erased_when_their_agreement_says_so(stores: Stores, tmp_path: Path) -> None:
    with declared(tmp_path / "feeds", "try_kept"):
        take(stores, "try_kept_20250110.csv", contacts(A))
        assert sweep(stores)["extracts_erased"] == 0
        assert erase_expired(stores, dt.datetime.now(dt.UTC) + dt.timedelta(days=91)) == 1
        (extract,) = stores.ledger.extracts()
        assert not stores.landing.exists(extract.digest)
        assert extract.expunged_at is not None
        assert minutes(stores) == [60]


def test_a_replay_under_another_number_needs_a_manifest_of_its_own(stores: Stores, tmp_path: Path) -> None:
    object.__setattr__(stores, "settings", stores.settings.model_copy(update={"manifest_wait_seconds": 0.0}))
    terms = {
        "files": "try_replay_{date:%Y%m%d}_{sequence}.csv", "sequence": "Sequence()", "delivery": WEEKLY,
        "manifest": "ManifestRule(signed=False)",
    }  # fmt: skip
    with declared(tmp_path / "feeds", "try_replay", **terms):
        aside, tomorrow = tmp_path / "try_replay_20250110_1.csv", dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
        aside.write_bytes(contacts(A))
        stated = write_manifest(aside, rows=1, agency=AGENCY, agreement="metro-2025", expires=tomorrow, sequence=1)
        drop(stores, stated.name, stated.read_bytes())
        assert take(stores, aside.name, contacts(A)).state == "loaded"
        assert take(stores, "try_replay_20250117_2.csv", contacts(A)).code == "manifest_missing"


def test_what_came_with_a_delivery_stays_its_own_whoever_sends_the_same_bytes(stores: Stores, tmp_path: Path) -> None:
    with declared(tmp_path / "feeds", "try_same"):
        take(stores, "try_same_20250110.csv", contacts(A))
        held = take(stores, "try_same_20250110.csv", contacts(B))
        other = stores.settings.intake / "metro_court" / "mary_doe.csv"
        other.parent.mkdir(exist_ok=True)
        other.write_bytes(contacts(B))
        assert [one.code for one in ingest_once(stores)] == ["no_feed"]
        (accepted,) = accept(stores, held.extract_id, "the first was wrong")
        assert (accepted.state, accepted.covered_until) == ("loaded", dt.date(2025, 1, 10))
        days = dt.datetime.now(dt.UTC) + dt.timedelta(days=31)
        assert erase_expired(stores, days) == 0


def test_an_empty_full_delivery_is_the_truth_of_its_own_day(stores: Stores, tmp_path: Path) -> None:
    with declared(tmp_path / "feeds", "try_nothing"):
        take(stores, "try_nothing_20250110.csv", contacts())
        receipt = take(stores, "try_nothing_20250117.csv", contacts())
        assert (receipt.state, receipt.covered_until) == ("loaded", dt.date(2025, 1, 17))


def test_a_name_of_every_byte_a_file_system_takes_stops_nothing(stores: Stores, tmp_path: Path) -> None:
    with declared(tmp_path / "feeds", "try_long", files="try_long_{date:%Y%m%d}_*.csv"):
        receipt = take(stores, f"try_long_20250110_{'x' * 232}.csv", contacts(A))
        assert receipt.state == "loaded"


@pytest.mark.parametrize("corrected", range(3))
def test_a_correction_of_the_day_of_its_full_delivery_is_the_later_word(
    stores: Stores, tmp_path: Path, corrected: int
) -> None:
    name = f"try_sameday{corrected}"
    with declared(tmp_path / "feeds", name, manifest="ManifestRule(demanded=False, signed=False)"):
        take(stores, f"{name}_20250110.csv", contacts(A, B))
        aside = tmp_path / f"{name}_20250110.csv"
        aside.write_bytes(contacts((*B[:3], 50 + corrected)))
        stated = write_manifest(
            aside, rows=1, agency=AGENCY, agreement="metro-2025", kind="delta",
            expires=dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1),
        )  # fmt: skip
        drop(stores, stated.name, stated.read_bytes())
        assert take(stores, aside.name, aside.read_bytes()).state == "loaded"
        assert minutes(stores) == [60, 50 + corrected]


def test_padding_makes_no_other_record_of_a_key(stores: Stores, tmp_path: Path) -> None:
    with declared(tmp_path / "feeds", "try_padded"):
        receipt = take(stores, "try_padded_20250110.csv", contacts(("1", *A[1:]), (" 1 ", "M9", "2025-01-09", 5), B))
        assert (receipt.loaded, receipt.rejected) == (1, 2)
        assert {fault.rule for fault in receipt.faults} == {"duplicate_key"}
