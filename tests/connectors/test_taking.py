"""Taking a file from the intake: nobody else has it, nothing that comes meanwhile is lost, no crash loses it."""

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from connectors.arrival import TAKING, Pairing, moment
from connectors.intake import Look, look_at, settled, strays, watch
from connectors.manifest import ENDING
from connectors.signing import write_manifest
from connectors.taking import abandoned, arrival_of, take
from connectors.writers import has_writer, is_written
from schemas.errors import StoreError

QUIET = 0.1
NAME = "Zqxjkvalda.csv"


@pytest.fixture
def court(tmp_path: Path) -> Path:
    folder = tmp_path / "intake" / "metro_court"
    folder.mkdir(parents=True)
    return folder


def drop(folder: Path, content: bytes = b"first", name: str = NAME) -> Path:
    (folder / name).write_bytes(content)
    return folder / name


def state(path: Path, **changes: object) -> Path:
    stating = {"rows": 1, "agency": "metro_court", "agreement": "metro-2025", "expires": dt.date(2030, 1, 1)}
    return write_manifest(path, **{**stating, **changes})  # type: ignore[arg-type]


def hidden(folder: Path) -> list[Path]:
    return list(folder.glob(f"{TAKING}*/*"))


def test_a_file_and_its_manifest_are_taken_and_removed(court: Path) -> None:
    path = drop(court)
    manifest, arrived = state(path).read_bytes(), look_at(path).changed_ns
    with take(path) as taken:
        assert taken is not None
        assert not path.exists()
        assert (taken.agency, taken.name, taken.size) == ("metro_court", NAME, 5)
        assert (taken.stream.read(), taken.manifest) == (b"first", manifest)
        assert abs(taken.arrived_at.timestamp() - arrived / 1e9) < 1e-3
        assert "Zqxjkvalda" not in repr(taken)
        assert taken.remove()
    assert list(court.iterdir()) == []


def test_what_is_not_removed_is_given_back(court: Path) -> None:
    path = drop(court)
    state(path)
    with take(path) as taken:
        assert taken is not None
    assert sorted(file.name for file in court.iterdir()) == [NAME, NAME + ENDING]
    with pytest.raises(ZeroDivisionError), take(path):
        raise ZeroDivisionError
    assert path.read_bytes() == b"first"
    assert hidden(court) == []


def test_a_file_that_has_gone_or_changed_since_it_was_seen_is_not_taken(court: Path) -> None:
    with take(court / NAME) as taken:
        assert taken is None
    path = drop(court)
    seen = look_at(path)
    drop(court, b"secnd")
    with take(path, seen) as taken:
        assert taken is None
    assert path.read_bytes() == b"secnd"


def test_what_comes_under_the_name_meanwhile_is_another_file_and_stays(court: Path) -> None:
    path = drop(court)
    with take(path) as taken:
        assert taken is not None
        drop(court, b"second")
        assert taken.unchanged()
        assert taken.remove()
    assert path.read_bytes() == b"second"


def test_what_changes_while_taken_is_given_back_whole(court: Path) -> None:
    path = drop(court)
    with take(path) as taken:
        assert taken is not None
        with hidden(court)[0].open("ab") as writer:
            writer.write(b" and more")
        assert not taken.unchanged()
        assert not taken.remove()
    assert path.read_bytes() == b"first and more"


def test_nothing_is_given_back_over_a_new_file(court: Path) -> None:
    path = drop(court)
    state(path)
    with take(path) as taken:
        assert taken is not None
        drop(court, b"second")
        state(path)
    assert path.read_bytes() == b"second"
    (left,) = abandoned(court.parent, 0)
    with take(left) as taken:
        assert taken is not None
        assert (taken.stream.read(), taken.name, taken.agency) == (b"first", NAME, "metro_court")
        assert taken.manifest is not None and b'"bytes":5' in taken.manifest
        taken.remove()
    assert sorted(file.name for file in court.iterdir()) == [NAME, NAME + ENDING]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who writes")
def test_a_file_that_someone_has_open_for_writing_is_neither_settled_nor_taken(court: Path) -> None:
    path = drop(court)
    with path.open("ab") as writer:
        time.sleep(QUIET)
        assert is_written(path)
        assert settled(court.parent, QUIET, time.time()) == []
        assert settled(court.parent, QUIET, time.time() + 86_400) == [path]
        with take(path) as taken:
            assert taken is None
        writer.write(b" and more")
    assert is_written(path) is False
    assert settled(court.parent, QUIET, time.time()) == [path]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who writes")
def test_a_writer_that_comes_while_we_ask_ends_nobody(court: Path) -> None:
    path = drop(court)
    ended = threading.Event()

    def write_often() -> None:
        while not ended.is_set():
            with path.open("ab"):
                pass

    writer = threading.Thread(target=write_often)
    writer.start()
    with path.open("rb") as stream:
        for _ in range(3000):
            has_writer(stream.fileno())
    ended.set()
    writer.join()


def test_links_pipes_and_folders_are_not_taken(court: Path) -> None:
    (court / "link.csv").symlink_to(drop(court))
    os.mkfifo(court / "pipe.csv")
    (court / "folder.csv").mkdir()
    for name in ("link.csv", "pipe.csv", "folder.csv"):
        with pytest.raises(StoreError) as refused, take(court / name):
            pass
        assert refused.value.__context__ is None
    assert hidden(court) == []


def test_of_many_that_take_a_file_one_has_it(court: Path) -> None:
    def attempt(path: Path) -> bytes | None:
        with take(path) as taken:
            if taken is None:
                return None
            content = taken.stream.read()
            assert taken.remove()
            return content

    with ThreadPoolExecutor(4) as pool:
        for number in range(50):
            path = drop(court, str(number).encode())
            got = [content for content in pool.map(attempt, [path] * 4) if content is not None]
            assert got == [str(number).encode()]
    assert list(court.iterdir()) == []


@pytest.mark.parametrize("in_place", [True, False])
def test_while_files_are_replaced_no_last_version_is_lost(court: Path, in_place: bool) -> None:
    got: list[bytes] = []
    ended = threading.Event()

    def take_often() -> None:
        while not ended.is_set():
            for path in (*abandoned(court.parent, 0.05), court / NAME):
                with take(path) as taken:
                    if taken is not None:
                        content = taken.stream.read()
                        if taken.unchanged() and taken.remove():
                            got.append(content)

    takers = [threading.Thread(target=take_often) for _ in range(2)]
    for taker in takers:
        taker.start()
    for number in range(200):
        target = court / (NAME if in_place else f".{NAME}")
        target.write_bytes(b"%06d" % number)
        if not in_place:
            target.replace(court / NAME)
        time.sleep(0.001)

    def left() -> list[str]:
        # Unlike `rglob`, it minds no folder that goes while it looks.
        return [name for _, _, names in os.walk(court) for name in names]

    # A version before the last may still wait, hidden, until it is old enough to be found again.
    deadline = time.monotonic() + 10
    while (b"000199" not in got or left()) and time.monotonic() < deadline:
        time.sleep(0.01)
    ended.set()
    for taker in takers:
        taker.join()
    assert b"000199" in got
    assert set(got) <= {b"%06d" % number for number in range(200)}
    assert left() == []


KILLED = """
import os, signal, sys
from pathlib import Path
from connectors.taking import take
with take(Path(sys.argv[1])) as taken:
    print(taken.arrived_at.isoformat(), flush=True)
    os.kill(os.getpid(), signal.SIGKILL if sys.argv[2] == "kill" else signal.SIGSTOP)
"""


def take_in_a_process(path: Path, end: str) -> tuple[subprocess.Popen[str], str]:
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(path), end], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    with child.stdout:
        return child, child.stdout.readline().strip()


def test_what_a_killed_process_had_taken_is_found_with_its_time_of_arrival(court: Path) -> None:
    path = drop(court)
    manifest = state(path).read_bytes()
    child, arrived = take_in_a_process(path, "kill")
    assert child.wait() == -signal.SIGKILL
    assert settled(court.parent, QUIET, time.time()) == []
    assert abandoned(court.parent, 3600) == []
    (left,) = abandoned(court.parent, 0)
    for _ in range(2):
        with take(left) as taken:
            assert taken is not None
            assert (taken.arrived_at.isoformat(), taken.manifest, taken.name) == (arrived, manifest, NAME)
            assert taken.stream.read() == b"first"
            taken.is_decided = True  # type: ignore[attr-defined]
        (left,) = abandoned(court.parent, 0)
    with take(left) as taken:
        assert taken is not None
        assert taken.remove()
    assert list(court.iterdir()) == []


def test_what_a_living_process_has_taken_is_not_abandoned(court: Path) -> None:
    child, _ = take_in_a_process(drop(court), "stop")
    try:
        assert abandoned(court.parent, 0) == []
        with take(hidden(court)[0]) as taken:
            assert taken is None
    finally:
        child.kill()
        child.wait()
    assert len(abandoned(court.parent, 0)) == 1


def test_what_a_process_had_left_to_clear_away_is_cleared_away(court: Path) -> None:
    path = drop(court)
    for number, names in enumerate(([], [NAME + ENDING], [NAME])):
        folder = court / f"{TAKING}{number}-0-{number:016x}"
        folder.mkdir()
        for name in names:
            os.link(path, folder / name)
    (court / f"{TAKING}x").mkdir()
    assert abandoned(court.parent, 0) == []
    assert sorted(file.name for file in court.iterdir()) == [f"{TAKING}x", NAME]


def test_a_manifest_is_no_delivery_and_one_without_its_file_is_a_stray(court: Path) -> None:
    path = drop(court)
    state(path)
    time.sleep(QUIET)
    assert settled(court.parent, QUIET, time.time()) == [path]
    assert strays(court.parent) == 0
    path.unlink()
    assert strays(court.parent) == 1


def test_a_file_waits_until_its_manifest_fits(court: Path) -> None:
    path, waiting = drop(court, b"the whole"), Pairing(60)
    beside = state(path)
    path.write_bytes(b"the wh")
    time.sleep(QUIET)
    assert settled(court.parent, QUIET, time.time(), waiting) == []
    path.write_bytes(b"the whale")
    time.sleep(QUIET)
    assert settled(court.parent, QUIET, time.time(), waiting) == []
    path.write_bytes(b"the whole")
    time.sleep(QUIET)
    assert settled(court.parent, QUIET, time.time(), waiting) == [path]
    beside.write_bytes(b"{")
    assert settled(court.parent, QUIET, time.time(), waiting) == []
    assert settled(court.parent, QUIET, time.time(), Pairing(QUIET)) == [path]


def test_a_file_that_must_have_a_manifest_waits_for_it_a_while(court: Path) -> None:
    path, stop = drop(court), threading.Event()
    pairing = Pairing(60, lambda agency, name: (agency, name) == ("metro_court", NAME))
    other = drop(court, name="other.csv")
    files = watch(court.parent, QUIET, stop, pairing)
    assert next(files) == other
    threading.Timer(2 * QUIET, lambda: state(path)).start()
    assert next(files) == path
    stop.set()
    began, stop = time.monotonic(), threading.Event()
    (court / (NAME + ENDING)).unlink()
    impatient = watch(court.parent, QUIET, stop, Pairing(5 * QUIET, pairing.demanded))
    assert [next(impatient), next(impatient)] == [other, path]
    assert time.monotonic() - began >= 4 * QUIET
    stop.set()


def test_files_that_come_in_one_tick_of_the_clock_came_at_different_times() -> None:
    looks = [Look(inode=inode, size=1, modified_ns=5, changed_ns=1_700_000_000_123_456_789) for inode in (7, 8)]
    arrivals = {moment(arrival_of(look)) for look in looks}
    assert len(arrivals) == 2
    assert {arrival.replace(microsecond=0) for arrival in arrivals} == {moment(1_700_000_000_000_000_000)}
