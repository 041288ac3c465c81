"""The local Prefect server: its environment, its readiness, and what must exist in it before a flow runs."""

import base64
import json
import os
import secrets
import socket
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from flows.settings import Settings, environment
from schemas.errors import StoreError

HOST: Final = "127.0.0.1"
WORK_POOL: Final = "throughcare"
LIMITS: Final = {"throughcare-ingest": 4, "throughcare-single": 1}
"""Global concurrency limits: extracts taken at once, and what may only run alone (link, publish, sweep)."""

PORT_FILE: Final = "port"
READY: Final = "resident.ready"
_REQUEST_SECONDS: Final = 5.0
_POLL_SECONDS: Final = 0.1


@dataclass(frozen=True)
class Server:
    """Where the Prefect server listens and how to speak to it."""

    home: Path
    port: int
    credentials: str = field(repr=False)

    @property
    def url(self) -> str:
        """The address of the UI."""
        return f"http://{HOST}:{self.port}"

    @property
    def api_url(self) -> str:
        """The address of the API."""
        return f"{self.url}/api"

    def environment(self, *, with_keys: bool = True) -> dict[str, str]:
        """What Prefect processes inherit: this server only, no analytics, nothing persisted that a flow returns."""
        return environment(with_keys=with_keys) | {
            "PREFECT_HOME": str(self.home),
            "PREFECT_API_URL": self.api_url,
            "PREFECT_API_AUTH_STRING": self.credentials,
            "PREFECT_SERVER_API_AUTH_STRING": self.credentials,
            "PREFECT_SERVER_API_HOST": HOST,
            "PREFECT_SERVER_API_PORT": str(self.port),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
            "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
            "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
            "PREFECT_LOGGING_LOG_PRINTS": "false",
            "PREFECT_CLI_PROMPT": "false",
            "PREFECT_WORKER_QUERY_SECONDS": "2",
            "DO_NOT_TRACK": "1",
        }

    def is_healthy(self) -> bool:
        """Whether the server answers."""
        try:
            return self.request("GET", "/health") is True
        except StoreError:
            return False

    def wait(self, seconds: float) -> None:
        """Return once the server answers; `StoreError` after ``seconds``."""
        deadline = time.monotonic() + seconds
        while not self.is_healthy():
            if time.monotonic() > deadline:
                raise StoreError("the Prefect server does not answer")
            time.sleep(_POLL_SECONDS)

    def prepare(self) -> None:
        """Make the work pool and the concurrency limits exist; safe to repeat."""
        self._ensure("/work_pools/", f"/work_pools/{WORK_POOL}", {"name": WORK_POOL, "type": "process"})
        for name, limit in LIMITS.items():
            wanted = {"name": name, "limit": limit, "active": True}
            self._ensure("/v2/concurrency_limits/", f"/v2/concurrency_limits/{name}", wanted)

    def _ensure(self, collection: str, path: str, wanted: dict[str, Any]) -> None:
        if self.request("GET", path) is None:
            self.request("POST", collection, wanted)

    def request(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """The JSON answer; None where the server says 404 or says nothing. `StoreError` for all other failures."""
        token = base64.b64encode(self.credentials.encode()).decode()
        headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.api_url + path, data, headers, method=method)
        try:
            with _DIRECT.open(request, timeout=_REQUEST_SECONDS) as answer:
                return json.loads(answer.read() or "null")
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 404:
                return None
            problem = f"the Prefect server answers {error.code}"
        except (OSError, ValueError):
            problem = "the Prefect server does not answer"
        raise StoreError(problem)


_DIRECT: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Loopback is never asked through a proxy."""


def new_server(settings: Settings) -> Server:
    """A server on a free port of the loopback, with the home's own credentials; others find it by `server_of`."""
    home, run = settings.home / "prefect", settings.home / "run"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    server = Server(home, _free_port(), _credentials(settings))
    (run / PORT_FILE).write_text(str(server.port))
    return server


def server_of(settings: Settings) -> Server:
    """The server that `throughcare up` runs on this home; `StoreError` where it is not up."""
    try:
        port = int((settings.home / "run" / PORT_FILE).read_text())
    except (OSError, ValueError):
        port = 0
    if not port:
        raise StoreError("throughcare is not up on this home")
    return Server(settings.home / "prefect", port, _credentials(settings))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _credentials(settings: Settings) -> str:
    """``user:password`` of the server, made once and readable by the owner only."""
    path = settings.home / "secrets" / "prefect"
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
            stream.write(f"throughcare:{secrets.token_urlsafe(24)}")
    return path.read_text()
