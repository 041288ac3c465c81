"""The folder of a project's snapshots: one publication at a time, swapped atomically, old files kept for a while."""

import datetime as dt
import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Final

from schemas.errors import StoreError
from warehouse.snapshot.partitions import Manifest

MANIFEST: Final = "manifest.json"
_VERSIONS: Final = "manifests"
_WITHDRAWN: Final = "withdrawn"
_DRAFT: Final = ".draft"
_MODE: Final = 0o750
"""The snapshot is restricted: its owner writes, the group of analysts reads, nobody else sees it."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; `StoreError` where another publication has it. A killed process frees it."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(_MODE)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            busy = True
        else:
            busy = False
            yield
    if busy:
        raise StoreError("snapshot: another publication is under way")


@contextmanager
def building(folder: Path) -> Iterator[Path]:
    """A folder for what is not published yet; left-overs of a killed publication are removed first."""
    draft = folder / _DRAFT
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def current_manifest(folder: Path) -> Manifest | None:
    """The manifest of the newest publication; None before the first."""
    return max(_manifests(folder), key=lambda manifest: manifest.version, default=None)


def keep(folder: Path, manifest: Manifest) -> None:
    """Write the manifest among the versions, before anybody can open what it describes."""
    (folder / _VERSIONS).mkdir(exist_ok=True)
    version = folder / _VERSIONS / f"{manifest.version}.json"
    draft = version.with_suffix(".part")
    draft.write_text(manifest.to_json(), encoding="utf-8")
    draft.replace(version)


def swap(folder: Path, database: Path, manifest: Manifest) -> None:
    """Let readers find the new version: the database file decides, ``manifest.json`` follows it."""
    database.replace(folder / database.name)
    text = database.parent / MANIFEST
    text.write_text(manifest.to_json(), encoding="utf-8")
    text.replace(folder / MANIFEST)


def retire(folder: Path, retention: dt.timedelta) -> None:
    """Remove versions that were replaced longer than ``retention`` ago, and every file that no version left needs."""
    now = dt.datetime.now(dt.UTC)
    versions = sorted(_manifests(folder), key=lambda manifest: manifest.version)
    for manifest, successor in pairwise(versions):
        if now - dt.datetime.fromisoformat(successor.published_at) >= retention:
            (folder / _VERSIONS / f"{manifest.version}.json").unlink()
    needed = {folder / partition.file for manifest in _manifests(folder) for partition in manifest.partitions}
    for path in (*folder.glob("*/*.parquet"), *folder.glob("*/*.part")):
        if path not in needed:
            path.unlink()


def withdraw(folder: Path) -> int:
    """Remove every version but the newest at once, files and all; their lists of digests are kept. How many."""
    older = sorted(_manifests(folder), key=lambda manifest: manifest.version)[:-1]
    _set_aside(folder, older)
    return len(older)


def withdraw_all(folder: Path) -> int:
    """Remove every version, and with it what readers open; the lists of digests are kept. How many."""
    all_ = _manifests(folder)
    for opened in (folder / MANIFEST, *folder.glob("*.duckdb")):
        opened.unlink(missing_ok=True)
    _set_aside(folder, all_)
    return len(all_)


def _set_aside(folder: Path, withdrawn: list[Manifest]) -> None:
    (folder / _WITHDRAWN).mkdir(exist_ok=True)
    for manifest in withdrawn:
        version = folder / _VERSIONS / f"{manifest.version}.json"
        version.replace(folder / _WITHDRAWN / version.name)
    retire(folder, dt.timedelta(0))


def _manifests(folder: Path) -> list[Manifest]:
    return [Manifest.from_json(path.read_text(encoding="utf-8")) for path in (folder / _VERSIONS).glob("*.json")]
