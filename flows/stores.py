"""Opens the stores that the settings name, once a process, and closes them again."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from flows.settings import Settings, read_settings
from schemas.errors import SettingsError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from connectors.arrival import Intake
    from connectors.landing import LandingStore
    from identity.keys import ProjectKey
    from identity.vault import Vault
    from warehouse.store.ledger import Ledger

PRIVATE: Final = 0o700


@dataclass(frozen=True)
class Stores:
    """Every store of an installation, open; the URLs carry passwords and never show in ``repr``."""

    settings: Settings
    intake: "Intake"
    landing: "LandingStore"
    quarantine: "LandingStore"
    warehouse: "Engine"
    ledger: "Ledger"
    vault: "Vault"
    warehouse_url: str = field(repr=False)
    vault_url: str = field(repr=False)

    @property
    def files(self) -> tuple["LandingStore", "LandingStore"]:
        """Where files are kept: the landing store and the quarantine."""
        return self.landing, self.quarantine

    @property
    def project(self) -> "ProjectKey":
        """The key under which this installation's analysts know people."""
        from identity.keys import ProjectKey

        settings = self.settings
        return ProjectKey.from_master(settings.master(), settings.project, settings.project_version)


@contextmanager
def open_stores(settings: Settings) -> Iterator[Stores]:
    """Open and migrate; `SettingsError` without a proper key, `StoreError` where a store is away."""
    from connectors.intakes import open_intake
    from connectors.landing import LandingStore
    from identity.keys import VaultKeys
    from identity.vault import Vault
    from warehouse.snapshot.views import typed_view_ddl
    from warehouse.store.engine import connect
    from warehouse.store.ledger import Ledger
    from warehouse.store.migrate import migrate

    master = settings.master()
    for folder in (settings.home, settings.intake):
        folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    with ExitStack() as stack:
        warehouse_url, vault_url = _databases(settings, stack)
        migrate(warehouse_url, typed_view_ddl("postgres"))
        vault = Vault(vault_url, VaultKeys.from_master(master))
        stack.callback(vault.close)
        vault.migrate()
        warehouse = connect(warehouse_url)
        stack.callback(warehouse.dispose)
        landing, quarantine = (LandingStore(url, master) for url in (settings.landing, settings.quarantine))
        intake = open_intake(settings.intake_url.get_secret_value() if settings.intake_url else settings.intake)
        yield Stores(
            settings, intake, landing, quarantine, warehouse, Ledger(warehouse), vault, warehouse_url, vault_url
        )


def _databases(settings: Settings, stack: ExitStack) -> tuple[str, str]:
    """The URLs of warehouse and vault: both as set, or both on the embedded server, which runs on ``stack``."""
    if settings.warehouse_url and settings.vault_url:
        return settings.warehouse_url.get_secret_value(), settings.vault_url.get_secret_value()
    if settings.warehouse_url or settings.vault_url:
        raise SettingsError("set both THROUGHCARE_WAREHOUSE_URL and THROUGHCARE_VAULT_URL, or neither")
    from connectors.postgres import EmbeddedServer

    databases = stack.enter_context(EmbeddedServer(settings.home)).databases
    return databases.warehouse, databases.vault


@contextmanager
def databases(settings: Settings) -> Iterator[tuple[str, str]]:
    """The URLs of warehouse and vault, as they are: nothing is migrated."""
    with ExitStack() as stack:
        yield _databases(settings, stack)


@contextmanager
def embedded_server(settings: Settings) -> Iterator[None]:
    """Keep the embedded server running while inside, so that processes come and go without starting it."""
    with ExitStack() as stack:
        _databases(settings, stack)
        yield


_open: ContextVar[Stores | None] = ContextVar("stores", default=None)


@contextmanager
def use(stores: Stores) -> Iterator[None]:
    """Let `process_stores` give these stores while inside."""
    token = _open.set(stores)
    try:
        yield
    finally:
        _open.reset(token)


@contextmanager
def process_stores() -> Iterator[Stores]:
    """The stores that are open around this call, or freshly opened ones: a flow can be given no store as parameter."""
    if (stores := _open.get()) is not None:
        yield stores
        return
    with open_stores(read_settings()) as opened, use(opened):
        yield opened
