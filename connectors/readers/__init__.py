"""From the bytes of a file to its cells as text, by the format that the contract declares."""

from collections.abc import Sequence

from connectors.readers.archive import read_member
from connectors.readers.delimited import read_delimited
from connectors.readers.excel import read_excel
from schemas.formats import Delimited, Excel, Format, Zip
from schemas.table import RawTable

__all__ = ["read"]


def read(content: bytes, format: Format, columns: Sequence[str] = ()) -> RawTable:
    """The cells of a delivered file; ``columns`` name the fields of a delimited file without a header.

    Nothing is stripped, guessed or typed. Raises `DeliveryRefused` with a closed code, and nothing else,
    whatever the bytes are.
    """
    match format:
        case Delimited():
            return read_delimited(content, format, columns)
        case Excel():
            return read_excel(content, format)
        case Zip():
            return read_delimited(read_member(content, format.member), format.format, columns)
