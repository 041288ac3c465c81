"""What the tests of faults do: drop files, ingest them, and look at what must hold of every delivery."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from bench.kills import without_end
from connectors.receipts import Receipt
from flows.once import ingest_once
from flows.stores import Stores
from tests.flows.conftest import content
from warehouse.store.soundness import imbalances

NAME: Final = "supervision_20250601.csv"
NEXT: Final = "supervision_20250608.csv"
AGENCY: Final = "metro_probation"
PEERS: Final = "metro_peer"
"""The agency of the feeds that `tests.flows.feeds.declared` declares."""


def put(stores: Stores, name: str, data: bytes, agency: str = AGENCY) -> Path:
    """Drop a file."""
    path = stores.settings.intake / agency / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def take(stores: Stores) -> list[Receipt]:
    """Ingest; each delivered file has one state, one receipt, and counts that add up."""
    receipts = list(ingest_once(stores))
    check(stores)
    return receipts


def check(stores: Stores) -> None:
    """Each extract has one end, counts that add up, the rows it says, and its receipt in the agency's folder."""
    assert {what: count for what, count in imbalances(stores.warehouse).items() if count} == {}
    assert without_end(stores) == 0
    written = sorted(int(path.stem) for path in stores.settings.intake.glob("*/receipts/*.json"))
    assert written == [one.extract_id for one in stores.ledger.extracts()]


def taken(stores: Stores, name: str, data: bytes, agency: str = AGENCY) -> Receipt:
    """Drop one file and ingest it."""
    put(stores, name, data, agency)
    (receipt,) = take(stores)
    return receipt


def with_settings(stores: Stores, **changed: object) -> Stores:
    """The same stores under other settings."""
    return replace(stores, settings=stores.settings.model_copy(update=changed))


def csv(size: int = 20, seed: int = 1) -> bytes:
    """Made-up supervisions that the feed accepts."""
    return content(size=size, seed=seed).write_csv().encode()


def spans(stores: Stores) -> int:
    """How many spans are loaded, current or not."""
    return scalar(stores, "SELECT count(*) FROM timeline.span")


def current(stores: Stores) -> int:
    """How many are current."""
    return scalar(stores, "SELECT count(*) FROM warehouse.span")


def scalar(stores: Stores, query: str) -> int:
    """The one number that a query of the warehouse gives."""
    with stores.warehouse.connect() as connection:
        return int(connection.scalar(sa.text(query)) or 0)
