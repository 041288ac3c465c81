"""Backups: both databases and every stored file at one moment, sealed under the master key, and back again.

The databases are dumped while nothing can be entered in the ledger, the warehouse first: a vault that knows more than
the warehouse is what a crash leaves too, and is repaired in the same way.
"""

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Final

import sqlalchemy as sa

from connectors.dumps import dumped, restore
from connectors.landing import LandingStore
from connectors.place import Place
from flows.expunge import carry_out, kept_orders
from flows.settings import Settings
from flows.stores import Stores, databases, open_stores
from schemas.errors import StoreError

FILES: Final = ("landing", "quarantine")
_NAME: Final = re.compile(r"(\d{8}T\d{6}Z)-([0-9a-f]{64})\.json")
_EMPTY: Final = "SELECT count(*) FROM pg_tables WHERE schemaname IN ('ledger', 'timeline', 'vault')"
NAMED: Final = 12
"""So many characters of a file's SHA-256 name it."""


@dataclass(frozen=True)
class Backup:
    """What a backup holds: the digests of the two dumps, and of the files of each store."""

    made_at: str
    warehouse: str
    vault: str
    landing: tuple[str, ...]
    quarantine: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Times and counts."""
        return {"made_at": self.made_at, "files": len(self.landing) + len(self.quarantine), "databases": 2}


def back_up(stores: Stores, url: str) -> Backup:
    """Make a backup below a folder or an fsspec URL; files that an earlier backup has there are not copied again."""
    master, dumps = stores.settings.master(), LandingStore(f"{url}/dumps", stores.settings.master())
    with standing_still(stores):
        warehouse = _dump(dumps, "warehouse", stores.warehouse_url)
        vault = _dump(dumps, "vault", stores.vault_url)
        for name, store in zip(FILES, stores.files, strict=True):
            store.copy_to(LandingStore(f"{url}/{name}", master))
        kept_orders(str(stores.settings.home), master).copy_to(kept_orders(url, master))
        landing, quarantine = (tuple(store.digests()) for store in stores.files)
    made = Backup(f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%SZ}", warehouse, vault, landing, quarantine)
    _enter(Place(url), made)
    return made


def backups(url: str) -> dict[str, Backup | None]:
    """The backups below a URL by the time at which they were made; None where its list is not as it was written."""
    place = Place(url)
    found: dict[str, Backup | None] = {}
    for entry in place.list(place.root):
        if match := _NAME.fullmatch(str(entry["name"]).rpartition("/")[2]):
            with place.open(str(entry["name"])) as stream:
                text = stream.read()
            found[match[1]] = _read(text) if hashlib.sha256(text).hexdigest() == match[2] else None
    return dict(sorted(found.items()))


def faults(url: str, master: bytes, name: str | None = None) -> list[str]:
    """What of a backup (the newest unless named) is not as it was written; every byte is read."""
    made = _chosen(url, name)
    stores = {store: LandingStore(f"{url}/{store}", master) for store in ("dumps", *FILES)}
    wanted = {"dumps": (made.warehouse, made.vault), "landing": made.landing, "quarantine": made.quarantine}
    return [
        f"{store}: file {digest[:NAMED]} is missing or not as it was stored"
        for store, digests in wanted.items()
        for digest in digests
        if not stores[store].is_whole(digest)
    ]


def bring_back(settings: Settings, url: str, name: str | None = None) -> Backup:
    """Restore a backup (the newest unless named) into an installation that holds nothing yet.

    Everything is read and checked before anything is written. Orders to expunge that were given after the backup was
    made, and stand beside it or in this home, are carried out before anything else is done with it.

    `StoreError` where the backup is not as it was written, or where the databases are not empty; `SettingsError` under
    another master key.
    """
    master = settings.master()
    if wrong := faults(url, master, name):
        raise StoreError(f"the backup is damaged: {len(wrong)} files are missing or not as they were stored")
    made, dumps = _chosen(url, name), LandingStore(f"{url}/dumps", master)
    kept_orders(url, master).copy_to(kept_orders(str(settings.home), master))
    with databases(settings) as addresses:
        for address in addresses:
            _require_empty(address)
        for address, digest in zip(addresses, (made.warehouse, made.vault), strict=True):
            restore(address, dumps.pieces(digest))
    with open_stores(settings) as stores:
        for kept, store in zip(FILES, stores.files, strict=True):
            LandingStore(f"{url}/{kept}", master).copy_to(store)
        carry_out(stores)
    return made


def _dump(dumps: LandingStore, name: str, address: str) -> str:
    with dumped(address) as stream:
        return dumps.put_stream(stream, name).digest


@contextmanager
def standing_still(stores: Stores) -> Iterator[None]:
    """While inside, the ledger stands still: what is under way waits, readers do not."""
    with stores.warehouse.begin() as connection:
        connection.execute(sa.text("LOCK TABLE ledger.extract IN SHARE MODE"))
        yield


def _enter(place: Place, made: Backup) -> None:
    """Write what the backup holds, last of all: a backup that was cut off is none."""
    text = json.dumps(asdict(made)).encode()
    path = place.path(f"{made.made_at}-{hashlib.sha256(text).hexdigest()}.json")
    with place.create(f"{path}.part") as out:
        out.write(text)
    place.name(f"{path}.part", path)


def _chosen(url: str, name: str | None) -> Backup:
    found = backups(url)
    chosen = name or max(found, default=None)
    if chosen is None or chosen not in found:
        raise StoreError("there is no such backup")
    made = found[chosen]
    if made is None:
        raise StoreError("the list of what the backup holds is not as it was written")
    return made


def _read(text: bytes) -> Backup:
    content: dict[str, Any] = json.loads(text)
    return Backup(**content | {name: tuple(content[name]) for name in FILES})


def _require_empty(address: str) -> None:
    engine = sa.create_engine(address, hide_parameters=True)
    try:
        with engine.connect() as connection:
            tables = connection.scalar(sa.text(_EMPTY))
    finally:
        engine.dispose()
    if tables:
        raise StoreError("a backup is restored into empty databases only")
