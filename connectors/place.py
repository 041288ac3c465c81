"""A folder on the local disk or behind any fsspec URL (s3, sftp, az), with the differences that matter named.

Every failure of a file system leaves here as `StoreError` with a number or a class name: what libraries say of a
failure holds addresses and names of files.
"""

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import wraps
from pathlib import Path
from typing import IO, Any, Final, ParamSpec, TypeVar

import fsspec
from fsspec import AbstractFileSystem
from fsspec.implementations.local import LocalFileSystem

from schemas.errors import SettingsError, StoreError, ThroughcareError

P = ParamSpec("P")
T = TypeVar("T")

SFTP: Final = frozenset({"sftp", "ssh"})
TIMEOUT_SECONDS: Final = 60.0
"""A server that says nothing for so long is away: nothing else may wait for it."""

_READ_AHEAD: Final = 8 << 20
"""Bytes asked for at once of an object store: its own default of 50 MiB would be held for each open file."""

_SFTP_REQUESTS: Final = 64
"""Requests of 32 KiB under way at once: enough for 20 MB/s over 100 ms."""


def guarded(call: Callable[P, T]) -> Callable[P, T]:
    """Let a call raise failures of a file system only as `StoreError`, with no cause that could hold a name."""

    @wraps(call)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return call(*args, **kwargs)
        except ThroughcareError:
            raise
        except Exception as error:
            if not _is_failure(error):
                raise
            failure = failure_of(error)
        raise failure

    return wrapped


def failure_of(error: Exception, what: str = "files") -> StoreError:
    """The failure of a file system, without what the library says of it."""
    if isinstance(error, FileNotFoundError):
        return StoreError(f"{what}: no such file")
    number = error.errno if isinstance(error, OSError) else None
    return StoreError(f"{what}: {type(error).__name__}" if number is None else f"{what}: errno {number}")


def _is_failure(error: Exception) -> bool:
    """Whether the file system failed, and not our own code: libraries have errors of their own beside OSError."""
    return isinstance(error, OSError | EOFError) or type(error).__module__ != "builtins"


class Place:
    """A folder at ``url``; ``options`` go to its file system (for S3: ``key``, ``secret``, ``client_kwargs`` …).

    Of an SFTP server the host key must stand in ``known_hosts`` (an option; the user's own file otherwise):
    a server that nobody vouched for is not spoken to.
    """

    def __init__(self, url: str, options: Mapping[str, Any] | None = None) -> None:
        """Connect; `SettingsError` for an URL that nothing here can open, `StoreError` where it does not answer."""
        self._url, self._options = url, dict(options or {})
        self._system, self.root = self._connect()
        self.is_local = isinstance(self._system, LocalFileSystem)
        self.is_sftp = bool(SFTP & set(_protocols(self._system)))

    @property
    def system(self) -> AbstractFileSystem:
        """The file system, connected anew where the connection was lost."""
        if self.is_sftp and not _is_connected(self._system):
            self._system, _ = self._connect()
        return self._system

    def path(self, *parts: str) -> str:
        """A path below the root."""
        return "/".join((self.root, *parts))

    def info(self, path: str) -> dict[str, Any] | None:
        """What the file system says of a path; None where there is nothing. A failure is never taken for nothing."""
        try:
            if self.is_sftp:
                return _sftp_entry(path, self.system.ftp.lstat(path))
            return dict(self.system.info(path))
        except FileNotFoundError:
            return None

    def exists(self, path: str) -> bool:
        """Whether something is there."""
        return self.info(path) is not None

    def list(self, path: str) -> list[dict[str, Any]]:
        """What a folder holds, as it is now; nothing where there is no folder."""
        try:
            if self.is_sftp:
                return [_sftp_entry(f"{path}/{one.filename}", one) for one in self.system.ftp.listdir_attr(path)]
            self.system.invalidate_cache()
            return list(self.system.ls(path, detail=True))
        except (FileNotFoundError, NotADirectoryError):
            return []

    @contextmanager
    def open(self, path: str) -> Iterator[IO[bytes]]:
        """Open for reading from beginning to end."""
        if self.is_local or self.is_sftp:
            stream = self.system.open(path, "rb")
        else:
            stream = self.system.open(path, "rb", block_size=_READ_AHEAD, cache_type="readahead")
        with stream:
            if self.is_sftp:
                # The size is asked for by name: some servers know no status of an open file.
                stream.prefetch(self.system.ftp.stat(path).st_size, max_concurrent_requests=_SFTP_REQUESTS)
            yield stream

    def create(self, path: str) -> IO[bytes]:
        """Open for writing; a local file is new and for its owner only."""
        if self.is_local:
            return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        stream: IO[bytes] = self.system.open(path, "wb")
        if self.is_sftp:
            # Otherwise each 32 KiB waits for an answer; failures are told when the file is closed.
            stream.set_pipelined(True)  # type: ignore[attr-defined]
        return stream

    def name(self, aside: str, path: str) -> None:
        """Move a whole file to a name, unless something has that: then it is gone."""
        try:
            if self.is_local:
                _name_local(aside, path)
            elif self.is_sftp:
                # Where the name is taken, servers say no more than that it failed.
                with suppress(OSError):
                    self.system.ftp.rename(aside, path)
            elif not self.exists(path):
                self._name_object(aside, path)
        finally:
            self.remove(aside)

    def _name_object(self, aside: str, path: str) -> None:
        content = self.system.cat_file(aside)
        with suppress(OSError, NotImplementedError), self.system.open(path, "xb") as out:
            out.write(content)
        if not self.exists(path):  # a store that knows no conditions
            self.system.pipe_file(path, content)

    def make_folder(self, path: str) -> None:
        """Make a folder where folders are things of their own; a local one is for its owner only."""
        if self.is_local:
            Path(path).mkdir(mode=0o700, parents=True, exist_ok=True)
        elif self.is_sftp:
            try:
                self.system.makedirs(path, exist_ok=True)
            except OSError:
                # Another process made one of them a moment ago.
                self.system.makedirs(path, exist_ok=True)

    def remove(self, path: str) -> None:
        """Remove a file, if it is there."""
        try:
            self.system.rm_file(path)
        except FileNotFoundError:
            return

    def _connect(self) -> tuple[AbstractFileSystem, str]:
        if "::" in self._url:
            raise SettingsError("a store's URL names one file system: a cache in between would keep copies")
        try:
            system, root = fsspec.core.url_to_fs(self._url, **self._arguments())
        except (ImportError, ValueError) as error:
            problem: ThroughcareError = SettingsError(
                f"a store's URL cannot be opened here ({type(error).__name__}): is the extra for it installed?"
            )
        except Exception as error:
            problem = failure_of(error, "a store does not answer")
        else:
            if SFTP & set(_protocols(system)):
                system.ftp.get_channel().settimeout(TIMEOUT_SECONDS)
            return system, str(root).rstrip("/")
        raise problem

    def _arguments(self) -> dict[str, Any]:
        protocol = self._url.partition("://")[0]
        if protocol not in SFTP:
            return {"use_listings_cache": False, **self._options}
        times = dict.fromkeys(("timeout", "banner_timeout", "auth_timeout"), TIMEOUT_SECONDS)
        options = {**times, **self._options, "skip_instance_cache": True}
        known = Path(options.pop("known_hosts", "~/.ssh/known_hosts")).expanduser()
        return {**options, "host_key_policy": _only_known(known)}


def _name_local(aside: str, path: str) -> None:
    try:
        os.link(aside, path)
    except FileExistsError:
        return
    except OSError:  # a file system without links
        if os.path.lexists(path):
            return
        Path(aside).rename(path)


def _sftp_entry(path: str, attributes: Any) -> dict[str, Any]:  # noqa: ANN401
    """An entry as other file systems give it; fsspec's own takes pipes and devices for files."""
    mode = attributes.st_mode or 0
    kind = "file" if stat.S_ISREG(mode) else "directory" if stat.S_ISDIR(mode) else "other"
    return {"name": path, "size": attributes.st_size, "type": kind, "mtime": float(attributes.st_mtime or 0)}


def _only_known(known_hosts: Path) -> object:
    """Speak to no server but those whose key the file holds."""
    from paramiko import HostKeys, MissingHostKeyPolicy, PKey, SSHClient, SSHException

    class OnlyKnown(MissingHostKeyPolicy):
        def missing_host_key(self, client: SSHClient, hostname: str, key: PKey) -> None:
            if not known_hosts.is_file() or not HostKeys(str(known_hosts)).check(hostname, key):
                raise SSHException("unknown host key")

    return OnlyKnown()


def _is_connected(system: AbstractFileSystem) -> bool:
    transport = system.client.get_transport()
    return transport is not None and bool(transport.is_active()) and not system.ftp.get_channel().closed


def _protocols(system: AbstractFileSystem) -> tuple[str, ...]:
    return (system.protocol,) if isinstance(system.protocol, str) else tuple(system.protocol)
