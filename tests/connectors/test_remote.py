"""Intake and landing store on a real S3-compatible server and a real SFTP server, started here."""

import datetime as dt
import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from moto.server import ThreadedMotoServer
from paramiko import HostKeys

from connectors.arrival import TAKING, Delivery, Pairing
from connectors.intakes import LocalIntake, open_intake
from connectors.landing import LandingStore
from connectors.manifest import ENDING, Manifest
from connectors.place import Place
from connectors.remote import RemoteIntake
from schemas.errors import SettingsError, StoreError
from tests.connectors.sftp_server import PASSWORD, USER, sftp_server

KEY = bytes(range(32))
QUIET = 0.05
NAME = "Zqxjkvalda.csv"


@dataclass(frozen=True)
class Remote:
    """A server, and a folder of it that only this test has."""

    url: str
    options: dict[str, Any]

    @cached_property
    def place(self) -> Place:
        return Place(self.url, self.options)

    @property
    def intake(self) -> RemoteIntake:
        """One more host that looks at the folder."""
        return RemoteIntake(Place(self.url, self.options), poll_seconds=QUIET)

    def put(self, *parts: str, content: bytes = b"first") -> str:
        place = self.place
        path = place.path(*parts)
        place.make_folder(path.rpartition("/")[0])
        with place.system.open(path, "wb") as out:
            out.write(content)
        return path

    def get(self, *parts: str) -> bytes:
        with self.place.open(self.place.path(*parts)) as stream:
            return stream.read()

    def names(self, *parts: str) -> list[str]:
        return sorted(str(entry["name"]).rpartition("/")[2] for entry in self.place.list(self.place.path(*parts)))


@pytest.fixture(scope="module")
def s3_server() -> Iterator[dict[str, Any]]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield {
        "key": "test", "secret": "test",
        "client_kwargs": {"endpoint_url": f"http://{host}:{port}", "region_name": "us-east-1"},
    }  # fmt: skip
    server.stop()


@pytest.fixture
def s3(s3_server: dict[str, Any], request: pytest.FixtureRequest) -> Remote:
    bucket = f"b{abs(hash(request.node.nodeid))}"
    place = Place(f"s3://{bucket}/intake", s3_server)
    place.system.call_s3("create_bucket", Bucket=bucket)
    return Remote(f"s3://{bucket}/intake", s3_server)


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[Remote]:
    (tmp_path / "served").mkdir()
    with sftp_server(tmp_path / "served") as (port, key):
        known = HostKeys()
        known.add(f"[127.0.0.1]:{port}", key.get_name(), key)
        known.save(str(tmp_path / "known_hosts"))
        options = {"known_hosts": str(tmp_path / "known_hosts"), "password": PASSWORD, "look_for_keys": False,
                   "allow_agent": False}  # fmt: skip
        yield Remote(f"sftp://{USER}@127.0.0.1:{port}/intake", options)


@pytest.fixture(params=["s3", "sftp"])
def remote(request: pytest.FixtureRequest) -> Remote:
    found: Remote = request.getfixturevalue(request.param)
    return found


def only(deliveries: list[Delivery]) -> Delivery:
    (one,) = deliveries
    return one


def test_files_of_agencies_are_seen_taken_and_removed(remote: Remote) -> None:
    assert remote.intake.settled(QUIET) == []
    for parts in ((NAME,), ("metro_court", ".hidden"), ("metro_court", "a.part"), ("metro_court", "receipts", "1.json"),
                  ("metro_court", "inner", "x.csv")):  # fmt: skip
        remote.put(*parts)
    remote.put("metro_court", NAME, content=b"x" * 300_000)
    remote.put("metro_court", NAME + ENDING, content=b"{}")
    intake = remote.intake
    assert intake.agencies() == ("metro_court",)
    delivery = only(intake.settled(QUIET))
    assert "Zqxjkvalda" not in repr(delivery)
    with intake.take(delivery) as taken:
        assert taken is not None
        assert (taken.agency, taken.name, taken.size, taken.manifest) == ("metro_court", NAME, 300_000, b"{}")
        assert abs(taken.arrived_at - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)
        assert taken.stream.read() == b"x" * 300_000
        assert taken.unchanged()
        assert taken.remove()
    assert intake.settled(QUIET) == []
    assert remote.names("metro_court") == [".hidden", "a.part", "inner", "receipts"]


def test_what_is_not_removed_is_there_again(remote: Remote) -> None:
    remote.put("metro_court", NAME)
    remote.put("metro_court", NAME + ENDING)
    intake = remote.intake
    delivery = only(intake.settled(QUIET))
    with pytest.raises(ZeroDivisionError), intake.take(delivery):
        raise ZeroDivisionError
    assert remote.names("metro_court") == [NAME, NAME + ENDING]
    with intake.take(only(intake.settled(QUIET))) as taken:
        assert taken is not None


def test_a_file_that_changed_or_went_since_it_was_seen_is_not_taken(remote: Remote) -> None:
    remote.put("metro_court", NAME)
    delivery = only(remote.intake.settled(QUIET))
    remote.put("metro_court", NAME, content=b"longer")
    with remote.intake.take(delivery) as taken:
        assert taken is None
    assert remote.get("metro_court", NAME) == b"longer"
    remote.place.remove(remote.place.path("metro_court", NAME))
    with remote.intake.take(delivery) as taken:
        assert taken is None
    assert remote.names("metro_court") == []


def test_what_comes_meanwhile_under_the_same_name_stays(remote: Remote) -> None:
    remote.put("metro_court", NAME)
    with remote.intake.take(only(remote.intake.settled(QUIET))) as taken:
        assert taken is not None
        assert taken.stream.read() == b"first"
        remote.put("metro_court", NAME, content=b"second")
        taken.remove()
    assert remote.get("metro_court", NAME) == b"second"
    with remote.intake.take(only(remote.intake.settled(QUIET))) as taken:
        assert taken is not None
        assert taken.stream.read() == b"second"


def test_a_growing_file_is_left_and_seen_once_it_is_whole(remote: Remote) -> None:
    stop = threading.Event()

    def write_slowly() -> None:
        for number in range(1, 5):
            remote.put("metro_court", NAME, content=b"x" * number)
            time.sleep(QUIET)

    writer = threading.Thread(target=write_slowly)
    writer.start()
    deliveries = remote.intake.watch(20 * QUIET, stop)
    delivery = next(deliveries)
    writer.join()
    with remote.intake.take(delivery) as taken:
        assert taken is not None
        assert taken.size == 4
    remote.put("metro_peer", NAME)
    assert next(one for one in deliveries if one.agency == "metro_peer").name == NAME
    stop.set()
    assert list(deliveries) == []


def test_a_file_left_lying_is_given_once(s3: Remote) -> None:
    s3.put("metro_court", NAME)
    stop = threading.Event()
    threading.Timer(12 * QUIET, stop.set).start()
    assert len(list(s3.intake.watch(QUIET, stop))) == 1


def test_a_file_waits_until_its_manifest_fits(remote: Remote) -> None:
    pairing = Pairing(60, lambda _agency, name: name == NAME)
    stated = Manifest.model_validate({
        "file": NAME, "sha256": "0" * 64, "bytes": 5, "rows": 1, "agency": "metro_court", "agreement": "a",
        "expires": dt.date(2030, 1, 1),
    })  # fmt: skip
    remote.put("metro_court", NAME, content=b"fir")
    remote.put("metro_court", "other.csv")
    assert [one.name for one in remote.intake.settled(QUIET, pairing)] == ["other.csv"]
    remote.put("metro_court", NAME + ENDING, content=stated.to_bytes())
    assert [one.name for one in remote.intake.settled(QUIET, pairing)] == ["other.csv"]
    assert len(remote.intake.settled(QUIET, Pairing(0, pairing.demanded))) == 2
    remote.put("metro_court", NAME, content=b"first")
    assert len(remote.intake.settled(QUIET, pairing)) == 2


def test_copies_that_come_in_one_second_are_deliveries_of_their_own(s3: Remote) -> None:
    for number in range(3):
        s3.put("metro_court", f"{number}.csv")
    intake = s3.intake
    arrivals = []
    for delivery in intake.settled(QUIET) * 2:
        with intake.take(delivery) as taken:
            assert taken is not None
            arrivals.append(taken.arrived_at)
    assert len(set(arrivals)) == 3


def test_an_object_replaced_while_it_is_read_is_never_read_as_a_mixture(s3: Remote) -> None:
    s3.put("metro_court", NAME, content=b"a" * (12 << 20))
    store = LandingStore(s3.url + "/landing", KEY, s3.options)
    with s3.intake.take(only(s3.intake.settled(QUIET))) as taken:
        assert taken is not None
        taken.stream.read(1 << 20)
        s3.put("metro_court", NAME, content=b"b" * (12 << 20))
        with pytest.raises(StoreError) as mixed:
            store.put_stream(taken.stream, taken.name)
        assert mixed.value.__context__ is None
        assert not taken.remove()
    assert s3.get("metro_court", NAME)[:1] == b"b"


def test_an_object_replaced_after_the_last_look_is_not_removed(s3: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    s3.put("metro_court", NAME)
    with s3.intake.take(only(s3.intake.settled(QUIET))) as taken:
        assert taken is not None
        s3.put("metro_court", NAME, content=b"other")
        monkeypatch.setattr(type(taken), "unchanged", lambda _taken: True)
        assert not taken.remove()
    assert s3.get("metro_court", NAME) == b"other"


def test_the_same_file_again_is_another_delivery(remote: Remote, tmp_path: Path) -> None:
    identities, arrivals = [], []
    for _ in range(2):
        remote.put("metro_court", NAME)
        if "sftp" in remote.url:
            os.utime(tmp_path / "served" / "intake" / "metro_court" / NAME, (1e9, 1e9))
        delivery = only(remote.intake.settled(QUIET))
        identities.append(delivery.identity)
        with remote.intake.take(delivery) as taken:
            assert taken is not None
            arrivals.append(taken.arrived_at)
            assert taken.remove()
        time.sleep(1.0 if "s3" in remote.url else 0)
    assert len(set(identities)) == len(set(arrivals)) == 2


def test_of_two_hosts_one_has_a_file_of_an_sftp_server(sftp: Remote) -> None:
    intakes = [sftp.intake for _ in range(3)]
    for number in range(5):
        sftp.put("metro_court", NAME, content=b"%d" % number)
        delivery = only(intakes[0].settled(QUIET))

        def attempt(intake: RemoteIntake, delivery: Delivery = delivery) -> bytes | None:
            with intake.take(delivery) as taken:
                if taken is None:
                    return None
                content = taken.stream.read()
                assert taken.remove()
                return content

        with ThreadPoolExecutor(3) as pool:
            assert [got for got in pool.map(attempt, intakes) if got is not None] == [b"%d" % number]
    assert sftp.names("metro_court") == []


def test_what_was_taken_over_sftp_by_a_host_that_died_is_found(sftp: Remote, tmp_path: Path) -> None:
    sftp.put("metro_court", NAME)
    sftp.put("metro_court", NAME + ENDING, content=b"{}")
    died = sftp.intake.take(only(sftp.intake.settled(QUIET)))
    first = died.__enter__()
    assert first is not None
    assert sftp.intake.settled(QUIET) == []
    assert sftp.intake.abandoned(60) == []
    left = only(sftp.intake.abandoned(-1))
    with sftp.intake.take(left) as taken:
        assert taken is not None
        assert (taken.name, taken.manifest, taken.arrived_at) == (NAME, b"{}", first.arrived_at)
        assert not first.unchanged()
        assert not first.remove()
        assert taken.stream.read() == b"first"
        assert taken.remove()
    died.__exit__(None, None, None)
    (tmp_path / "served" / "intake" / "metro_court" / f"{TAKING}1-1-{0:016x}").mkdir()
    assert sftp.intake.abandoned(-1) == []
    assert sftp.names("metro_court") == []


def test_nothing_is_given_back_over_a_new_file_on_an_sftp_server(sftp: Remote) -> None:
    sftp.put("metro_court", NAME)
    with sftp.intake.take(only(sftp.intake.settled(QUIET))) as taken:
        assert taken is not None
        sftp.put("metro_court", NAME, content=b"second")
    assert sftp.get("metro_court", NAME) == b"second"
    with sftp.intake.take(only(sftp.intake.abandoned(-1))) as taken:
        assert taken is not None
        assert taken.stream.read() == b"first"
        assert taken.remove()


def test_links_and_pipes_on_an_sftp_server_are_not_seen(sftp: Remote, tmp_path: Path) -> None:
    sftp.put("metro_court", NAME)
    folder = tmp_path / "served" / "intake" / "metro_court"
    (folder / "link.csv").symlink_to(folder / NAME)
    os.mkfifo(folder / "pipe.csv")
    assert [one.name for one in sftp.intake.settled(QUIET)] == [NAME]


def test_a_receipt_is_written_for_the_agency(remote: Remote) -> None:
    for content in (b"{}", b"{1}"):
        remote.intake.put_receipt("metro_court", "1.json", content)
    assert remote.get("metro_court", "receipts", "1.json") == b"{1}"
    assert remote.names("metro_court", "receipts") == ["1.json"]


def test_the_landing_store_works_there_too(remote: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("sealing", "landing", "hashed"):
        monkeypatch.setattr(f"connectors.{module}.CHUNK", 100_000)
    store = LandingStore(remote.url + "/landing", KEY, remote.options)
    quarantine = LandingStore(remote.url + "/landing/quarantine", KEY, remote.options)
    content = os.urandom(225_000)
    (tmp_path / NAME).write_bytes(content)
    landed = store.put(tmp_path / NAME, b"manifest")
    assert store.put(tmp_path / NAME, b"other") == landed
    assert [len(piece) for piece in store.pieces(landed.digest)] == [100_000, 100_000, 25_000]
    assert store.read(landed.digest) == content
    assert (store.name(landed.digest), store.manifest(landed.digest)) == (NAME, b"manifest")
    quarantine.adopt(store, landed.digest)
    assert list(store.digests()) == list(quarantine.digests()) == [landed.digest]
    with pytest.raises(SettingsError):
        LandingStore(remote.url + "/landing", bytes(32), remote.options)
    store.remove(landed.digest)
    store.remove(landed.digest)
    assert not store.exists(landed.digest)
    assert remote.names("landing") == ["check", "quarantine"] if "s3" in remote.url else ["check", "incoming"]
    assert quarantine.read(landed.digest) == content
    with pytest.raises(StoreError) as missing:
        store.read(landed.digest)
    assert missing.value.__context__ is None


def test_what_a_killed_writer_left_there_is_removed(remote: Remote) -> None:
    store = LandingStore(remote.url, KEY, remote.options)
    remote.put("incoming", "left")
    assert store.remove_unfinished(3600) == 0
    assert store.remove_unfinished(-60) == 1
    assert store.remove_unfinished(-60) == 0


def test_of_two_keys_at_once_on_a_new_store_one_is_turned_away(remote: Remote, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"same")
    stores = [LandingStore(remote.url, bytes([number]) * 32, remote.options) for number in range(3)]

    def put(store: LandingStore) -> bool:
        try:
            store.put(tmp_path / NAME)
        except SettingsError:
            return False
        return True

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(put, stores)) == 1


def test_a_lost_connection_is_made_anew(sftp: Remote) -> None:
    store, intake = LandingStore(sftp.url, KEY, sftp.options), sftp.intake
    for place in (store._place, intake._place):
        place.system.client.close()
    assert not store.exists("0" * 64)
    assert intake.agencies() == ()


def test_a_server_that_nobody_vouched_for_is_not_spoken_to(sftp: Remote, tmp_path: Path) -> None:
    (tmp_path / "known_hosts").write_text("")
    for known in (tmp_path / "known_hosts", tmp_path / "none"):
        with pytest.raises(StoreError, match="SSHException") as refused:
            Place(sftp.url, {**sftp.options, "known_hosts": str(known)})
        assert refused.value.__context__ is None


def test_an_intake_that_is_away_says_so_and_comes_back(sftp: Remote, caplog: pytest.LogCaptureFixture) -> None:
    intake, stop = sftp.intake, threading.Event()
    genuine = intake._place._connect

    def away() -> Any:
        raise StoreError("a store does not answer: errno 111")

    intake._place._connect = away  # type: ignore[method-assign]
    intake._place.system.client.close()
    with pytest.raises(StoreError):
        intake.settled(QUIET)
    sftp.put("metro_court", NAME)

    def come_back() -> None:
        intake._place._connect = genuine  # type: ignore[method-assign]

    threading.Timer(6 * QUIET, come_back).start()
    assert next(intake.watch(QUIET, stop)).name == NAME
    assert [record.getMessage() for record in caplog.records if record.name == "throughcare"] == [
        "the intake is away: a store does not answer: errno 111"
    ]


def test_nobody_there_is_a_store_that_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    options = {"client_kwargs": {"endpoint_url": f"http://127.0.0.1:{port}", "region_name": "us-east-1"},
               "key": "x", "secret": "x", "config_kwargs": {"retries": {"max_attempts": 0}}}  # fmt: skip
    with pytest.raises(StoreError, match="Error") as away:
        open_intake("s3://nowhere/intake", options).agencies()
    assert "nowhere" not in str(away.value)
    assert away.value.__context__ is None
    with pytest.raises(StoreError):
        open_intake(f"sftp://someone@127.0.0.1:{port}/intake", {})


@pytest.mark.parametrize("url", ["nothing://x/y", "simplecache::s3://bucket/intake"])
def test_urls_that_nothing_opens_are_settings(url: str) -> None:
    with pytest.raises(SettingsError) as refused:
        open_intake(url)
    assert refused.value.__context__ is None


def test_the_local_disk_is_an_intake_of_the_same_kind(tmp_path: Path) -> None:
    (tmp_path / "metro_court").mkdir()
    (tmp_path / "metro_court" / NAME).write_bytes(b"first")
    time.sleep(QUIET)
    for intake in (open_intake(tmp_path), open_intake(tmp_path.as_uri())):
        assert isinstance(intake, LocalIntake)
        delivery = only(intake.settled(QUIET))
        assert "Zqxjkvalda" not in repr(delivery)
        stop = threading.Event()
        assert next(iter(intake.watch(QUIET, stop))).identity == delivery.identity
    with intake.take(delivery) as taken:
        assert taken is not None
        assert taken.remove()
    intake.put_receipt("metro_court", "1.json", b"{}")
    assert (tmp_path / "metro_court" / "receipts" / "1.json").read_bytes() == b"{}"
    assert (intake.settled(QUIET), intake.abandoned(0), intake.agencies()) == ([], [], ("metro_court",))
