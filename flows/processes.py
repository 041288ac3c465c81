"""Child processes of `throughcare up`: each the leader of a group of its own, so that none outlives it."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

_POLL_SECONDS: Final = 0.05


@dataclass(frozen=True)
class Child:
    """A running child and what it was started with."""

    name: str
    arguments: tuple[str, ...]
    process: "subprocess.Popen[bytes]"

    @property
    def alive(self) -> bool:
        """Whether the process has not ended."""
        return self.process.poll() is None


def start(name: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path, niceness: int = 0) -> Child:
    """Start a child in its own process group, with umask 077 and its output in ``log``.

    Signals that the parent handles reach the child with their default action; a parent started with ``&``
    from a script would otherwise hand down that it ignores them.
    """
    command = [*(["nice", "-n", str(niceness)] if niceness else []), *arguments]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            process_group=0, umask=0o077,
        )  # fmt: skip
    return Child(name, tuple(arguments), process)


def stop(child: Child, patience_seconds: float) -> None:
    """Ask the child to end; after ``patience_seconds`` end its whole group, whatever is left in it."""
    if child.alive:
        child.process.terminate()
        try:
            child.process.wait(patience_seconds)
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()
    _end_group(child.process.pid, patience_seconds)


def _end_group(group: int, patience_seconds: float) -> None:
    """End what a leader left behind in its group, first politely; the dead that nobody buries are not waited for."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + patience_seconds
        alive = _signal_group(group, sign)
        while alive and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
            alive = _signal_group(group, 0)
        if not alive:
            return


def _signal_group(group: int, sign: int) -> bool:
    try:
        os.killpg(group, sign)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def record(path: Path, children: Sequence[Child]) -> None:
    """Write down which groups run, so that a supervisor that was killed can be cleared up after."""
    rows = [{"group": child.process.pid, "arguments": list(child.arguments)} for child in children]
    aside = path.with_suffix(".new")
    aside.write_text(json.dumps(rows))
    aside.replace(path)


def end_recorded(path: Path, patience_seconds: float) -> None:
    """End the groups of an earlier supervisor that still run what was written down; others are left alone."""
    if not path.exists():
        return
    for row in json.loads(path.read_text()):
        if _command_of(int(row["group"])) == " ".join(row["arguments"]):
            _end_group(int(row["group"]), patience_seconds)
    path.unlink()


def _command_of(process: int) -> str:
    """The command line of a process, empty where there is no such process."""
    try:
        return " ".join(psutil.Process(process).cmdline())
    except psutil.Error:
        return ""
