"""The resident process of `throughcare up`: watches the intake and drains the ledger in its own process.

A run in this process starts in a fifth of a second and is still tracked by Prefect; where the Prefect
server is away the same plain functions run untracked, because the ledger, not Prefect, is the truth.
"""

import logging
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Event, Thread
from types import FrameType
from typing import Final

from flows.arriving import land, pairing
from flows.errors import RunFailed, describe
from flows.events import announce
from flows.ingest import drain
from flows.server import READY, Server, server_of
from flows.settings import read_settings
from flows.stores import Stores, open_stores, use
from flows.sweep import sweep
from flows.warm import warm_up
from schemas.errors import StoreError
from warehouse.store.extract import Extract

SERVER_SECONDS: Final = 60.0
STOP_SECONDS: Final = 10.0
_LOOK_SECONDS: Final = 0.2

log = logging.getLogger("throughcare")


def main() -> None:
    """Run until SIGTERM or SIGINT; touches ``run/resident.ready`` once files are watched.

    Files are landed in a thread of their own: what lands while a run runs is taken together by the next.
    """
    settings, stopped = read_settings(), _stop_event()
    with open_stores(settings) as stores, use(stores):
        warm_up()
        runs = Tracked(stores, server_of(settings))
        runs.wait(stopped)
        runs.sweep()
        landed: SimpleQueue[Extract] = SimpleQueue()
        watcher = Thread(target=_watch, args=(stores, stopped, landed), daemon=True)
        watcher.start()
        (settings.home / "run" / READY).touch()
        while not stopped.is_set() and watcher.is_alive():
            if extracts := _gathered(landed):
                runs.take(extracts)
        watcher.join(STOP_SECONDS)


def _watch(stores: Stores, stopped: Event, landed: "SimpleQueue[Extract]") -> None:
    """Land what settles in the intake; where ledger or vault are away, what comes waits for the next sweep."""
    try:
        _land_each(stores, stopped, landed)
    except Exception as error:
        # What a thread dies of is printed, and file systems quote names.
        log.error("the watcher ended: %s", describe(error))


def _land_each(stores: Stores, stopped: Event, landed: "SimpleQueue[Extract]") -> None:
    for delivery in stores.intake.watch(stores.settings.quiet_seconds, stopped, pairing(stores.settings)):
        try:
            extracts = land(stores, delivery)
        except Exception as error:
            log.error("a file could not be landed: %s", describe(error))
        else:
            for extract in extracts:
                landed.put(extract)


def _gathered(landed: "SimpleQueue[Extract]") -> list[Extract]:
    """What has landed by now, oldest first; empty where nothing comes for a moment."""
    extracts: list[Extract] = []
    with suppress(Empty):
        extracts.append(landed.get(timeout=_LOOK_SECONDS))
        while True:
            extracts.append(landed.get_nowait())
    return extracts


class Tracked:
    """Runs plain functions as Prefect flow runs where the server answers, and without where it does not."""

    def __init__(self, stores: Stores, server: Server) -> None:
        """Import Prefect's engine now, so that the first file does not wait for it."""
        from prefect.settings import get_current_settings

        from flows import runs

        # Joining the heartbeat's thread takes a second of every run; leases recover a killed one.
        get_current_settings().flows.heartbeat_frequency = None
        self._stores, self._server, self._runs = stores, server, runs

    def wait(self, stopped: Event) -> None:
        """Give a starting server some time; after it, begin without."""
        deadline = time.monotonic() + SERVER_SECONDS
        while not self._server.is_healthy() and time.monotonic() < deadline and not stopped.wait(0.2):
            continue

    def sweep(self) -> None:
        """Find what was missed while nothing ran."""
        self._run(self._runs.sweep, lambda: (sweep(self._stores), *drain(self._stores)))

    def take(self, extracts: Sequence[Extract]) -> None:
        """Announce what landed, by the last of it, and drain the ledger up to there."""
        last = extracts[-1]
        with suppress(StoreError):
            announce(self._server, last)
        self._run(lambda: self._runs.ingest(extract_id=last.extract_id), lambda: tuple(drain(self._stores)))

    def _run(self, tracked: Callable[[], object], plain: Callable[[], object]) -> None:
        """Run tracked; run plainly where Prefect is away, before or meanwhile. What fails twice waits for the sweep."""
        if self._server.is_healthy():
            try:
                tracked()
            except RunFailed as failed:
                log.error("a run failed: %s", failed)
            except Exception as error:
                log.error("a run could not be tracked: %s", describe(error))
            else:
                return
        try:
            plain()
        except Exception as error:
            log.error("the drain failed: %s", describe(error))


def _stop_event() -> Event:
    stopped = Event()

    def note(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, note)
    return stopped


if __name__ == "__main__":
    main()
