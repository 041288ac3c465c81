"""Files that mean harm: archives, links, pipes, devices."""

import gzip
import io
import os
import stat
import zipfile
from pathlib import Path

import pytest

from bench.kills import files_of
from flows.stores import Stores
from tests.faults.fault import withstands
from tests.faults.steps import NAME, NEXT, PEERS, csv, put, spans, take, taken
from tests.flows.feeds import contacts, declared

GZIPPED = {"format": "Gzip(Delimited())", "files": "try_packed_{date:%Y%m%d}.csv.gz"}
ROW = (1, "M1", "2025-01-05", 60)


def archive(**members: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, data in members.items():
            opened.writestr(name, data)
    return made.getvalue()


def linked() -> bytes:
    """An archive whose member is a symbolic link to a file of the system."""
    made, member = io.BytesIO(), zipfile.ZipInfo("Client.csv")
    member.create_system, member.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(made, "w") as opened:
        opened.writestr(member, "/etc/hostname")
    return made.getvalue()


HOSTILE = {
    "bomb": (archive(**{"Client.csv": bytes(8 << 20)}), {"zip_bomb"}),
    "path": (archive(**{"../Client.csv": b"PersonalID\n1\n"}), {"zip_path"}),
    "absolute": (archive(**{"/tmp/Client.csv": b"PersonalID\n1\n"}), {"zip_path"}),
    "nested": (archive(**{"Client.csv": archive(**{"Client.csv": b"PersonalID\n1\n"})}), {"zip_nested"}),
    "entries": (archive(**{f"{number}.csv": b"" for number in range(20_000)}), {"zip_bomb"}),
    "link": (linked(), {"missing_column", "zip_path", "zip_member_missing"}),
    "cut": (archive(**{"Client.csv": b"PersonalID\n1\n" * 100})[:-30], {"bad_zip"}),
}


@withstands(
    "zip bomb, `../`, an absolute path, a symlink, too many entries or an archive in a zip",
    "refused with its code; nothing outside the stores", "AT", "hostile",
)  # fmt: skip
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_refused(name: str, stores: Stores) -> None:
    content, codes = HOSTILE[name]
    put(stores, "export.zip", content, "coc")
    receipts = take(stores)
    assert {(one.state, one.loaded) for one in receipts} == {("refused", 0)}
    assert {one.code for one in receipts} & codes
    assert not list(stores.settings.home.rglob("Client.csv"))
    assert not Path("/tmp/Client.csv").exists()


@withstands("gzip bomb, gzip in gzip", "refused with its code", "AT", "hostile")
@pytest.mark.parametrize(
    ("content", "code"),
    [(gzip.compress(bytes(64 << 20)), "gzip_bomb"), (gzip.compress(gzip.compress(contacts(ROW))), "gzip_nested")],
    ids=["bomb", "nested"],
)
def test_a_hostile_gzip_is_refused(content: bytes, code: str, stores: Stores, tmp_path: Path) -> None:
    with declared(tmp_path / "feeds", "try_packed", **GZIPPED):
        receipt = taken(stores, "try_packed_20250110.csv.gz", content, PEERS)
        assert (receipt.state, receipt.code, receipt.loaded) == ("refused", code, 0)


@withstands("truncated gzip", "refused whole; nothing of it is visible, the next one is loaded", "AT", "gzip")
@pytest.mark.parametrize("cut", [4, 40])
def test_a_truncated_gzip_is_refused_whole(cut: int, stores: Stores, tmp_path: Path) -> None:
    rows = [(number, f"M{number}", "2025-01-05", 60) for number in range(200)]
    packed = gzip.compress(contacts(*rows), mtime=1)
    with declared(tmp_path / "feeds", "try_packed", **GZIPPED):
        receipt = taken(stores, "try_packed_20250110.csv.gz", packed[:-cut], PEERS)
        assert (receipt.state, receipt.code, receipt.loaded) == ("refused", "bad_gzip", 0)
        assert taken(stores, "try_packed_20250117.csv.gz", packed, PEERS).loaded == 200


@withstands("recompressed copy", "receipt says duplicate, 0 rows", "ICT", "duplicate")
def test_a_recompressed_copy_is_a_duplicate(stores: Stores, tmp_path: Path) -> None:
    from warehouse.store.digest import logical_digest

    with declared(tmp_path / "feeds", "try_packed", **GZIPPED):
        first = taken(stores, "try_packed_20250110.csv.gz", gzip.compress(contacts(ROW), 9, mtime=1), PEERS)
        before = logical_digest(stores.warehouse)
        again = taken(stores, "try_packed_20250117.csv.gz", gzip.compress(contacts(ROW), 1, mtime=2), PEERS)
        assert (again.state, again.repeats, again.loaded, again.duplicate) == ("duplicate", first.extract_id, 0, 1)
        assert logical_digest(stores.warehouse) == before


@withstands("symlink, FIFO in the intake", "not followed, not waited for; the file beside it goes on", "PT", "hostile")
def test_links_and_pipes_are_left_alone(stores: Stores, tmp_path: Path) -> None:
    path = put(stores, NAME, csv())
    secret = tmp_path / "secret"
    secret.write_bytes(csv(5))
    path.with_name(NEXT).symlink_to(secret)
    os.mkfifo(path.with_name("supervision_20250615.csv"))
    (receipt,) = take(stores)
    assert receipt.loaded == 20
    assert len(files_of(stores)) == 2
    assert secret.exists()


@withstands("device in the intake", "not read; the file beside it goes on", "T", "hostile")
def test_a_device_is_left_alone(stores: Stores) -> None:
    path = put(stores, NAME, csv())
    try:
        os.mknod(path.with_name(NEXT), stat.S_IFCHR | 0o600, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("a device can be made by root only")
    (receipt,) = take(stores)
    assert (receipt.loaded, spans(stores)) == (20, 20)
    assert [left.name for left in files_of(stores)] == [NEXT]
