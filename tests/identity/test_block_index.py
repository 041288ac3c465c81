"""The index finds every entry under a key, be it a row or in a page, in however many runs."""

from collections.abc import Iterator

import numpy as np
import polars as pl
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from identity import block_index
from identity.block_index import ENTRIES, BlockIndex
from identity.vault import Vault

KEYS = st.integers(1, 40)


@pytest.fixture
def cursor(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Cursor]:
    """A transaction on a vault whose runs begin with ten entries and hold few in a page."""
    monkeypatch.setattr(block_index, "LARGE", 10)
    monkeypatch.setattr(block_index, "PAGE", 4)
    monkeypatch.setattr(block_index, "RUNS", 2)
    monkeypatch.setattr(block_index, "_AT_ONCE", 3)
    with vault.transaction() as cursor:
        yield cursor


def entries(keys: list[int], first_id: int) -> pl.DataFrame:
    ids = np.arange(first_id, first_id + len(keys))
    return pl.DataFrame({"identity_id": ids, "block_key": keys}, schema=ENTRIES)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=st.lists(st.lists(KEYS, max_size=30), min_size=1, max_size=6),
    wanted=st.lists(KEYS, max_size=12),
)
def test_what_is_found_is_what_was_entered(cursor: psycopg.Cursor, batches: list[list[int]], wanted: list[int]) -> None:
    index = BlockIndex(cursor)
    index.clear()
    entered = []
    for batch_id, keys in enumerate(batches, 1):
        entered.append(entries(keys, 1000 * batch_id))
        index.add(entered[-1], batch_id)
    found = index.find(pl.Series("block_key", wanted, dtype=pl.Int64))
    expected = pl.concat(entered).filter(pl.col("block_key").is_in(wanted))
    assert found.sort("identity_id").equals(expected.sort("identity_id"))


def test_many_runs_become_one(cursor: psycopg.Cursor) -> None:
    index = BlockIndex(cursor)
    for batch_id in range(1, 5):
        index.add(entries([batch_id] * 12, 100 * batch_id), batch_id)
    cursor.execute("SELECT count(*) FROM block_run")
    assert cursor.fetchone() == (2,)
    assert index.find(pl.Series([1, 4])).height == 24


def test_a_cleared_index_finds_nothing(cursor: psycopg.Cursor) -> None:
    index = BlockIndex(cursor)
    index.add(entries([7] * 15, 1), 1)
    index.add(entries([7], 100), 2)
    index.clear()
    assert index.find(pl.Series([7])).is_empty()
