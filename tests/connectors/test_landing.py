"""The landing store: what goes in comes out, nothing else does, and nothing of it can be read on the disk."""

import hashlib
import io
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors import sealing
from connectors.landing import LandingStore
from schemas.errors import SettingsError, StoreError

KEY = bytes(range(32))
NAME = "Zqxjkvalda_2024.csv"


@pytest.fixture
def store(tmp_path: Path) -> LandingStore:
    return LandingStore((tmp_path / "landing").as_uri(), KEY)


def deliver(folder: Path, content: bytes, name: str = NAME) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def blobs(folder: Path) -> list[Path]:
    found = sorted(path for path in (folder / "landing").rglob("*") if path.is_file())
    return [path for path in found if path.name != "check"]


def test_content_and_name_come_back(store: LandingStore, tmp_path: Path) -> None:
    landed = store.put(deliver(tmp_path, b"a,b\n1,2\n"))
    assert landed.digest == hashlib.sha256(b"a,b\n1,2\n").hexdigest()
    assert landed.size == 8
    assert store.exists(landed.digest)
    assert store.read(landed.digest) == b"a,b\n1,2\n"
    assert store.name(landed.digest) == NAME


@pytest.mark.parametrize("size", [0, 1, 9, 10, 11, 20, 25])
def test_any_number_of_chunks_comes_back(
    store: LandingStore, tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "CHUNK", 10)
    monkeypatch.setattr("connectors.hashed.CHUNK", 10)
    content = os.urandom(size)
    assert store.read(store.put(deliver(tmp_path, content)).digest) == content


def test_the_same_bytes_again_change_nothing(store: LandingStore, tmp_path: Path) -> None:
    first = store.put(deliver(tmp_path, b"same"))
    before = [(path, path.stat().st_mtime_ns, path.read_bytes()) for path in blobs(tmp_path)]
    assert store.put(deliver(tmp_path, b"same", "renamed.csv")) == first
    assert [(path, path.stat().st_mtime_ns, path.read_bytes()) for path in blobs(tmp_path)] == before
    assert store.name(first.digest) == NAME


def test_neither_content_nor_name_is_on_the_disk_and_nobody_else_may_read(store: LandingStore, tmp_path: Path) -> None:
    store.put(deliver(tmp_path, b"Zqxjkvalda" * 100))
    assert len(blobs(tmp_path)) == 2
    for path in (tmp_path / "landing", *(tmp_path / "landing").rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o600 if path.is_file() else 0o700)
        assert b"Zqxjkvalda" not in path.name.encode() + (path.read_bytes() if path.is_file() else b"")


def test_two_stores_of_the_same_content_differ(store: LandingStore, tmp_path: Path) -> None:
    digest = store.put(deliver(tmp_path, b"same")).digest
    first = blobs(tmp_path)[0].read_bytes()
    store.remove(digest)
    assert not blobs(tmp_path)
    store.put(deliver(tmp_path, b"same"))
    assert blobs(tmp_path)[0].read_bytes() != first


@given(change=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_changed_is_noticed(tmp_path: Path, change: st.DataObject) -> None:
    store = LandingStore((tmp_path / "landing").as_uri(), KEY)
    digest = store.put(deliver(tmp_path, b"x" * 30)).digest
    blob = next(path for path in blobs(tmp_path) if path.suffix == "")
    sound = blob.read_bytes()
    place = change.draw(st.integers(0, len(sound) - 1))
    bit = change.draw(st.integers(0, 7))
    flipped = bytearray(sound)
    flipped[place] ^= 1 << bit
    for damaged in (bytes(flipped), sound[:place], sound + b"x"):
        blob.write_bytes(damaged)
        with pytest.raises(StoreError):
            store.read(digest)
    blob.write_bytes(sound)
    assert store.read(digest) == b"x" * 30


def test_chunks_cannot_be_dropped_or_exchanged(
    store: LandingStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "CHUNK", 10)
    monkeypatch.setattr("connectors.hashed.CHUNK", 10)
    digest = store.put(deliver(tmp_path, b"a" * 10 + b"b" * 10 + b"c" * 10)).digest
    blob = next(path for path in blobs(tmp_path) if path.suffix == "")
    sound = blob.read_bytes()
    head, chunks = sound[:40], [sound[start : start + 26] for start in range(40, len(sound), 26)]
    for order in ([0, 1], [0, 2], [1, 0, 2], [0, 1, 1, 2], []):
        blob.write_bytes(head + b"".join(chunks[index] for index in order))
        with pytest.raises(StoreError):
            store.read(digest)


def test_one_file_cannot_stand_for_another(store: LandingStore, tmp_path: Path) -> None:
    one, other = (store.put(deliver(tmp_path, content)).digest for content in (b"one", b"other"))
    places = {path.name: path for path in blobs(tmp_path)}
    places[one].write_bytes(places[other].read_bytes())
    places[f"{one}.name"].write_bytes(places[one].read_bytes())
    for read in (store.read, store.name):
        with pytest.raises(StoreError):
            read(one)


def test_another_key_is_noticed_at_opening(store: LandingStore, tmp_path: Path) -> None:
    LandingStore((tmp_path / "landing").as_uri(), bytes(32))
    store.put(deliver(tmp_path, b"secret"))
    with pytest.raises(SettingsError) as refused:
        LandingStore((tmp_path / "landing").as_uri(), bytes(32))
    assert refused.value.__context__ is None
    with pytest.raises(StoreError):
        LandingStore((tmp_path / "landing").as_uri(), b"short")
    assert LandingStore((tmp_path / "landing").as_uri(), KEY).read(next(store.digests())) == b"secret"


def test_a_store_made_before_there_were_checks_tells_its_key_by_its_files(store: LandingStore, tmp_path: Path) -> None:
    store.put(deliver(tmp_path, b"secret"))
    (tmp_path / "landing" / "check").unlink()
    with pytest.raises(SettingsError):
        LandingStore((tmp_path / "landing").as_uri(), bytes(32))
    again = LandingStore((tmp_path / "landing").as_uri(), KEY)
    again.put(deliver(tmp_path, b"next"))
    assert (tmp_path / "landing" / "check").exists()


def test_of_two_keys_at_once_on_a_new_store_one_is_turned_away(tmp_path: Path) -> None:
    url, path = (tmp_path / "landing").as_uri(), deliver(tmp_path, b"same")
    keys = [bytes([number]) * 32 for number in range(6)]
    stores = [LandingStore(url, key) for key in keys]

    def put(store: LandingStore) -> bool:
        try:
            store.put(path)
        except SettingsError:
            return False
        return True

    with ThreadPoolExecutor(len(stores)) as pool:
        took = list(pool.map(put, stores))
    assert sum(took) == 1
    assert [key for key in keys if _opens(url, key)] == [keys[took.index(True)]]


def _opens(url: str, key: bytes) -> bool:
    try:
        LandingStore(url, key)
    except SettingsError:
        return False
    return True


def test_a_stream_that_gives_little_at_a_time_is_stored_whole(
    store: LandingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "CHUNK", 10)
    monkeypatch.setattr("connectors.hashed.CHUNK", 10)

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 0, 3))

    landed = store.put_stream(Slow(b"x" * 25), NAME)
    assert list(store.pieces(landed.digest)) == [b"x" * 10, b"x" * 10, b"x" * 5]
    assert landed.size == 25


def test_a_missing_end_is_noticed_only_at_the_end_and_then_for_certain(
    store: LandingStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "CHUNK", 10)
    monkeypatch.setattr("connectors.hashed.CHUNK", 10)
    digest = store.put(deliver(tmp_path, b"x" * 30)).digest
    blob = next(path for path in blobs(tmp_path) if path.suffix == "")
    blob.write_bytes(blob.read_bytes()[:-26])
    pieces = store.pieces(digest)
    assert next(pieces) == b"x" * 10
    with pytest.raises(StoreError) as cut:
        list(pieces)
    assert cut.value.__context__ is None


def test_a_manifest_goes_with_its_content(store: LandingStore, tmp_path: Path) -> None:
    path = deliver(tmp_path, b"same")
    digest = store.put(path, b"manifest").digest
    assert store.manifest(digest) == b"manifest"
    store.put(path, b"another")
    assert store.manifest(digest) == b"manifest"
    quarantine = LandingStore((tmp_path / "quarantine").as_uri(), KEY)
    quarantine.adopt(store, digest)
    store.attach(digest, b"another")
    assert (store.manifest(digest), quarantine.manifest(digest)) == (b"another", b"manifest")
    store.attach(digest, None)
    assert store.manifest(digest) is None
    quarantine.remove(digest)
    assert not list((tmp_path / "quarantine").rglob(f"{digest}*"))


def test_what_is_stored_is_listed(store: LandingStore, tmp_path: Path) -> None:
    assert list(store.digests()) == []
    landed = [store.put(deliver(tmp_path, bytes([number])), b"manifest").digest for number in range(5)]
    LandingStore((tmp_path / "landing" / "quarantine").as_uri(), KEY).put(deliver(tmp_path, b"poison"))
    assert list(store.digests()) == sorted(landed)


def test_a_token_stands_for_a_text_under_one_key(store: LandingStore, tmp_path: Path) -> None:
    other = LandingStore((tmp_path / "other").as_uri(), bytes(32))
    assert store.token(NAME) == store.token(NAME) != other.token(NAME)
    assert store.token(NAME) != store.token(NAME + "x")
    assert "Zqxjkvalda" not in store.token("a\udcff" + NAME)
    assert len(store.token("")) == 64


def test_links_pipes_and_devices_are_not_stored(store: LandingStore, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(deliver(tmp_path, b"elsewhere"))
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "link", tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises(StoreError):
            store.put(path)
    assert not blobs(tmp_path)


def test_errors_name_no_file(store: LandingStore, tmp_path: Path) -> None:
    with pytest.raises(StoreError) as missing:
        store.put(tmp_path / NAME)
    assert "Zqxjkvalda" not in str(missing.value)
    assert missing.value.__context__ is None
    for digest in ("0" * 64, "../../etc/passwd"):
        with pytest.raises(StoreError) as unknown:
            store.read(digest)
        assert unknown.value.__context__ is None


def test_a_failure_while_storing_leaves_nothing(
    store: LandingStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(StoreError, match="28"):
        store.put(deliver(tmp_path, b"x"))
    assert not blobs(tmp_path)


def test_the_quarantine_adopts_from_the_landing_store(store: LandingStore, tmp_path: Path) -> None:
    quarantine = LandingStore((tmp_path / "quarantine").as_uri(), KEY)
    digest = store.put(deliver(tmp_path, b"poison")).digest
    quarantine.adopt(store, digest)
    quarantine.adopt(store, digest)
    store.remove(digest)
    assert (quarantine.read(digest), quarantine.name(digest)) == (b"poison", NAME)


def test_another_file_system_serves_as_well(tmp_path: Path) -> None:
    store = LandingStore("memory://landing", KEY)
    digest = store.put(deliver(tmp_path, b"far away")).digest
    assert (store.read(digest), store.name(digest)) == (b"far away", NAME)
    store.remove(digest)
    assert not store.exists(digest)


def test_what_a_killed_writer_left_is_removed(store: LandingStore, tmp_path: Path) -> None:
    store.put(deliver(tmp_path, b"kept"))
    (tmp_path / "landing" / "incoming" / "left").write_bytes(b"half")
    assert store.remove_unfinished(3600) == 0
    assert store.remove_unfinished(-1) == 1
    assert len(blobs(tmp_path)) == 2
