"""Tables that publication fills: outcomes, their rates, the quality of the linkage, the dictionary."""

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


@valueless
def replace(engine: Engine, table: str, frame: pl.DataFrame) -> None:
    """Replace the rows of one of `REFRESHED` in one transaction.

    Columns go by name. Readers see the old rows until it commits and are never blocked; of two publications
    at once the second waits, or both would leave their rows.
    """
    target, whose = REFRESHED[table]
    with engine.begin() as connection:
        connection.execute(text(f"LOCK TABLE {target.fullname} IN SHARE ROW EXCLUSIVE MODE"))
        connection.execute(text(f"DELETE FROM {target.fullname} WHERE {whose}"))
        copy(connection, target, frame)
