"""A whole `throughcare up` in a process of its own, and what a test does to it and sees of it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
import psutil

from flows.server import Server
from flows.settings import DEMO_MARK
from schemas.catalogue import feeds
from schemas.contract import Delimited
from schemas.synthetic import rows

T = TypeVar("T")
PATIENCE_SECONDS = 60.0


@dataclass
class Installation:
    """A demo home and, while it is up, the process that serves it."""

    home: Path
    process: "subprocess.Popen[bytes] | None" = None
    family: list[psutil.Process] = field(default_factory=list)
    server: Server | None = None

    def prepare(self) -> None:
        self.home.mkdir(mode=0o700)
        (self.home / DEMO_MARK).touch()

    def start(self) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("THROUGHCARE_")}
        command = [sys.executable, "-m", "flows.cli", "up", "--json", "--home", str(self.home)]
        with (self.home / "up.log").open("wb") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, (self.home / "up.log").read_text()
        addresses = json.loads(line)
        port = int(addresses["ui"].rsplit(":", 1)[1])
        credentials = Path(addresses["credentials_file"]).read_text()
        self.server = Server(self.home / "prefect", port, credentials)
        self.meet()

    def stop(self) -> int:
        """Interrupt it, as Ctrl-C would; its exit code."""
        assert self.process is not None
        self.meet()
        self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(PATIENCE_SECONDS)
        finally:
            self.kill()

    def kill(self) -> None:
        """End whatever is left, so that a failing test leaves no process behind."""
        if self.process is None:
            return
        self.meet()
        self.process.kill()
        self.process.wait()
        for process in self.survivors():
            with suppress(psutil.Error):
                process.kill()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def meet(self) -> None:
        """Note the processes that have come since."""
        assert self.process is not None
        with suppress(psutil.Error):
            self.family += psutil.Process(self.process.pid).children(recursive=True)

    def survivors(self) -> list[psutil.Process]:
        return [one for one in self.family if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]

    def drop(self, feed: str, name: str, size: int, seed: int) -> Path:
        """Write a made-up file of a delimited feed beside the intake and move it in; its path there."""
        contract = feeds()[feed]
        form = contract.format
        assert isinstance(form, Delimited)
        aside, folder = self.home / "aside", self.home / "intake" / contract.agency
        aside.mkdir(exist_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
        text = rows(contract, size, seed).drop("row_number").write_csv(separator=form.separator)
        (aside / name).write_bytes(text.encode(form.encoding))
        return (aside / name).rename(folder / name)

    def receipts(self, agency: str) -> list[dict[str, Any]]:
        folder = self.home / "intake" / agency / "receipts"
        return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]

    def api(self, path: str, **body: object) -> Any:
        assert self.server is not None
        return self.server.request("POST", path, body)

    def runs(self, flow: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.api("/flow_runs/filter", flows={"name": {"any_": [flow]}})
        return found


def eventually(find: Callable[[], T | None], what: str, seconds: float = PATIENCE_SECONDS) -> T:
    """What ``find`` gives once it gives something."""
    deadline = time.monotonic() + seconds
    while not (found := find()):
        assert time.monotonic() < deadline, f"{what} did not happen"
        time.sleep(0.05)
    return found


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def names_in(file: Path) -> pl.Series:
    """The surnames in a delivered supervision file."""
    return pl.read_csv(file, infer_schema=False)["Last Name"].unique()
