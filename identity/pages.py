"""Pages: the ids of all the digests that a large extract brought, a few dozen to a row.

A row with an index entry for each digest costs more than all else that loading does. Digests are keyed codes and
therefore spread evenly: a page holds those that begin with the same bits, and is found by these. One extract's pages
of one namespace are a *run*; how many bits name a page depends on how many entries the run has.
"""

from collections.abc import Collection, Iterator
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import psycopg
import sqlalchemy as sa

from identity.met import Halves, Ids, Met, Part
from identity.tables import metadata, record
from identity.transfer import fetch_values

IDENTITIES: Final = 0
"""The namespace of sets of identifiers; those of agencies' numbers are counted from 1."""

ENTRIES: Final = 80
"""Most entries that a page has on average: about 2 kB, and a quarter of what PostgreSQL could keep in one row."""

_ENTRY: Final = np.dtype([("high", ">u8"), ("low", ">u8"), ("id", ">i8")])
_AT_ONCE: Final = 1 << 15
"""Pages that are asked for, or written, in one go: 50 MB."""

_HEADER: Final = np.dtype([
    ("fields", ">i2"), ("length namespace", ">i4"), ("namespace", ">i2"), ("length prefix", ">i4"), ("prefix", ">i4"),
    ("length extract", ">i4"), ("extract", ">i8"), ("length entries", ">i4"),
])  # fmt: skip
"""What comes before the entries of a page in PostgreSQL's binary form."""
_SIGNATURE: Final = b"PGCOPY\n\xff\r\n\0" + b"\0" * 8
_TRAILER: Final = b"\xff\xff"

page = sa.Table(
    "page", metadata,
    sa.Column("namespace_id", sa.SmallInteger, nullable=False, comment="Whose numbers; 0: sets of identifiers"),
    sa.Column("prefix", sa.Integer, nullable=False, comment="A bit 1, then the bits with which its digests begin"),
    sa.Column("extract_id", sa.BigInteger, nullable=False, comment="The extract that brought them first"),
    sa.Column("entries", sa.LargeBinary, nullable=False, comment="Blind digest (16 bytes), id (8 bytes), one by one"),
    sa.Index("ix_page_prefix", "namespace_id", "prefix"),
    comment="Ids by blind digest, as in key and record_digest, of extracts that brought many",
)  # fmt: skip

run = sa.Table(
    "page_run", metadata,
    sa.Column("namespace_id", sa.SmallInteger, primary_key=True, autoincrement=False, comment="As in page"),
    sa.Column("extract_id", sa.BigInteger, primary_key=True, autoincrement=False, comment="The extract"),
    sa.Column("bits", sa.SmallInteger, primary_key=True, autoincrement=False, comment="Bits in the prefix of a page"),
    sa.Column("entries", sa.BigInteger, nullable=False, comment="The number of entries"),
    comment="Which extracts have pages",
)  # fmt: skip

record_digest = sa.Table(
    "record_digest", metadata,
    sa.Column("digest", sa.Uuid, primary_key=True, comment="Blind digest of number and identifiers"),
    sa.Column("identity_id", sa.BigInteger, nullable=False, comment="The record that has them"),
    sa.Column("extract_id", sa.BigInteger, nullable=False, comment="The extract that brought it first"),
    comment="Records by blind digest, of extracts that brought few",
)  # fmt: skip

Prefixes = npt.NDArray[np.int64]
Entries = npt.NDArray[np.void]
Taken = npt.NDArray[np.bool_]
_CONFIRMED: Final = "JOIN extract USING (extract_id) WHERE state = 'confirmed' AND"
_ENTRIES_OF: Final = "SELECT string_agg(entries, ''::bytea) FROM page {} namespace_id = %s AND prefix = ANY(%s)"


def write(cursor: psycopg.Cursor, namespace_id: int, extract_id: int, met: Part) -> None:
    """Write a run: the new digests of an extract, at least one."""
    bits = max(1, (len(met) // ENTRIES).bit_length())
    cursor.execute(
        "INSERT INTO page_run VALUES (%s, %s, %s, %s) ON CONFLICT (namespace_id, extract_id, bits) "
        "DO UPDATE SET entries = page_run.entries + excluded.entries",
        (namespace_id, extract_id, bits, len(met)),
    )
    with cursor.copy("COPY page (namespace_id, prefix, extract_id, entries) FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(_SIGNATURE)
        for rows in _rows(namespace_id, extract_id, bits, met):
            copy.write(rows)
        copy.write(_TRAILER)


def runs(cursor: psycopg.Cursor, namespace_id: int) -> dict[int, int]:
    """Bits in the prefix of pages → the number of entries in such pages of the namespace."""
    cursor.execute(
        "SELECT bits, sum(entries)::bigint FROM page_run WHERE namespace_id = %s GROUP BY bits", (namespace_id,)
    )
    return dict(cursor.fetchall())


def read(
    cursor: psycopg.Cursor,
    namespace_id: int,
    lengths: Collection[int],
    high: Halves | None = None,
    *,
    confirmed: bool = False,
) -> Met:
    """What the pages hold whose prefixes have these lengths: all of it, or where these digests would stand.

    ``high``: the first halves of the digests. ``confirmed``: only what confirmed extracts have brought.
    """
    query = _ENTRIES_OF.format(_CONFIRMED if confirmed else "WHERE")
    met = Met()
    for bits in lengths:
        asked = np.arange(1 << bits) if high is None else np.unique(high >> np.uint64(64 - bits)).astype(np.int64)
        wanted = asked + (1 << bits)
        for start in range(0, len(wanted), _AT_ONCE):
            parameters = (namespace_id, wanted[start : start + _AT_ONCE].tolist())
            met.add(_part(fetch_values(cursor, query, 1, parameters)[0]))
    return met


def dissolve(connection: sa.Connection, extract_ids: sa.Select[tuple[int]]) -> None:
    """Forget which identities these extracts brought; what is left of them in ``record`` is found row by row."""
    for table in (page, run):
        mine = table.c.namespace_id == IDENTITIES
        connection.execute(sa.delete(table).where(mine, table.c.extract_id.in_(extract_ids)))
    connection.execute(sa.delete(record_digest).where(record_digest.c.extract_id.in_(extract_ids)))
    left = sa.select(record.c.digest, record.c.identity_id, record.c.extract_id)
    names = ["digest", "identity_id", "extract_id"]
    left = left.where(record.c.extract_id.in_(extract_ids))
    connection.execute(sa.insert(record_digest).from_select(names, left))


def digests_of(cursor: psycopg.Cursor, namespace_id: int, ids: Ids) -> Part:
    """The digests that have these ids; every page of the namespace is read, since pages are found by digest only."""
    found = [np.empty(0, _ENTRY), *(entries[taken] for _, _, entries, taken in _holding(cursor, namespace_id, ids))]
    return _part(np.concatenate(found).tobytes())


def forget(cursor: psycopg.Cursor, namespace_id: int, ids: Ids) -> int:
    """Write the pages anew that hold any of these ids, without them; how many entries went."""
    gone = 0
    for place, extract_id, entries, taken in list(_holding(cursor, namespace_id, ids)):
        bits, rest = int(place[1]).bit_length() - 1, entries[~taken]
        if len(rest):
            cursor.execute("UPDATE page SET entries = %s WHERE ctid = %s::tid", (rest.tobytes(), place[0]))
        else:
            cursor.execute("DELETE FROM page WHERE ctid = %s::tid", (place[0],))
        cursor.execute(
            "UPDATE page_run SET entries = entries - %s WHERE namespace_id = %s AND extract_id = %s AND bits = %s",
            (int(taken.sum()), namespace_id, extract_id, bits),
        )
        gone += int(taken.sum())
    return gone


def _holding(
    cursor: psycopg.Cursor, namespace_id: int, ids: Ids
) -> Iterator[tuple[tuple[str, int], int, Entries, Taken]]:
    """The pages that hold any of the ids: (place, prefix), extract, entries, and which of these it is about."""
    cursor.execute(
        "SELECT ctid::text, prefix, extract_id, entries FROM page WHERE namespace_id = %s", (namespace_id,), binary=True
    )
    while rows := cursor.fetchmany(_AT_ONCE):
        for place, prefix, extract_id, content in rows:
            entries = np.frombuffer(content, _ENTRY)
            taken = np.isin(entries["id"], ids)
            if taken.any():
                yield (place, prefix), extract_id, entries, taken


def _part(content: bytes) -> Part:
    entries = np.frombuffer(content, _ENTRY)
    return Part.sorted(*(entries[name].astype(entries[name].dtype.newbyteorder("=")) for name in ("high", "low", "id")))


def _rows(namespace_id: int, extract_id: int, bits: int, met: Part) -> Iterator[bytes]:
    """The pages of a run as COPY wants them, some thousands at a time."""
    prefix = (met.high >> np.uint64(64 - bits)).astype(np.int64) + (1 << bits)
    starts = np.flatnonzero(np.diff(prefix, prepend=0))
    bounds = np.append(starts, len(met))
    for first in range(0, len(starts), _AT_ONCE):
        bound = bounds[first : first + _AT_ONCE + 1]
        entries = _entries(met, int(bound[0]), int(bound[-1]))
        headers = _headers(namespace_id, extract_id, prefix[bound[:-1]], np.diff(bound))
        places = ((bound - bound[0]) * _ENTRY.itemsize).tolist()
        pieces = [b""] * (2 * len(headers))
        pieces[::2] = headers.view(f"V{_HEADER.itemsize}").tolist()
        pieces[1::2] = [entries[start:end] for start, end in pairwise(places)]
        yield b"".join(pieces)


def _entries(met: Part, first: int, last: int) -> bytes:
    entries = np.empty(last - first, _ENTRY)
    entries["high"], entries["low"], entries["id"] = met.high[first:last], met.low[first:last], met.ids[first:last]
    return entries.tobytes()


def _headers(namespace_id: int, extract_id: int, prefix: Prefixes, sizes: npt.NDArray[np.intp]) -> npt.NDArray[np.void]:
    headers = np.empty(len(prefix), _HEADER)
    headers["fields"] = 4
    headers["length namespace"], headers["namespace"] = 2, namespace_id
    headers["length prefix"], headers["prefix"] = 4, prefix
    headers["length extract"], headers["extract"] = 8, extract_id
    headers["length entries"] = sizes * _ENTRY.itemsize
    return headers
