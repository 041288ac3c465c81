"""A real SFTP server over a folder, in threads of the test's own process."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import paramiko
from paramiko.common import AUTH_FAILED, AUTH_SUCCESSFUL, OPEN_SUCCEEDED
from paramiko.sftp import SFTP_OK

USER, PASSWORD = "agency", "a password for the test"


@contextmanager
def sftp_server(root: Path) -> Iterator[tuple[int, paramiko.PKey]]:
    """Serve a folder on 127.0.0.1; gives the port and the server's key."""
    key = paramiko.RSAKey.generate(2048)
    listener = socket.create_server(("127.0.0.1", 0))
    transports: list[paramiko.Transport] = []

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                transport = paramiko.Transport(connection)
                transport.add_server_key(key)
                transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Folder, root)
                transports.append(transport)
                with suppress(paramiko.SSHException, EOFError):
                    transport.start_server(server=_Login())

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], key
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        for transport in transports:
            transport.close()


class _Login(paramiko.ServerInterface):
    def check_auth_password(self, username: str, password: str) -> int:
        right = (username, password) == (USER, PASSWORD)
        return AUTH_SUCCESSFUL if right else AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:
        return "password"

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return OPEN_SUCCEEDED


class _Folder(paramiko.SFTPServerInterface):
    def __init__(self, server: paramiko.ServerInterface, root: Path) -> None:
        super().__init__(server)
        self._root = root

    def list_folder(self, path: str) -> Any:
        return self._done(lambda: [self._attributes(one) for one in self._real(path).iterdir()])

    def stat(self, path: str) -> Any:
        return self._done(lambda: paramiko.SFTPAttributes.from_stat(self._real(path).stat()))

    def lstat(self, path: str) -> Any:
        return self._done(lambda: paramiko.SFTPAttributes.from_stat(self._real(path).lstat()))

    def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> Any:
        return self._done(lambda: self._handle(path, flags))

    def remove(self, path: str) -> Any:
        return self._done(self._real(path).unlink)

    def rename(self, oldpath: str, newpath: str) -> Any:
        def move() -> None:
            os.link(self._real(oldpath), self._real(newpath))
            self._real(oldpath).unlink()

        return self._done(move)

    def posix_rename(self, oldpath: str, newpath: str) -> Any:
        return self._done(lambda: self._real(oldpath).replace(self._real(newpath)))

    def mkdir(self, path: str, attr: paramiko.SFTPAttributes) -> Any:
        return self._done(self._real(path).mkdir)

    def rmdir(self, path: str) -> Any:
        return self._done(self._real(path).rmdir)

    def _real(self, path: str) -> Path:
        return self._root / self.canonicalize(path).lstrip("/")

    def _handle(self, path: str, flags: int) -> paramiko.SFTPHandle:
        mode = {os.O_RDONLY: "rb", os.O_WRONLY: "wb", os.O_RDWR: "r+b"}[flags & os.O_ACCMODE]
        handle = paramiko.SFTPHandle(flags)
        stream = os.fdopen(os.open(self._real(path), flags, 0o600), mode)
        for role in ("readfile", "writefile"):
            setattr(handle, role, stream)
        return handle

    @staticmethod
    def _attributes(path: Path) -> paramiko.SFTPAttributes:
        return paramiko.SFTPAttributes.from_stat(path.lstat(), path.name)

    @staticmethod
    def _done(call: Callable[[], object]) -> object:
        try:
            given = call()
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
        return SFTP_OK if given is None or isinstance(given, Path) else given
