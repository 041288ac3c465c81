"""A real terminal for a command: what a test types goes in key by key, what it prints is kept as it came."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from types import TracebackType

from flows.settings import Settings

PATIENCE_SECONDS = 60.0
_OPEN, _SHUT = "\x1b[?1049h", "\x1b[?1049l"


def environment(settings: Settings) -> dict[str, str]:
    """What a process needs to open the same installation."""
    assert settings.master_key and settings.warehouse_url and settings.vault_url
    kept = {name: value for name, value in os.environ.items() if not name.startswith("THROUGHCARE_")}
    return kept | {
        "TERM": "xterm-256color",
        "THROUGHCARE_HOME": str(settings.home),
        "THROUGHCARE_MASTER_KEY": settings.master_key.get_secret_value(),
        "THROUGHCARE_WAREHOUSE_URL": settings.warehouse_url.get_secret_value(),
        "THROUGHCARE_VAULT_URL": settings.vault_url.get_secret_value(),
    }


class PseudoTerminal:
    """`throughcare` with these arguments on a terminal of its own, 44 lines of 130 columns."""

    def __init__(self, settings: Settings, *arguments: str) -> None:
        self._arguments, self._environment = arguments, environment(settings)
        self.printed = ""
        self._read = 0

    def __enter__(self) -> "PseudoTerminal":
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 44, 130, 0, 0))
        self._before = termios.tcgetattr(slave)
        self._slave = slave
        command = [sys.executable, "-m", "flows.cli", *self._arguments]
        self.process = subprocess.Popen(
            command, env=self._environment, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            cwd=Path(__file__).parents[2],
        )  # fmt: skip
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._master)
        os.close(self._slave)

    def see(self, text: str) -> str:
        """Wait until this was printed after what was seen before; what was printed up to it."""
        end = time.monotonic() + PATIENCE_SECONDS
        while (place := self.printed.find(text, self._read)) < 0:
            assert time.monotonic() < end, f"never seen; its end: {self.process.poll()}"
            self._take()
        seen, self._read = self.printed[self._read : place], place + len(text)
        return seen

    def press(self, keys: str) -> None:
        """Press keys."""
        os.write(self._master, keys.encode())

    def ended(self) -> int:
        """Wait for the end; the exit code."""
        end = time.monotonic() + PATIENCE_SECONDS
        while self.process.poll() is None:
            assert time.monotonic() < end
            self._take()
        self._take()
        return self.process.wait()

    def is_restored(self) -> bool:
        """Whether the terminal's modes are what they were before."""
        return termios.tcgetattr(self._slave) == self._before

    def on_other_screen(self) -> str:
        """All that was printed on the terminal's other screen."""
        return "".join(part.split(_SHUT)[0] for part in self.printed.split(_OPEN)[1:])

    def on_main_screen(self) -> str:
        """All the rest: what stays in the scrollback."""
        parts = self.printed.split(_OPEN)
        return parts[0] + "".join(part.partition(_SHUT)[2] for part in parts[1:])

    def _take(self) -> None:
        while select.select([self._master], [], [], 0.05)[0]:
            self.printed += os.read(self._master, 1 << 16).decode(errors="replace")
