"""Writing one extract into the vault: staged, in one transaction, however many batches it comes in."""

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import psycopg

from identity.keys import VaultKeys, unwrap, wrap
from identity.surrogates import Allocation, lock, namespace_id
from identity.transfer import copy_in
from identity.vault import Vault
from schemas.contract import Feed

_IDENTITIES = "SELECT digest, identity_id AS id FROM record"


@dataclass(frozen=True)
class Staging:
    """One extract on its way into the vault: COPY runs in a thread of its own while the next digests are made.

    ``keys_of``: key namespace → its surrogates; ``identities``: the ids of sets of identifiers.
    """

    keys: VaultKeys
    feed: Feed
    extract_id: int
    data_key: bytes
    namespaces: Mapping[str, int]
    keys_of: Mapping[str, Allocation]
    identities: Allocation
    writer: psycopg.Cursor
    thread: ThreadPoolExecutor
    written: list[Future[None]] = field(default_factory=list)

    def write(self, table: str, columns: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Queue rows of this extract for a table."""
        length = len(next(iter(columns.values())))
        rows = {**columns, "extract_id": np.full(length, self.extract_id)}
        self.written.append(self.thread.submit(copy_in, self.writer, table, rows))

    def wait(self) -> None:
        """Until all that was queued is written; raises what went wrong."""
        for future in self.written:
            future.result()
        self.written.clear()


@contextmanager
def staging(vault: Vault, feed: Feed, extract_id: int) -> Iterator[Staging]:
    """Stage an extract while inside; what an earlier attempt staged of it is forgotten."""
    with vault.transaction() as writer, vault.transaction() as reader, ThreadPoolExecutor(1) as thread:
        lock(writer)
        data_key = _stage(vault, writer, feed, extract_id)
        namespaces = {name: namespace_id(writer, name) for name in feed.namespaces}
        keys_of = {name: Allocation(reader, _known_keys(number)) for name, number in namespaces.items()}
        identities = Allocation(reader, _IDENTITIES)
        begun = Staging(vault.keys, feed, extract_id, data_key, namespaces, keys_of, identities, writer, thread)
        yield begun
        begun.wait()


def _known_keys(namespace: int) -> str:
    return f"SELECT digest, surrogate AS id FROM key WHERE namespace_id = {namespace}"


def _stage(vault: Vault, cursor: psycopg.Cursor, feed: Feed, extract_id: int) -> bytes:
    """Enter the extract, or forget what an earlier attempt staged of it; returns its data key."""
    data_key = os.urandom(32)
    cursor.execute(
        "INSERT INTO extract (extract_id, feed, agency, state, data_key) VALUES (%s, %s, %s, 'staged', %s) "
        "ON CONFLICT DO NOTHING",
        (extract_id, feed.name, feed.agency, wrap(vault.keys, data_key, f"extract {extract_id}")),
    )
    if cursor.rowcount:
        return data_key
    cursor.execute("DELETE FROM sighting WHERE extract_id = %s", (extract_id,))
    cursor.execute("DELETE FROM alias WHERE extract_id = %s", (extract_id,))
    cursor.execute(
        "UPDATE extract SET state = CASE state WHEN 'confirmed' THEN state ELSE 'staged' END WHERE extract_id = %s "
        "RETURNING data_key",
        (extract_id,),
    )
    row = cursor.fetchone()
    assert row is not None
    return unwrap(vault.keys, bytes(row[0]), f"extract {extract_id}")
