"""Whether every store still holds what was put into it: files, ledger and timeline, vault, audit trail, snapshot."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.backup import NAMED, faults
from flows.stores import Stores
from schemas.errors import StoreError

if TYPE_CHECKING:
    from connectors.landing import LandingStore


@dataclass(frozen=True)
class Checked:
    """What was looked at in a store: ``checked`` says what and how much, ``faults`` what is not as it was."""

    store: str
    checked: str
    faults: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As it is printed; no value of a row."""
        return {"store": self.store, "checked": self.checked, "faults": list(self.faults)}


def verify(stores: Stores) -> Iterator[Checked]:
    """Look at one store after the other; reads everything, changes nothing. A store that is away is a fault."""
    checks: Mapping[str, Callable[[], Checked]] = {
        "landing": lambda: _files("landing", stores.landing),
        "quarantine": lambda: _files("quarantine", stores.quarantine),
        "ledger": lambda: _ledger(stores),
        "warehouse": lambda: _warehouse(stores),
        "vault": lambda: _vault(stores),
        "audit": lambda: _audit(stores),
        "snapshot": lambda: _snapshot(stores),
    }
    for name, check in checks.items():
        try:
            yield check()
        except StoreError:
            yield Checked(name, "could not be looked at", ("cannot be read",))


def verify_backup(url: str, master: bytes) -> Checked:
    """The newest backup below a URL, every byte of it."""
    return Checked("backup", "dumps and files by SHA-256", tuple(faults(url, master)))


def _files(name: str, store: "LandingStore") -> Checked:
    """Every stored file against the SHA-256 under which it stands."""
    digests = list(store.digests())
    faults = (f"file {digest[:NAMED]} is not as it was stored" for digest in digests if not store.is_whole(digest))
    return Checked(name, f"{len(digests)} files by SHA-256", tuple(faults))


def _ledger(stores: Stores) -> Checked:
    """That the bytes of every delivery are there until their retention is over."""
    extracts = [one for one in stores.ledger.extracts() if one.expunged_at is None]
    stored = {digest for store in stores.files for digest in store.digests()}
    missing = (f"extract {one.extract_id}: its file is missing" for one in extracts if one.digest not in stored)
    return Checked("ledger", f"{len(extracts)} extracts have their files", tuple(missing))


def _warehouse(stores: Stores) -> Checked:
    from warehouse.store.soundness import has_checksums, imbalances, unreadable

    broken = tuple(f"table {name} cannot be read" for name in unreadable(stores.warehouse))
    counted = () if broken else tuple(f"{n} extracts {what}" for what, n in imbalances(stores.warehouse).items() if n)
    pages = "every page by its checksum" if has_checksums(stores.warehouse) else "every page, without checksums"
    return Checked("warehouse", f"{pages}, counts against rows", broken + counted)


def _vault(stores: Stores) -> Checked:
    from identity.soundness import faults

    return Checked("vault", "every page, every record by its tag", tuple(faults(stores.vault)))


def _audit(stores: Stores) -> Checked:
    from identity.audit import verify as verify_trail

    verdict = verify_trail(stores.vault)
    checked = f"{verdict.rows} rows of the trail, last digest {verdict.digest}"
    return Checked("audit", checked, (verdict.problem,) if verdict.problem else ())


def _snapshot(stores: Stores) -> Checked:
    """The published files by their hashes, and the warehouse's rows by the files."""
    from warehouse.snapshot.folder import current_manifest
    from warehouse.snapshot.partitions import verify as verify_files
    from warehouse.snapshot.witness import changed

    folder = Path(stores.settings.home, "published", stores.settings.project)
    manifest = current_manifest(folder)
    if manifest is None:
        return Checked("snapshot", "nothing is published", ())
    damaged = tuple(f"file {name} is not as it was published" for name in verify_files(folder, manifest))
    told = () if damaged else tuple(
        f"{what}: the warehouse has other rows than were published"
        for what in changed(stores.warehouse_url, folder, manifest)
    )  # fmt: skip
    return Checked("snapshot", f"{len(manifest.partitions)} files by SHA-256, stored rows against them", damaged + told)
