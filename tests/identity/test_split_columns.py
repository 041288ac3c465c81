"""The column-wise parts of the split: texts, padding, sorting, and that the order of rows means nothing."""

import numpy as np
import polars as pl
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from identity import fields
from identity.cmac import CODE, Codes
from identity.keys import decrypt_one, encrypt_all
from identity.split import split
from identity.surrogates import sorted_codes
from identity.vault import Vault
from tests.identity.feeds import COURT, rows

ANN = {"Number": "1", "full_name": "ÅBERG, ANN", "birth_date": "1980-02-03", "state_id": "IL1"}


def test_texts_name_the_filled_fields_in_order() -> None:
    frame = rows(COURT, ANN, {"Number": "2", "sex": "F", "zip": "60601"}, {"Number": "3", "full_name": " "}, {})
    text = "birth_date=1980-02-03\x1ffull_name=ÅBERG, ANN\x1fstate_id=IL1"
    assert fields.as_text(COURT, frame).to_list() == [text, None, None, None]


def test_a_full_row_and_a_row_with_gaps_have_the_same_form() -> None:
    full = fields.as_text(COURT, rows(COURT, ANN))
    assert fields.as_text(COURT, rows(COURT, ANN, {**ANN, "birth_date": None})).to_list() == [
        full[0], "full_name=ÅBERG, ANN\x1fstate_id=IL1",
    ]  # fmt: skip


@given(st.lists(st.text(st.characters(exclude_categories=("Cc", "Cs", "Zs")), min_size=1, max_size=80), max_size=9))
def test_padded_texts_are_read_back(names: list[str]) -> None:
    found: dict[int, str] = {}
    for places, texts in fields.padded(pl.Series([f"full_name={name}" for name in names], dtype=pl.String)):
        assert texts.dtype.itemsize % 32 == 0
        found |= {
            place: fields.parsed(text)["full_name"][0] for place, text in zip(places, texts.tolist(), strict=True)
        }
    assert [found[place] for place in range(len(names))] == names


def test_a_blob_opens_for_its_owner_only() -> None:
    owners, texts = np.array([5, 6]), np.array([b"a" * 32, b"b" * 32], "V32")
    blobs = encrypt_all(b"k" * 32, owners, texts).tolist()
    opened = [
        decrypt_one(AESGCM(b"k" * 32), owner.to_bytes(8), blob) for owner, blob in zip((5, 6), blobs, strict=True)
    ]
    assert opened == texts.tolist()
    assert blobs[0][:12] != blobs[1][:12]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=12))
def test_digests_sort_by_both_halves(pairs: list[tuple[int, int]]) -> None:
    codes: Codes = np.array(pairs, CODE)
    order, first = sorted_codes(codes)
    assert codes[order].tolist() == sorted(pairs)
    assert codes[order][first].tolist() == sorted(set(pairs))


def test_the_order_of_rows_means_nothing(vault: Vault) -> None:
    people = [{**ANN, "Number": number, "full_name": name} for number in ("1", "2") for name in ("A, B", "C, D", None)]
    grouped = rows(COURT, *(person for person in people for _ in range(3)))
    mixed = grouped.sample(fraction=1, shuffle=True, seed=3)
    first = split(vault, COURT, 1, grouped, via=())
    second = split(vault, COURT, 2, mixed, via=()).sort("row_number")
    assert second.equals(first)
    assert first["subject_id"].n_unique() == 6


def test_a_later_delivery_brings_old_and_new_numbers(vault: Vault) -> None:
    first = split(vault, COURT, 1, rows(COURT, ANN), via=())
    both = split(vault, COURT, 2, rows(COURT, {**ANN, "Number": "9"}, ANN, {**ANN, "Number": "0"}), via=())
    assert both["key:court.number"][1] == first["key:court.number"][0]
    assert both["key:court.number"].n_unique() == 3
