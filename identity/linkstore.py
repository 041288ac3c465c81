"""What the linker reads from the vault and writes into it, in bulk; everything in one transaction."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import psycopg

from identity import decisions, opened, shared
from identity.block_index import BlockIndex
from identity.keys import ProjectKey, VaultKeys, wrap
from identity.members import MEMBERS, read_members, write_members
from identity.persons import packed
from identity.shared import SHARED
from identity.standardise import STANDARD, standardise_columns
from identity.transfer import copy_in, fetch, given, temporary

STRICT = pl.Schema({"subject_id": pl.Int64(), "percent": pl.Int64(), "lead": pl.Int64()})
"""Subjects that at a stricter threshold (per cent) are in a part of their person: the part's lowest rank."""

_NUMBERS: Final = pl.Schema({"identity_id": pl.Int64(), "number_id": pl.Int64(), "rank": pl.Int64()})

_EDGE: Final = ("left_id", "right_id", "weight", "vetoed", "contradicts")
"""What is kept of `compare.SCORED`."""


class LinkStore:
    """The linker's access to the vault within one transaction."""

    def __init__(self, cursor: psycopg.Cursor, keys: VaultKeys) -> None:
        """Wait for any other linker to end."""
        self.cursor = cursor
        self.keys = keys
        self.index = BlockIndex(cursor)
        self._standard = pl.DataFrame(schema=STANDARD)
        self._opened = pl.DataFrame(schema=_NUMBERS)
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('vault link'))")
        self.is_first = self._is_empty("block") and self._is_empty("block_run")

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

    def open_batch(self, model_version: str, project: ProjectKey, extracts: list[int], reason: str) -> int:
        """A new pending batch that takes the extracts in; the journal keeps under which key it was made."""
        wrapped = wrap(self.keys, project.key, f"project {project.project} {project.version}")
        self.cursor.execute(
            "INSERT INTO batch (state, model_version, project, key_version, project_key, reason) "
            "VALUES ('pending', %s, %s, %s, %s, %s) RETURNING batch_id",
            (model_version, project.project, project.version, wrapped, reason),
        )
        row = self.cursor.fetchone()
        assert row is not None
        self.cursor.execute("UPDATE extract SET batch_id = %s WHERE extract_id = ANY(%s)", (row[0], extracts))
        return int(row[0])

    def sighted(self, extracts: list[int]) -> pl.DataFrame:
        """``subject_id``, ``kind`` of the subjects that the extracts' rows are about."""
        query = f"SELECT subject_id, kind::bigint AS kind FROM sighting WHERE {_any(extracts)}"
        return self._frame(query, ("subject_id", "kind")).unique()

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

    def rebuild(self) -> None:
        """Forget what was indexed and compared, before all records are linked anew; persons and decisions stay."""
        self.index.clear()
        self.cursor.execute("TRUNCATE shared_value, edge, unpaired, unpaired_join")
        self.is_first = True

    def identities(self) -> pl.Series:
        """All identities that a batch has taken in."""
        query = (
            "SELECT subject_id FROM membership JOIN record ON identity_id = subject_id "
            "JOIN extract USING (extract_id) WHERE state = 'confirmed'"
        )
        return self._frame(query, ("subject_id",))["subject_id"]

    def unlinked(self, identities: pl.Series) -> pl.Series:
        """Those of the identities that no batch has taken in."""
        known = self.members("subject_id", identities)["subject_id"]
        return identities.filter(~identities.is_in(known.implode()))

    def is_unindexed(self) -> bool:
        """Whether there are persons of identities and no index, as after a change of the index itself."""
        if not self.is_first:
            return False
        self.cursor.execute("SELECT EXISTS (SELECT FROM membership JOIN record ON identity_id = subject_id)")
        return self.cursor.fetchone() == (True,)

    def is_remodelled(self, version: str) -> bool:
        """Whether the last batch was made under another model than this version."""
        self.cursor.execute("SELECT model_version FROM batch ORDER BY batch_id DESC LIMIT 1")
        last = self.cursor.fetchone()
        return last is not None and last != (version,)

    def standard(self, identities: pl.Series) -> pl.DataFrame:
        """The identities standardised, as `STANDARD`, values left in; each is decrypted once in the transaction."""
        self._open(identities)
        return _of(self._standard, identities)

    def numbers(self, identities: pl.Series) -> pl.DataFrame:
        """``identity_id``, ``number_id`` (0: none) and ``rank`` of identities; what is none is left out."""
        known = _of(self._opened, identities)
        rest = identities.filter(~identities.is_in(known["identity_id"].implode()))
        if rest.is_empty():
            return known
        query = (
            "SELECT identity_id, coalesce(number_id, 0) AS number_id, "
            "('x' || substr(digest::text, 1, 8) || substr(digest::text, 10, 4) || substr(digest::text, 15, 4))::bit(64)"
            f"::bigint AS rank FROM record WHERE identity_id IN (SELECT id FROM {self._wanted(rest)})"
        )
        return pl.concat([known, self._frame(query, tuple(_NUMBERS))])

    def members(self, column: str, ids: pl.Series) -> pl.DataFrame:
        """`MEMBERS` whose ``subject_id``, ``number_id`` or ``component_id`` is among the ids."""
        if ids.is_empty() or self._is_empty("membership"):
            return MEMBERS.to_frame()
        return read_members(self.cursor, f"{column} IN (SELECT id FROM {self._wanted(ids)})")

    def by_agency(self, carried: pl.DataFrame) -> pl.DataFrame:
        """``block_key``, ``carriers``, ``records``: where a value's carriers are the largest share of an agency's.

        Records are counted up to where no share matters any more.
        """
        name = temporary(self.cursor, {name: carried[name].to_numpy() for name in ("identity_id", "block_key")})
        query = (
            f"SELECT block_key, hashtext(agency)::bigint AS agency, count(*) AS carriers FROM {name} "
            "JOIN record USING (identity_id) JOIN extract USING (extract_id) GROUP BY 1, 2"
        )
        carriers = self._frame(query, ("block_key", "agency", "carriers"))
        most = int(carriers["carriers"].to_numpy().max(initial=0))
        records = self._records(int(most / shared.SHARED_NAME_SHARE) + 2)
        both = carriers.join(records, on="agency").sort(pl.col("carriers") / pl.col("records"), descending=True)
        return both.unique("block_key", keep="first", maintain_order=True).select("block_key", "carriers", "records")

    def _records(self, enough: int) -> pl.DataFrame:
        """``agency`` and how many ``records`` it has, counted up to ``enough``."""
        query = "SELECT hashtext(agency)::bigint AS agency, extract_id FROM extract WHERE batch_id IS NOT NULL"
        taken = self._frame(query, ("agency", "extract_id"))
        # A million rows need not be counted to see that a few names are no large share of them.
        self.cursor.execute("SET LOCAL enable_seqscan TO off")
        counted = []
        for (agency,), extracts in taken.partition_by("agency", as_dict=True).items():
            where = _any(extracts["extract_id"].to_list())
            self.cursor.execute(
                f"SELECT count(*) FROM (SELECT FROM record WHERE {where} LIMIT {int(enough)}) AS counted"
            )
            counted.append((agency, self.cursor.fetchall()[0][0]))
        self.cursor.execute("SET LOCAL enable_seqscan TO on")
        return pl.DataFrame(counted, schema={"agency": pl.Int64, "records": pl.Int64}, orient="row")

    def shared_values(self) -> pl.DataFrame:
        """The values (`SHARED`) that were carried by too many after the last batch."""
        query = "SELECT block_key, kind::bigint AS kind FROM shared_value"
        return self._frame(query, ("block_key", "kind")).cast(SHARED)

    def replace_shared(self, values: pl.DataFrame) -> None:
        """State which values (`SHARED`) are carried by too many."""
        self.cursor.execute("DELETE FROM shared_value")
        copy_in(self.cursor, "shared_value", _arrays(values, *SHARED))

    def decided(self, identities: pl.Series) -> pl.DataFrame:
        """What reviewers decided of these identities (`clusters.DECIDED`)."""
        return decisions.active(self.cursor, identities)

    def replace_edges(self, compared: pl.Series, clustered: pl.Series, edges: pl.DataFrame) -> None:
        """State anew the doubtful pairs (`compare.SCORED`) of those compared, and among those clustered."""
        if not self._is_empty("edge"):
            name, others = self._wanted(compared), self._wanted(clustered)
            self.cursor.execute(f"DELETE FROM edge WHERE left_id IN (SELECT id FROM {name})")
            self.cursor.execute(f"DELETE FROM edge WHERE right_id IN (SELECT id FROM {name})")
            self.cursor.execute(
                f"DELETE FROM edge WHERE left_id IN (SELECT id FROM {others}) AND right_id IN (SELECT id FROM {others})"
            )
        copy_in(self.cursor, "edge", _arrays(edges.sort("left_id", "right_id"), *_EDGE))

    def replace_members(self, rows: pl.DataFrame, batch_id: int) -> None:
        """State subjects anew: `MEMBERS`."""
        self._delete("membership", rows["subject_id"], "subject_id")
        write_members(self.cursor, rows, batch_id)

    def stated(self, batch_id: int) -> pl.DataFrame:
        """`MEMBERS` that a batch stated and no later one."""
        return read_members(self.cursor, f"batch_id = {int(batch_id)}")

    def strict(self, batch_id: int) -> pl.DataFrame:
        """`STRICT` of the subjects that a batch stated and no later one."""
        query = f"SELECT s.* FROM strict AS s JOIN membership USING (subject_id) WHERE batch_id = {int(batch_id)}"
        return self._frame(query, tuple(STRICT))

    def strict_of(self, subjects: pl.Series) -> pl.DataFrame:
        """Which of these subjects stand in a part of their person at a stricter threshold (`STRICT`)."""
        query = f"SELECT * FROM strict WHERE subject_id IN (SELECT id FROM {self._wanted(subjects)})"
        return self._frame(query, tuple(STRICT))

    def events(self, batch_id: int) -> pl.DataFrame:
        """``kind``, ``from_person_id``, ``to_person_id``, ``subjects`` of a batch."""
        self.cursor.execute(
            "SELECT kind, replace(from_person_id::text, '-', ''), replace(to_person_id::text, '-', ''), members "
            "FROM person_event WHERE batch_id = %s ORDER BY 1, 2, 3",
            (batch_id,),
        )
        names = {"kind": pl.String, "from_person_id": pl.String, "to_person_id": pl.String, "subjects": pl.Int64}
        return pl.DataFrame(self.cursor.fetchall(), schema=names, orient="row")

    def keep_measures(self, batch_id: int, quality: bytes, shares: bytes) -> None:
        """Keep with a batch what was measured of it."""
        self.cursor.execute(
            "UPDATE batch SET quality = %s, shares = %s WHERE batch_id = %s", (quality, shares, batch_id)
        )

    def replace_strict(self, subjects: pl.Series, strict: pl.DataFrame) -> None:
        """State of these subjects anew which are in a part of their person at a stricter threshold (`STRICT`)."""
        self._delete("strict", subjects, "subject_id")
        if strict.height:
            copy_in(self.cursor, "strict", _arrays(strict.sort("subject_id", "percent"), *STRICT))

    def enter_persons(self, new: pl.Series, gone: pl.Series, batch_id: int) -> None:
        """Enter new persons (their ids) and retire those that no member is left of."""
        if len(new):
            ids = _uuids(new.unique().sort())
            copy_in(self.cursor, "person", {"person_id": ids, "batch_id": np.full(len(ids), batch_id)})
        if len(gone):
            name = temporary(self.cursor, {"id": _uuids(gone)})
            self.cursor.execute(
                f"UPDATE person SET retired_batch_id = %s WHERE person_id IN (SELECT id FROM {name})", (batch_id,)
            )

    def enter_events(self, events: pl.DataFrame, batch_id: int) -> None:
        """Record merges, splits and retirements (`persons.EVENTS`)."""
        if events.is_empty():
            return
        stated = events.select("kind", "from_person_id", "to_person_id", "members", batch_id=pl.lit(batch_id))
        with self.cursor.copy(
            "COPY person_event (kind, from_person_id, to_person_id, members, batch_id) FROM STDIN (FORMAT CSV)"
        ) as copy:
            copy.write(stated.write_csv(include_header=False))

    def _open(self, identities: pl.Series) -> None:
        unread = identities.filter(~identities.is_in(self._standard["identity_id"].implode()))
        if unread.is_empty():
            return
        with ThreadPoolExecutor(2) as threads:
            # Records are read and decrypted while those before are taken apart.
            pieces = opened.pieces(self.cursor, self.keys, unread)
            taken = [threads.submit(_taken_apart, records) for records in pieces]
        standard, numbers = zip(*(apart.result() for apart in taken), strict=True)
        self._standard = pl.concat([self._standard, *standard])
        self._opened = pl.concat([self._opened, *numbers]).unique("identity_id")

    def _is_empty(self, table: str) -> bool:
        self.cursor.execute(f"SELECT NOT EXISTS (SELECT FROM {table})")
        return self.cursor.fetchone() == (True,)

    def _frame(self, query: str, columns: tuple[str, ...]) -> pl.DataFrame:
        found = fetch(self.cursor, query, columns)
        return pl.DataFrame({name: found[name].astype(np.int64) for name in columns})

    def _wanted(self, ids: pl.Series) -> str:
        return given(self.cursor, "id", ids.unique().sort().to_numpy())

    def _delete(self, table: str, identities: pl.Series, column: str = "identity_id") -> None:
        if not self._is_empty(table):
            self.cursor.execute(f"DELETE FROM {table} WHERE {column} IN (SELECT id FROM {self._wanted(identities)})")


def _taken_apart(records: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Records in `STANDARD` form, and their `_NUMBERS`."""
    return standardise_columns(opened.columns(records)), records.select(list(_NUMBERS))


def _of(rows: pl.DataFrame, identities: pl.Series) -> pl.DataFrame:
    """The rows of these identities; all of them as they are, without a copy, where that is all."""
    if len(identities) == rows.height and identities.n_unique() == rows.height:
        wanted = rows["identity_id"].is_in(identities.implode())
        return rows if wanted.all() else rows.filter(wanted)
    return rows.filter(pl.col("identity_id").is_in(identities.implode()))


def _arrays(rows: pl.DataFrame, *columns: str) -> dict[str, npt.NDArray[np.generic]]:
    return {name: rows[name].to_numpy() for name in columns}


def _any(extracts: list[int]) -> str:
    return f"extract_id IN ({', '.join(str(int(extract)) for extract in extracts)})" if extracts else "false"


def _uuids(ids: pl.Series) -> npt.NDArray[np.void]:
    return np.frombuffer(packed(ids), dtype="V16")
