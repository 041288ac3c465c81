"""From the bytes of a file to its cells as text, by the format that the contract declares."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence

from connectors.readers.archive import member_pieces, refuse_nested
from connectors.readers.batches import Batches, together
from connectors.readers.delimited import read_delimited
from connectors.readers.excel import read_excel
from connectors.readers.fixed_width import read_fixed_width
from connectors.readers.gzip import gzip_pieces
from connectors.readers.json_lines import read_json_lines
from connectors.readers.parquet import read_parquet
from connectors.readers.portions import BATCH_BYTES
from schemas.ahead import ahead
from schemas.formats import Delimited, Excel, FixedWidth, Format, Gzip, JsonLines, Parquet, Unpacked, Zip
from schemas.table import RawTable

__all__ = ["Batches", "read", "read_batches"]


def read(content: bytes, format: Format, columns: Sequence[str] = ()) -> RawTable:
    """The cells of a delivered file, as `read_batches` gives them, in one table."""
    return together(read_batches([content], format, columns))


def read_batches(
    pieces: Iterable[bytes], format: Format, columns: Sequence[str] = (), batch_bytes: int = BATCH_BYTES
) -> Batches:
    """The cells of a delivered file in batches of about ``batch_bytes`` of text; row numbers go on through the file.

    ``columns`` name the fields of a delimited file without a header, and the keys that JSON lines may leave out.
    Nothing is stripped, guessed or typed. Reading raises `DeliveryRefused` with a closed code, and nothing else,
    whatever the bytes are; what ``pieces`` raises goes through.
    """
    match format:
        case Zip(member=member, format=inner):
            return _unpacked(member_pieces(pieces, member), "zip_nested", inner, columns, batch_bytes)
        case Gzip(format=inner):
            return _unpacked(gzip_pieces(pieces), "gzip_nested", inner, columns, batch_bytes)
        case Delimited():
            # Half of the time goes into reading, half into what is done with the cells.
            return Batches(ahead(read_delimited(pieces, format, columns, batch_bytes)), _no_digest)
        case FixedWidth():
            return Batches(read_fixed_width(pieces, format, batch_bytes), _no_digest)
        case JsonLines():
            return Batches(read_json_lines(pieces, format, columns, batch_bytes), _no_digest)
        case Excel():
            digest = hashlib.sha256()
            return Batches(read_excel(pieces, format, digest.update), digest.hexdigest)
        case Parquet():
            digest = hashlib.sha256()
            return Batches(read_parquet(pieces, format, digest.update, batch_bytes), digest.hexdigest)


def _unpacked(
    pieces: Iterator[bytes], nested: str, inner: Unpacked, columns: Sequence[str], batch_bytes: int
) -> Batches:
    """What was packed; its digest is that of its text, so that other compression of the same is recognised."""
    if isinstance(inner, Excel | Parquet):
        return read_batches(pieces, inner, columns, batch_bytes)
    digest = hashlib.sha256()
    plain = read_batches(_hashed(refuse_nested(pieces, nested), digest.update), inner, columns, batch_bytes)
    return Batches(plain, digest.hexdigest)


def _hashed(pieces: Iterable[bytes], update: Callable[[bytes], None]) -> Iterator[bytes]:
    for piece in pieces:
        update(piece)
        yield piece


def _no_digest() -> None:
    return None
