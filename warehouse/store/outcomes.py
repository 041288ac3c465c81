"""Tables that publication fills: outcomes, their rates, the quality of the linkage, the dictionary."""

from dataclasses import dataclass
from typing import Final

import polars as pl
from sqlalchemy import Engine, Table, text

from warehouse.store.copy import copy
from warehouse.store.engine import valueless
from warehouse.store.tables import dictionary, link_quality, outcome, outcome_rate, outcome_sensitivity

REFRESHED: Final[dict[str, tuple[Table, str]]] = {
    "outcome": (outcome, "true"),
    "outcome_rate": (outcome_rate, "true"),
    "outcome_sensitivity": (outcome_sensitivity, "true"),
    "link_quality": (link_quality, "scope = 'overall'"),
    "dictionary": (dictionary, "true"),
}
"""Table → which of its rows publication replaces."""


@dataclass(frozen=True)
class Replaced:
    """Which transaction wrote the rows of a table, how many, and the table's number in its database."""

    transaction: str
    rows: int
    table: int


_TRANSACTION: Final = "SELECT CAST(CAST(pg_current_xact_id() AS xid) AS text)"
_NUMBER: Final = "SELECT CAST(CAST(:name AS regclass) AS oid)"
_STANDING: Final = """
SELECT count(*) FILTER (WHERE xmin = CAST(:transaction AS xid)) = :rows AND count(*) = :rows
       AND CAST(:table AS oid) = CAST(CAST(:name AS regclass) AS oid)
FROM {name} WHERE {whose}
"""


@valueless
def replace(engine: Engine, table: str, frame: pl.DataFrame) -> Replaced:
    """Replace the rows of one of `REFRESHED` in one transaction.

    Columns go by name. Readers see the old rows until it commits and are never blocked; of two publications
    at once the second waits, or both would leave their rows.
    """
    target, whose = REFRESHED[table]
    with engine.begin() as connection:
        connection.execute(text(f"LOCK TABLE {target.fullname} IN SHARE ROW EXCLUSIVE MODE"))
        connection.execute(text(f"DELETE FROM {target.fullname} WHERE {whose}"))
        copy(connection, target, frame)
        number = connection.execute(text(_NUMBER), {"name": target.fullname}).scalar_one()
        return Replaced(connection.execute(text(_TRANSACTION)).scalar_one(), frame.height, int(number))


@valueless
def stand(engine: Engine, table: str, replaced: Replaced) -> bool:
    """Whether the rows that `replace` wrote are all that is there of the table, none of them changed since.

    Each row knows the transaction that wrote it: one that came, went or changed in another, or a warehouse that was
    restored, is found out.
    """
    target, whose = REFRESHED[table]
    query = _STANDING.format(name=target.fullname, whose=whose)
    with engine.connect() as connection:
        return bool(connection.execute(text(query), {**vars(replaced), "name": target.fullname}).scalar_one())
