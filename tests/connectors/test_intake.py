"""The intake: a file is seen once it is whole, and nothing but files is seen."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.intake import agencies, settled, watch

QUIET = 0.4


@pytest.fixture
def intake(tmp_path: Path) -> Path:
    (tmp_path / "metro_court" / "receipts").mkdir(parents=True)
    (tmp_path / "metro_peer").mkdir()
    return tmp_path


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def drop(folder: Path, name: str, content: str = "x") -> Path:
    path = folder / name
    path.write_text(content)
    return path


def wait_until_calm() -> None:
    time.sleep(QUIET + 0.05)


def test_agencies_are_folders(intake: Path) -> None:
    (intake / ".hidden").mkdir()
    (intake / "linked").symlink_to(intake / "metro_court")
    drop(intake, "file.csv")
    assert agencies(intake) == ("metro_court", "metro_peer")
    assert agencies(intake / "nowhere") == ()


def test_only_whole_regular_files_of_agencies_are_seen(intake: Path) -> None:
    court = intake / "metro_court"
    wanted = drop(court, "charges.csv")
    for name in (".hidden.csv", "a.csv.part", "b.TMP", "c.filepart"):
        drop(court, name)
    drop(court / "receipts", "1.json")
    drop(intake, "nobody.csv")
    (court / "link.csv").symlink_to(wanted)
    os.mkfifo(court / "pipe.csv")
    wait_until_calm()
    assert settled(intake, QUIET, time.time()) == [wanted]


def test_a_file_that_still_changes_is_left(intake: Path) -> None:
    calm = drop(intake / "metro_peer", "calm.csv")
    growing = drop(intake / "metro_court", "growing.csv")
    writer = threading.Timer(QUIET / 4, lambda: drop(intake / "metro_court", "growing.csv", "more"))
    writer.start()
    assert settled(intake, QUIET, time.time()) == [calm]
    writer.join()
    assert settled(intake, QUIET, time.time()) == [calm, growing]


def test_a_folder_that_goes_meanwhile_hides_no_other(intake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = drop(intake / "metro_peer", "sessions.csv")
    monkeypatch.setattr("connectors.intake.agencies", lambda _root: ("gone", "metro_peer"))
    wait_until_calm()
    assert settled(intake, QUIET, time.time()) == [wanted]


def test_time_stamps_in_the_future_or_equal_hide_no_file(intake: Path) -> None:
    files = [drop(intake / "metro_court", f"{number}.csv") for number in range(3)]
    for path in files:
        os.utime(path, (time.time() + 86_400,) * 2)
    assert sorted(settled(intake, QUIET, time.time())) == files
    assert sorted(settled(intake, QUIET, time.time() - 86_400)) == files


def test_the_watch_gives_what_is_there_and_what_comes(intake: Path, stop: threading.Event) -> None:
    there = drop(intake / "metro_court", "there.csv")
    files = watch(intake, QUIET, stop)
    assert next(files) == there
    there.unlink()
    arriving = threading.Timer(0.1, lambda: drop(intake / "metro_peer", "new.csv"))
    arriving.start()
    began = time.monotonic()
    assert next(files) == intake / "metro_peer" / "new.csv"
    assert time.monotonic() - began < 3
    arriving.join()


def test_the_watch_waits_for_a_slow_writer(intake: Path, stop: threading.Event) -> None:
    path = intake / "metro_court" / "slow.csv"

    def write_slowly() -> None:
        with path.open("w") as stream:
            for number in range(8):
                stream.write(f"{number}\n")
                stream.flush()
                time.sleep(QUIET / 8)

    writer = threading.Thread(target=write_slowly)
    writer.start()
    assert next(watch(intake, QUIET, stop)) == path
    assert path.read_text() == "".join(f"{number}\n" for number in range(8))
    writer.join()


def test_a_file_left_lying_is_given_once_unless_it_changes(intake: Path, stop: threading.Event) -> None:
    path = drop(intake / "metro_court", "left.csv")
    seen: list[str] = []
    for found in watch(intake, QUIET, stop):
        seen.append(found.read_text())
        if len(seen) == 1:
            threading.Timer(3 * QUIET, lambda: drop(intake / "metro_court", "left.csv", "changed")).start()
        else:
            stop.set()
    assert seen == ["x", "changed"]
    assert path.exists()


def test_a_file_given_back_is_given_again_after_a_while(
    intake: Path, stop: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.intake._AGAIN", 3)
    path = drop(intake / "metro_court", "left.csv")
    files = watch(intake, QUIET, stop)
    assert next(files) == path
    path.rename(path.with_name(".away"))
    path.with_name(".away").rename(path)
    began = time.monotonic()
    assert next(files) == path
    assert time.monotonic() - began >= 3 * QUIET


def test_where_the_kernel_does_not_tell_who_writes_no_clock_is_believed(
    intake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.intake.is_written", lambda _path: None)
    path = drop(intake / "metro_court", "growing.csv")
    writer = threading.Timer(QUIET / 4, lambda: drop(intake / "metro_court", "growing.csv", "more"))
    writer.start()
    assert settled(intake, QUIET, time.time() + 86_400) == []
    writer.join()
    assert settled(intake, QUIET, time.time() + 86_400) == [path]


def test_the_watch_ends_when_told(intake: Path, stop: threading.Event) -> None:
    threading.Timer(0.1, stop.set).start()
    assert list(watch(intake, QUIET, stop)) == []
