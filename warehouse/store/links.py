"""Link batches from the vault: which participant each subject is, applied once each."""

from collections.abc import Iterable
from typing import Final

import polars as pl
import pyarrow as pa
from sqlalchemy import Connection, Engine, text, update
from sqlalchemy.dialects.postgresql import insert

from warehouse.store.copy import copy
from warehouse.store.engine import valueless
from warehouse.store.ledger_tables import extract, link_batch
from warehouse.store.link_tables import EXPECTED, FROM_THE_FIRST, MAIN_THRESHOLD, link, link_quality, supersession

_STATED: Final = ("participant_key", "status", "probability", "batch_id", *EXPECTED)
_WHO: Final = ("participant_key", "status", "probability")
_ALONE: Final = "LOCK TABLE timeline.link IN SHARE ROW EXCLUSIVE MODE"
_ANY: Final = "SELECT EXISTS (SELECT FROM timeline.link)"
_STAGING: Final = "CREATE TEMP TABLE link_staging (LIKE timeline.link INCLUDING DEFAULTS) ON COMMIT DROP"


def _who(table: str) -> str:
    return f"({', '.join(f'{table}.{name}' for name in _WHO)})"


_REMEMBER: Final = f"""
INSERT INTO timeline.link_history (subject_id, threshold, {", ".join(_WHO)}, since_batch, until_batch)
SELECT old.subject_id, {MAIN_THRESHOLD}, {", ".join(f"old.{name}" for name in _WHO)},
       coalesce(old.since_batch, old.batch_id), new.batch_id
FROM timeline.link AS old JOIN link_staging AS new USING (subject_id)
WHERE old.batch_id < new.batch_id AND {_who("old")} IS DISTINCT FROM {_who("new")}
"""
_MERGE: Final = f"""
INSERT INTO timeline.link AS known (subject_id, {", ".join(_STATED)})
SELECT subject_id, {", ".join(_STATED)} FROM link_staging
ON CONFLICT (subject_id) DO UPDATE
SET {", ".join(f"{name} = excluded.{name}" for name in _STATED)},
    since_batch = CASE WHEN {_who("known")} IS NOT DISTINCT FROM {_who("excluded")}
                       THEN coalesce(known.since_batch, known.batch_id) END
WHERE known.batch_id < excluded.batch_id
"""
_STRICT: Final = "CREATE TEMP TABLE strict_staging (LIKE timeline.link_strict) ON COMMIT DROP"
_FORGET: Final = f"""
WITH forgotten AS (
    DELETE FROM timeline.link_strict AS old USING timeline.link
    WHERE link.subject_id = old.subject_id AND link.batch_id = :batch_id AND NOT EXISTS (
        SELECT FROM strict_staging AS new
        WHERE new.subject_id = old.subject_id AND new.threshold = old.threshold
          AND new.participant_key = old.participant_key)
    RETURNING old.*
)
INSERT INTO timeline.link_history (subject_id, threshold, participant_key, since_batch, until_batch)
SELECT subject_id, threshold, participant_key, coalesce(since_batch, {FROM_THE_FIRST}), :batch_id FROM forgotten
"""
_STRICT_MERGE: Final = """
INSERT INTO timeline.link_strict (subject_id, threshold, participant_key, since_batch)
SELECT new.subject_id, new.threshold, new.participant_key, link.batch_id
FROM strict_staging AS new JOIN timeline.link USING (subject_id)
WHERE link.batch_id = :batch_id
ON CONFLICT DO NOTHING
"""


@valueless
def apply(
    engine: Engine,
    batch_id: int,
    rows: pa.Table,
    model_version: str,
    extracts: Iterable[int] = (),
    *,
    strict: pa.Table | None = None,
    moves: pa.Table | None = None,
    quality: pa.Table | None = None,
    key_version: int | None = None,
) -> bool:
    """Apply a batch in one transaction; False where it was applied before.

    ``rows``: ``subject_id`` int64, ``participant_key`` (16 bytes or text of a UUID, null where the status
    assigns nobody), ``status``, ``probability``, and any of `EXPECTED`: the full statement of each subject that the
    batch touched. ``strict``: ``subject_id``, ``threshold``, ``participant_key``: where a subject of ``rows`` is
    another participant at that threshold; a subject that is not in it is nowhere another. A later batch's statement
    stands, in whatever order batches are applied; who somebody was before stays in ``link_history``. ``moves``:
    ``kind`` (`link_tables.MOVES`), ``from_key``, ``to_key`` (null where retired), ``subjects``, ``reason``.
    ``quality``: the columns of `link_tables.link_quality` from ``metric`` on, measured of what the batch touched.
    ``key_version``: of the project's key, so that keys of another one are shown to nobody. ``extracts`` are marked
    linked.
    """
    entry = {
        "batch_id": batch_id, "model_version": model_version, "subjects": rows.num_rows, "key_version": key_version,
    }  # fmt: skip
    with engine.begin() as connection:
        enter = insert(link_batch).values(entry).on_conflict_do_nothing().returning(link_batch.c.batch_id)
        if connection.scalar(enter) is None:
            return False
        _merge(connection, batch_id, rows)
        _replace_strict(connection, batch_id, strict)
        if moves is not None:
            stated = _keys_as_text(moves, "kind", "from_key", "to_key", "subjects", "reason")
            copy(connection, supersession, stated.with_columns(batch_id=pl.lit(batch_id)))
        if quality is not None:
            _enter_quality(connection, batch_id, quality)
        mark_linked(connection, extracts, batch_id)
        return True


def mark_linked(connection: Connection, extract_ids: Iterable[int], batch_id: int) -> None:
    """Note the first batch that saw each extract."""
    connection.execute(
        update(extract)
        .where(extract.c.extract_id.in_(list(extract_ids)), extract.c.link_batch.is_(None))
        .values(link_batch=batch_id)
    )


def _merge(connection: Connection, batch_id: int, rows: pa.Table) -> None:
    expected = (name for name in EXPECTED if name in rows.column_names)
    frame = _keys_as_text(rows, "subject_id", "participant_key", "status", "probability", *expected)
    stated = frame.with_columns(batch_id=pl.lit(batch_id)).sort("subject_id")
    connection.execute(text(_ALONE))
    if not connection.scalar(text(_ANY)):
        copy(connection, link, stated)
        return
    connection.execute(text(_STAGING))
    copy(connection, "link_staging", stated)
    connection.execute(text(_REMEMBER))
    connection.execute(text(_MERGE))


def _replace_strict(connection: Connection, batch_id: int, strict: pa.Table | None) -> None:
    """What stands of the stricter thresholds belongs to the same statement as what stands in ``link``."""
    batch = {"batch_id": batch_id}
    connection.execute(text(_STRICT))
    if strict is not None and strict.num_rows:
        copy(connection, "strict_staging", _keys_as_text(strict, "subject_id", "threshold", "participant_key"))
    connection.execute(text(_FORGET), batch)
    connection.execute(text(_STRICT_MERGE), batch)


def _enter_quality(connection: Connection, batch_id: int, quality: pa.Table) -> None:
    measured = ("metric", "grp", "level", "n", "value", "low", "high")
    frame = pl.DataFrame(pl.from_arrow(quality.select(measured)))
    copy(connection, link_quality, frame.with_columns(scope=pl.lit("batch"), batch_id=pl.lit(batch_id)))


def _keys_as_text(table: pa.Table, *columns: str) -> pl.DataFrame:
    """The columns of a table; keys that come as 16 bytes as their hexadecimal text."""
    frame = pl.DataFrame(pl.from_arrow(table.select(columns)))
    return frame.with_columns(pl.col(name).bin.encode("hex") for name in columns if frame.schema[name] == pl.Binary)
