"""Publications are numbered, and each extract, batch and term knows the first that held it: so any can be told again.

The number is a logical clock. What a publication read is what it held, whatever the clocks of machines say: a
transaction that was still open when it began to read belongs to the next one.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import polars as pl
from sqlalchemy import Connection, Engine, insert, text

from warehouse.store.copy import copy
from warehouse.store.engine import valueless
from warehouse.store.tables import feed_term, publication

_LOCK: Final = 7_214_806_322
"""Advisory lock: publications take their number and begin to read one after the other."""


@dataclass(frozen=True, kw_only=True)
class Publication:
    """One publication, as table ``publication`` has it."""

    publication: int
    project: str
    version: str
    published_at: dt.datetime
    told_until: dt.date | None
    model_version: str | None
    key_version: int | None
    definition: str


@contextmanager
def numbered(engine: Engine) -> Iterator[int]:
    """The number of a new publication, which must begin to read inside the block: numbers are in order of reading."""
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        yield int(connection.execute(text("SELECT nextval('ledger.publication_number')")).scalar_one())


@valueless
def enter(
    engine: Engine, made: Publication, extracts: Iterable[int], batches: Iterable[int], terms: pl.DataFrame
) -> None:
    """Note a publication, and that it is the first that held those extracts and batches of which none is noted.

    ``terms``: feed, contract_version, kind, lag_days as this publication went by them. One transaction.
    """
    with engine.begin() as connection:
        connection.execute(insert(publication).values(vars(made)))
        for table, key, held in (("extract", "extract_id", extracts), ("link_batch", "batch_id", batches)):
            values = {"held": list(held), "number": made.publication}
            connection.execute(text(_HOLD.format(table=table, key=key)), values)
        _enter_terms(connection, made.publication, terms)


def _enter_terms(connection: Connection, number: int, terms: pl.DataFrame) -> None:
    """Close the terms that hold no more and add those that are new; a later publication's are left alone."""
    connection.execute(text("CREATE TEMP TABLE term_staging (LIKE ledger.feed_term) ON COMMIT DROP"))
    copy(connection, "term_staging", terms.with_columns(publication=pl.lit(number)))
    connection.execute(text("LOCK TABLE ledger.feed_term IN SHARE ROW EXCLUSIVE MODE"))
    connection.execute(text(_CLOSE), {"number": number})
    connection.execute(text(_ADD))


_SAME: Final = " AND ".join(
    f"one.{column.name} = other.{column.name}"
    for column in feed_term.columns
    if column.name not in ("publication", "replaced")
)
_HOLD: Final = """
UPDATE ledger.{table} SET publication = :number
WHERE {key} = ANY(:held) AND (publication IS NULL OR publication > :number)
"""
_CLOSE: Final = f"""
UPDATE ledger.feed_term AS one SET replaced = :number
WHERE one.replaced IS NULL AND one.publication < :number
  AND NOT EXISTS (SELECT FROM term_staging AS other WHERE {_SAME})
"""
_ADD: Final = f"""
INSERT INTO ledger.feed_term SELECT other.* FROM term_staging AS other
WHERE NOT EXISTS (SELECT FROM ledger.feed_term AS one WHERE one.replaced IS NULL AND {_SAME})
"""
