"""How a delivered file is written."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Footer:
    r"""The last ``lines`` records of a file say that it is whole.

    ``pattern`` must match them as they are written, joined by LF; its group ``rows``, where it has one, is how many
    records the file holds (header and footer are none): ``Footer(r"TRAILER\|(?P<rows>[0-9]+)")``.
    """

    pattern: str
    lines: int = 1


@dataclass(frozen=True)
class Delimited:
    """Delimited text. ``terminator`` None accepts LF and CRLF; ``null`` lists the texts that mean empty.

    The filled cells of several ``header_rows``, joined by a space, name a column. Where ``repeated`` is "number" a
    name's second column is called ``Name (2)``; otherwise a repeated name refuses the file.
    """

    encoding: str = "utf-8"
    separator: str = ","
    quote: str | None = '"'
    terminator: str | None = None
    header: bool = True
    null: tuple[str, ...] = ("",)
    header_rows: int = 1
    repeated: Literal["refuse", "number"] = "refuse"
    footer: Footer | None = None


@dataclass(frozen=True)
class FixedWidth:
    """Lines of one length, each field in its place: ``fields`` are (name, first character from 1, characters).

    A line of another length than ``record_length`` (by default the end of the last field) is a fault, and so is one
    with anything but blanks where no field is. ``header_rows`` lines at the start are passed over. ``trim`` takes the
    padding off both ends of each cell.
    """

    fields: tuple[tuple[str, int, int], ...]
    encoding: str = "utf-8"
    terminator: str | None = None
    trim: bool = True
    null: tuple[str, ...] = ("",)
    record_length: int | None = None
    header_rows: int = 0
    footer: Footer | None = None

    @property
    def length(self) -> int:
        """How many characters a record has."""
        return self.record_length or max(start + width - 1 for _, start, width in self.fields)


@dataclass(frozen=True)
class JsonLines:
    """One flat JSON object a line; its keys are the headers, a missing key and null are empty.

    Texts are decoded; numbers, true and false stay exactly as they are written.
    """

    encoding: str = "utf-8"
    null: tuple[str, ...] = ("",)


@dataclass(frozen=True)
class Excel:
    """One sheet of an xlsx workbook, the first where ``sheet`` is None.

    ``above``: the rows above the header, which are passed over; then ``header_rows`` and ``repeated`` as in
    `Delimited`.
    """

    sheet: str | None = None
    null: tuple[str, ...] = ("",)
    above: int = 0
    header_rows: int = 1
    repeated: Literal["refuse", "number"] = "refuse"


@dataclass(frozen=True)
class Parquet:
    """A Parquet file of plain columns; dates are read in ISO form, decimals exactly, booleans as TRUE and FALSE."""

    null: tuple[str, ...] = ("",)


TextFormat = Delimited | FixedWidth | JsonLines
Unpacked = TextFormat | Excel | Parquet
"""A file that is no archive."""


@dataclass(frozen=True)
class Gzip:
    """A file compressed by gzip."""

    format: Unpacked


@dataclass(frozen=True)
class Zip:
    """One member of a zip archive; several feeds may read members of the same delivered file."""

    member: str
    format: Unpacked


Format = Unpacked | Gzip | Zip
