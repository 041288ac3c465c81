"""The frames that pass between the rooms of the house; each is named and described once, here.

Row numbers are those a spreadsheet shows: the header line is row 1, the first row of data is row 2
(without a header the first row of data is row 1).
"""

from dataclasses import dataclass

import polars as pl

from schemas.packed import Packed

FAULTS = pl.Schema({"row_number": pl.Int64(), "column": pl.String(), "rule": pl.String()})
"""One fault of one row: where and which rule; never the value."""


def raw_column(header: str) -> str:
    """The name of the column that keeps the agency's own text of a code beside our code."""
    return f"{header} (raw)"


@dataclass(frozen=True)
class RawTable:
    """A file as text: what a reader gives and a contract judges.

    ``rows``: ``row_number`` (Int64) and one String column per delivered header, null where the cell is
    one of the format's null texts. ``faults``: rows that have no honest cells (rules ``field_count``,
    ``bad_encoding``, ``nul_byte``); they are not in ``rows``. ``received`` counts the records by a
    count of the raw bytes that is independent of the parser: ``len(rows)`` + rows in ``faults``.
    """

    rows: pl.DataFrame
    faults: pl.DataFrame
    received: int


@dataclass(frozen=True)
class Judged:
    """A file after its contract has judged it; received = accepted + rejected rows + duplicate.

    ``batches``: frames of ``row_number`` and the declared columns, the dropped ones left out, by header, in their
    types (Date → pl.Date, Integer → Int64, Decimal → Float64, Code → our code, Text → String); a kept Code
    column has the agency's own text beside it in ``raw_column(header)``. ``rejected``: `FAULTS`, one row per fault.
    ``duplicates``: row numbers of exact repetitions of an accepted record.
    """

    batches: Packed
    rejected: pl.DataFrame
    duplicates: pl.Series
    received: int

    @property
    def accepted(self) -> pl.DataFrame:
        """The accepted rows as one frame, unpacked at each call: a large file is taken batch by batch instead."""
        return self.batches.frame()

    @property
    def accepted_rows(self) -> int:
        """The number of accepted rows."""
        return self.batches.height

    @property
    def rejected_rows(self) -> int:
        """The number of distinct rejected rows."""
        return self.rejected["row_number"].n_unique()
