"""What an order takes out of the warehouse: rows of timelines and records, who they were, and what follows from them.

The ledger then says what it would say had the files come after the order: the rows count as rejected, by the rule
`schemas.codes.EXPUNGED`. The caller says which subjects, keys and rows; nothing here knows whom they are about.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl
from sqlalchemy import Connection, Engine, text

from schemas.codes import EXPUNGED
from warehouse.store.copy import copy
from warehouse.store.engine import valueless

ROWS: Final = pl.Schema({"extract_id": pl.Int64(), "row_number": pl.Int64(), "source_key": pl.Int64()})
"""Rows of deliveries: where they stand and which record they state."""

_WAIT: Final = "SELECT extract_id FROM ledger.extract WHERE state = 'loading' FOR UPDATE"
_STAGE: Final = """
CREATE TEMP TABLE covered_row (extract_id bigint, row_number bigint, source_key bigint) ON COMMIT DROP
"""
_MOMENTS: Final = """
INSERT INTO covered_row
SELECT DISTINCT moment.extract_id, moment.row_number, moment.source_key
FROM timeline.{table} AS moment JOIN ledger.extract AS one USING (extract_id)
WHERE (moment.subject_id = ANY(:subjects) OR moment.record_id = ANY(:subjects))
  AND (CAST(:agencies AS text[]) IS NULL OR one.agency = ANY(:agencies))
"""
_TOLD: Final = """
SELECT DISTINCT id FROM (
    SELECT unnest(ARRAY[subject_id, record_id]) AS id
    FROM timeline.event JOIN covered_row USING (extract_id, source_key)
    UNION ALL
    SELECT unnest(ARRAY[subject_id, record_id]) FROM timeline.span JOIN covered_row USING (extract_id, source_key)
) AS told WHERE id IS NOT NULL
"""
_DELETE: Final = """
DELETE FROM timeline.{table} AS moment USING covered_row
WHERE covered_row.extract_id = moment.extract_id AND covered_row.source_key = moment.source_key
"""
_BLOCKS: Final = """
CREATE TEMP TABLE block_left ON COMMIT DROP AS
SELECT block.ctid AS place, block.extract_id, cardinality(block.source_keys) AS before,
       array_agg(said.source_key ORDER BY said.place) FILTER (WHERE covered.source_key IS NULL) AS source_keys,
       CASE WHEN block.versions IS NOT NULL
            THEN array_agg(said.version ORDER BY said.place) FILTER (WHERE covered.source_key IS NULL) END AS versions,
       array_agg(covered.source_key) FILTER (WHERE covered.source_key IS NOT NULL) AS gone
FROM timeline.record_block AS block,
     unnest(block.source_keys, block.versions) WITH ORDINALITY AS said(source_key, version, place)
     LEFT JOIN LATERAL (SELECT source_key FROM covered_row
                        WHERE covered_row.extract_id = block.extract_id AND covered_row.source_key = said.source_key
                        LIMIT 1) AS covered ON true
WHERE block.extract_id IN (SELECT extract_id FROM covered_row)
GROUP BY block.ctid, block.extract_id, block.source_keys, block.versions
HAVING count(covered.source_key) > 0
"""
_SHORTEN: Final = """
UPDATE timeline.record_block AS block SET source_keys = kept.source_keys, versions = kept.versions
FROM block_left AS kept WHERE kept.place = block.ctid AND kept.source_keys IS NOT NULL
"""
_EMPTY: Final = """
DELETE FROM timeline.record_block AS block USING block_left AS kept
WHERE kept.place = block.ctid AND kept.source_keys IS NULL
"""
_GONE_RECORDS: Final = "SELECT coalesce(sum(cardinality(gone)), 0) FROM block_left"
_REJECT: Final = f"""
INSERT INTO ledger.rejection (extract_id, row_number, "column", rule)
SELECT DISTINCT row.extract_id, row.row_number, NULL, '{EXPUNGED}'
FROM block_left AS block CROSS JOIN unnest(block.gone) AS gone(source_key)
JOIN covered_row AS row ON row.extract_id = block.extract_id AND row.source_key = gone.source_key
"""
_RECOUNT: Final = """
UPDATE ledger.extract AS one
SET loaded = loaded - gone.rows, rejected = rejected + gone.rows,
    receipt = receipt || jsonb_build_object('loaded', loaded - gone.rows, 'rejected', rejected + gone.rows)
FROM (SELECT extract_id, sum(cardinality(gone)) AS rows FROM block_left GROUP BY extract_id) AS gone
WHERE gone.extract_id = one.extract_id
"""
_UNTOLD: Final = """
SELECT id FROM unnest(CAST(:ids AS bigint[])) AS asked(id)
WHERE NOT EXISTS (SELECT FROM timeline.event WHERE subject_id = id)
  AND NOT EXISTS (SELECT FROM timeline.event WHERE record_id = id)
  AND NOT EXISTS (SELECT FROM timeline.span WHERE subject_id = id)
  AND NOT EXISTS (SELECT FROM timeline.span WHERE record_id = id)
"""
_KEYS: Final = """
CREATE TEMP TABLE key_gone ON COMMIT DROP AS
SELECT participant_key FROM (
    SELECT participant_key FROM timeline.link WHERE subject_id = ANY(:subjects)
    UNION SELECT participant_key FROM timeline.link_strict WHERE subject_id = ANY(:subjects)
    UNION SELECT participant_key FROM timeline.link_history WHERE subject_id = ANY(:subjects)
) AS named
WHERE participant_key IS NOT NULL
  AND participant_key NOT IN (SELECT participant_key FROM timeline.link
                              WHERE participant_key IS NOT NULL AND subject_id <> ALL(:subjects))
  AND participant_key NOT IN (SELECT participant_key FROM timeline.link_strict WHERE subject_id <> ALL(:subjects))
"""
_FORGET: Final[Mapping[str, str]] = {
    "timeline.supersession": "from_key IN (TABLE key_gone) OR to_key IN (TABLE key_gone)",
    "warehouse.outcome": "participant_key IN (TABLE key_gone)",
    "timeline.link": "subject_id = ANY(:subjects)",
    "timeline.link_strict": "subject_id = ANY(:subjects)",
    "timeline.link_history": "subject_id = ANY(:subjects)",
}
_REWRITTEN: Final = ("timeline.event", "timeline.span", "timeline.record_block", *_FORGET)
_COVERED_EXTRACTS: Final = f"""
WITH short AS (
    SELECT DISTINCT extract_id, digest FROM ledger.rejection JOIN ledger.extract USING (extract_id)
    WHERE rule = '{EXPUNGED}'
)
SELECT extract_id FROM ledger.extract AS one
WHERE expunged_at IS NULL AND state NOT IN ('landed', 'loading', 'held')
  AND (digest IN (SELECT digest FROM short) OR repeats IN (SELECT extract_id FROM short))
  AND NOT EXISTS (SELECT FROM ledger.extract AS other WHERE other.digest = one.digest
                  AND other.state IN ('landed', 'loading', 'held'))
ORDER BY extract_id
"""


@dataclass(frozen=True)
class Scope:
    """What an order takes: rows about these random ids, of these agencies or of all, and ``rows`` named one by one."""

    subjects: Sequence[int]
    agencies: Sequence[str] | None
    rows: pl.DataFrame

    @property
    def parameters(self) -> dict[str, object]:
        """As the statements have them."""
        return {"subjects": list(self.subjects), "agencies": None if self.agencies is None else list(self.agencies)}


@valueless
def told_of(engine: Engine, scope: Scope) -> tuple[int, ...]:
    """The subjects and records of which the covered rows tell."""
    with engine.begin() as connection:
        _stage(connection, scope)
        return tuple(sorted(connection.scalars(text(_TOLD))))


@valueless
def expunge(engine: Engine, scope: Scope) -> dict[str, int]:
    """Remove the covered rows and recount their extracts, in one transaction; loads under way are waited for.

    What went, by table.
    """
    with engine.begin() as connection:
        connection.execute(text(_WAIT))
        _stage(connection, scope)
        connection.execute(text(_BLOCKS))
        removed = {
            f"timeline.{table}": connection.execute(text(_DELETE.format(table=table))).rowcount
            for table in ("event", "span")
        }
        removed["timeline.record_block"] = connection.scalar(text(_GONE_RECORDS)) or 0
        for statement in (_SHORTEN, _EMPTY, _REJECT, _RECOUNT):
            connection.execute(text(statement))
    return {table: int(number) for table, number in removed.items()}


@valueless
def short_of_rows(engine: Engine) -> tuple[int, ...]:
    """The extracts of which an order has covered rows."""
    query = f"SELECT DISTINCT extract_id FROM ledger.rejection WHERE rule = '{EXPUNGED}' ORDER BY 1"
    with engine.connect() as connection:
        return tuple(connection.scalars(text(query)))


@valueless
def untold(engine: Engine, ids: Sequence[int]) -> tuple[int, ...]:
    """Of these subjects and records those of which no row tells."""
    with engine.connect() as connection:
        return tuple(connection.scalars(text(_UNTOLD), {"ids": list(ids)}))


@valueless
def forget(engine: Engine, subjects: Sequence[int]) -> dict[str, int]:
    """Remove who these subjects were, and what hangs on participants of whom nothing is left; rows by table."""
    given = {"subjects": list(subjects)}
    with engine.begin() as connection:
        connection.execute(text(_KEYS), given)
        return {
            table: connection.execute(text(f"DELETE FROM {table} WHERE {condition}"), given).rowcount
            for table, condition in _FORGET.items()
        }


@valueless
def covered_extracts(engine: Engine) -> tuple[int, ...]:
    """The ended extracts whose bytes hold what an order covers, and are still kept."""
    with engine.connect() as connection:
        return tuple(connection.scalars(text(_COVERED_EXTRACTS)))


def _stage(connection: Connection, scope: Scope) -> None:
    """Name the covered rows: those of the timelines, and those that were found in the files."""
    connection.execute(text(_STAGE))
    for table in ("event", "span"):
        connection.execute(text(_MOMENTS.format(table=table)), scope.parameters)
    if scope.rows.height:
        copy(connection, "covered_row", scope.rows.select(list(ROWS)))


@valueless
def reclaim(engine: Engine) -> None:
    """Write the tables anew, so that no page of them holds what was deleted."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in _REWRITTEN:
            connection.execute(text(f"VACUUM (FULL) {table}"))


def rows_of(found: Iterable[tuple[int, pl.DataFrame]]) -> pl.DataFrame:
    """`ROWS` of what was found in the files: extract, and a frame of ``row_number`` and ``source_key``."""
    named = (rows.with_columns(extract_id=pl.lit(extract, pl.Int64)).select(list(ROWS)) for extract, rows in found)
    return pl.concat([ROWS.to_frame(), *named])
