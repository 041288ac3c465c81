"""What the linker reads from the vault and writes into it, in bulk; everything in one transaction."""

import itertools
import uuid
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import polars as pl
import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from identity import fields
from identity.blocks import agency_keys
from identity.compare import SCORED
from identity.keys import ProjectKey, VaultKeys, decrypt_one, unwrap, wrap
from identity.standardise import STANDARD, standardise
from identity.transfer import copy_in, fetch, load_temporary

MEMBERS = pl.Schema({
    "subject_id": pl.Int64(), "number_id": pl.Int64(), "person_id": pl.String(), "number_only": pl.Boolean(),
    "probability": pl.Float64(),
})  # fmt: skip
"""Rows of ``membership``; ``number_id`` 0 where there is none, ``person_id`` null where assigned to nobody."""


class LinkStore:
    """The linker's access to the vault within one transaction."""

    def __init__(self, cursor: psycopg.Cursor, keys: VaultKeys) -> None:
        """Wait for any other linker to end."""
        self.cursor = cursor
        self.keys = keys
        self._names = itertools.count()
        self._standard = pl.DataFrame(schema=STANDARD)
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('vault link'))")

    def take_extracts(self, loaded: Iterable[int]) -> list[int]:
        """The loaded extracts that no batch has taken in; they count as confirmed, since the ledger has them."""
        self.cursor.execute(
            "UPDATE extract SET state = 'confirmed' WHERE extract_id = ANY(%s) AND batch_id IS NULL "
            "AND state IN ('staged', 'confirmed') RETURNING extract_id",
            (sorted(set(loaded)),),
        )
        return sorted(row[0] for row in self.cursor.fetchall())

    def is_rotated(self, project: ProjectKey) -> bool:
        """Whether the last batch was made under another key than this one of the project."""
        self.cursor.execute("SELECT project, key_version FROM batch ORDER BY batch_id DESC LIMIT 1")
        last = self.cursor.fetchone()
        return last is not None and last != (project.project, project.version)

    def restate_all(self, batch_id: int) -> None:
        """Let a batch state every subject: under its key each participant is another."""
        self.cursor.execute("UPDATE membership SET batch_id = %s", (batch_id,))

    def open_batch(self, model_version: str, project: ProjectKey, extracts: list[int]) -> int:
        """A new pending batch that takes the extracts in; the journal keeps under which key it was made."""
        wrapped = wrap(self.keys, project.key, f"project {project.project} {project.version}")
        self.cursor.execute(
            "INSERT INTO batch (state, model_version, project, key_version, project_key) "
            "VALUES ('pending', %s, %s, %s, %s) RETURNING batch_id",
            (model_version, project.project, project.version, wrapped),
        )
        row = self.cursor.fetchone()
        assert row is not None
        self.cursor.execute("UPDATE extract SET batch_id = %s WHERE extract_id = ANY(%s)", (row[0], extracts))
        return int(row[0])

    def sighted(self, extracts: list[int]) -> pl.DataFrame:
        """``subject_id``, ``kind`` of the subjects that the extracts' rows are about."""
        query = f"SELECT DISTINCT subject_id, kind::bigint AS kind FROM sighting WHERE {_any(extracts)}"
        return self._frame(query, ("subject_id", "kind"))

    def take_ties(self, extracts: list[int]) -> pl.Series:
        """Copy what the extracts say about aliases; returns the aliases that are tied to a new member."""
        self.cursor.execute(
            "CREATE TEMPORARY TABLE new_tie ON COMMIT DROP AS "
            f"SELECT DISTINCT alias_id, member_id FROM alias WHERE {_any(extracts)} "
            "EXCEPT SELECT alias_id, member_id FROM tie"
        )
        self.cursor.execute("INSERT INTO tie SELECT * FROM new_tie ORDER BY alias_id, member_id")
        return self._frame("SELECT DISTINCT alias_id FROM new_tie", ("alias_id",))["alias_id"]

    def ties(self, *, aliases: pl.Series | None = None, members: pl.Series | None = None) -> pl.DataFrame:
        """``alias_id``, ``member_id`` of these aliases or of these members."""
        column, ids = ("alias_id", aliases) if aliases is not None else ("member_id", members)
        assert ids is not None
        query = f"SELECT alias_id, member_id FROM tie WHERE {column} IN (SELECT id FROM {self._wanted(ids)})"
        return self._frame(query, ("alias_id", "member_id"))

    def members(self, column: str, ids: pl.Series) -> pl.DataFrame:
        """`MEMBERS` whose ``subject_id`` or ``number_id`` is among the ids."""
        return self._members(f"m.{column} IN (SELECT id FROM {self._wanted(ids)})")

    def mates(self, persons: pl.Series) -> pl.DataFrame:
        """`MEMBERS` of these persons."""
        wanted = _uuids(persons.unique().to_list())
        name = self._table({"id": wanted})
        return self._members(f"m.person_id IN (SELECT id FROM {name})")

    def numbers(self, identities: pl.Series) -> pl.DataFrame:
        """``identity_id``, ``number_id`` (0: none) and ``rank`` of identities."""
        query = (
            "SELECT identity_id, coalesce(number_id, 0) AS number_id, "
            "('x' || substr(digest::text, 1, 8) || substr(digest::text, 10, 4) || substr(digest::text, 15, 4))::bit(64)"
            f"::bigint AS rank FROM record WHERE identity_id IN (SELECT id FROM {self._wanted(identities)})"
        )
        return self._frame(query, ("identity_id", "number_id", "rank"))

    def read(self, identities: pl.Series) -> pl.DataFrame:
        """The identities standardised, as `STANDARD`; each is decrypted once in the transaction."""
        unread = identities.filter(~identities.is_in(self._standard["identity_id"].implode()))
        self._standard = pl.concat([self._standard, self._decrypt(unread)])
        return self._standard.filter(pl.col("identity_id").is_in(identities.implode()))

    def _decrypt(self, identities: pl.Series) -> pl.DataFrame:
        self.cursor.execute(
            "SELECT identity_id, extract_id, blob FROM record "
            f"WHERE identity_id IN (SELECT id FROM {self._wanted(identities)})",
            binary=True,
        )
        rows = self.cursor.fetchall()
        if not rows:
            return pl.DataFrame(schema=STANDARD)
        opened = self._data_keys({row[1] for row in rows})
        records = [
            fields.parsed(decrypt_one(opened[extract][1], identity.to_bytes(8, "big"), blob))
            for identity, extract, blob in rows
        ]
        return standardise([row[0] for row in rows], [opened[row[1]][0] for row in rows], records)

    def agency_records(self) -> dict[int, int]:
        """Key of an agency → the number of its identities that have been taken in."""
        self.cursor.execute(
            "SELECT e.agency, count(*) FROM record AS r JOIN extract AS e USING (extract_id) "
            "WHERE e.batch_id IS NOT NULL GROUP BY 1"
        )
        rows = self.cursor.fetchall()
        return dict(
            zip(agency_keys(self.keys.block, [row[0] for row in rows]).tolist(), (row[1] for row in rows), strict=True)
        )

    def replace_blocks(self, identities: pl.Series, blocks: pl.DataFrame) -> None:
        """State anew under which blocks these identities are found."""
        self._delete("block", identities)
        ordered = blocks.sort("block_key", "identity_id")
        copy_in(self.cursor, "block", _arrays(ordered, "identity_id", "block_key"))

    def blocks_met(self, block_keys: pl.Series) -> pl.DataFrame:
        """``identity_id``, ``block_key`` of all identities under these blocks."""
        query = (
            f"SELECT identity_id, block_key FROM block WHERE block_key IN (SELECT id FROM {self._wanted(block_keys)})"
        )
        return self._frame(query, ("identity_id", "block_key"))

    def add_traits(self, traits: pl.DataFrame) -> None:
        """Enter values of new identities (`blocks.TRAITS`)."""
        columns = _arrays(traits.sort("value_key"), *traits.columns)
        columns["kind"] = columns["kind"].astype(np.int16)
        copy_in(self.cursor, "trait", columns | {"shared": np.zeros(traits.height, bool)})

    def carriers(self, values: pl.Series) -> pl.DataFrame:
        """All traits (`blocks.TRAITS`, and ``shared``) of these values and of those that are held to be shared."""
        query = (
            "SELECT identity_id, value_key, profile_key, name_key, birth_key, agency_key, kind::bigint AS kind, "
            "shared::int::bigint AS shared FROM trait "
            f"WHERE shared OR value_key IN (SELECT id FROM {self._wanted(values)})"
        )
        names = ("identity_id", "value_key", "profile_key", "name_key", "birth_key", "agency_key", "kind", "shared")
        return self._frame(query, names).with_columns(pl.col("shared") > 0, pl.col("kind").cast(pl.Int16))

    def mark_shared(self, values: pl.Series, *, shared: bool) -> None:
        """Say of values whether they are carried by too many."""
        self.cursor.execute(
            f"UPDATE trait SET shared = %s WHERE value_key IN (SELECT id FROM {self._wanted(values)})", (shared,)
        )

    def shared_kinds(self, identities: pl.Series) -> pl.DataFrame:
        """``identity_id``, ``kind``: which values of these identities are shared."""
        query = (
            "SELECT identity_id, kind::bigint AS kind FROM trait "
            f"WHERE shared AND identity_id IN (SELECT id FROM {self._wanted(identities)})"
        )
        return self._frame(query, ("identity_id", "kind"))

    def neighbours(self, identities: pl.Series, weight: float | None = None) -> pl.Series:
        """The other ends of these identities' edges, of at least a weight and not vetoed where one is given."""
        name = self._wanted(identities)
        condition = "" if weight is None else f"AND weight >= {weight} AND NOT vetoed"
        query = (
            f"SELECT right_id AS id FROM edge WHERE left_id IN (SELECT id FROM {name}) {condition} UNION "
            f"SELECT left_id FROM edge WHERE right_id IN (SELECT id FROM {name}) {condition}"
        )
        return self._frame(query, ("id",))["id"]

    def replace_edges(self, identities: pl.Series, edges: pl.DataFrame) -> None:
        """State anew the scored pairs (`compare.SCORED`) that these identities are part of."""
        self._delete("edge", identities, "left_id")
        self._delete("edge", identities, "right_id")
        ordered = edges.sort("left_id", "right_id")
        copy_in(self.cursor, "edge", _arrays(ordered, *SCORED))

    def edges_within(self, identities: pl.Series) -> pl.DataFrame:
        """The scored pairs among these identities, as `compare.SCORED`."""
        name = self._wanted(identities)
        query = (
            "SELECT left_id, right_id, (weight * 1e6)::bigint AS weight, vetoed::int::bigint AS vetoed, "
            f"contradicts::int::bigint AS contradicts FROM edge WHERE left_id IN (SELECT id FROM {name}) "
            f"AND right_id IN (SELECT id FROM {name})"
        )
        found = self._frame(query, ("left_id", "right_id", "weight", "vetoed", "contradicts"))
        return found.with_columns(pl.col("weight") / 1e6, pl.col("vetoed") > 0, pl.col("contradicts") > 0)

    def replace_members(self, rows: pl.DataFrame, batch_id: int) -> None:
        """State subjects anew: `MEMBERS` with ``status``."""
        self._delete("membership", rows["subject_id"], "subject_id")
        with self.cursor.copy(
            "COPY membership (subject_id, number_id, person_id, status, probability, number_only, batch_id) FROM STDIN "
            "(FORMAT CSV)"
        ) as copy:
            columns = ["subject_id", "number_id", "person_id", "status", "probability", "number_only"]
            number = pl.when(pl.col("number_id") != 0).then(pl.col("number_id")).alias("number_id")
            stated = rows.sort("subject_id").select(columns).with_columns(number, batch_id=pl.lit(batch_id))
            copy.write(stated.write_csv(include_header=False))

    def enter_persons(self, living: list[str], gone: list[str], batch_id: int) -> None:
        """Enter new persons and retire those that no member is left of."""
        if living:
            constant = np.full(len(living), batch_id)
            name = self._table({"person_id": _uuids(living), "batch_id": constant})
            self.cursor.execute(
                f"INSERT INTO person (person_id, batch_id) SELECT * FROM {name} ON CONFLICT (person_id) "
                "DO UPDATE SET retired_batch_id = NULL WHERE person.retired_batch_id IS NOT NULL"
            )
        self.cursor.execute(
            "UPDATE person SET retired_batch_id = %s WHERE person_id = ANY(%s)",
            (batch_id, [uuid.UUID(p) for p in gone]),
        )

    def enter_events(self, events: pl.DataFrame, batch_id: int) -> None:
        """Record merges and splits (`persons.EVENTS`)."""
        if not events.is_empty():
            self.cursor.executemany(
                "INSERT INTO person_event (batch_id, kind, from_person_id, to_person_id, members) "
                "VALUES (%s, %s, %s, %s, %s)",
                [(batch_id, *row) for row in events.rows()],
            )

    def _members(self, condition: str) -> pl.DataFrame:
        self.cursor.execute(
            "SELECT m.subject_id, coalesce(m.number_id, 0), m.person_id::text, m.number_only, m.probability "
            f"FROM membership AS m WHERE {condition}"
        )
        return pl.DataFrame(self.cursor.fetchall(), schema=MEMBERS, orient="row")

    def _data_keys(self, extracts: set[int]) -> dict[int, tuple[str, AESGCM]]:
        self.cursor.execute(
            "SELECT extract_id, agency, data_key FROM extract WHERE extract_id = ANY(%s)", (sorted(extracts),)
        )
        return {
            extract: (agency, AESGCM(unwrap(self.keys, bytes(wrapped), f"extract {extract}")))
            for extract, agency, wrapped in self.cursor.fetchall()
        }

    def _frame(self, query: str, columns: tuple[str, ...]) -> pl.DataFrame:
        found = fetch(self.cursor, query, columns)
        return pl.DataFrame({name: found[name].astype(np.int64) for name in columns})

    def _wanted(self, ids: pl.Series) -> str:
        return self._table({"id": ids.unique().sort().to_numpy()})

    def _table(self, columns: dict[str, npt.NDArray[np.generic]]) -> str:
        name = f"wanted_{next(self._names)}"
        load_temporary(self.cursor, name, columns)
        return name

    def _delete(self, table: str, identities: pl.Series, column: str = "identity_id") -> None:
        self.cursor.execute(f"SELECT EXISTS (SELECT FROM {table})")
        if self.cursor.fetchone() == (True,):
            self.cursor.execute(f"DELETE FROM {table} WHERE {column} IN (SELECT id FROM {self._wanted(identities)})")


def _arrays(rows: pl.DataFrame, *columns: str) -> dict[str, npt.NDArray[np.generic]]:
    return {name: rows[name].to_numpy() for name in columns}


def _any(extracts: list[int]) -> str:
    return f"extract_id IN ({', '.join(str(int(extract)) for extract in extracts)})" if extracts else "false"


def _uuids(texts: list[str]) -> npt.NDArray[np.void]:
    return np.frombuffer(b"".join(uuid.UUID(text).bytes for text in texts), dtype="V16")
