"""Kills a real child process while it works, at a failpoint or at any time, and looks at what the next one makes of it.

The child is forked from a server that has imported everything before, so that a kill costs the child's work only.
"""

import multiprocessing
import os
import signal
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from connectors.arrival import RECEIPTS, TAKING
from connectors.receipts import KINDS
from flows.link import link
from flows.once import ingest_once
from flows.publish import publish
from flows.settings import Settings
from flows.stores import Stores, open_stores
from flows.sweep import sweep
from schemas.catalogue import feeds
from schemas.contract import Delimited
from schemas.failpoint import armed
from schemas.synthetic import rows
from warehouse.store.digest import logical_digest
from warehouse.store.ledger_tables import TERMINAL_STATES
from warehouse.store.soundness import imbalances

CONTEXT: Final = multiprocessing.get_context("forkserver")
IMPORTED: Final = (
    "bench.kills", "hypothesis", "connectors.intakes", "connectors.landing", "connectors.readers", "great_expectations",
    "identity.references", "identity.split", "identity.vault", "pandera.polars", "warehouse.snapshot.views",
    "warehouse.store.ledger", "warehouse.store.load", "warehouse.store.migrate",
)  # fmt: skip
PATIENCE: Final = 120.0
TICK: Final = 0.01
"""Longer than the kernel's clock of change times stands still: the same bytes a moment later are another delivery."""

ANY: Final = "any failpoint"
SUPERVISION: Final = "metro_probation_supervision"
CONTACTS: Final = "metro_probation_contacts"
ATTENDANCE: Final = "metro_peer_attendance"


@dataclass(frozen=True)
class Kill:
    """Where a child dies: when it reaches ``point`` the ``nth`` time, or any failpoint where ``point`` is `ANY`.

    Without a point it works to its end.
    """

    point: str = ""
    nth: int = 1


@dataclass(frozen=True)
class Outcome:
    """What stands after a drop: how often each (agency, feed, digest of a file) ended how, and the logical digest."""

    ends: Counter[tuple[str, str, str, str, str, str]]
    digest: str

    def lost(self, undisturbed: "Outcome") -> int:
        """How many deliveries are missing, or ended in another way."""
        return (undisturbed.ends - self.ends).total()

    def doubled(self, undisturbed: "Outcome") -> int:
        """How many there are that ought not to be."""
        return (self.ends - undisturbed.ends).total()


def start(settings: Settings, kill: Kill = Kill(), *, wholly: bool = False) -> BaseProcess:
    """A child that ingests what there is, then links and publishes where ``wholly``; it dies as ``kill`` says."""
    CONTEXT.set_forkserver_preload([*IMPORTED])
    child = CONTEXT.Process(target=_work, args=(settings, kill, wholly))
    child.start()
    return child


def run(stores: Stores, kill: Kill, *, wholly: bool = False, settings: Settings | None = None) -> int:
    """Let a child work until it ends or dies, and its leases run out; its exit code."""
    child = start(settings or stores.settings, kill, wholly=wholly)
    child.join(PATIENCE)
    return reap(stores, child)


def reap(stores: Stores, child: BaseProcess) -> int:
    """Kill a child, if it is not dead, and let its leases run out; its exit code."""
    child.kill()
    child.join(PATIENCE)
    let_expire(stores)
    assert child.exitcode is not None
    return child.exitcode


def work(stores: Stores, *, wholly: bool = False) -> None:
    """All there is to do: sweep and drain, and sweep once more, for what a drain leaves to it."""
    for _ in ingest_once(stores):
        pass
    sweep(stores)
    if wholly:
        link(stores)
        publish(stores)


def _work(settings: Settings, kill: Kill, wholly: bool) -> None:
    seen: Counter[str] = Counter()

    def die(name: str) -> None:
        seen.update((name, ANY))
        if kill.point in (name, ANY) and seen[kill.point] == kill.nth:
            os.kill(os.getpid(), signal.SIGKILL)

    with armed(die), open_stores(settings) as stores:
        work(stores, wholly=wholly)


KEPT: Final = ("vault.seal", "vault.audit", "vault.audit_head")
"""Tables that a test does not empty: the audit trail refuses it."""


def let_expire(stores: Stores) -> None:
    """As if time had passed: leases have run out, and what was taken was taken long ago."""
    with stores.warehouse.begin() as connection:
        for table in ("extract", "arrival"):
            connection.execute(sa.text(f"UPDATE ledger.{table} SET lease_until = lease_until - interval '1 day'"))
    long_ago = time.time() - 86_400
    for folder in stores.settings.intake.glob(f"*/{TAKING}*"):
        with suppress(FileNotFoundError):
            os.utime(folder, (long_ago, long_ago))


def empty(stores: Stores) -> None:
    """Forget every row and every file, but for what tells the installation's key and what is never forgotten."""
    for engine, schemas in ((stores.warehouse, ("ledger", "timeline")), (stores.vault.engine, ("vault",))):
        with engine.begin() as connection:
            found = sa.inspect(connection)
            names = [f"{schema}.{name}" for schema in schemas for name in found.get_table_names(schema)
                     if not name.startswith("alembic") and f"{schema}.{name}" not in KEPT]  # fmt: skip
            connection.execute(sa.text(f"TRUNCATE {', '.join(names)} CASCADE"))
    checks = {stores.settings.home / place / "check" for place in ("landing", "quarantine")}
    for path in sorted(stores.settings.home.rglob("*"), reverse=True):
        if path not in checks and (path.is_symlink() or not path.is_dir()):
            path.unlink()
        elif path.name.startswith(TAKING):
            path.rmdir()


def files_of(stores: Stores) -> list[Path]:
    """What still stands in the intake, hidden or not, receipts apart."""
    return [path for path in stores.settings.intake.glob("*/*") if path.name != RECEIPTS]


def put(stores: Stores, agency: str, name: str, content: bytes) -> Path:
    """Drop a file into the intake folder of an agency."""
    path = stores.settings.intake / agency / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def made_up(feed_name: str, size: int, seed: int) -> bytes:
    """A file that a delimited feed accepts."""
    feed = feeds()[feed_name]
    assert isinstance(feed.format, Delimited)
    text = rows(feed, size, seed).drop("row_number").write_csv(
        separator=feed.format.separator, quote_style="never" if feed.format.quote is None else "necessary"
    )  # fmt: skip
    return text.encode(feed.format.encoding)


def drop(stores: Stores, scale: int = 1) -> None:
    """Fulls of two feeds, one held for its few rows, a delta, a refused one, one of no feed, a renamed copy."""
    first = made_up(SUPERVISION, 22 * scale, 1)
    put(stores, "metro_probation", "supervision_20250601.csv", first)
    put(stores, "metro_probation", "supervision_20250608.csv", made_up(SUPERVISION, 23 * scale, 2))
    put(stores, "metro_probation", "supervision_20250615.csv", first.replace(b"Gender", b"Sex", 1))
    put(stores, "metro_probation", "contacts_20250601.csv", made_up(CONTACTS, 40 * scale, 3))
    put(stores, "metro_probation", "contacts_20250608.csv", made_up(CONTACTS, 4 * scale, 4))
    put(stores, "metro_peer", "attendance_20250601.txt", made_up(ATTENDANCE, 15 * scale, 5))
    put(stores, "metro_probation", "notes.txt", b"nobody asked for this\n")
    time.sleep(TICK)
    put(stores, "metro_probation", "supervision_20250622.csv", first)


STATES: Final = ("duplicate", "held", "loaded", "loaded", "loaded", "loaded", "refused", "refused")
"""How the files of `drop` end."""


def outcome(stores: Stores) -> Outcome:
    """What stands now."""
    ends = Counter(
        (one.agency, one.feed, one.digest, one.state, one.code or "", str(one.counts))
        for one in stores.ledger.extracts()
    )
    return Outcome(ends, logical_digest(stores.warehouse))


def problems(stores: Stores) -> list[str]:
    """What is out of balance or left lying, whatever was delivered; nothing where all is well."""
    found = [f"{count} {what}" for what, count in imbalances(stores.warehouse).items() if count]
    found += [f"{count} without an end or a receipt"] if (count := without_end(stores)) else []
    receipts = {path.name for path in stores.settings.intake.glob(f"*/{RECEIPTS}/*") if _is_receipt(path)}
    wanted = {f"{one.extract_id}.{kind}" for one in stores.ledger.extracts() for kind in KINDS}
    found += [f"{len(receipts ^ wanted)} receipts missing or too many"] if receipts != wanted else []
    found += [f"{len(left)} files left in the intake"] if (left := files_of(stores)) else []
    found += [f"staging of extracts {staged}"] if (staged := stores.vault.staged()) else []
    return found


def without_end(stores: Stores) -> int:
    """How many extracts have no end, or no receipt."""
    ended = f"state IN {TERMINAL_STATES} AND finished_at IS NOT NULL"
    query = f"SELECT count(*) FROM ledger.extract WHERE receipt IS NULL OR NOT ({ended})"
    with stores.warehouse.connect() as connection:
        return int(connection.scalar(sa.text(query)))


def _is_receipt(path: Path) -> bool:
    return path.name != "index.html" and not path.name.startswith(".")


def undisturbed(stores: Stores, kills: Sequence[Kill] = (), *, wholly: bool = False) -> tuple[Outcome, Counter[str]]:
    """What a drop comes to when nobody is killed (or no more than ``kills``), and how often which failpoint is met."""
    met: Counter[str] = Counter()
    empty(stores)
    drop(stores)
    for kill in kills:
        run(stores, kill, wholly=wholly)
    with armed(lambda name: met.update([name])):
        work(stores, wholly=wholly)
    return outcome(stores), met
