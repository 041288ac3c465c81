"""Connections that break at the worst moment, events that nobody heard, keys that rotate."""

import re
import secrets
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from bench.kills import empty
from connectors.receipts import Receipt
from flows import handing
from flows.ingest import drain, take_next
from flows.link import link
from flows.stores import Stores, open_stores
from flows.sweep import land_missed, sweep
from schemas.errors import StoreError
from schemas.failpoint import armed
from tests.faults.fault import withstands
from tests.faults.steps import NAME, NEXT, check, csv, put, spans, take, taken, with_settings
from warehouse.store.digest import logical_digest
from warehouse.store.engine import Unavailable
from warehouse.store.ledger import Ledger

BACKENDS = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
)


@withstands(
    "PostgreSQL's backend killed before COMMIT", "nothing is visible; tried again, it is loaded once", "ACIT", "away"
)
@pytest.mark.parametrize("point", ["load.copied", "load.finishing", "load.finished", "split.staged"])
def test_a_backend_killed_during_the_load_changes_nothing(point: str, stores: Stores) -> None:
    taken(stores, NAME, csv())
    expected = logical_digest(stores.warehouse)
    empty(stores)
    put(stores, NAME, csv())
    land_missed(stores)
    killed: list[str] = []

    def kill(name: str) -> None:
        if name == point and not killed:
            killed.append(name)
            other = sa.create_engine(stores.warehouse.url, poolclass=sa.NullPool)
            with other.connect() as connection:
                assert connection.scalar(sa.text(BACKENDS))

    with armed(kill):
        try:
            list(drain(stores))
        except StoreError:
            assert spans(stores) == 0
    take(stores)
    assert killed == [point]
    assert ([one.state for one in stores.ledger.extracts()], spans(stores)) == (["loaded"], 20)
    assert logical_digest(stores.warehouse) == expected
    assert stores.vault.staged() == ()


class Proxy:
    """Between the program and PostgreSQL: once ``deaf``, it forwards a COMMIT and loses what is answered."""

    def __init__(self, server: str, folder: Path) -> None:
        self.server, self.folder, self.deaf = server, folder, False
        self.lost = 0
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(folder / Path(server).name))
        self._listening.listen(16)
        self._threads: list[threading.Thread] = []
        self._run(self._accept)

    def close(self) -> None:
        """Take no further connection, and let those that there were end."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.server)
            dropped = threading.Event()
            self._run(self._up, client, server, dropped)
            self._run(self._down, server, client, dropped)

    def _run(self, target: Callable[..., None], *of: object) -> None:
        self._threads.append(threading.Thread(target=target, args=of, daemon=True))
        self._threads[-1].start()

    def _up(self, client: socket.socket, server: socket.socket, dropped: threading.Event) -> None:
        while data := self._received(client):
            if self.deaf and b"COMMIT" in data:
                self.deaf, self.lost = False, self.lost + 1
                dropped.set()
            with suppress(OSError):
                server.sendall(data)
        client.close()

    def _down(self, server: socket.socket, client: socket.socket, dropped: threading.Event) -> None:
        while data := self._received(server):
            if dropped.is_set():
                break
            client.sendall(data)
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)
        server.close()

    @staticmethod
    def _received(source: socket.socket) -> bytes:
        try:
            return source.recv(65_536)
        except OSError:
            return b""


@withstands(
    "commit acknowledgement lost", "the ledger is asked: it was loaded, and is not loaded twice", "CIAT", "away"
)
def test_a_lost_acknowledgement_loads_nothing_twice(stores: Stores) -> None:
    taken(stores, NAME, csv())
    expected = logical_digest(stores.warehouse)
    empty(stores)
    put(stores, NAME, csv())
    land_missed(stores)
    folder = Path("/tmp") / f"tc-{secrets.token_hex(4)}"
    folder.mkdir()
    host = re.search(r"host=([^&]+)", stores.warehouse_url)
    assert host is not None
    proxy = Proxy(f"{unquote(host[1])}/.s.PGSQL.5432", folder)
    through = stores.warehouse_url.replace(host[1], quote(str(folder), safe=""))
    settings = stores.settings.model_copy(update={"warehouse_url": SecretStr(through)})
    try:
        with open_stores(settings) as behind:

            def lose(name: str) -> None:
                if name == "load.finished" and not proxy.lost:
                    proxy.deaf = True

            with armed(lose), pytest.raises(Unavailable):
                take_next(behind)
            assert proxy.lost == 1
            assert [one.state for one in stores.ledger.extracts()] == ["loaded"]
            list(drain(behind))
    finally:
        proxy.close()
        for left in folder.iterdir():
            left.unlink()
        folder.rmdir()
    sweep(stores)
    check(stores)
    assert spans(stores) == 20
    assert stores.vault.staged() == ()
    assert logical_digest(stores.warehouse) == expected


@withstands("connection pool exhausted", "fails without counting an attempt; then it is loaded", "IT", "away")
def test_an_exhausted_pool_gives_no_file_up(stores: Stores) -> None:
    put(stores, NAME, csv())
    land_missed(stores)
    one = sa.create_engine(stores.warehouse.url, pool_size=1, max_overflow=0, pool_timeout=0.05)
    narrow = replace(stores, warehouse=one, ledger=Ledger(one))
    with one.connect(), pytest.raises(StoreError):
        list(drain(narrow))
    assert [extract.attempts for extract in stores.ledger.extracts()] == [0]
    one.dispose()
    assert [receipt.state for receipt in take(stores)] == ["loaded"]


@withstands("no space left in the receipts folder", "the load stands; a later sweep writes the receipt", "ACT", "space")
def test_a_full_receipts_folder_takes_no_load_back(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StoreError("receipts: errno 28")

    put(stores, NAME, csv())
    with monkeypatch.context() as patch:
        patch.setattr(handing, "write", full)
        assert [one.state for one in drain_all(stores)] == ["loaded"]
    assert spans(stores) == 20
    assert sweep(stores)["receipts_rendered"] == 1
    check(stores)


def drain_all(stores: Stores) -> list[Receipt]:
    land_missed(stores)
    return list(drain(stores))


@withstands(
    "files dropped while nothing listens, worker lost",
    "a sweep finds them; the ledger says what is left",
    "T",
    "events",
)
def test_a_sweep_finds_what_no_event_told(stores: Stores) -> None:
    put(stores, NAME, csv())
    land_missed(stores)
    stores.ledger.claim("a worker that is gone", 0.0)
    put(stores, NEXT, csv(15, seed=2))
    found = sweep(stores)
    assert (found["files_landed"], found["extracts_pending"]) == (1, 2)
    assert [one.state for one in take(stores)] == ["loaded", "loaded"]
    assert sweep(stores)["extracts_pending"] == 0


@withstands(
    "the project's keys rotate between load and link", "all participants have keys of one version", "IP", "rotation"
)
def test_no_participant_has_keys_of_two_versions(stores: Stores) -> None:
    taken(stores, NAME, csv())
    rotated = with_settings(stores, project_version=2)
    link(rotated)
    put(rotated, NEXT, csv(15, seed=2))
    take(rotated)
    link(rotated)
    changed = keys(rotated)
    empty(stores)
    for name, content in ((NAME, csv()), (NEXT, csv(15, seed=2))):
        taken(stores, name, content)
        link(stores)
    assert changed
    assert len(changed) == len(keys(stores))
    assert not changed & keys(stores)


@withstands("the project's keys rotate between two links", "every participant gets a new key", "P", "rotation")
def test_a_rotation_between_two_links_mixes_no_keys(stores: Stores) -> None:
    taken(stores, NAME, csv())
    link(stores)
    before = keys(stores)
    rotated = with_settings(stores, project_version=2)
    taken(rotated, NEXT, csv(15, seed=2))
    link(rotated)
    second = keys(stores)
    assert len(second) >= len(before)
    assert not second & before
    assert link(rotated) is None
    again = with_settings(stores, project_version=3)
    link(again)
    assert len(keys(stores)) == len(second)
    assert not keys(stores) & second


def keys(stores: Stores) -> set[str]:
    with stores.warehouse.connect() as connection:
        found = connection.scalars(sa.text("SELECT DISTINCT participant_key FROM timeline.link")).all()
    return {str(one) for one in found if one is not None}
