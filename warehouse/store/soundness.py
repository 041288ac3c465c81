"""Whether the warehouse agrees with itself: counts against rows, and every page against its checksum."""

from typing import Final

from sqlalchemy import Engine, inspect, text

from schemas.errors import StoreError
from warehouse.store.engine import valueless
from warehouse.store.metadata import SCHEMAS

IMBALANCES: Final = {
    "out of balance": "received <> loaded + rejected + duplicate + quarantined",
    "whose receipt says otherwise": "receipt IS NOT NULL AND (receipt ->> 'state', receipt ->> 'received',"
    " receipt ->> 'loaded') IS DISTINCT FROM (state, received::text, loaded::text)",
    "whose rows are not those loaded": "loaded <> (SELECT count(*) FROM timeline.record_version AS row"
    " WHERE row.extract_id = one.extract_id)",
    "whose rejections are not those counted": "state = 'loaded' AND rejected <> (SELECT count(DISTINCT row_number)"
    " FROM ledger.rejection AS row WHERE row.extract_id = one.extract_id)",
}
"""What must hold of no extract: words after a number of extracts → condition on ``one``, a row of the ledger."""


@valueless
def imbalances(engine: Engine) -> dict[str, int]:
    """What is counted wrongly, by SQL alone: kind of imbalance → extracts."""
    with engine.connect() as connection:
        return {
            what: int(connection.scalar(text(f"SELECT count(*) FROM ledger.extract AS one WHERE {condition}")) or 0)
            for what, condition in IMBALANCES.items()
        }


@valueless
def has_checksums(engine: Engine) -> bool:
    """Whether the server keeps a checksum of every page, so that a bit that flips on its disk is found."""
    with engine.connect() as connection:
        return str(connection.scalar(text("SHOW data_checksums"))) == "on"


def unreadable(engine: Engine) -> list[str]:
    """The tables that cannot be read from their first page to their last."""
    found = inspect(engine)
    tables = [f"{schema}.{name}" for schema in SCHEMAS for name in found.get_table_names(schema)]
    return [table for table in tables if not _is_readable(engine, table)]


def _is_readable(engine: Engine, table: str) -> bool:
    try:
        _read(engine, table)
    except StoreError:
        return False
    return True


@valueless
def _read(engine: Engine, table: str) -> None:
    with engine.connect() as connection:
        connection.execute(text(f"SELECT sum(length(told::text)) FROM {table} AS told"))
