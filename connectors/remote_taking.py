"""Taking a file from the intake on another machine.

Over SFTP as on the local disk, by a rename into a hidden folder. An object store has no rename: there an object is
read as the version that was seen, and removed on condition that it still is that one; of two hosts that read it at
once, the ledger lets one enter it, because both say the same time of arrival.
"""

import datetime as dt
import hashlib
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from connectors.arrival import Delivery, Taken, arrival_in, moment, taking_folder
from connectors.manifest import ENDING, LARGEST
from connectors.place import Place, guarded
from schemas.errors import StoreError

_STAMPS: Final = ("LastModified", "last_modified", "mtime", "created")
_TAGS: Final = ("ETag", "etag")


@dataclass(frozen=True)
class RemoteLook:
    """What a file was when looked at; it is another file, or a changed one, where any of it differs.

    ``size`` in bytes, ``tag`` where the store gives one, ``written`` in seconds since 1970 by the store's clock.
    """

    size: int
    tag: str
    written: float


@guarded
def claim(at: Place, delivery: Delivery) -> "RemoteTaken | None":
    """Take a delivery; None where it has gone, has changed, or another process has it."""
    if not at.is_sftp:
        return _open(at, delivery, delivery.place, _arrival(delivery), _ObjectTaken)
    hidden = _hide(at, delivery)
    if hidden is None:
        return None
    arrived = moment(arrival_in(hidden.split("/")[-2]) or 0)
    taken = _open(at, delivery, hidden, arrived, _RenamedTaken)
    if taken is None:
        _move_back(at, hidden)
    return taken


def manifest_beside(at: Place, place: str) -> bytes | None:
    """The bytes of a manifest, cut where it is too long to be one; None where there is none."""
    try:
        with at.open(place + ENDING) as stream:
            return stream.read(LARGEST + 1)
    except FileNotFoundError:
        return None


def clear(at: Place, folder: str) -> None:
    """Remove a hidden folder, unless a file is left in it to take."""
    entries = at.list(folder)
    if any(not base_of(entry).endswith(ENDING) for entry in entries):
        return
    for entry in entries:
        at.remove(str(entry["name"]))
    with suppress(OSError):
        at.system.rmdir(folder)


def look_of(entry: dict[str, Any]) -> RemoteLook:
    """What a file was when its store was asked for it."""
    written = next((entry[name] for name in _STAMPS if entry.get(name) is not None), 0.0)
    seconds = written.timestamp() if isinstance(written, dt.datetime) else float(written)
    tag = next((str(entry[name]) for name in _TAGS if entry.get(name)), "")
    # A listing gives fractions of the second where asking for one object gives none.
    return RemoteLook(int(entry["size"] or 0), tag, float(int(seconds)) if tag else seconds)


def base_of(entry: dict[str, Any]) -> str:
    """The last part of a path."""
    return str(entry["name"]).rstrip("/").rpartition("/")[2]


def _open(
    at: Place, delivery: Delivery, place: str, arrived_at: dt.datetime, kind: "type[RemoteTaken]"
) -> "RemoteTaken | None":
    entry = at.info(place)
    if entry is None or look_of(entry) != delivery.look:
        return None
    with ExitStack() as held:
        stream = held.enter_context(at.open(place))
        return kind(
            agency=delivery.agency, name=delivery.name, arrived_at=arrived_at, size=look_of(entry).size, stream=stream,
            manifest=manifest_beside(at, place), at=at, place=place, base=look_of(entry), held=held.pop_all(),
        )  # fmt: skip


def _hide(at: Place, delivery: Delivery) -> str | None:
    """Move a file, and its manifest after it, to a new hidden folder; None where it has gone."""
    left, _, name = delivery.place.rpartition("/")
    arrived, home = arrival_in(left.rpartition("/")[2]), at.path(delivery.agency)
    folder = f"{home}/{taking_folder(time.time_ns() if arrived is None else arrived)}"
    at.make_folder(folder)
    try:
        _rename(at, delivery.place, f"{folder}/{name}")
    except FileNotFoundError:
        clear(at, folder)
        return None
    _fetch_manifest(at, left, folder, name)
    if arrived is not None:
        clear(at, left)
        if not at.exists(f"{home}/{name}"):
            _fetch_manifest(at, home, folder, name)
    return f"{folder}/{name}"


def _fetch_manifest(at: Place, source: str, folder: str, name: str) -> None:
    """Bring the manifest to its file, unless one came already."""
    if not at.exists(f"{folder}/{name}{ENDING}"):
        with suppress(FileNotFoundError):
            _rename(at, f"{source}/{name}{ENDING}", f"{folder}/{name}{ENDING}")


@dataclass
class RemoteTaken(Taken):
    """A file at a place; ``base`` is what it was when it was opened."""

    at: Place
    place: str = field(repr=False)
    base: RemoteLook
    held: ExitStack = field(repr=False)
    is_decided: bool = False

    @guarded
    def unchanged(self) -> bool:
        """Whether the file still is what it was when taken."""
        entry = self.at.info(self.place)
        return entry is not None and look_of(entry) == self.base

    def keep(self) -> None:
        """Let the file stay where it stands now."""
        self.is_decided = True

    def end(self) -> None:
        """Give back what was not decided on, and let go."""
        with self.held, suppress(StoreError):
            # What cannot be given back is found again, as if its process had died.
            if not self.is_decided:
                self.give_back()


class _ObjectTaken(RemoteTaken):
    """An object where it is."""

    @guarded
    def remove(self) -> bool:
        if not self.unchanged() or not _remove_object(self.at, self.place, self.base.tag):
            return False
        self.is_decided = True
        if self.manifest is not None and manifest_beside(self.at, self.place) == self.manifest:
            self.at.remove(self.place + ENDING)
        return True

    def give_back(self) -> None:
        self.is_decided = True


class _RenamedTaken(RemoteTaken):
    """A file in its hidden folder."""

    @guarded
    def remove(self) -> bool:
        if not self.unchanged():
            return False
        self.is_decided = True
        self.at.remove(self.place)
        self.at.remove(self.place + ENDING)
        self.at.system.rmdir(self.place.rpartition("/")[0])
        return True

    @guarded
    def give_back(self) -> None:
        self.is_decided = True
        _move_back(self.at, self.place)


def _move_back(at: Place, place: str) -> None:
    """Give a file its old name again, its manifest first; nothing at all where another file has the name now."""
    folder, _, name = place.rpartition("/")
    home = folder.rpartition("/")[0]
    if at.exists(f"{home}/{name}"):
        return
    for one in (name + ENDING, name):
        if at.exists(f"{folder}/{one}") and not at.exists(f"{home}/{one}"):
            at.system.ftp.rename(f"{folder}/{one}", f"{home}/{one}")
    clear(at, folder)


def _rename(at: Place, old: str, new: str) -> None:
    """Rename at once where the server can; otherwise as its protocol's first version does."""
    try:
        at.system.ftp.posix_rename(old, new)
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno is not None:
            raise
        at.system.ftp.rename(old, new)


def _remove_object(at: Place, place: str, tag: str) -> bool:
    """Remove an object on condition that it is the version of this tag, where the store knows conditions."""
    if not hasattr(at.system, "call_s3"):
        at.remove(place)
        return True
    bucket, _, key = place.partition("/")
    try:
        at.system.call_s3("delete_object", Bucket=bucket, Key=key, IfMatch=tag)
    except (OSError, NotImplementedError):
        entry = at.info(place)
        if entry is not None and look_of(entry).tag != tag:
            return False
        at.remove(place)
    return True


def _arrival(delivery: Delivery) -> dt.datetime:
    """When an object came: the store's second, and in it a place of its own, since copies may come in one second."""
    look = delivery.look
    assert isinstance(look, RemoteLook)
    inside = int.from_bytes(hashlib.sha256(delivery.identity.encode("utf-8", "surrogateescape")).digest()[:8], "big")
    return moment(int(look.written) * 10**9) + dt.timedelta(microseconds=inside % 10**6)
