"""Records of the vault in clear, many at once: for the linker's memory only."""

import collections
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import psycopg
import pyarrow as pa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from identity.cut import Cut
from identity.keys import NONCE_BYTES, VaultKeys, unwrap
from identity.transfer import fetch_values, given

RECORDS: Final = pl.Schema({
    "identity_id": pl.Int64(), "number_id": pl.Int64(), "rank": pl.Int64(), "agency": pl.String(), "text": pl.String(),
})  # fmt: skip
"""``number_id`` 0 where there is none; ``rank`` orders identities by content, not by arrival; ``text``: `fields`."""

FIELDS: Final = ("given_name", "middle_name", "surname", "suffix", "full_name", "birth_date", "sex", "ssn", "ssn_last4",
                 "state_id", "fbi_number", "licence", "address", "zip", "phone", "email", "vouched")  # fmt: skip
ALIASES: Final = 2
"""So many other names of a record are looked at."""

_CHUNK: Final = 100_000
"""Records that are fetched together, some 20 MB."""
_FIXED: Final = np.dtype([
    ("identity", ">i8"), ("number", ">i8"), ("rank", ">i8"), ("extract", ">i8"), ("bytes", ">i4"),
])  # fmt: skip
_PACKED: Final = """
SELECT string_agg(int8send(identity_id) || int8send(coalesce(number_id, 0))
                  || substring(uuid_send(digest) FOR 8) || int8send(extract_id) || int4send(length(blob)), ''::bytea),
       string_agg(blob, ''::bytea)
FROM record JOIN {} USING (identity_id) WHERE identity_id BETWEEN {} AND {}
"""
"""Without the bounds a merge join would read all records from the first on, for each piece."""


def read(cursor: psycopg.Cursor, keys: VaultKeys, identities: pl.Series) -> pl.DataFrame:
    """The records of these identities, schema `RECORDS`, in no order; one that was erased is left out."""
    return pl.concat([RECORDS.to_frame(), *pieces(cursor, keys, identities)])


def pieces(cursor: psycopg.Cursor, keys: VaultKeys, identities: pl.Series) -> Iterator[pl.DataFrame]:
    """What `read` gives, piece by piece; one is fetched ahead: until the last nothing else may ask the cursor."""
    for fixed, blobs, owners in _fetched(cursor, keys, identities.unique().sort().to_numpy()):
        yield pl.concat([RECORDS.to_frame(), *_decrypted(fixed, blobs, owners)])


def columns(records: pl.DataFrame) -> pl.DataFrame:
    """`RECORDS` with a column for each of `FIELDS` and ``alias_0``, ``alias_1`` in place of the text, as delivered."""
    cut = Cut(records["text"])
    values = [cut.values(name) for name in FIELDS]
    values += [cut.values("alias", place).alias(f"alias_{place}") for place in range(ALIASES)]
    return records.select("identity_id", "agency").with_columns(values)


@dataclass(frozen=True)
class _Owner:
    """The agency of an extract, and what opens its blobs."""

    agency: str
    cipher: AESGCM


_Fetched = tuple[npt.NDArray[np.void], npt.NDArray[np.uint8], Mapping[int, _Owner]]
"""Of some records what is not encrypted (`_FIXED`), the blobs one after the other, and the owners of their extracts."""


def _fetched(cursor: psycopg.Cursor, keys: VaultKeys, wanted: npt.NDArray[np.int64]) -> Iterator[_Fetched]:
    """These records (ascending ids), piece by piece; one piece is fetched ahead."""
    owners: dict[int, _Owner] = {}

    def fetch(some: npt.NDArray[np.int64]) -> _Fetched:
        name = given(cursor, "identity_id", some)
        fixed, blobs = fetch_values(cursor, _PACKED.format(name, some[0], some[-1]), 2)
        rows = np.frombuffer(fixed, _FIXED)
        for extract in np.unique(rows["extract"]).tolist():
            if extract not in owners:
                owners[extract] = _owner(cursor, keys, extract)
        return rows, np.frombuffer(blobs, np.uint8), owners

    with ThreadPoolExecutor(1) as thread:
        coming = collections.deque[Future[_Fetched]]()
        for start in range(0, len(wanted), _CHUNK):
            coming.append(thread.submit(fetch, wanted[start : start + _CHUNK]))
            if len(coming) > 1:
                yield coming.popleft().result()
        yield from (piece.result() for piece in coming)


def _owner(cursor: psycopg.Cursor, keys: VaultKeys, extract: int) -> _Owner:
    cursor.execute("SELECT agency, data_key FROM extract WHERE extract_id = %s", (extract,))
    row = cursor.fetchone()
    if row is None:
        raise KeyError(extract)
    return _Owner(row[0], AESGCM(unwrap(keys, bytes(row[1]), f"extract {extract}")))


def _decrypted(
    fixed: npt.NDArray[np.void], blobs: npt.NDArray[np.uint8], owners: Mapping[int, _Owner]
) -> Iterator[pl.DataFrame]:
    """One frame for each extract and width of blob: those are cut and joined without a loop of our own."""
    sizes = fixed["bytes"].astype(np.int64)
    begins = np.cumsum(sizes) - sizes
    # In whatever order the server found them, they come in one: sums of what is measured hang on it in the last digits.
    order = np.argsort(fixed["identity"].astype(np.int64), kind="stable")
    fixed, begins, sizes = fixed[order], begins[order], sizes[order]
    kinds = np.unique(np.stack([fixed["extract"].astype(np.int64), sizes]), axis=1)
    for extract, size in kinds.T.tolist():
        taken = np.flatnonzero((fixed["extract"] == extract) & (sizes == size))
        windows = np.ndarray((len(blobs) - size + 1,), f"V{size}", blobs.data, strides=(1,))
        cells = windows[begins[taken]].view([("nonce", f"V{NONCE_BYTES}"), ("sealed", f"V{size - NONCE_BYTES}")])
        bound = np.ascontiguousarray(fixed["identity"][taken]).view("V8")
        owner = owners[extract]
        plain = list(map(owner.cipher.decrypt, cells["nonce"].tolist(), cells["sealed"].tolist(), bound.tolist()))
        yield _frame(fixed[taken], owner.agency, plain)


def _frame(fixed: npt.NDArray[np.void], agency: str, plain: list[bytes]) -> pl.DataFrame:
    content = b"".join(plain)
    # All are of one width; Arrow would import pandas to take a list of bytes.
    starts = np.arange(len(plain) + 1) * (len(content) // len(plain))
    whole = pa.LargeStringArray.from_buffers(len(plain), pa.py_buffer(starts.data), pa.py_buffer(content))
    texts = pl.Series(whole, dtype=pl.String).str.strip_chars_end(" ")
    named = {"identity_id": "identity", "number_id": "number", "rank": "rank"}
    numbers = {name: fixed[field].astype(np.int64) for name, field in named.items()}
    return pl.DataFrame({**numbers, "text": texts}).with_columns(agency=pl.lit(agency)).select(list(RECORDS))
