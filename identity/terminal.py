"""A terminal's other screen, read key by key: what is shown there leaves nothing behind in the scrollback."""

import os
import select
import signal
import sys
import termios
from types import FrameType, TracebackType
from typing import Any, Final

from rich.console import Console, RenderableType

from schemas.errors import ThroughcareError

QUIT: Final = frozenset({"q", "\x03", "\x04", ""})
"""Q, Ctrl-C, Ctrl-D, and a terminal that is gone."""
ESCAPE: Final = "\x1b"
ENTER: Final = frozenset({"\r", "\n"})
_ERASE: Final = frozenset({"\x7f", "\b"})

_OPEN: Final = "\x1b[?1049h\x1b[2J\x1b[H"
_SHUT: Final = "\x1b[2J\x1b[H\x1b[?1049l"
_SEQUENCES: Final = {"\x1b[A": "up", "\x1b[B": "down", "\x1b[5~": "page up", "\x1b[6~": "page down",
                     "\x1bOA": "up", "\x1bOB": "down"}  # fmt: skip
_SCROLL: Final = {"up": -1, "k": -1, "down": 1, "j": 1, "page up": -10, "page down": 10, " ": 10}
_SEQUENCE_SECONDS: Final = 0.05
_ENDING: Final = (signal.SIGTERM, signal.SIGHUP)


class NoTerminal(ThroughcareError):
    """What is asked for is shown on a terminal only."""

    exit_code = 2


class Terminal:
    """The other screen, while inside; keys come one by one, unseen, and none of them stops the process.

    However it is left (also by a signal that ends the process), the screen is cleared and the terminal is as before.
    """

    def __init__(self) -> None:
        """`NoTerminal` where standard input and output are not one that can change screens."""
        self.console = Console(file=sys.stdout)
        if not (sys.stdin.isatty() and sys.stdout.isatty()) or self.console.is_dumb_terminal:
            raise NoTerminal("records are shown on a terminal only: not through a pipe, and not on a dumb one")
        self._in = sys.stdin.fileno()
        self._before: list[Any] = []
        self._handlers: dict[int, Any] = {}

    def __enter__(self) -> "Terminal":
        """Change to the other screen."""
        self._before = termios.tcgetattr(self._in)
        quiet = termios.tcgetattr(self._in)
        quiet[3] &= ~(termios.ICANON | termios.ECHO | termios.ISIG | termios.IEXTEN)
        self._handlers = {number: signal.signal(number, _end) for number in _ENDING}
        termios.tcsetattr(self._in, termios.TCSADRAIN, quiet)
        self._write(_OPEN)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Clear it and change back."""
        try:
            self._write(_SHUT)
            termios.tcsetattr(self._in, termios.TCSADRAIN, self._before)
        except (OSError, termios.error):
            # The terminal is gone: there is nothing left to clear.
            pass
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def key(self) -> str:
        """The next key: a letter as it is, arrows and pages by name; empty where the terminal is gone."""
        try:
            read = os.read(self._in, 1)
        except OSError:
            return ""
        while read and not _is_whole(read) and (more := os.read(self._in, 1)):
            read += more
        text = read.decode(errors="replace")
        while text.startswith(ESCAPE) and text not in _SEQUENCES and self._has_more() and len(text) < len("\x1b[6~"):
            text += os.read(self._in, 1).decode(errors="replace")
        return _SEQUENCES.get(text, text)

    def show(self, content: RenderableType, footer: RenderableType) -> str:
        """Draw until a key is pressed that does not scroll; returns that key."""
        top = 0
        while True:
            height = self._draw(content, footer, top)
            key = self.key()
            if key not in _SCROLL:
                return key
            top = max(0, min(top + _SCROLL[key], height))

    def ask(self, content: RenderableType, question: str) -> str | None:
        """A line of text, ended by Enter; None after Escape or a key of `QUIT`."""
        text = ""
        while True:
            self._draw(content, f"{question} {text}_", 0)
            key = self.key()
            if key in ENTER:
                return text.strip()
            if key == ESCAPE or key in QUIT - {"q"}:
                return None
            if key in _ERASE:
                text = text[:-1]
            elif key.isprintable() and len(key) == 1:
                text += key

    def _draw(self, content: RenderableType, footer: RenderableType, top: int) -> int:
        """Draw the content from a line on, the footer below; returns by how much the content is too long."""
        below = self._lines(footer)
        lines = self._lines(content)
        room = max(self.console.height - len(below) - 1, 1)
        beyond = max(len(lines) - room, 0)
        top = min(top, beyond)
        shown = lines[top : top + room]
        more = [f"-- {beyond - top} more lines: space, k back --"] if beyond > top else [""]
        drawn = [*shown, *[""] * (room - len(shown)), *more, *below]
        self._write("\x1b[H" + "\n".join(f"{line}\x1b[K" for line in drawn) + "\x1b[J")
        return beyond

    def _lines(self, content: RenderableType) -> list[str]:
        with self.console.capture() as captured:
            self.console.print(content, markup=False, highlight=False)
        return captured.get().rstrip("\n").split("\n")

    def _has_more(self) -> bool:
        return bool(select.select([self._in], [], [], _SEQUENCE_SECONDS)[0])

    @staticmethod
    def _write(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()


def _is_whole(read: bytes) -> bool:
    """Whether bytes are a letter, as far as UTF-8 goes."""
    wanted = 1 + sum(read[0] >= least for least in (0xC2, 0xE0, 0xF0))
    return len(read) >= wanted


def _end(number: int, _: FrameType | None) -> None:
    """A signal that ends the process, once the screen is cleared."""
    raise SystemExit(128 + number)
