"""The intake folder: ``intake/<agency>/<file>``, with receipts in ``intake/<agency>/receipts/``.

A file is taken when it has not changed for a quiet period. By whose clock it was changed is not asked: where a
time stamp is young or in the future, two looks with the quiet period between them decide.
"""

import os
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from watchfiles import watch as changes

RECEIPTS: Final = "receipts"

_UNFINISHED: Final = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".filepart", ".swp", "~")
"""What transfer programs and editors call a file while they write it."""

_LOOKS: Final = 4
"""Looks at the folder in a quiet period."""
_GROUPED_MS: Final = 100
_STEP_MS: Final = 20


@dataclass(frozen=True)
class Look:
    """What a file was when looked at; it is another file, or a changed one, where any of it differs."""

    inode: int
    size: int
    modified_ns: int
    changed_ns: int


def agencies(root: Path) -> tuple[str, ...]:
    """The agencies that have a folder in the intake."""
    try:
        with os.scandir(root) as entries:
            return tuple(sorted(entry.name for entry in entries if _is_agency(entry)))
    except FileNotFoundError:
        return ()


def settled(root: Path, quiet_seconds: float, now: float) -> list[Path]:
    """The files that may be taken, oldest first; waits one quiet period where a file may still be written.

    ``now`` in seconds since 1970. Links, pipes, devices, hidden and unfinished files are not looked at.
    """
    first = look(root)
    calm = [path for path, seen in first.items() if _is_calm(seen, quiet_seconds, now)]
    if len(calm) < len(first):
        time.sleep(quiet_seconds)
        second = look(root)
        calm = [path for path, seen in first.items() if second.get(path) == seen]
    return sorted(calm, key=lambda path: (first[path].changed_ns, path))


def watch(root: Path, quiet_seconds: float, stop: threading.Event) -> Iterator[Path]:
    """Yield each file once it is settled, those already there first, until ``stop`` is set.

    A file that is still there and unchanged after it was yielded is not yielded again.
    """
    period_ms = max(int(1000 * quiet_seconds / _LOOKS), 1)
    since: dict[Path, tuple[Look, float]] = {}
    given: dict[Path, Look] = {}
    ticks = changes(
        root, watch_filter=None, debounce=_GROUPED_MS, step=_STEP_MS, rust_timeout=period_ms, yield_on_timeout=True,
        stop_event=stop, raise_interrupt=False, ignore_permission_denied=True,
    )  # fmt: skip
    with closing(ticks):
        while not stop.is_set():
            seen, now = look(root), time.monotonic()
            given = {path: found for path, found in given.items() if seen.get(path) == found}
            since = {path: _since(since.get(path), found, now) for path, found in seen.items() if path not in given}
            for path, (found, first_seen) in sorted(since.items(), key=lambda item: item[1][0].changed_ns):
                if now - first_seen >= quiet_seconds or _is_calm(found, quiet_seconds, time.time()):
                    given[path] = found
                    yield path
            if next(ticks, None) is None:
                return


def look(root: Path) -> dict[Path, Look]:
    """Every file that could be a delivery, and what it is now."""
    found: dict[Path, Look] = {}
    for agency in agencies(root):
        # A folder that was removed or closed a moment ago must not hide those of the other agencies.
        with suppress(FileNotFoundError, PermissionError), os.scandir(root / agency) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name.lower().endswith(_UNFINISHED):
                    continue
                with suppress(FileNotFoundError):
                    status = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(status.st_mode):
                        found[Path(entry.path)] = _look(status)
    return found


def look_at(path: Path) -> Look:
    """What one file is now, itself and not what a link leads to; FileNotFoundError where there is none."""
    return _look(path.lstat())


def strays(root: Path) -> int:
    """How many files stand where none is taken: beside the agencies' folders, or in folders inside them."""
    count = 0
    for folder, inner, files in os.walk(root):
        place = Path(folder).relative_to(root).parts
        inner[:] = [name for name in inner if not name.startswith(".") and not (len(place) == 1 and name == RECEIPTS)]
        if len(place) != 1:
            count += sum(not name.startswith(".") for name in files)
    return count


def _look(status: os.stat_result) -> Look:
    return Look(status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _is_agency(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")


def _is_calm(seen: Look, quiet_seconds: float, now: float) -> bool:
    """Whether by its time stamps a file has not changed for a quiet period; not where they are in the future."""
    return now - max(seen.modified_ns, seen.changed_ns) / 1e9 >= quiet_seconds


def _since(before: tuple[Look, float] | None, found: Look, now: float) -> tuple[Look, float]:
    return before if before is not None and before[0] == found else (found, now)
