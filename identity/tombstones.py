"""Tombstones: which rows of a delivery are covered by an order to expunge, and so are not taken in again."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from identity import fields
from identity.boundary import sealed
from identity.cmac import CODE, Codes
from identity.keys import blind_keys, digests
from identity.order_tables import generation
from identity.split import identity_digests, identity_scope, key_texts, natural_texts
from identity.vault import Vault
from schemas.contract import EachRow, Feed, Key

FOUND = pl.Schema({"row_number": pl.Int64(), "source_key": pl.Int64()})
"""A covered row: where it stands, and the keyed hash of its natural key, as in content."""


@dataclass(frozen=True)
class Covered:
    """The rows that orders cover, with schema `FOUND`; ``orders``: the last order that the rows were held against."""

    rows: pl.DataFrame
    orders: int


@dataclass(frozen=True)
class _Stones:
    """Namespace (empty: sets of identifiers) → digests of what an agency may not deliver again."""

    digests: Mapping[str, Codes] = field(repr=False)
    orders: int


@sealed
def covered(vault: Vault, feed: Feed, batches: Iterable[pl.DataFrame]) -> Covered:
    """The accepted rows of a delivery that orders cover; where no order is about the feed no batch is looked at."""
    stones = _stones(vault, feed)
    found = (_covered(vault, feed, batch, stones) for batch in batches) if stones.digests else ()
    return Covered(pl.concat([FOUND.to_frame(), *found]), stones.orders)


def _stones(vault: Vault, feed: Feed) -> _Stones:
    with vault.transaction() as cursor:
        orders = generation(cursor)
        cursor.execute(
            "SELECT namespace, string_agg(uuid_send(digest), ''::bytea) FROM tombstone JOIN expungement "
            "USING (order_id) WHERE agencies IS NULL OR %s = ANY(agencies) GROUP BY namespace",
            (feed.agency,),
        )
        found = {name: np.frombuffer(bytes(packed), CODE) for name, packed in cursor.fetchall()}
    read = {"", *feed.namespaces} if isinstance(feed.subject, Key | EachRow) else set(feed.namespaces)
    return _Stones({name: codes for name, codes in found.items() if name in read}, orders)


def _covered(vault: Vault, feed: Feed, rows: pl.DataFrame, stones: _Stones) -> pl.DataFrame:
    taken = np.zeros(rows.height, bool)
    for places, codes, buried in _asked(vault, feed, rows, stones):
        taken[places[_among(codes, buried)]] = True
    hit = rows.filter(pl.Series(taken))
    keys = blind_keys(vault.keys.source, feed.name, natural_texts(feed, hit))
    return hit.select("row_number").with_columns(source_key=pl.Series(keys, dtype=pl.Int64)).cast(FOUND)


def _asked(
    vault: Vault, feed: Feed, rows: pl.DataFrame, stones: _Stones
) -> Iterator[tuple[npt.NDArray[np.intp], Codes, Codes]]:
    """Places of rows, their digests, and the tombstones that these are held against."""
    for namespace, buried in stones.digests.items():
        if namespace:
            texts = key_texts(rows, feed.namespaces[namespace])
            codes = digests(vault.keys.digest, f"key {namespace}", texts.drop_nulls())
        elif columns := fields.identifying_columns(feed):
            texts = fields.as_text(feed, rows.select(columns))
            scope, owner = identity_scope(feed, rows, natural_texts(feed, rows))
            codes = identity_digests(vault.keys.digest, owner, scope, texts)
        else:
            continue
        yield np.flatnonzero(texts.is_not_null().to_numpy()), codes, buried


def _among(codes: Codes, buried: Codes) -> npt.NDArray[np.bool_]:
    """Which of the digests are buried: by their first half, and where that is met by the whole."""
    met = np.isin(codes["high"].astype(np.uint64), buried["high"].astype(np.uint64))
    known = {code.tobytes() for code in buried}
    met[met] = [code.tobytes() in known for code in codes[met]]
    return met
