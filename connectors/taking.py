"""Taking a file from the intake on the local disk: renamed, read, looked at again, removed.

It is moved into a hidden folder beside it, ``.taking-<when it arrived>-<random>/``, which is locked while its process
lives. From then on no name that an agency uses leads to it: what comes under its name is another file and stays.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from connectors.arrival import TAKING, Taken, arrival_in, manifest_name, moment, taking_folder
from connectors.intake import Look, agencies, is_forgotten, look_of, read_beside
from connectors.landing import open_regular
from connectors.manifest import ENDING
from connectors.place import guarded
from connectors.writers import has_writer
from schemas.errors import StoreError


@contextmanager
def take(path: Path, seen: Look | None = None) -> Iterator[Taken | None]:
    """Take a file of ``intake/<agency>/``, or one that `abandoned` found; None where another process has it.

    None too where it has gone, is open for writing, or is not what was ``seen``. Raises `StoreError` where it is
    no regular file or cannot be moved.
    """
    taken = _claim(path, seen)
    try:
        yield taken
    finally:
        if taken is not None:
            taken.end()


@guarded
def abandoned(root: Path, older_than_seconds: float) -> list[Path]:
    """Files that processes had taken that died, by the lock of their folders or, where there are no locks, by age."""
    found: list[Path] = []
    for agency in agencies(root):
        for folder in sorted((root / agency).glob(f"{TAKING}*")):
            with suppress(FileNotFoundError, NotADirectoryError):
                old = abs(time.time() - folder.stat().st_mtime) >= older_than_seconds
                if old and arrival_in(folder.name) is not None and (lock := _lock(folder)) is not None:
                    found += _left_in(folder)
                    os.close(lock)
    return found


@dataclass
class _LocalTaken(Taken):
    """A file in its hidden folder; ``base`` is what it was when it came there."""

    path: Path = field(repr=False)
    base: Look
    held: ExitStack = field(repr=False)
    is_forgotten: bool
    is_decided: bool = False

    def unchanged(self) -> bool:
        try:
            named = look_of(self.path.lstat())
        except FileNotFoundError:
            return False
        return named == self.base and (self.is_forgotten or has_writer(self.stream.fileno()) is not True)

    @guarded
    def remove(self) -> bool:
        if not self.unchanged():
            return False
        self.is_decided = True
        self.path.unlink()
        _beside(self.path).unlink(missing_ok=True)
        _remove_folder(self.path.parent)
        return True

    @guarded
    def give_back(self) -> None:
        self.is_decided = True
        home = self.path.parent.parent
        if os.path.lexists(home / self.path.name):
            return
        # The manifest first: where we die in between, it is found beside the name of its file.
        _move_back(_beside(self.path), home)
        if _move_back(self.path, home):
            _beside(self.path).unlink(missing_ok=True)
            _remove_folder(self.path.parent)

    def keep(self) -> None:
        self.is_decided = True

    def end(self) -> None:
        """Give back what was not decided on, and let go."""
        with self.held:
            if not self.is_decided:
                # What cannot be given back is found again, as if its process had died.
                with suppress(StoreError):
                    self.give_back()


@guarded
def _claim(path: Path, seen: Look | None) -> _LocalTaken | None:
    with ExitStack() as undo:
        try:
            stream = undo.enter_context(open_regular(path))
        except FileNotFoundError:
            return None
        before = look_of(os.fstat(stream.fileno()))
        forgotten = is_forgotten(before, time.time())
        if (seen is not None and seen != before) or (not forgotten and has_writer(stream.fileno()) is True):
            return None
        arrived = arrival_in(path.parent.name)
        folder = _hide(path, arrival_of(before) if arrived is None else arrived, undo)
        if folder is None:
            return None
        moved = folder / path.name
        taken = _LocalTaken(
            agency=folder.parent.name, name=path.name, arrived_at=moment(arrival_in(folder.name) or 0),
            size=before.size, stream=stream, manifest=read_beside(_beside(moved)),
            path=moved, base=look_of(moved.lstat()), held=undo.pop_all(), is_forgotten=forgotten,
        )  # fmt: skip
    if taken.base.is_moved(before):
        return taken
    taken.end()
    return None


def _hide(path: Path, arrived_ns: int, undo: ExitStack) -> Path | None:
    """Move a file, and its manifest after it, to a new hidden folder that we hold; None where it has gone."""
    left = path.parent if arrival_in(path.parent.name) is not None else None
    home = left.parent if left else path.parent
    if left is not None:
        if (lock := _lock(left)) is None:
            return None
        undo.callback(os.close, lock)
    folder = home / taking_folder(arrived_ns)
    folder.mkdir(mode=0o700)
    if (lock := _lock(folder)) is not None:
        undo.callback(os.close, lock)
    try:
        path.rename(folder / path.name)
    except FileNotFoundError:
        _remove_folder(folder)
        return None
    if left is not None:
        _fetch_manifest(left, folder, path.name)
        _remove_folder(left)
    if left is None or not os.path.lexists(home / path.name):
        _fetch_manifest(home, folder, path.name)
    return folder


def arrival_of(look: Look) -> int:
    """When a file came, in nanoseconds: to the millisecond by the kernel's clock, below that by its inode.

    The clock stands still for milliseconds, and files that say the same and come within one are two all the same.
    """
    return look.changed_ns // 1_000_000 * 1_000_000 + look.inode % 1000 * 1000


def _fetch_manifest(source: Path, folder: Path, name: str) -> None:
    """Bring the manifest to its file, unless one came already."""
    wanted = _beside(folder / name)
    if not wanted.exists():
        with suppress(FileNotFoundError):
            _beside(source / name).rename(wanted)


def _move_back(path: Path, home: Path) -> bool:
    """Move a file to its old name, unless another is there now; True where it is not here any more."""
    try:
        os.link(path, home / path.name, follow_symlinks=False)
    except FileNotFoundError:
        return True
    except FileExistsError:
        return False
    except OSError:
        # No links on this file system, or none to files of others.
        if os.path.lexists(home / path.name):
            return False
        path.rename(home / path.name)
    else:
        path.unlink()
    return True


def _left_in(folder: Path) -> list[Path]:
    """The file in the folder of a process that died; what it had only left to clear away is cleared away."""
    files = [path for path in sorted(folder.iterdir()) if not path.name.endswith(ENDING)]
    for path in files:
        with suppress(FileNotFoundError):
            if path.samefile(folder.parent / path.name):
                path.unlink()
    left = [path for path in files if path.exists()]
    if not left:
        for path in folder.iterdir():
            path.unlink()
        _remove_folder(folder)
    return left


def _lock(folder: Path) -> int | None:
    """Lock a folder; None where a living process has it. Where folders cannot be locked nobody is kept out."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:
        pass
    return descriptor


def _remove_folder(folder: Path) -> None:
    """Remove a folder, unless something stands in it that somebody will want."""
    with suppress(OSError):
        folder.rmdir()


def _beside(path: Path) -> Path:
    return path.with_name(manifest_name(path.name))
