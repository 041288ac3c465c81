"""From the bytes of a file to its cells as text, by the format that the contract declares."""

from collections.abc import Sequence

from connectors.readers.delimited import read_delimited
from schemas.formats import Delimited, Format
from schemas.table import RawTable


def read(content: bytes, format: Format, columns: Sequence[str] = ()) -> RawTable:
    """The cells of a delivered file; ``columns`` name the fields of a delimited file without a header.

    Nothing is stripped, guessed or typed. Raises `DeliveryRefused` with a closed code, and nothing else,
    whatever the bytes are.
    """
    if isinstance(format, Delimited):
        return read_delimited(content, format, columns)
    raise NotImplementedError
