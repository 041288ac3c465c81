"""What every intake gives: a delivery that has settled, and that delivery taken.

Whoever takes a file has it alone, reads it, and either removes it or gives it back; what a process that died had
taken is found again, with the time of its arrival.
"""

import datetime as dt
import hashlib
import os
import re
import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from threading import Event
from typing import IO, Final, Generic, Protocol, TypeVar

from connectors.manifest import ENDING

K = TypeVar("K", bound=Hashable)
L = TypeVar("L")

RECEIPTS: Final = "receipts"
TAKING: Final = ".taking-"
"""Begins the name of the hidden folder in which a file stands while it is taken."""

_TAKING_FOLDER: Final = re.compile(re.escape(TAKING) + r"([0-9]{1,20})-([0-9]{1,12})-[0-9a-f]{16}")

_LONGEST_NAME: Final = 255
"""Bytes of a file's name on the file systems there are."""
_UNFINISHED: Final = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".filepart", ".swp", "~")
"""What transfer programs and editors call a file while they write it."""


@dataclass(frozen=True)
class Delivery:
    """A file that has settled. ``look`` is what it was then; it is another one where that differs."""

    agency: str
    name: str = field(repr=False)
    place: str = field(repr=False)
    look: object
    sighting: str = field(default="", compare=False, repr=False)

    @property
    def identity(self) -> str:
        """A text that no other delivery has; it holds the name, so only `LandingStore.token` of it may be kept.

        Where a store's stamps cannot tell a file from the next one of its name, each ``sighting`` is told apart.
        """
        return f"{self.place}\x1f{self.look}\x1f{self.sighting}"


@dataclass(frozen=True)
class Pairing:
    """How many seconds a file waits for a manifest that fits it, and which (agency, name) demand to have one."""

    wait_seconds: float
    demanded: Callable[[str, str], bool] = lambda _agency, _name: False


@dataclass
class Taken(ABC):
    """A file that nobody else has; leaving its context without `remove` gives it back.

    ``arrived_at`` stays the same when a taken file is taken again because its process died.
    """

    agency: str
    name: str = field(repr=False)
    arrived_at: dt.datetime
    size: int
    stream: IO[bytes] = field(repr=False)
    manifest: bytes | None = field(repr=False)

    @abstractmethod
    def unchanged(self) -> bool:
        """Whether the file still is what it was when taken."""

    @abstractmethod
    def remove(self) -> bool:
        """Remove the file and its manifest; where it changed it stays, and False is returned."""

    @abstractmethod
    def keep(self) -> None:
        """Let the file stay where it stands now, unless it is removed or given back: it is being entered."""

    @abstractmethod
    def give_back(self) -> None:
        """Let the file stand where it stood, unless another one has come there: then it waits to be found."""


class Intake(Protocol):
    """Where agencies put their files, on the local disk or elsewhere. Raises `StoreError` where it is away."""

    def agencies(self) -> tuple[str, ...]:
        """The agencies that have a folder."""

    def settled(self, quiet_seconds: float, pairing: Pairing | None = None) -> list[Delivery]:
        """What may be taken, oldest first; waits one quiet period where a file may still be written."""

    def watch(self, quiet_seconds: float, stop: Event, pairing: Pairing | None = None) -> Iterator[Delivery]:
        """Each delivery once it is settled, until ``stop`` is set; unchanged it is not given again."""

    def abandoned(self, older_than_seconds: float) -> list[Delivery]:
        """What processes had taken that died: to be taken again."""

    def take(self, delivery: Delivery) -> AbstractContextManager[Taken | None]:
        """Take a delivery; None where it has gone, has changed, or another process has it."""

    def put_receipt(self, agency: str, name: str, content: bytes) -> None:
        """Write a file for the agency to read, whole or not at all."""


class Settling(Generic[K, L]):
    """Since when each file has been what it is, look by look; what was given counts again once it changes."""

    def __init__(self) -> None:
        """Know nothing."""
        self._since: dict[K, tuple[L, float]] = {}
        self._given: dict[K, L] = {}

    def see(self, looks: Mapping[K, L], now: float) -> list[tuple[K, L, float]]:
        """Take note of a look; gives what was not given, with the seconds it has been unchanged."""
        self._given = {key: look for key, look in self._given.items() if looks.get(key) == look}
        fresh = ((key, look) for key, look in looks.items() if key not in self._given)
        self._since = {key: self._same(key, look) or (look, now) for key, look in fresh}
        return [(key, look, now - since) for key, (look, since) in self._since.items()]

    def give(self, key: K, look: L) -> None:
        """Note that a file was given as it is."""
        self._given[key] = look

    def _same(self, key: K, look: L) -> tuple[L, float] | None:
        before = self._since.get(key)
        return before if before is not None and before[0] == look else None


def is_data(name: str) -> bool:
    """Whether a file of this name can be a delivery: not hidden, not unfinished, no manifest."""
    return bool(name) and not name.startswith(".") and not name.lower().endswith((*_UNFINISHED, ENDING))


def manifest_name(name: str) -> str:
    """The name of the manifest beside a file; of a name to which nothing can be added, one made of its digest."""
    beside = name + ENDING
    if len(os.fsencode(beside)) <= _LONGEST_NAME:
        return beside
    return hashlib.sha256(os.fsencode(name)).hexdigest() + ENDING


def taking_folder(arrived_ns: int) -> str:
    """A new name for the folder of a file that arrived then (nanoseconds since 1970) and is taken now."""
    return f"{TAKING}{arrived_ns}-{int(time.time())}-{secrets.token_hex(8)}"


def arrival_in(folder: str) -> int | None:
    """When the file in such a folder arrived; None for any other folder."""
    return int(found[1]) if (found := _TAKING_FOLDER.fullmatch(folder)) else None


def taken_in(folder: str) -> int:
    """When it was taken, in seconds since 1970 by the clock of the host that took it."""
    return int(found[2]) if (found := _TAKING_FOLDER.fullmatch(folder)) else 0


def moment(nanoseconds: int) -> dt.datetime:
    """Nanoseconds since 1970 as a time, in microseconds."""
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=nanoseconds // 1000)
