"""Files as no contract wants them, from the intake to the receipt."""

import hashlib
import io
import os
import zipfile
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa

from connectors.receipts import Receipt
from flows.once import ingest_once
from flows.stores import Stores
from tests.faults.conftest import files_of
from tests.faults.fault import withstands
from tests.flows.conftest import content, deliver
from warehouse.store.digest import logical_digest

NAME = "supervision_20250601.csv"
AGENCY = "metro_probation"


def put(stores: Stores, name: str, data: bytes, agency: str = AGENCY) -> Path:
    path = stores.settings.intake / agency / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def take(stores: Stores) -> list[Receipt]:
    """Ingest; each delivered file has one state, one receipt, and counts that add up."""
    receipts = list(ingest_once(stores))
    for one in receipts:
        assert one.received == one.loaded + one.rejected + one.duplicate + one.quarantined
    extracts = stores.ledger.extracts()
    assert all(one.finished for one in extracts)
    written = sorted(int(path.stem) for path in stores.settings.intake.glob("*/receipts/*.json"))
    assert written == [one.extract_id for one in extracts]
    return receipts


def csv(size: int = 20) -> bytes:
    return content(size=size).write_csv().encode()


def spans(stores: Stores) -> int:
    with stores.warehouse.connect() as connection:
        return int(connection.scalar(sa.text("SELECT count(*) FROM timeline.span")) or 0)


@withstands("plain CSV cut in the middle of a row", "the cut row is rejected, the others stand", "CT")
def test_a_file_cut_in_the_middle_of_a_row_loses_no_row_silently(stores: Stores) -> None:
    lines = csv().splitlines(keepends=True)
    put(stores, NAME, b"".join(lines[:-1]) + lines[-1][:20])
    (receipt,) = take(stores)
    assert (receipt.received, receipt.loaded, receipt.rejected) == (20, 19, 1)


@withstands("one extra field on each row", "every row is rejected, no column shifts", "CAT")
def test_an_extra_field_on_each_row_shifts_no_column(stores: Stores) -> None:
    head, *rows = csv().splitlines()
    put(stores, NAME, b"\n".join([head, *(row + b",x" for row in rows)]) + b"\n")
    (receipt,) = take(stores)
    assert (receipt.state, receipt.received, receipt.loaded) == ("held", 20, 0)
    assert spans(stores) == 0


@withstands("unclosed quote", "refused whole", "CAT")
def test_an_unclosed_quote_swallows_no_rows(stores: Stores) -> None:
    lines = csv().splitlines(keepends=True)
    put(stores, NAME, b"".join(lines[:5]) + b'"' + b"".join(lines[5:]))
    (receipt,) = take(stores)
    assert receipt.state == "refused"
    assert receipt.code in {"unclosed_quote", "stray_quote"}
    assert spans(stores) == 0


@withstands("NUL byte in a cell", "its row is rejected", "CT")
def test_a_nul_byte_rejects_its_row(stores: Stores) -> None:
    lines = csv().splitlines(keepends=True)
    put(stores, NAME, b"".join([*lines[:3], lines[3].replace(b",", b",\x00", 1), *lines[4:]]))
    (receipt,) = take(stores)
    assert (receipt.received, receipt.loaded, receipt.rejected) == (20, 19, 1)


@withstands("UTF-16 where UTF-8 is declared", "refused whole", "CAT")
def test_another_encoding_than_the_declared_one_is_refused(stores: Stores) -> None:
    put(stores, NAME, csv().decode().encode("utf-16"))
    (receipt,) = take(stores)
    assert (receipt.state, receipt.loaded) == ("refused", 0)


@withstands("BOM, mixed newlines", "read as if without", "CT")
def test_a_byte_order_mark_and_mixed_newlines_change_no_row(stores: Stores) -> None:
    lines = csv().splitlines()
    mixed = b"".join(line + (b"\r\n" if number % 2 else b"\n") for number, line in enumerate(lines))
    put(stores, NAME, b"\xef\xbb\xbf" + mixed)
    (receipt,) = take(stores)
    assert (receipt.state, receipt.received, receipt.loaded) == ("loaded", 20, 20)


NAMELESS = ["None", "NULL", "NA", "nan", "True"]


def vault_texts(stores: Stores) -> tuple[list[bytes], str]:
    """What the blobs of the vault hold, and what of it the linker compares."""
    from identity.keys import decrypt_one
    from identity.linkstore import LinkStore

    with stores.vault.transaction() as cursor:
        store = LinkStore(cursor, stores.vault.keys)
        cursor.execute("SELECT identity_id, extract_id, blob FROM record")
        rows = cursor.fetchall()
        opened = store._data_keys({row[1] for row in rows})
        blobs = [decrypt_one(opened[extract][1], one.to_bytes(8, "big"), blob) for one, extract, blob in rows]
        return blobs, str(store.read(pl.Series([row[0] for row in rows], dtype=pl.Int64)).rows())


def deliver_nameless(stores: Stores) -> None:
    cells = content(size=5).with_columns(
        pl.Series("Last Name", NAMELESS), pl.Series("Zip", ["00501"] * 5), pl.Series("SSN Last 4", ["0007"] * 5),
        pl.Series("Probationer ID", ["1", "01", "001", "0001", "00001"]),
    )  # fmt: skip
    deliver(stores.settings, NAME, cells)
    (receipt,) = take(stores)
    assert receipt.loaded == 5


@withstands("surnames None, NULL, NA; ids with leading zeros", "kept as text in the vault; five people stay five", "C")
def test_names_that_look_like_nothing_and_leading_zeros_reach_the_vault(stores: Stores) -> None:
    from flows.link import link

    deliver_nameless(stores)
    blobs, _ = vault_texts(stores)
    for name in NAMELESS:
        assert sum(f"surname={name}\x1f".encode() in blob + b"\x1f" for blob in blobs) == 1
    assert all(b"zip=00501" in blob and b"ssn_last4=0007" in blob for blob in blobs)
    link(stores)
    with stores.warehouse.connect() as connection:
        linked = connection.scalar(sa.text("SELECT count(DISTINCT participant_key) FROM timeline.link"))
    assert linked == 5


@withstands("a surname None", "compared as a name", "C")
def test_every_name_that_looks_like_nothing_is_compared(stores: Stores) -> None:
    deliver_nameless(stores)
    _, compared = vault_texts(stores)
    assert all(f"'{name.casefold()}'" in compared for name in NAMELESS)


def archive(**members: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, data in members.items():
            opened.writestr(name, data)
    return made.getvalue()


@withstands("zip bomb; `../` in a zip", "refused with its code; nothing outside the stores", "AT")
@pytest.mark.parametrize(
    ("members", "code"),
    [({"Client.csv": bytes(8 << 20)}, "zip_bomb"), ({"../Client.csv": b"PersonalID\n1\n"}, "zip_path")],
)
def test_a_hostile_archive_is_refused(members: dict[str, bytes], code: str, stores: Stores) -> None:
    put(stores, "export.zip", archive(**members), "coc")
    receipts = take(stores)
    assert {(one.state, one.code, one.loaded) for one in receipts} == {("refused", code, 0)}
    assert not list(stores.settings.home.rglob("Client.csv"))


@withstands("symlink, FIFO in the intake", "not followed, not waited for; the file beside it goes on", "PT")
def test_links_and_pipes_are_left_alone(stores: Stores, tmp_path: Path) -> None:
    path = put(stores, NAME, csv())
    secret = tmp_path / "secret"
    secret.write_bytes(csv(5))
    path.with_name("supervision_20250608.csv").symlink_to(secret)
    os.mkfifo(path.with_name("supervision_20250615.csv"))
    (receipt,) = take(stores)
    assert receipt.loaded == 20
    assert len(files_of(stores)) == 2
    assert secret.exists()


@withstands("duplicate, replay, renamed copy", "receipt says duplicate, 0 rows", "IC")
def test_a_replay_and_a_renamed_copy_are_duplicates(stores: Stores) -> None:
    put(stores, NAME, csv())
    take(stores)
    before = logical_digest(stores.warehouse)
    put(stores, NAME, csv())
    put(stores, "supervision_20250608.csv", csv())
    receipts = take(stores)
    assert [(one.state, one.loaded, one.duplicate) for one in receipts] == [("duplicate", 0, 20)] * 2
    assert logical_digest(stores.warehouse) == before
    assert spans(stores) == 20


@withstands(
    "same name, new content",
    "both are kept; one is current, in whatever order they came",
    "CO",
)
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_new_content_under_an_old_name_is_a_version_of_its_own(order: tuple[int, int], stores: Stores) -> None:
    versions = [content(size=20, seed=1).write_csv().encode(), content(size=12, seed=9).write_csv().encode()]
    for which in order:
        put(stores, NAME, versions[which])
        (receipt,) = take(stores)
        assert receipt.state == "loaded"
    assert spans(stores) == 32
    with stores.warehouse.connect() as connection:
        current = connection.scalar(sa.text("SELECT count(*) FROM warehouse.span"))
    greatest = max(versions, key=lambda version: hashlib.sha256(version).hexdigest())
    assert current == {0: 20, 1: 12}[versions.index(greatest)]


@withstands("equal mtimes, clock a day off", "no file missed", "T")
def test_files_of_one_moment_and_of_tomorrow_are_all_taken(stores: Stores) -> None:
    for number, seed in enumerate((1, 2, 3, 4)):
        path = deliver(stores.settings, f"supervision_2025060{number + 1}.csv", content(seed=seed))
        os.utime(path, (4e9, 4e9) if number == 3 else (1e9, 1e9))
    assert [one.state for one in take(stores)] == ["loaded"] * 4
    assert files_of(stores) == []
