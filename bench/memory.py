"""Peak memory of a process and of all that it started, embedded PostgreSQL included."""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import psutil

INTERVAL_SECONDS: Final = 0.05


def measured(module: str, home: Path, step: object) -> dict[str, Any]:
    """Run ``python -m <module> --step <home> <step>``, which prints its figures as JSON at last; with ``peak_mb``."""
    command = [sys.executable, "-m", module, "--step", str(home), str(step)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        peak = peak_mb(process.pid, home)
        printed = process.stdout.read() if process.stdout else ""
    if process.returncode:
        raise SystemExit(f"step {step} ended with exit code {process.returncode}")
    return {**json.loads(printed.splitlines()[-1]), "peak_mb": round(peak)}


def peak_mb(pid: int, home: Path) -> float:
    """Watch until the process ends; the highest sum of proportional set sizes seen, in MB.

    A server below ``home`` counts too: it is found through its ``postmaster.pid``, for it is no child.
    """
    root, highest = psutil.Process(pid), 0
    while root.is_running() and root.status() != psutil.STATUS_ZOMBIE:
        highest = max(highest, sum(_proportional(process) for process in _family(root, home)))
        time.sleep(INTERVAL_SECONDS)
    return highest / 1e6


def _family(root: psutil.Process, home: Path) -> Iterator[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        yield root
        yield from root.children(recursive=True)
    for pid_file in home.glob("**/postmaster.pid"):
        with contextlib.suppress(psutil.Error, OSError, ValueError, IndexError):
            server = psutil.Process(int(pid_file.read_text().splitlines()[0]))
            yield server
            yield from server.children(recursive=True)


def _proportional(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error):
        return int(process.memory_full_info().pss)
    return 0
