"""Tables that publication fills: outcomes, their rates, the dictionary."""

from typing import Final

import polars as pl
from sqlalchemy import Engine, Table, delete, text

from warehouse.store.copy import copy
from warehouse.store.engine import valueless
from warehouse.store.tables import dictionary, outcome, outcome_rate

_REFRESHED: Final[dict[str, Table]] = {"outcome": outcome, "outcome_rate": outcome_rate, "dictionary": dictionary}


@valueless
def replace(engine: Engine, table: str, frame: pl.DataFrame) -> None:
    """Replace the content of ``outcome``, ``outcome_rate`` or ``dictionary`` in one transaction.

    Columns go by name. Readers see the old rows until it commits and are never blocked; of two publications
    at once the second waits, or both would leave their rows.
    """
    target = _REFRESHED[table]
    with engine.begin() as connection:
        connection.execute(text(f"LOCK TABLE {target.fullname} IN SHARE ROW EXCLUSIVE MODE"))
        connection.execute(delete(target))
        copy(connection, target, frame)
