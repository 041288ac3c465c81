import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from flows.processes import end_recorded, record, start, stop

FAMILY = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN) if "deaf" in sys.argv else None
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""


def wait_for_pid(log: Path) -> int:
    deadline = time.monotonic() + 10
    while not log.exists() or not log.read_text().strip():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return int(log.read_text())


def lives(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("manner", ["polite", "deaf"])
def test_no_process_of_a_child_outlives_it(tmp_path: Path, manner: str) -> None:
    log = tmp_path / "log"
    child = start("family", (sys.executable, "-c", FAMILY, manner), os.environ, log)
    grandchild = wait_for_pid(log)
    stop(child, patience_seconds=0.5)
    assert not child.alive
    assert not lives(grandchild)


def test_what_a_child_writes_is_private(tmp_path: Path) -> None:
    file = tmp_path / "file"
    child = start("writer", (sys.executable, "-c", f"open({str(file)!r}, 'w')"), os.environ, tmp_path / "log")
    child.process.wait()
    assert file.stat().st_mode & 0o077 == 0


def test_the_groups_of_a_killed_supervisor_are_ended_and_no_others(tmp_path: Path) -> None:
    mine = start("mine", (sys.executable, "-c", "import time; time.sleep(60)"), os.environ, tmp_path / "log")
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(61)"], process_group=0)
    groups = tmp_path / "groups.json"
    stranger = type(mine)("stranger", ("another", "command"), other)
    record(groups, [mine, stranger])
    end_recorded(groups, patience_seconds=0.5)
    assert mine.process.wait(5) == -signal.SIGTERM
    assert other.poll() is None
    other.kill()
    other.wait()
    assert not groups.exists()
