"""Whether what a delivery refers to is known: the share of its keys that lead anywhere in the vault.

Only shares leave. Of a large delivery a sample is asked for, so that the answer costs the same whatever its size.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
import polars as pl
import psycopg

from identity import book
from identity.boundary import sealed
from identity.keys import digests
from identity.met import Ids
from identity.split import key_texts
from identity.transfer import fetch, load_temporary
from identity.vault import Vault
from schemas.contract import Feed, Key, Refers, Via

SAMPLE: Final = 20_000
"""Keys of each batch that are asked for: their share is that of all within 1 % (three standard errors)."""

_KEYS = pl.Schema({"key": pl.String(), "rows": pl.Float64()})
"""Keys as text, and the number of rows of the delivery that each of the sample stands for."""

_LINKED: Final = """
    SELECT place FROM keyed WHERE EXISTS (SELECT FROM tie WHERE alias_id = surrogate)
    UNION SELECT place FROM keyed WHERE EXISTS (SELECT FROM membership WHERE number_id = surrogate)
"""
_CONFIRMED: Final = """
    SELECT place FROM left_over JOIN alias ON alias_id = surrogate JOIN extract USING (extract_id)
    WHERE state = 'confirmed'
    UNION SELECT place FROM left_over JOIN record ON number_id = surrogate JOIN extract USING (extract_id)
    WHERE state = 'confirmed'
"""
"""Of what the linker has not seen yet: these tables have no index for it, and are read once from end to end."""


@sealed
def resolving(vault: Vault, feed: Feed, batches: Iterable[pl.DataFrame]) -> dict[str, float]:
    """Key namespace → share (0 to 1) of the rows with a key whose key is known; 1 where no row has one.

    Of the keys by which the rows' persons are found (`Via`), and of those that the contract `Refers` by. The subject's
    key is known where confirmed extracts tie it to a subject or name a person under it; any other key where one has
    brought it, be it an earlier one of the same feed. Batches of more than `SAMPLE` keys are sampled evenly.
    """
    namespaces = list(_checked(feed))
    samples = [_sampled(feed, namespaces, batch) for batch in batches] if namespaces else []
    found: dict[str, float] = {}
    for namespace in namespaces:
        keys = pl.concat([_KEYS.to_frame(), *(sample[namespace] for sample in samples)])
        found[namespace] = _share(vault, feed, namespace, keys)
    return found


def _checked(feed: Feed) -> Iterator[str]:
    """The namespaces of the keys that lead to records of other feeds."""
    via = [feed.subject.namespace] if isinstance(feed.subject, Via) else []
    stated = [expectation.namespace for expectation in feed.expectations if isinstance(expectation, Refers)]
    yield from dict.fromkeys((*via, *stated))


def _sampled(feed: Feed, namespaces: Iterable[str], batch: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Of each namespace the keys of a sample of the batch, as `_KEYS`."""
    return {namespace: _keys(batch, feed.namespaces[namespace]) for namespace in namespaces}


def _keys(batch: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    keys = key_texts(batch, columns).drop_nulls().alias("key").to_frame()
    step = -(-keys.height // SAMPLE) or 1
    counted = keys.gather_every(step).group_by("key").len("rows")
    return counted.with_columns(pl.col("rows") * (keys.height / (pl.col("rows").sum()))).cast(_KEYS)


def _share(vault: Vault, feed: Feed, namespace: str, keys: pl.DataFrame) -> float:
    rows = keys["rows"].to_numpy()
    if not rows.sum():
        return 1.0
    wanted = digests(vault.keys.digest, f"key {namespace}", keys["key"])
    with vault.transaction() as cursor:
        cursor.execute("SELECT namespace_id FROM namespace WHERE name = %s", (namespace,))
        number = cursor.fetchone()
        if number is None:
            return 0.0
        numbers = book.numbers(int(number[0]))
        led_by = isinstance(feed.subject, Key | Via) and feed.subject.namespace == namespace
        known = (
            _leading(cursor, numbers.ids(cursor, wanted)) if led_by else numbers.ids(cursor, wanted, confirmed=True) > 0
        )
    return float(rows[known].sum() / rows.sum())


def _leading(cursor: psycopg.Cursor, surrogates: Ids) -> Ids:
    """The places of the keys that lead to a subject; the surrogate of one that is not known is 0."""
    places = np.flatnonzero(surrogates)
    load_temporary(cursor, "keyed", {"place": places, "surrogate": surrogates[places]})
    linked = _places(cursor, _LINKED)
    left = np.setdiff1d(places, linked)
    if not len(left):
        return linked
    load_temporary(cursor, "left_over", {"place": left, "surrogate": surrogates[left]})
    return np.union1d(linked, _places(cursor, _CONFIRMED))


def _places(cursor: psycopg.Cursor, query: str) -> Ids:
    return fetch(cursor, query, ("place",))["place"].astype(np.int64)
