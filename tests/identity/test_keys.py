"""Ids that are drawn, and blobs that are encrypted many at a time."""

import os
from itertools import pairwise

import numpy as np
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from identity import keys
from identity.keys import NONCE_BYTES, decrypt_one, encrypt_all, random_ids


@pytest.mark.parametrize("count", [0, 1, 2, 100_000])
def test_ids_are_positive_ascending_and_never_drawn_twice(count: int) -> None:
    ids = random_ids(count)
    assert len(ids) == count
    assert all(before < after for before, after in pairwise([0, *ids.tolist()]))


def test_ids_drawn_together_lie_together_and_those_of_two_draws_apart() -> None:
    draws = [random_ids(1000) for _ in range(8)]
    assert all(ids[-1] - ids[0] < 2**53 for ids in draws)
    assert len({int(ids[0]) >> 53 for ids in draws}) > 1


def test_what_was_drawn_twice_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "_SPREAD_BITS", 10)
    ids = random_ids(1000)
    assert len(np.unique(ids)) == 1000
    assert ids.min() > 0


def test_no_id_is_zero_even_at_the_bottom_of_the_range(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "_SPREAD_BITS", 3)
    genuine, first = os.urandom, iter([bytes(8)])
    monkeypatch.setattr(os, "urandom", lambda size: next(first, None) or genuine(size))
    assert random_ids(7).tolist() == [1, 2, 3, 4, 5, 6, 7]


def test_each_text_of_many_is_encrypted_under_a_nonce_of_its_own_and_for_its_owner_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keys, "_UNBROKEN", 7)
    key, owners = bytes(range(32)), np.arange(1, 31)
    texts = [f"{place:032}".encode() for place in range(30)]
    blobs = [bytes(blob) for blob in encrypt_all(key, owners, np.array(texts, "S32").view("V32")).tolist()]
    cipher, bound = AESGCM(key), [int(owner).to_bytes(8, "big") for owner in owners]
    assert [decrypt_one(cipher, owner, blob) for owner, blob in zip(bound, blobs, strict=True)] == texts
    assert len({blob[:NONCE_BYTES] for blob in blobs}) == 30
    with pytest.raises(InvalidTag):
        decrypt_one(cipher, bound[0], blobs[1])
