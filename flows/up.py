"""`throughcare up`: Prefect server, resident watcher and worker on one machine, supervised and stopped cleanly."""

import fcntl
import hashlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, Final

from flows.processes import Child, end_recorded, record, start, stop
from flows.server import HOST, PORT_FILE, READY, WORK_POOL, Server, new_server
from flows.settings import Settings
from flows.stores import embedded_server
from schemas.errors import SettingsError, StoreError

READY_SECONDS: Final = 180.0
"""A first start migrates Prefect's database: 15 s on two idle cores."""

PATIENCE_SECONDS: Final = 20.0
RESTARTS: Final = 5
RESTART_WINDOW_SECONDS: Final = 120.0
WORKER_NICENESS: Final = 10
"""The worker repeats what the resident has usually done already: it must not slow a receipt down."""

_KEYLESS: Final = frozenset({"server", "deploy"})
"""Children that open no store: neither key nor database address is in their environment."""

_POLL_SECONDS: Final = 0.2
_HOUSE: Final = Path(__file__).resolve().parents[1]


@dataclass
class _Crew:
    """The children, in the order in which they were started, and how often each had to be restarted."""

    settings: Settings
    server: Server
    children: dict[str, Child] = field(default_factory=dict)
    restarts: list[float] = field(default_factory=list)

    @property
    def run(self) -> Path:
        return self.settings.home / "run"

    def start(self, name: str, *arguments: str, niceness: int = 0) -> None:
        environment = self.server.environment(with_keys=name not in _KEYLESS)
        environment["THROUGHCARE_HOME"] = str(self.settings.home)
        log = self.run / f"{name}.log"
        self.children[name] = start(name, arguments, environment, log, niceness)
        record(self.run / "groups.json", [child for child in self.children.values() if child.alive])

    def stop(self) -> None:
        for child in reversed(self.children.values()):
            stop(child, PATIENCE_SECONDS)
        (self.run / "groups.json").unlink(missing_ok=True)

    def check(self) -> None:
        """Restart whatever has ended by itself; `StoreError` once that happens too often."""
        for name, child in list(self.children.items()):
            if child.alive:
                continue
            stop(child, PATIENCE_SECONDS)
            now = time.monotonic()
            self.restarts[:] = [moment for moment in self.restarts if now - moment < RESTART_WINDOW_SECONDS] + [now]
            if len(self.restarts) > RESTARTS:
                raise StoreError(f"the {name} ends again and again: see {name}.log in the run folder of the home")
            self.start(name, *child.arguments, niceness=WORKER_NICENESS if name == "worker" else 0)


def up(
    settings: Settings, on_ready: Callable[[Mapping[str, str]], None], on_step: Callable[[str], None] = lambda _: None
) -> None:
    """Run until SIGINT or SIGTERM; ``on_ready`` gets the addresses once files, events and schedules are served."""
    settings.master()
    with _stop_signals() as stopped, _only_one(settings.home / "run"), ExitStack() as stack:
        end_recorded(settings.home / "run" / "groups.json", PATIENCE_SECONDS)
        on_step("starting the stores")
        stack.enter_context(embedded_server(settings))
        crew = _Crew(settings, new_server(settings))
        stack.callback(crew.stop)
        _launch(crew, stopped, on_step)
        if not stopped.is_set():
            on_ready(_addresses(crew))
        while not stopped.wait(_POLL_SECONDS):
            crew.check()


def _launch(crew: _Crew, stopped: threading.Event, on_step: Callable[[str], None]) -> None:
    """Start the children; the resident imports its libraries while the server starts."""
    python, server, ready = sys.executable, crew.server, crew.run / READY
    ready.unlink(missing_ok=True)
    on_step("starting the Prefect server (15 s the first time)")
    crew.start("server", python, "-m", "prefect", "server", "start", "--host", HOST, "--port", str(server.port))
    crew.start("resident", python, "-m", "flows.watch")
    _wait(crew, stopped, server.is_healthy, "the Prefect server does not answer")
    if stopped.is_set():
        return
    server.prepare()
    worker = ("worker", "start", "--pool", WORK_POOL, "--type", "process")
    crew.start("worker", python, "-m", "prefect", *worker, niceness=WORKER_NICENESS)
    on_step("deploying the flows, starting watcher and worker")
    _deploy(crew, stopped)
    _wait(crew, stopped, lambda: _has_worker(server), "the Prefect worker does not start")
    _wait(crew, stopped, ready.exists, "the resident process does not start")


def _deploy(crew: _Crew, stopped: threading.Event) -> None:
    """Deploy prefect.yaml where it changed; redeploying would re-enable automations that someone paused."""
    file, done = _HOUSE / "prefect.yaml", crew.server.home / "deployed"
    wanted = hashlib.sha256(file.read_bytes()).hexdigest()
    if done.exists() and done.read_text() == wanted:
        return
    crew.start("deploy", sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(file))
    child = crew.children.pop("deploy")
    try:
        _wait(crew, stopped, lambda: not child.alive, "deploying takes too long")
    finally:
        stop(child, PATIENCE_SECONDS)
    if child.process.returncode != 0 and not stopped.is_set():
        raise StoreError("prefect.yaml could not be deployed: see deploy.log in the run folder of the home")
    done.write_text(wanted)


def _has_worker(server: Server) -> bool:
    pool = server.request("GET", f"/work_pools/{WORK_POOL}")
    return bool(pool and pool["status"] == "READY")


def _wait(crew: _Crew, stopped: threading.Event, condition: Callable[[], bool], problem: str) -> None:
    """Wait for the condition, unless stopped; `StoreError` with the problem after `READY_SECONDS`."""
    deadline = time.monotonic() + READY_SECONDS
    while not stopped.is_set() and not condition():
        crew.check()
        if time.monotonic() > deadline:
            raise StoreError(problem)
        stopped.wait(_POLL_SECONDS)


def _addresses(crew: _Crew) -> dict[str, str]:
    return {
        "ui": crew.server.url,
        "api": crew.server.api_url,
        "credentials_file": str(crew.settings.home / "secrets" / "prefect"),
        "intake": str(crew.settings.intake),
    }


@contextmanager
def _stop_signals() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set, in place of their default actions."""
    stopped = threading.Event()

    def note(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    before = {sign: signal.signal(sign, note) for sign in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)


@contextmanager
def _only_one(run: Path) -> Iterator[IO[str]]:
    """Hold the lock of the home: two supervisors would start two servers over one database."""
    run.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (run / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            running = True
        else:
            running = False
        if running:
            raise SettingsError("throughcare is up already on this home")
        try:
            yield lock
        finally:
            (run / PORT_FILE).unlink(missing_ok=True)
