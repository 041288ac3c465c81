"""Zip archives: one member, under caps, nothing on a disk."""

import io
import zipfile
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.readers import archive, read
from schemas.errors import DeliveryRefused
from schemas.formats import Delimited, Zip

CSV = b"a,b\n1,2\n"


def zipped(members: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as target:
        for name, content in members.items():
            target.writestr(name, content)
    return out.getvalue()


def client(content: bytes) -> list[tuple[object, ...]]:
    return read(content, Zip("Client.csv", Delimited())).rows.rows()


@pytest.mark.parametrize("name", ["Client.csv", "export/Client.csv"])
def test_a_member_is_read_by_its_name(name: str) -> None:
    assert client(zipped({name: CSV, "Exit.csv": b"x"})) == [(2, "1", "2")]


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"Exit.csv": CSV}, "zip_member_missing"),
        ({"a/Client.csv": CSV, "b/Client.csv": CSV}, "zip_member_missing"),
        ({"Client.csv": CSV, "../evil.csv": CSV}, "zip_path"),
        ({"Client.csv": CSV, "..\\evil.csv": CSV}, "zip_path"),
        ({"Client.csv": CSV, "/etc/passwd": CSV}, "zip_path"),
        ({"Client.csv": CSV, "C:evil": CSV}, "zip_path"),
        ({"Client.csv": CSV, "inner.zip": CSV}, "zip_nested"),
        ({"Client.csv": b"0" * 20_000_000}, "zip_bomb"),
        ({"Client.csv": CSV, **{str(number): b"" for number in range(1000)}}, "zip_bomb"),
    ],
)
def test_a_hostile_or_incomplete_archive_is_refused(members: Mapping[str, bytes], code: str) -> None:
    with pytest.raises(DeliveryRefused) as refused:
        client(zipped(members))
    assert refused.value.code == code
    assert refused.value.__context__ is None


def test_links_in_an_archive_are_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        link = zipfile.ZipInfo("Client.csv")
        link.external_attr = 0o120777 << 16
        target.writestr(link, "/etc/passwd")
    with pytest.raises(DeliveryRefused, match="zip_path"):
        client(out.getvalue())


def test_an_encrypted_archive_is_refused() -> None:
    content = bytearray(zipped({"Client.csv": CSV}))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(DeliveryRefused, match="zip_encrypted"):
        client(bytes(content))


def test_all_members_together_are_capped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive.refuse_hostile, "__defaults__", (archive.HIGHEST_RATIO, 100))
    with pytest.raises(DeliveryRefused, match="zip_bomb"):
        client(zipped({"Client.csv": CSV, "Exit.csv": bytes(99)}))


SOUND = zipped({"Client.csv": CSV * 50})


@given(place=st.integers(0, len(SOUND) - 1), byte=st.integers(0, 255), end=st.integers(0, len(SOUND)))
@settings(max_examples=300, deadline=None)
def test_a_damaged_archive_is_read_right_or_refused(place: int, byte: int, end: int) -> None:
    damaged = bytearray(SOUND)
    damaged[place] = byte
    expected = client(SOUND)
    for content in (bytes(damaged), SOUND[:end]):
        try:
            assert client(content) == expected
        except DeliveryRefused:
            continue
