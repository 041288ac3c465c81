"""Opens the intake of an installation, on the local disk or behind a URL, as one kind of thing."""

import os
import secrets
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Event
from typing import Any

from connectors import intake, taking
from connectors.arrival import RECEIPTS, Delivery, Intake, Pairing, Taken
from connectors.place import Place, guarded
from connectors.remote import RemoteIntake


def open_intake(location: Path | str, options: Mapping[str, Any] | None = None) -> Intake:
    """The intake at a local path or an fsspec URL; ``options`` as for `Place`.

    Raises `SettingsError` for an URL that cannot be opened here, `StoreError` where it does not answer.
    """
    if isinstance(location, str) and "://" in location:
        place = Place(location, options)
        return LocalIntake(Path(place.root)) if place.is_local else RemoteIntake(place)
    return LocalIntake(Path(location))


class LocalIntake:
    """An `Intake` in a folder of this machine."""

    def __init__(self, root: Path) -> None:
        """``root`` holds a folder for each agency."""
        self._root = root

    @guarded
    def agencies(self) -> tuple[str, ...]:
        """The agencies that have a folder."""
        return intake.agencies(self._root)

    @guarded
    def settled(self, quiet_seconds: float, pairing: Pairing | None = None) -> list[Delivery]:
        """What may be taken, oldest first; waits one quiet period where a file may still be written."""
        looks = intake.settled_looks(self._root, quiet_seconds, time.time(), pairing)
        return [_delivery(path.parent.name, path, look) for path, look in looks]

    def watch(self, quiet_seconds: float, stop: Event, pairing: Pairing | None = None) -> Iterator[Delivery]:
        """Each delivery once it is settled, until ``stop`` is set; unchanged it is not given again."""
        for path, look in intake.watched(self._root, quiet_seconds, stop, pairing):
            yield _delivery(path.parent.name, path, look)

    @guarded
    def abandoned(self, older_than_seconds: float) -> list[Delivery]:
        """What processes had taken that died: to be taken again."""
        found = taking.abandoned(self._root, older_than_seconds)
        return [_delivery(path.parent.parent.name, path, intake.look_at(path)) for path in found]

    def take(self, delivery: Delivery) -> AbstractContextManager[Taken | None]:
        """Take a delivery; None where it has gone, has changed, or another process has it."""
        assert isinstance(delivery.look, intake.Look)
        return taking.take(Path(delivery.place), delivery.look)

    @guarded
    def put_receipt(self, agency: str, name: str, content: bytes) -> None:
        """Write a file for the agency to read, whole or not at all."""
        home = self._root / agency
        (folder := home / RECEIPTS).mkdir(exist_ok=True)
        aside = folder / f".{secrets.token_hex(8)}.part"
        try:
            with aside.open("xb") as stream:
                os.fchmod(stream.fileno(), 0o640 if home.stat().st_mode & stat.S_IXGRP else 0o600)
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            aside.replace(folder / name)
        finally:
            aside.unlink(missing_ok=True)


def _delivery(agency: str, path: Path, look: intake.Look) -> Delivery:
    return Delivery(agency, path.name, str(path), look)
