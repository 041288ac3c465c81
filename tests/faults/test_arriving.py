"""Files that are still written, change while they are read, or are found by two watchers at once."""

import datetime as dt
import os
import time
from collections import Counter
from pathlib import Path

import pytest

from bench.kills import PATIENCE, files_of, let_expire, start
from connectors.signing import write_manifest
from flows.ingest import take_next
from flows.stores import Stores
from flows.sweep import land_missed, sweep
from schemas.failpoint import armed
from tests.faults.fault import withstands
from tests.faults.steps import NAME, NEXT, PEERS, check, csv, current, put, spans, take, taken, with_settings
from tests.flows.feeds import contacts, declared

A, B = (1, "M1", "2025-01-05", 60), (2, "M2", "2025-01-06", 45)


@withstands("half-written file", "left until its writer has closed it, then loaded whole", "ACT", "writing")
def test_a_file_that_is_still_open_for_writing_is_left(stores: Stores) -> None:
    content = csv()
    path = put(stores, NAME, b"")
    with path.open("wb") as writer:
        writer.write(content[:500])
        writer.flush()
        assert take(stores) == []
        assert path.exists()
        writer.write(content[500:])
    (receipt,) = take(stores)
    assert (receipt.state, receipt.loaded) == ("loaded", 20)


@withstands("a file under the name of an unfinished one", "left until it is renamed", "T", "writing")
@pytest.mark.parametrize("name", [f"{NAME}.part", f".{NAME}", f"{NAME}.filepart"])
def test_an_unfinished_name_is_left(name: str, stores: Stores) -> None:
    path = put(stores, name, csv())
    assert take(stores) == []
    path.rename(path.with_name(NAME))
    assert [one.loaded for one in take(stores)] == [20]


@withstands("appended to while it is read", "given back and taken whole later", "ACT", "writing")
@pytest.mark.parametrize("point", ["arrival.taken", "landing.stored"])
def test_a_file_that_grows_while_it_is_taken_is_given_back(point: str, stores: Stores) -> None:
    head, tail = csv()[:-200], csv()[-200:]
    path = put(stores, NAME, head)
    appended: list[str] = []

    def append(name: str) -> None:
        if name == point and not appended:
            (hidden,) = path.parent.glob(f".taking-*/{NAME}")
            with hidden.open("ab") as writer:
                writer.write(tail)
            appended.append(name)

    with armed(append):
        assert land_missed(stores) == 0
    assert (appended, path.read_bytes()) == ([point], csv())
    assert stores.ledger.extracts() == ()
    assert [(one.received, one.loaded) for one in take(stores)] == [(20, 20)]


@withstands("replaced while it is read", "both are deliveries of their own; each is read whole", "ACT", "writing")
@pytest.mark.parametrize("point", ["arrival.taken", "arrival.stored", "arrival.entered"])
def test_a_file_that_comes_under_the_same_name_meanwhile_stays_for_the_next_look(point: str, stores: Stores) -> None:
    path = put(stores, NAME, csv())
    other = csv(15, seed=2)

    def replace(name: str) -> None:
        if name == point and not path.exists():
            path.write_bytes(other)

    with armed(replace):
        assert land_missed(stores) == 1
    assert path.read_bytes() == other
    receipts = take(stores)
    assert [(one.state, one.received) for one in receipts] == [("loaded", 20), ("held", 15)]
    assert spans(stores) == 20


@withstands(
    "a manifest whose hash is not the file's", "the file waits for it; when it fits, it is taken", "ACT", "writing"
)
def test_a_file_waits_until_its_manifest_fits(stores: Stores, tmp_path: Path) -> None:
    with declared(tmp_path / "feeds", "try_wait", manifest="ManifestRule(signed=False)"):
        name = "try_wait_20250110.csv"
        manifest = manifest_of(tmp_path / name, contacts(A, B), 2)
        path = put(stores, name, contacts(A), PEERS)
        put(stores, manifest.name, manifest.read_bytes(), PEERS)
        assert take(stores) == []
        path.write_bytes(contacts(A, B))
        assert [(one.state, one.loaded) for one in take(stores)] == [("loaded", 2)]


@withstands("a manifest that never fits", "refused by its code once the wait is over", "ACT", "writing")
def test_a_file_whose_manifest_never_fits_is_refused(stores: Stores, tmp_path: Path) -> None:
    impatient = with_settings(stores, manifest_wait_seconds=0.0)
    with declared(tmp_path / "feeds", "try_wait", manifest="ManifestRule(signed=False)"):
        name = "try_wait_20250110.csv"
        manifest = manifest_of(tmp_path / name, contacts(A, B), 2)
        put(impatient, manifest.name, manifest.read_bytes(), PEERS)
        receipt = taken(impatient, name, contacts(A), PEERS)
        assert (receipt.state, receipt.loaded) == ("refused", 0)
        assert receipt.code in {"manifest_hash", "manifest_bytes"}


def manifest_of(aside: Path, content: bytes, rows: int) -> Path:
    aside.write_bytes(content)
    tomorrow = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
    return write_manifest(aside, rows=rows, agency=PEERS, agreement="metro-2025", expires=tomorrow)


@withstands(
    "two processes that watch one folder", "each file is taken by one of them; nothing is doubled", "CIT", "watchers"
)
def test_two_watchers_take_each_file_once(stores: Stores) -> None:
    for number in range(1, 13):
        put(stores, f"supervision_202506{number:02}.csv", csv(10, seed=number))
    watchers = [start(stores.settings) for _ in range(2)]
    for watcher in watchers:
        watcher.join(PATIENCE)
    assert [watcher.exitcode for watcher in watchers] == [0, 0]
    assert files_of(stores) == []
    check(stores)
    assert Counter(one.state for one in stores.ledger.extracts()) == {"loaded": 12}
    assert spans(stores) == 120


@withstands(
    "a second watcher while the first holds the file", "it takes nothing until the lease is over", "IT", "watchers"
)
def test_a_leased_arrival_is_left_to_its_taker(stores: Stores) -> None:
    put(stores, NAME, csv())
    met: list[int] = []

    def other(name: str) -> None:
        if name == "arrival.claimed" and not met:
            met.append(land_missed(stores))

    with armed(other):
        assert land_missed(stores) == 1
    assert met == [0]
    assert [one.state for one in take(stores)] == ["loaded"]


@withstands("a worker that was overtaken goes on", "its token is old: nothing of it is loaded", "AI", "watchers")
def test_an_overtaken_worker_loads_nothing(stores: Stores) -> None:
    put(stores, NAME, csv())
    land_missed(stores)
    overtaken: list[str] = []

    def overtake(name: str) -> None:
        if name == "extract.load" and not overtaken:
            overtaken.append(name)
            let_expire(stores)
            assert take_next(stores) is not None

    with armed(overtake):
        assert take_next(stores) is None
    sweep(stores)
    check(stores)
    assert spans(stores) == 20
    assert stores.vault.staged() == ()


@withstands("equal mtimes, clocks a day off both ways", "no file missed", "T", "clock")
def test_no_clock_hides_a_file(stores: Stores) -> None:
    now = time.time()
    for number, moment in enumerate((now, now, now - 86_400, now + 86_400, 0)):
        os.utime(put(stores, f"supervision_2025060{number + 1}.csv", csv(seed=number + 1)), (moment, moment))
    assert [one.state for one in take(stores)] == ["loaded"] * 5
    assert files_of(stores) == []


@withstands("another file with the size and time of one already taken", "taken", "ACT", "clock")
def test_a_file_with_the_size_and_time_of_one_already_taken_is_taken(stores: Stores) -> None:
    first = csv()
    os.utime(put(stores, NAME, first), (1e9, 1e9))
    take(stores)
    changed = first.replace(b"Formal Probation", b"Summary_Probatio", 1)
    os.utime(put(stores, NEXT, changed), (1e9, 1e9))
    (receipt,) = take(stores)
    assert len(changed) == len(first)
    assert (receipt.state, receipt.received, receipt.rejected) == ("loaded", 20, 1)
    assert current(stores) == 19
