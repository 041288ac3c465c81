"""The resident process of `throughcare up`: watches the intake and drains the ledger in its own process.

A run in this process starts in a fifth of a second and is still tracked by Prefect; where the Prefect
server is away the same plain functions run untracked, because the ledger, not Prefect, is the truth.
"""

import logging
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Final

from connectors.intake import watch
from flows.errors import RunFailed, describe
from flows.events import announce
from flows.ingest import drain, land
from flows.server import READY, Server, server_of
from flows.settings import read_settings
from flows.stores import Stores, open_stores, use
from flows.sweep import sweep
from flows.warm import warm_up
from schemas.errors import StoreError

SERVER_SECONDS: Final = 60.0

log = logging.getLogger("throughcare")


def main() -> None:
    """Run until SIGTERM or SIGINT; touches ``run/resident.ready`` once files are watched."""
    settings, stopped = read_settings(), _stop_event()
    with open_stores(settings) as stores, use(stores):
        warm_up()
        runs = Tracked(stores, server_of(settings))
        runs.wait(stopped)
        runs.sweep()
        (settings.home / "run" / READY).touch()
        for path in watch(settings.intake, settings.quiet_seconds, stopped):
            runs.take(path)


class Tracked:
    """Runs plain functions as Prefect flow runs where the server answers, and without where it does not."""

    def __init__(self, stores: Stores, server: Server) -> None:
        """Import Prefect's engine now, so that the first file does not wait for it."""
        from prefect.settings import get_current_settings

        from flows import runs

        # Joining the heartbeat's thread takes a second of every run; leases recover a killed one.
        get_current_settings().flows.heartbeat_frequency = None
        self._stores, self._server, self._runs = stores, server, runs

    def wait(self, stopped: threading.Event) -> None:
        """Give a starting server some time; after it, begin without."""
        deadline = time.monotonic() + SERVER_SECONDS
        while not self._server.is_healthy() and time.monotonic() < deadline and not stopped.wait(0.2):
            continue

    def sweep(self) -> None:
        """Find what was missed while nothing ran."""
        self._run(self._runs.sweep, lambda: (sweep(self._stores), *drain(self._stores)))

    def take(self, path: Path) -> None:
        """Land a settled file, announce it, and drain the ledger."""
        try:
            extracts = land(self._stores, path)
        except Exception as error:
            log.error("a file could not be landed: %s", describe(error))
            return
        for extract in extracts:
            with suppress(StoreError):
                announce(self._server, extract)
        if extracts:
            last = extracts[-1].extract_id
            self._run(lambda: self._runs.ingest(extract_id=last), lambda: tuple(drain(self._stores)))

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


def _stop_event() -> threading.Event:
    stopped = threading.Event()

    def note(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, note)
    return stopped


if __name__ == "__main__":
    main()
