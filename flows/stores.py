"""Opens the stores that the settings name, once a process, and closes them again."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flows.settings import Settings, read_settings

if TYPE_CHECKING:
    from connectors.landing import LandingStore
    from identity.vault import Vault
    from sqlalchemy import Engine

    from warehouse.store.ledger import Ledger

PRIVATE: Final = 0o700


@dataclass(frozen=True)
class Stores:
    """Every store of an installation, open. ``analyst_url`` reads the warehouse and nothing else."""

    settings: Settings
    landing: "LandingStore"
    quarantine: "LandingStore"
    warehouse: "Engine"
    warehouse_url: str
    ledger: "Ledger"
    vault: "Vault"


@contextmanager
def embedded_server(settings: Settings) -> Iterator[None]:
    """The embedded PostgreSQL server runs while inside, unless the settings name servers."""
    if settings.warehouse_url and settings.vault_url:
        yield
        return
    from connectors.postgres import EmbeddedServer

    with EmbeddedServer(settings.home):
        yield
