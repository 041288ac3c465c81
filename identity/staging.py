"""Writing one extract into the vault: staged, in one transaction, however many batches it comes in."""

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ParamSpec

import numpy as np
import numpy.typing as npt
import psycopg

from identity import book
from identity.keys import VaultKeys, unwrap, wrap
from identity.order_tables import generation
from identity.surrogates import Allocation, lock, namespace_id
from identity.transfer import copy_in
from identity.vault import Vault
from schemas.contract import Feed, Key
from schemas.errors import StoreError

P = ParamSpec("P")
Columns = Mapping[str, npt.NDArray[np.generic]]
"""Equally long columns of a table, as `transfer.copy_in` takes them."""


@dataclass
class Staging:
    """One extract on its way into the vault: one thread encrypts, one writes by COPY, while the next digests are made.

    ``keys_of``: key namespace → its surrogates; ``identities``: the ids of sets of identifiers.
    """

    keys: VaultKeys
    feed: Feed
    extract_id: int
    data_key: bytes
    keys_of: Mapping[str, Allocation]
    identities: Allocation
    writer: psycopg.Cursor
    thread: ThreadPoolExecutor
    sealer: ThreadPoolExecutor
    queued: list[Future[None]] = field(default_factory=list)
    earlier: list[Future[None]] = field(default_factory=list)

    def write(self, table: str, columns: Columns) -> None:
        """Queue rows of this extract for a table."""
        self.later(self._copy, table, columns)

    def write_made(self, table: str, make: Callable[P, list[Columns]], *args: P.args, **kwargs: P.kwargs) -> None:
        """Queue rows that are yet to be made, by the encrypting thread, while earlier ones are written."""
        self.later(self._copy_made, table, self.sealer.submit(make, *args, **kwargs))

    def later(self, act: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Queue a call for the writing thread."""
        self.queued.append(self.thread.submit(act, *args, **kwargs))

    def _copy(self, table: str, columns: Columns) -> None:
        """Write rows of this extract into a table, in the writing thread."""
        length = len(next(iter(columns.values())))
        copy_in(self.writer, table, {**columns, "extract_id": np.full(length, self.extract_id)})

    def _copy_made(self, table: str, making: Future[list[Columns]]) -> None:
        for columns in making.result():
            self._copy(table, columns)

    def end_batch(self) -> None:
        """Wait for what was queued before this batch, so that one at most is in memory; raises what went wrong."""
        for future in self.earlier:
            future.result()
        self.earlier, self.queued = self.queued, []

    def finish(self) -> None:
        """Queue what the extract has brought of each kind of digest, and wait for all; raises what went wrong."""
        for allocation in (*self.keys_of.values(), self.identities):
            self.later(allocation.write, self.writer, self.extract_id)
        for future in (*self.earlier, *self.queued):
            future.result()


@contextmanager
def staging(vault: Vault, feed: Feed, extract_id: int, orders: int | None = None) -> Iterator[Staging]:
    """Stage an extract while inside; what an earlier attempt staged of it is forgotten.

    ``orders``: the last order that its rows were held against; `StoreError` where another has been given since.
    """
    with (
        vault.transaction() as writer,
        vault.transaction() as reader,
        ThreadPoolExecutor(1) as thread,
        ThreadPoolExecutor(1) as sealer,
    ):
        lock(writer)
        if orders is not None and orders != generation(writer):
            raise StoreError("vault: an order to expunge was given meanwhile; the extract is to be held against it")
        data_key = _stage(vault, writer, feed, extract_id)
        namespaces = {name: namespace_id(writer, name) for name in feed.namespaces}
        keys_of = {name: Allocation(reader, book.numbers(number)) for name, number in namespaces.items()}
        identities = Allocation(reader, book.IDENTITIES)
        begun = Staging(vault.keys, feed, extract_id, data_key, keys_of, identities, writer, thread, sealer)
        yield begun
        begun.finish()


def _stage(vault: Vault, cursor: psycopg.Cursor, feed: Feed, extract_id: int) -> bytes:
    """Enter the extract, or forget what an earlier attempt staged of it; returns its data key."""
    data_key = os.urandom(32)
    namespace = feed.subject.namespace if isinstance(feed.subject, Key) else None
    cursor.execute(
        "INSERT INTO extract (extract_id, feed, agency, state, data_key, namespace, register) "
        "VALUES (%s, %s, %s, 'staged', %s, %s, %s) ON CONFLICT DO NOTHING",
        (extract_id, feed.name, feed.agency, wrap(vault.keys, data_key, f"extract {extract_id}"), namespace,
         feed.register),
    )  # fmt: skip
    if cursor.rowcount:
        return data_key
    cursor.execute("DELETE FROM sighting WHERE extract_id = %s", (extract_id,))
    cursor.execute("DELETE FROM alias WHERE extract_id = %s", (extract_id,))
    cursor.execute(
        "UPDATE extract SET state = CASE state WHEN 'confirmed' THEN state ELSE 'staged' END, namespace = %s, "
        "register = %s WHERE extract_id = %s RETURNING data_key",
        (namespace, feed.register, extract_id),
    )
    row = cursor.fetchone()
    assert row is not None
    return unwrap(vault.keys, bytes(row[0]), f"extract {extract_id}")
