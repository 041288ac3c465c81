"""AES-256-CMAC of columns against the standard's vectors and against another implementation of it."""

import polars as pl
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import given
from hypothesis import strategies as st

from identity.cmac import codes, flat, windows

KEY = bytes(range(32))


def reference(key: bytes, text: str) -> bytes:
    computed = CMAC(AES256(key))
    computed.update(text.encode())
    return computed.finalize()


def computed(key: bytes, texts: list[str]) -> list[bytes]:
    return [code.tobytes() for code in codes(key, pl.Series(texts, dtype=pl.String))]


def test_every_length_up_to_several_blocks() -> None:
    texts = ["é" * (length % 2) + "abcdefghij"[length % 10] * (length - 2 * (length % 2)) for length in range(71)]
    assert computed(KEY, texts) == [reference(KEY, text) for text in texts]


@given(st.binary(min_size=32, max_size=32), st.lists(st.text(max_size=90), max_size=12))
def test_any_texts_under_any_key(key: bytes, texts: list[str]) -> None:
    assert computed(key, texts) == [reference(key, text) for text in texts]


MESSAGE = bytes.fromhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)
NIST = {
    0: "028962f61b7bf89efc6b551f4667d983",
    16: "28a7023f452e8f82bd4bf28d8c37c35c",
    40: "aaf3d8f1de5640c232f5b169b9c911e6",
    64: "e1992190549f6ed5696a2c056c315410",
}
"""Bytes of the message → its code: NIST SP 800-38B, example D.3."""


def test_the_vectors_of_the_standard() -> None:
    key = bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
    messages = pl.Series([MESSAGE[:length] for length in NIST])
    assert [code.tobytes().hex() for code in codes(key, messages)] == list(NIST.values())


def test_more_rows_than_a_piece_and_slices_of_columns() -> None:
    texts = pl.Series([str(number) * (number % 9) for number in range(70_000)])
    whole = codes(KEY, texts)
    assert codes(KEY, texts[40_001:40_050]).tolist() == whole[40_001:40_050].tolist()
    assert whole[69_998].tobytes() == reference(KEY, texts[69_998])


def test_no_texts_and_empty_texts() -> None:
    assert computed(KEY, []) == []
    assert computed(KEY, ["", ""]) == [reference(KEY, "")] * 2


def test_windows_end_in_zeros() -> None:
    starts, content = flat(pl.Series(["ab", "", "cde"]))
    assert starts.tolist() == [0, 2, 2, 5]
    assert windows(content, 1, 5, 3).tolist() == [b"bcd", b"cde", b"de\0", b"e\0\0", b"\0\0\0"]
