"""The vault: identifiers, encrypted, in a database of their own; what is done to an extract as a whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from cryptography.exceptions import InvalidTag
from sqlalchemy.dialects.postgresql import insert

from identity import pages, tables
from identity.boundary import sealed
from identity.keys import MASTER_BYTES, VaultKeys, unwrap, wrap
from identity.surrogates import LOCK
from schemas.errors import SettingsError, StoreError

if TYPE_CHECKING:
    from identity.link import LinkBatch

_MIGRATIONS = Path(__file__).parent / "migrations"
_SEAL = "seal of the vault"


class Vault:
    """A vault at a SQLAlchemy URL (``postgresql+psycopg://``), opened with its keys; connections are pooled."""

    def __init__(self, url: str, keys: VaultKeys) -> None:
        """Connect lazily: nothing is opened yet."""
        self.keys = keys
        self.engine = sa.create_engine(url, hide_parameters=True, pool_pre_ping=True)

    @sealed
    def migrate(self) -> None:
        """Bring the schema up to date; safe to repeat and under concurrent starts.

        `SettingsError` where the vault was set up under another key: nothing is to be written under this one.
        """
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS))
        with self.engine.begin() as connection:
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('vault migration'))"))
            connection.execute(sa.schema.CreateSchema(tables.SCHEMA, if_not_exists=True))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            _check_key(connection, self.keys)

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[psycopg.Cursor]:
        """A transaction on a plain psycopg cursor, for COPY; one that is not ``durable`` may be lost in a crash.

        What is lost then was staged only: the durable `confirm` of an extract flushes all that came before it.
        """
        connection = self.engine.raw_connection()
        try:
            driver = connection.driver_connection
            if driver is None:
                raise StoreError("vault: no connection")
            with driver.transaction(), driver.cursor() as cursor:
                cursor.execute(f"SET LOCAL search_path TO {tables.SCHEMA}, pg_temp")
                if not durable:
                    cursor.execute("SET LOCAL synchronous_commit TO off")
                yield cursor
        finally:
            connection.close()

    @sealed
    def confirm(self, extract_id: int) -> None:
        """The warehouse holds the extract's rows: what was staged of it counts from now on. Idempotent."""
        with self.engine.begin() as connection:
            connection.execute(
                sa.update(tables.extract)
                .where(tables.extract.c.extract_id == extract_id, tables.extract.c.state != "confirmed")
                .values(state="confirmed")
            )

    @sealed
    def discard(self, extract_id: int) -> None:
        """Forget what was staged of an extract that will not be loaded; a confirmed extract is left alone.

        Surrogates of numbers stay: another extract may use them already, and alone they say nothing.
        """
        with self.engine.begin() as connection:
            # A split under way may carry an identity that only this extract has brought.
            connection.execute(sa.text(LOCK))
            held = connection.execute(
                sa.update(tables.extract)
                .where(tables.extract.c.extract_id == extract_id, tables.extract.c.state == "staged")
                .values(state="discarded")
            )
            if held.rowcount:
                _forget(connection, extract_id)

    @sealed
    def staged(self) -> tuple[int, ...]:
        """The extracts that are staged and not confirmed, for the sweep."""
        with self.engine.connect() as connection:
            found = connection.execute(sa.select(tables.extract.c.extract_id).where(tables.extract.c.state == "staged"))
            return tuple(sorted(found.scalars()))

    @sealed
    def pending_batches(self) -> "tuple[LinkBatch, ...]":
        """The link batches that the warehouse has not confirmed, oldest first."""
        from identity.link import batch

        with self.engine.connect() as connection:
            waiting = sa.select(tables.batch.c.batch_id).where(tables.batch.c.state == "pending")
            ids = connection.scalars(waiting.order_by(tables.batch.c.batch_id)).all()
        return tuple(batch(self, batch_id) for batch_id in ids)

    @sealed
    def applied(self, batch_id: int) -> None:
        """The warehouse has the batch. Idempotent."""
        with self.engine.begin() as connection:
            connection.execute(
                sa.update(tables.batch).where(tables.batch.c.batch_id == batch_id).values(state="applied")
            )

    def close(self) -> None:
        """Give the pooled connections back."""
        self.engine.dispose()


def _check_key(connection: sa.Connection, keys: VaultKeys) -> None:
    """Seal a new vault under its key; hold an older one's seal, or what it has sealed before, against the key."""
    known = connection.scalar(sa.select(tables.seal.c.sealed))
    owner = _SEAL
    if known is None:
        earlier = connection.execute(sa.select(tables.extract.c.extract_id, tables.extract.c.data_key).limit(1)).first()
        known, owner = (earlier.data_key, f"extract {earlier.extract_id}") if earlier else (None, _SEAL)
    if known is not None:
        try:
            unwrap(keys, bytes(known), owner)
            opens = True
        except InvalidTag:
            opens = False
        if not opens:
            raise SettingsError("the vault was set up under another master key")
    sealed = {"one": 1, "sealed": wrap(keys, bytes(MASTER_BYTES), _SEAL)}
    connection.execute(insert(tables.seal).values(sealed).on_conflict_do_nothing())


def _forget(connection: sa.Connection, extract_id: int) -> None:
    sighting, alias, record = tables.sighting, tables.alias, tables.record
    connection.execute(sa.delete(sighting).where(sighting.c.extract_id == extract_id))
    connection.execute(sa.delete(alias).where(alias.c.extract_id == extract_id))
    # Of extracts discarded before, this one may have been the last to carry what they brought.
    gone = sa.select(tables.extract.c.extract_id).where(tables.extract.c.state == "discarded")
    seen = sa.select(sighting.c.subject_id).where(sighting.c.subject_id == record.c.identity_id)
    connection.execute(sa.delete(record).where(record.c.extract_id.in_(gone), ~seen.exists()))
    pages.dissolve(connection, gone)
    left = sa.select(record.c.extract_id).where(record.c.extract_id == tables.extract.c.extract_id)
    connection.execute(sa.delete(tables.extract).where(tables.extract.c.state == "discarded", ~left.exists()))
