"""Bulk writing by COPY: a polars frame into a table, in the caller's transaction."""

from dataclasses import dataclass
from typing import Final, Self

import polars as pl
from sqlalchemy import Connection, Table

from warehouse.store.binary import SIGNATURE, TRAILER, encoded
from warehouse.store.engine import raw

_BLOCK_ROWS: Final = 100_000
"""Rows of one CSV block: bounds the memory that a copy takes, large enough not to show in the time."""

_QUOTE: Final = "\x01"
_DELIMITER: Final = "\x02"
"""Characters that contracts reject in cells: JSON and free text then need no quoting, which halves the time."""


def copy(connection: Connection, table: Table | str, rows: pl.DataFrame) -> None:
    """Append ``rows`` to a table by column name; a null is null, an empty text stays an empty text."""
    target = table if isinstance(table, str) else f'"{table.schema}"."{table.name}"'
    columns = ", ".join(f'"{name}"' for name in rows.columns)
    statement = f"COPY {target} ({columns}) FROM STDIN (FORMAT csv, QUOTE '{_QUOTE}', DELIMITER '{_DELIMITER}')"
    with raw(connection).cursor() as cursor, cursor.copy(statement.encode()) as sink:
        for block in rows.iter_slices(_BLOCK_ROWS):
            sink.write(block.write_csv(include_header=False, separator=_DELIMITER, quote_char=_QUOTE).encode())


@dataclass(frozen=True)
class Rows:
    """Rows of a table in PostgreSQL's binary form, ready to be sent: making them takes no connection."""

    table: Table
    columns: tuple[str, ...]
    content: tuple[memoryview, ...]

    @classmethod
    def of(cls, table: Table, rows: pl.DataFrame) -> Self:
        """The rows of a frame, whose columns are named as those of the table."""
        blocks = rows.iter_slices(_BLOCK_ROWS)
        return cls(table, tuple(rows.columns), tuple(encoded(table, block) for block in blocks))


def copy_rows(connection: Connection, rows: Rows) -> None:
    """Append rows that were made ready."""
    columns = ", ".join(f'"{name}"' for name in rows.columns)
    statement = f'COPY "{rows.table.schema}"."{rows.table.name}" ({columns}) FROM STDIN (FORMAT binary)'
    with raw(connection).cursor() as cursor, cursor.copy(statement.encode()) as sink:
        sink.write(SIGNATURE)
        for block in rows.content:
            sink.write(block)
        sink.write(TRAILER)
