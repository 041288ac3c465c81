"""Link batches from the vault: which participant each subject is, applied once each."""

from collections.abc import Iterable

import polars as pl
import pyarrow as pa
from sqlalchemy import Connection, Engine, text, update
from sqlalchemy.dialects.postgresql import insert

from warehouse.store.copy import copy
from warehouse.store.engine import valueless
from warehouse.store.ledger_tables import extract, link_batch

_STAGING = "CREATE TEMP TABLE link_staging (LIKE timeline.link INCLUDING DEFAULTS) ON COMMIT DROP"
_MERGE = """
INSERT INTO timeline.link AS known (subject_id, participant_key, status, probability, batch_id)
SELECT subject_id, participant_key, status, probability, batch_id FROM link_staging
ON CONFLICT (subject_id) DO UPDATE
SET participant_key = excluded.participant_key, status = excluded.status,
    probability = excluded.probability, batch_id = excluded.batch_id
WHERE known.batch_id < excluded.batch_id
"""


@valueless
def apply(engine: Engine, batch_id: int, rows: pa.Table, model_version: str, extracts: Iterable[int] = ()) -> bool:
    """Apply a batch in one transaction; False where it was applied before.

    ``rows``: ``subject_id`` int64, ``participant_key`` (16 bytes or text of a UUID, null where the status
    assigns nobody), ``status``, ``probability``: the full statement of each subject that the batch touched.
    A later batch's statement stands, in whatever order batches are applied. ``extracts`` are marked linked.
    """
    with engine.begin() as connection:
        entry = {"batch_id": batch_id, "model_version": model_version, "subjects": rows.num_rows}
        enter = insert(link_batch).values(entry).on_conflict_do_nothing().returning(link_batch.c.batch_id)
        if connection.scalar(enter) is None:
            return False
        _merge(connection, batch_id, rows)
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
    frame = pl.DataFrame(pl.from_arrow(rows.select(["subject_id", "participant_key", "status", "probability"])))
    key = pl.col("participant_key")
    if frame.schema["participant_key"] == pl.Binary:
        frame = frame.with_columns(key.bin.encode("hex"))
    connection.execute(text(_STAGING))
    copy(connection, "link_staging", frame.with_columns(pl.lit(batch_id).alias("batch_id")))
    connection.execute(text(_MERGE))
