"""The intake folder: ``intake/<agency>/<file>``, with receipts in ``intake/<agency>/receipts/``.

A file is taken when it has not changed for a quiet period and no process has it open for writing. Time stamps alone
are believed only where the kernel says the latter: otherwise the clock behind them may be another than ours, and two
looks with the quiet period between them decide.
"""

import hashlib
import os
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from watchfiles import watch as changes

from connectors.arrival import RECEIPTS, Pairing, Settling, is_data, manifest_name
from connectors.landing import open_regular
from connectors.manifest import ENDING, LARGEST, read_manifest
from connectors.writers import is_written
from schemas.errors import DeliveryRefused, StoreError

__all__ = ["RECEIPTS", "Look", "agencies", "look", "look_at", "settled", "settled_looks", "strays", "watch", "watched"]

FORGOTTEN_SECONDS: Final = 3600.0
"""A file unchanged for so long is taken though it is open for writing: someone forgot to close it, or hangs."""

_LOOKS: Final = 4
"""Looks at the folder in a quiet period."""
_AGAIN: Final = 30
"""Quiet periods until a file that was given back is tried again: what stood in its way seldom goes in a second."""
_GROUPED_MS: Final = 100
_STEP_MS: Final = 20


@dataclass(frozen=True)
class Look:
    """What a file was when looked at; it is another file, or a changed one, where any of it differs."""

    inode: int
    size: int
    modified_ns: int
    changed_ns: int

    def is_moved(self, before: "Look") -> bool:
        """Whether it is the same file and content as before, but for the change time, which a rename sets."""
        return self == replace(before, changed_ns=self.changed_ns)


def agencies(root: Path) -> tuple[str, ...]:
    """The agencies that have a folder in the intake."""
    try:
        with os.scandir(root) as entries:
            return tuple(sorted(entry.name for entry in entries if _is_agency(entry)))
    except FileNotFoundError:
        return ()


def settled(root: Path, quiet_seconds: float, now: float, pairing: Pairing | None = None) -> list[Path]:
    """The files that may be taken, oldest first; waits one quiet period where a file may still be written.

    ``now`` in seconds since 1970. Links, pipes, devices, hidden and unfinished files are not looked at.
    """
    return [path for path, _ in settled_looks(root, quiet_seconds, now, pairing)]


def settled_looks(
    root: Path, quiet_seconds: float, now: float, pairing: Pairing | None = None
) -> list[tuple[Path, Look]]:
    """What `settled` gives, with what each file was."""
    first, pairs = look(root), _Pairs(pairing)
    calm = [path for path, seen in first.items() if _is_calm(seen, quiet_seconds, now) and is_written(path) is False]
    if len(calm) < len(first):
        time.sleep(quiet_seconds)
        second = look(root)
        calm = [path for path, seen in first.items() if second.get(path) == seen and not _is_held(path, seen, now)]
    wait = pairing.wait_seconds if pairing else 0.0
    ready = [path for path in calm if pairs.is_ready(path, first[path], has_waited=_is_far(first[path], wait, now))]
    return [(path, first[path]) for path in sorted(ready, key=lambda path: (first[path].changed_ns, path))]


def watch(root: Path, quiet_seconds: float, stop: threading.Event, pairing: Pairing | None = None) -> Iterator[Path]:
    """Yield each file once it is settled, those already there first, until ``stop`` is set.

    A file that is still there and unchanged after it was yielded is not yielded again.
    """
    return (path for path, _ in watched(root, quiet_seconds, stop, pairing))


def watched(
    root: Path, quiet_seconds: float, stop: threading.Event, pairing: Pairing | None = None
) -> Iterator[tuple[Path, Look]]:
    """What `watch` yields, with what each file was.

    A file that was taken and given back as it was, since it could not be landed say, is yielded again after a while.
    """
    period_ms = max(int(1000 * quiet_seconds / _LOOKS), 1)
    settling, pairs = Settling[Path, Look](), _Pairs(pairing)
    wait, tried = pairing.wait_seconds if pairing else 0.0, dict[Path, Look]()
    ticks = changes(
        root, watch_filter=None, debounce=_GROUPED_MS, step=_STEP_MS, rust_timeout=period_ms, yield_on_timeout=True,
        stop_event=stop, raise_interrupt=False, ignore_permission_denied=True,
    )  # fmt: skip
    with closing(ticks):
        while not stop.is_set():
            there = look(root)
            tried = {path: found for path, found in tried.items() if path in there}
            seen = sorted(settling.see(there, time.monotonic()), key=lambda one: one[1].changed_ns)
            for path, found, unchanged in seen:
                if path in tried and found.is_moved(tried[path]) and unchanged < _AGAIN * quiet_seconds:
                    continue
                has_settled = _has_settled(path, found, unchanged, quiet_seconds)
                if has_settled and pairs.is_ready(path, found, has_waited=unchanged >= wait) and _is(path, found):
                    settling.give(path, found)
                    tried[path] = found
                    yield path, found
            if next(ticks, None) is None:
                return


def look(root: Path) -> dict[Path, Look]:
    """Every file that could be a delivery, and what it is now."""
    found: dict[Path, Look] = {}
    for agency in agencies(root):
        # A folder that was removed or closed a moment ago must not hide those of the other agencies.
        with suppress(FileNotFoundError, PermissionError), os.scandir(root / agency) as entries:
            for entry in entries:
                if not is_data(entry.name):
                    continue
                with suppress(FileNotFoundError):
                    status = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(status.st_mode):
                        found[Path(entry.path)] = look_of(status)
    return found


def look_at(path: Path) -> Look:
    """What one file is now, itself and not what a link leads to; FileNotFoundError where there is none."""
    return look_of(path.lstat())


def look_of(status: os.stat_result) -> Look:
    """What a file was when its status was asked for."""
    return Look(status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def strays(root: Path) -> int:
    """How many files stand where none is taken.

    That is beside the agencies' folders or in folders inside them; and a manifest whose file is not there.
    """
    count = 0
    for folder, inner, files in os.walk(root):
        place, seen = Path(folder).relative_to(root).parts, [name for name in files if not name.startswith(".")]
        inner[:] = [name for name in inner if not name.startswith(".") and not (len(place) == 1 and name == RECEIPTS)]
        if len(place) == 1:
            seen = [name for name in seen if name.endswith(ENDING) and name.removesuffix(ENDING) not in files]
        count += len(seen)
    return count


def read_beside(path: Path) -> bytes | None:
    """The bytes of a manifest, cut where it is too long to be one; None where there is no regular file."""
    with suppress(OSError, StoreError), open_regular(path) as stream:
        return stream.read(LARGEST + 1)
    return None


def is_forgotten(seen: Look, now: float) -> bool:
    """Whether a file has not changed for so long that an open handle is no sign of a writer."""
    return _is_calm(seen, FORGOTTEN_SECONDS, now)


class _Pairs:
    """Whether the manifest beside a file is that of the file as it is; a file is hashed once for each state of both."""

    def __init__(self, pairing: Pairing | None) -> None:
        self._pairing = pairing
        self._known: dict[Path, tuple[Look, Look, bool]] = {}

    def is_ready(self, path: Path, found: Look, *, has_waited: bool) -> bool:
        if self._pairing is None or has_waited:
            return True
        beside = path.with_name(manifest_name(path.name))
        try:
            manifest = look_at(beside)
        except OSError:
            return not self._pairing.demanded(path.parent.name, path.name)
        known = self._known.get(path)
        if known is None or known[:2] != (found, manifest):
            known = self._known[path] = (found, manifest, _fits(path, found, beside))
        return known[2]


def _fits(path: Path, found: Look, beside: Path) -> bool:
    with suppress(DeliveryRefused, OSError, StoreError):
        manifest = read_manifest(read_beside(beside) or b"")
        if manifest.size == found.size:
            with open_regular(path) as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest() == manifest.sha256
    return False


def _has_settled(path: Path, found: Look, unchanged: float, quiet_seconds: float) -> bool:
    now = time.time()
    if unchanged >= quiet_seconds:
        return unchanged >= FORGOTTEN_SECONDS or not _is_held(path, found, now)
    return _is_calm(found, quiet_seconds, now) and is_written(path) is False


def _is_held(path: Path, seen: Look, now: float) -> bool:
    return not is_forgotten(seen, now) and is_written(path) is True


def _is(path: Path, found: Look) -> bool:
    try:
        return look_at(path) == found
    except FileNotFoundError:
        return False


def _is_agency(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")


def _is_calm(seen: Look, quiet_seconds: float, now: float) -> bool:
    """Whether by its time stamps a file has not changed for a quiet period; not where they are in the future."""
    return now - max(seen.modified_ns, seen.changed_ns) / 1e9 >= quiet_seconds


def _is_far(seen: Look, seconds: float, now: float) -> bool:
    """Whether a file came long ago by its time stamp, or that is so far in the future that it says nothing."""
    return abs(now - seen.changed_ns / 1e9) >= seconds
