"""Manifests: what an agency states of its file is believed when signed, and refused with a code otherwise."""

import base64
import datetime as dt
import hashlib
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.manifest import CODES, Expected, Manifest, accept, check_rows, read_manifest
from connectors.signing import new_key, private_key, public_keys, write_manifest
from connectors.totals import Totals
from schemas.errors import DeliveryRefused, SettingsError, StoreError
from schemas.table import RawTable

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
KEYS = {"k1": KEY.public_key()}
CONTENT = b"Amount\n1.50\n2.25\n"
NAME = "Zqxjkvalda_20250601.csv"
STATED: dict[str, Any] = {
    "file": NAME,
    "sha256": hashlib.sha256(CONTENT).hexdigest(),
    "bytes": len(CONTENT),
    "rows": 2,
    "sequence": 7,
    "kind": "full",
    "agency": "metro_court",
    "feed": "metro_court_payments",
    "agreement": "metro-2025",
    "as_of": dt.date(2025, 6, 1),
    "expires": dt.date(2025, 7, 1),
    "totals": {"Amount": "3.75"},
}
EXPECTED = Expected(
    agency="metro_court", agreement="metro-2025", digest=STATED["sha256"], size=len(CONTENT),
    arrived_at=dt.datetime(2025, 7, 1, 23, 59, tzinfo=dt.UTC), name=NAME, feed="metro_court_payments",
    demanded=True, signed=True,
)  # fmt: skip


def stated(**changes: object) -> Manifest:
    return Manifest.model_validate({**STATED, **changes})


def signed(**changes: object) -> bytes:
    return stated(**changes).signed(KEY, "k1").to_bytes()


def code_of(content: bytes | None, **expected: object) -> str:
    with pytest.raises(DeliveryRefused) as refused:
        accept(content, replace(EXPECTED, **expected), KEYS)  # type: ignore[arg-type]
    assert refused.value.__context__ is None
    assert refused.value.code in CODES
    return refused.value.code


def test_what_was_signed_is_accepted() -> None:
    assert accept(signed(), EXPECTED, KEYS) == stated().signed(KEY, "k1")


def test_the_signed_form_is_written_down() -> None:
    """An agency with other tools than ours can sign: this is all there is to it."""
    text = (
        '{"agency":"metro_court","agreement":"metro-2025","as_of":"2025-06-01","bytes":17,"expires":"2025-07-01",'
        '"feed":"metro_court_payments","file":"Zqxjkvalda_20250601.csv","key":"k1","kind":"full","rows":2,'
        f'"sequence":7,"sha256":"{STATED["sha256"]}","totals":{{"Amount":"3.75"}},"version":1}}'
    )
    signature = base64.b64encode(KEY.sign(text.encode())).decode()
    with_signature = json.dumps({**json.loads(text), "signature": signature}, sort_keys=True, separators=(",", ":"))
    assert signed() == with_signature.encode() + b"\n"
    assert accept(with_signature.encode(), EXPECTED, KEYS)


@pytest.mark.parametrize(
    ("content", "expected", "code"),
    [
        (None, {}, "manifest_missing"),
        (b"", {}, "manifest_unreadable"),
        (b"{}", {}, "manifest_unreadable"),
        (b"[" * 50_000, {}, "manifest_unreadable"),
        (b"9" * 10_000, {}, "manifest_unreadable"),
        (b" " * 70_000, {}, "manifest_unreadable"),
        (b'"\\ud800"', {}, "manifest_unreadable"),
        (stated().to_bytes().replace(b'"rows":2', b'"rows":2,"rows":3'), {}, "manifest_unreadable"),
        (stated().to_bytes().replace(b'"rows":2', b'"rows":2.0'), {}, "manifest_unreadable"),
        (stated().to_bytes().replace(b'"rows":2', b'"rows":"2"'), {}, "manifest_unreadable"),
        (stated().to_bytes().replace(b'"rows":2', b'"rows":2,"colour":"red"'), {}, "manifest_unreadable"),
        (signed().replace(b",", b", ", 1), {}, "manifest_unreadable"),
        (stated().to_bytes(), {}, "manifest_unsigned"),
        (stated().signed(KEY, "k2").to_bytes(), {}, "manifest_unknown_key"),
        (stated().signed(OTHER, "k1").to_bytes(), {}, "manifest_bad_signature"),
        (signed(agency="metro_peer"), {}, "manifest_wrong_agency"),
        (signed(), {"agency": "metro_peer"}, "manifest_wrong_agency"),
        (signed(), {"name": "other.csv"}, "manifest_wrong_file"),
        (signed(), {"feed": "metro_court_charges"}, "manifest_wrong_file"),
        (signed(), {"arrived_at": dt.datetime(2025, 7, 2, tzinfo=dt.UTC)}, "manifest_expired"),
        (signed(), {"agreement": "metro-2026"}, "manifest_agreement"),
        (signed(), {"size": 18}, "manifest_bytes"),
        (signed(), {"digest": "0" * 64}, "manifest_hash"),
    ],
)
def test_each_fault_has_its_code(content: bytes | None, expected: dict[str, Any], code: str) -> None:
    assert code_of(content, **expected) == code


def test_a_manifest_is_optional_where_nobody_demands_it_but_then_it_is_right_all_the_same() -> None:
    lenient = replace(EXPECTED, demanded=False, signed=False)
    assert accept(None, lenient, {}) is None
    pretty = json.dumps(json.loads(stated().to_bytes()), indent=2).encode()
    assert accept(pretty, lenient, {}) == stated()
    with pytest.raises(DeliveryRefused, match="manifest_bad_signature"):
        accept(stated().signed(OTHER, "k1").to_bytes(), lenient, KEYS)


@given(place=st.integers(0, len(signed()) - 1), byte=st.integers(0, 255))
@settings(max_examples=400, deadline=None)
def test_any_changed_byte_of_a_signed_manifest_is_refused(place: int, byte: int) -> None:
    sound = signed()
    changed = sound[:place] + bytes([byte]) + sound[place + 1 :]
    if changed != sound:
        assert code_of(changed) in CODES


@given(cut=st.integers(0, len(signed()) - 2), added=st.binary(min_size=1, max_size=3))
@settings(deadline=None)
def test_a_manifest_cut_or_lengthened_is_refused(cut: int, added: bytes) -> None:
    code_of(signed()[:cut])
    code_of(signed() + added)
    code_of(signed()[:cut] + added + signed()[cut:])


@given(place=st.integers(0, len(CONTENT)), change=st.binary(max_size=2))
@settings(deadline=None)
def test_any_changed_byte_of_the_file_is_refused(place: int, change: bytes) -> None:
    content = CONTENT[:place] + change + CONTENT[place + 1 :]
    if content != CONTENT:
        digest = hashlib.sha256(content).hexdigest()
        assert code_of(signed(), digest=digest, size=len(content)) in {"manifest_bytes", "manifest_hash"}


@given(content=st.binary(max_size=300) | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
@settings(max_examples=300, deadline=None)
def test_no_bytes_raise_anything_but_a_refusal(content: bytes) -> None:
    code_of(content)


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
json_values = scalars | st.lists(scalars, max_size=2)


@given(changes=st.dictionaries(st.sampled_from([*STATED, "key", "signature", "version"]), json_values, min_size=1))
@settings(max_examples=300, deadline=None)
def test_no_json_raises_anything_but_a_refusal(changes: dict[str, Any]) -> None:
    sound = json.loads(signed())
    if {**sound, **changes} != sound:
        code_of(json.dumps({**sound, **changes}, sort_keys=True, separators=(",", ":")).encode())


@pytest.mark.parametrize(
    ("received", "totals", "demanded", "code", "column"),
    [
        (3, {"Amount": Decimal("3.75")}, (), "manifest_rows", None),
        (2, {"Amount": Decimal("3.76")}, (), "manifest_total", "Amount"),
        (2, {"Amount": None}, (), "manifest_total", "Amount"),
        (2, {}, (), "manifest_total", None),
        (2, {"Amount": Decimal("3.75"), "Fee": Decimal(0)}, ("Fee",), "manifest_total", "Fee"),
    ],
)
def test_rows_and_totals_are_compared(
    received: int, totals: dict[str, Decimal | None], demanded: tuple[str, ...], code: str, column: str | None
) -> None:
    with pytest.raises(DeliveryRefused) as refused:
        check_rows(stated(), received, totals, demanded)
    assert (refused.value.code, refused.value.column) == (code, column)
    check_rows(stated(), 2, {"Amount": Decimal("3.750")}, ("Amount",))


def table(*cells: str | None) -> RawTable:
    rows = pl.DataFrame({"row_number": range(len(cells)), "Amount": pl.Series(cells, dtype=pl.String)})
    return RawTable(rows, pl.DataFrame(), len(cells))


@given(numbers=st.lists(st.decimals(-(10**15), 10**15, places=4), max_size=20), cut=st.integers(0, 20))
@settings(deadline=None)
def test_totals_are_exact_however_a_file_is_cut(numbers: list[Decimal], cut: int) -> None:
    totals = Totals(["Amount"])
    texts = [f"{number:f}" for number in numbers]
    assert len(list(totals.counted([table(*texts[:cut], None, " "), table(*texts[cut:])]))) == 2
    assert totals.sums == {"Amount": sum(numbers, Decimal(0))}
    assert totals.received == len(numbers) + 2


@pytest.mark.parametrize("cell", ["1,5", "1e3", "NaN", "$1", "1.123456789", "1 2", "١"])
def test_a_cell_that_is_no_plain_number_has_no_total(cell: str) -> None:
    totals = Totals(["Amount", "Missing"])
    list(totals.counted([table("1", cell)]))
    assert totals.sums == {"Amount": None, "Missing": None}


def test_an_agency_makes_keys_and_signs_and_we_verify(tmp_path: Path) -> None:
    (tmp_path / "keys" / "metro_court").mkdir(parents=True)
    public, private = tmp_path / "keys" / "metro_court" / "k1.pem", tmp_path / "k1.private"
    new_key(private, public)
    assert (private.stat().st_mode & 0o777, public.stat().st_mode & 0o022) == (0o600, 0)
    data = tmp_path / NAME
    data.write_bytes(CONTENT)
    written = write_manifest(
        data, rows=2, agency="metro_court", agreement="metro-2025", expires=dt.date(2025, 7, 1),
        key=private_key(private), key_id="k1", totals={"Amount": "3.75"},
    )  # fmt: skip
    assert written.name == f"{NAME}.manifest.json"
    assert accept(written.read_bytes(), EXPECTED, public_keys(tmp_path / "keys", "metro_court"))
    assert public_keys(tmp_path / "keys", "metro_peer") == {}
    with pytest.raises(SettingsError):
        new_key(private, public)


def test_a_locked_key_opens_with_its_passphrase_only(tmp_path: Path) -> None:
    new_key(tmp_path / "private", tmp_path / "public", b"correct horse")
    assert private_key(tmp_path / "private", b"correct horse")
    for passphrase in (None, b"wrong"):
        with pytest.raises(SettingsError):
            private_key(tmp_path / "private", passphrase)


def test_keys_that_others_could_exchange_are_not_believed(tmp_path: Path) -> None:
    home = tmp_path / "metro_court"
    home.mkdir()
    new_key(tmp_path / "private", home / "k1.pem")
    for path, mode, sound in ((home / "k1.pem", 0o664, 0o644), (home, 0o777, 0o755)):
        path.chmod(mode)
        with pytest.raises(SettingsError):
            public_keys(tmp_path, "metro_court")
        path.chmod(sound)
    (home / "k2.pem").write_bytes((tmp_path / "private").read_bytes())
    with pytest.raises(SettingsError):
        public_keys(tmp_path, "metro_court")
    (tmp_path / "private").chmod(0o644)
    with pytest.raises(SettingsError):
        private_key(tmp_path / "private")


def test_a_manifest_that_cannot_be_written_says_no_name(tmp_path: Path) -> None:
    stating: dict[str, Any] = {"rows": 2, "agency": "a", "agreement": "b", "expires": dt.date(2025, 7, 1)}
    with pytest.raises(StoreError) as missing:
        write_manifest(tmp_path / NAME, **stating)
    (tmp_path / NAME).write_bytes(CONTENT)
    with pytest.raises(StoreError, match="rows") as impossible:
        write_manifest(tmp_path / NAME, **{**stating, "rows": -1})
    for error in (missing.value, impossible.value):
        assert "Zqxjkvalda" not in str(error)
        assert error.__context__ is None


def test_a_manifest_shows_no_name_of_a_file() -> None:
    assert "Zqxjkvalda" not in repr(read_manifest(signed())) + repr(EXPECTED)
