"""How a delivered file is written."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Delimited:
    """Delimited text. ``terminator`` None accepts LF and CRLF; ``null`` lists the texts that mean empty."""

    encoding: str = "utf-8"
    separator: str = ","
    quote: str | None = '"'
    terminator: str | None = None
    header: bool = True
    null: tuple[str, ...] = ("",)


@dataclass(frozen=True)
class Excel:
    """One sheet of an xlsx workbook, the first where ``sheet`` is None; its first row is the header."""

    sheet: str | None = None
    null: tuple[str, ...] = ("",)


@dataclass(frozen=True)
class Zip:
    """One member of a zip archive; several feeds may read members of the same delivered file."""

    member: str
    format: Delimited


Format = Delimited | Excel | Zip
