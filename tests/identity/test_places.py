"""Ids are found where they stand, and what is connected has one label, whatever the numbers are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.connected import labels
from identity.encode import Places

IDS = st.integers(-(1 << 63), (1 << 63) - 1)


@settings(deadline=None)
@given(st.lists(IDS, unique=True, max_size=60), st.lists(IDS, max_size=20))
def test_each_id_is_found_and_no_other(ids: list[int], others: list[int]) -> None:
    wanted = [*ids, *others]
    expected = [ids.index(one) if one in ids else -1 for one in wanted]
    assert Places(np.array(ids, np.int64)).of(np.array(wanted, np.int64)).tolist() == expected


@pytest.mark.parametrize("count", [1, 7, 4_096])
def test_ids_without_gaps_are_their_own_places(count: int) -> None:
    wanted = np.array([-1, 0, count - 1, count])
    assert Places(np.arange(count)).of(wanted).tolist() == [-1, 0, count - 1, -1]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29)), max_size=60))
def test_a_label_is_the_lowest_place_that_is_connected(pairs: list[tuple[int, int]]) -> None:
    lowest = list(range(30))
    for _ in lowest:
        for one, other in pairs:
            lowest[one] = lowest[other] = min(lowest[one], lowest[other])
    ends = np.array(pairs, np.int64).reshape(-1, 2)
    assert labels(30, ends[:, 0], ends[:, 1]).tolist() == lowest


def test_a_long_chain_in_any_order_is_one_part() -> None:
    chain = np.random.default_rng(1).permutation(5_000)
    assert not labels(5_000, chain[:-1], chain[1:]).any()
