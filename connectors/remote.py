"""The intake on an fsspec URL: ``<url>/<agency>/<file>``, with receipts in ``<url>/<agency>/receipts/``.

A file has settled when two looks with the quiet period between them see the same size and stamps. By whose clock
they are is not asked.
"""

import logging
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event
from typing import Any, Final

from connectors.arrival import RECEIPTS, TAKING, Delivery, Pairing, Settling, Taken, arrival_in, is_data, taken_in
from connectors.manifest import ENDING, read_manifest
from connectors.place import Place, guarded
from connectors.remote_taking import RemoteLook, base_of, claim, clear, look_of, manifest_beside
from schemas.errors import DeliveryRefused, StoreError

log = logging.getLogger("throughcare")

POLL_SECONDS: Final = 5.0


class RemoteIntake:
    """An `Intake` behind a URL; ``options`` as for `Place`."""

    def __init__(self, place: Place, poll_seconds: float = POLL_SECONDS) -> None:
        """Look at the place every ``poll_seconds`` while watching: nothing there tells of a change."""
        self._place, self._poll = place, poll_seconds

    @guarded
    def agencies(self) -> tuple[str, ...]:
        """The agencies that have a folder."""
        entries = self._place.list(self._place.root)
        names = (base_of(entry) for entry in entries if entry["type"] == "directory")
        return tuple(sorted(name for name in names if name and not name.startswith(".")))

    def settled(self, quiet_seconds: float, pairing: Pairing | None = None) -> list[Delivery]:
        """What may be taken, oldest first; waits one quiet period where there is anything."""
        first = self._look()
        if not first:
            return []
        time.sleep(quiet_seconds)
        second, now, wait = self._look(), time.time(), pairing.wait_seconds if pairing else 0.0
        calm = [one for place, one in second.items() if place in first and first[place] == one]
        return [one.delivery for one in calm if self._is_ready(one, pairing, abs(now - one.look.written) >= wait)]

    def watch(self, quiet_seconds: float, stop: Event, pairing: Pairing | None = None) -> Iterator[Delivery]:
        """Each delivery once it is settled, until ``stop`` is set; while the place is away nothing is given."""
        settling, wait, is_away = Settling[str, _Seen](), pairing.wait_seconds if pairing else 0.0, False
        while not stop.is_set():
            try:
                for place, one, unchanged in settling.see(self._look(), time.monotonic()):
                    if unchanged >= quiet_seconds and self._is_ready(one, pairing, unchanged >= wait):
                        settling.give(place, one)
                        yield one.delivery
                is_away = False
            except StoreError as error:
                if not is_away:
                    log.warning("the intake is away: %s", error)
                is_away = True
            stop.wait(min(self._poll, quiet_seconds))

    @guarded
    def abandoned(self, older_than_seconds: float) -> list[Delivery]:
        """What a process took and did not end with in that time; it must be longer than the longest transfer."""
        found: list[Delivery] = []
        for agency in self.agencies() if self._place.is_sftp else ():
            for folder in self._folders(agency, older_than_seconds):
                entries = [entry for entry in self._place.list(folder) if not base_of(entry).endswith(ENDING)]
                found += [self._delivery(agency, one) for one in entries]
                if not entries:
                    clear(self._place, folder)
        return found

    @contextmanager
    def take(self, delivery: Delivery) -> Iterator[Taken | None]:
        """Take a delivery; None where it has gone, has changed, or another process has it."""
        taken = claim(self._place, delivery)
        try:
            yield taken
        finally:
            if taken is not None:
                taken.end()

    @guarded
    def put_receipt(self, agency: str, name: str, content: bytes) -> None:
        """Write a file for the agency to read, whole or not at all."""
        folder, place = self._place.path(agency, RECEIPTS), self._place
        if not place.is_sftp:
            place.system.pipe_file(f"{folder}/{name}", content)
            return
        place.make_folder(folder)
        aside = f"{folder}/.{secrets.token_hex(8)}.part"
        with place.create(aside) as out:
            out.write(content)
        place.system.mv(aside, f"{folder}/{name}")

    @guarded
    def _look(self) -> dict[str, "_Seen"]:
        """Every file that could be a delivery, oldest first, with what stands beside it."""
        found: list[_Seen] = []
        for agency in self.agencies():
            files = {base_of(one): one for one in self._place.list(self._place.path(agency)) if one["type"] == "file"}
            for name, entry in files.items():
                if is_data(name):
                    delivery = self._delivery(agency, entry)
                    found.append(_Seen(delivery, look_of(entry), name + ENDING in files))
        return {one.delivery.place: one for one in sorted(found, key=lambda one: (one.look.written, one.delivery.name))}

    def _delivery(self, agency: str, entry: dict[str, Any]) -> Delivery:
        # Over SFTP the same file can come again with the same stamps: there the rename alone decides who has it.
        sighting = secrets.token_hex(8) if self._place.is_sftp else ""
        return Delivery(agency, base_of(entry), str(entry["name"]), look_of(entry), sighting)

    @guarded
    def _is_ready(self, seen: "_Seen", pairing: Pairing | None, has_waited: bool) -> bool:
        """Whether the manifest beside a file states its size; the bytes are compared once they are here."""
        if pairing is None or has_waited:
            return True
        if not seen.has_manifest:
            return not pairing.demanded(seen.delivery.agency, seen.delivery.name)
        with suppress(DeliveryRefused):
            return read_manifest(manifest_beside(self._place, seen.delivery.place) or b"").size == seen.look.size
        return False

    def _folders(self, agency: str, older_than_seconds: float) -> list[str]:
        oldest = time.time() - older_than_seconds
        names = (base_of(entry) for entry in self._place.list(self._place.path(agency)) if entry["type"] == "directory")
        taken = [name for name in names if name.startswith(TAKING) and arrival_in(name) is not None]
        return [self._place.path(agency, name) for name in sorted(taken) if taken_in(name) <= oldest]


@dataclass(frozen=True)
class _Seen:
    """A file that could be a delivery, and whether a manifest stands beside it."""

    delivery: Delivery
    look: RemoteLook
    has_manifest: bool
