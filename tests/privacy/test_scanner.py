"""The scanner finds what it is there to find: a planted leak in each kind of store, in each disguise."""

import base64
import gzip
import hashlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import sqlalchemy as sa

from connectors.postgres import Databases
from tests.privacy import stores
from tests.privacy.canaries import Canaries, date_digits

SURNAME = "Zqxjkvalda"
SSN = b"912654387"
BIRTH = date_digits(1907, 11, 23)
CANARIES = Canaries(texts=frozenset({SURNAME}), digits=frozenset({SSN, *BIRTH}))

DISGUISES: dict[str, Callable[[], bytes]] = {
    "plain": lambda: SURNAME.encode(),
    "upper case": lambda: SURNAME.upper().encode(),
    "inside a word": lambda: f"ERR_{SURNAME}_42".encode(),
    "reversed": lambda: SURNAME[::-1].encode(),
    "utf-16, little end first": lambda: SURNAME.encode("utf-16-le"),
    "utf-16, big end first": lambda: SURNAME.encode("utf-16-be"),
    "hex": lambda: SURNAME.encode().hex().encode(),
    "base64": lambda: base64.b64encode(b"\x80\x04" + SURNAME.encode()),
    "base64 for URLs, in JSON": lambda: b'{"data": "' + base64.urlsafe_b64encode(b"?>" + SURNAME.encode()) + b'"}',
    "base64 of base64": lambda: base64.b64encode(base64.b64encode(SURNAME.encode())),
    "gzip": lambda: gzip.compress(SURNAME.encode()),
    "gzip in base64": lambda: base64.b64encode(gzip.compress(SURNAME.encode())),
    "gzip after other bytes": lambda: b"header" + gzip.compress(SURNAME.encode()),
    "unsalted SHA-256": lambda: hashlib.sha256(SURNAME.encode()).hexdigest().encode(),
    "unsalted MD5 of the SSN": lambda: hashlib.md5(SSN, usedforsecurity=False).hexdigest().encode(),
    "raw digest": lambda: b"x" + hashlib.sha256(SSN).digest(),
    "SSN with hyphens": lambda: b"ssn 912-65-4387.",
    "SSN with spaces": lambda: b"912 65 4387",
    "SSN in utf-16": lambda: SSN.decode().encode("utf-16-le"),
    "birth date, ISO": lambda: b"born 1907-11-23",
    "birth date, American": lambda: b"11/23/1907",
    "birth date, German": lambda: b"23.11.1907",
    "birth date, compact": lambda: b"19071123",
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_canary_is_seen_in_disguise(disguise: str) -> None:
    assert CANARIES.found_in(b"some bytes before " + DISGUISES[disguise]() + b" and after")


def test_innocent_bytes_raise_no_alarm() -> None:
    innocent = b"id 123456789012 on 1997-11-23, 40 rows; c29tZSBpbm5vY2VudCB0ZXh0; " + bytes(range(256)) * 50
    assert not CANARIES.found_in(innocent + gzip.compress(b"nothing to see"))


def test_a_planted_leak_is_found_in_files_and_file_names(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text(f"could not parse {SURNAME}")
    (tmp_path / f"{SURNAME}_1.csv").write_text("")
    assert len(list(stores.files(tmp_path, CANARIES))) == 2
    assert not list(stores.files(tmp_path, CANARIES, permitted=(tmp_path,)))


def test_a_planted_leak_is_found_where_blocks_of_a_large_file_meet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "_CHUNK", 1000)
    (tmp_path / "spill").write_bytes(b"." * 996 + SURNAME.encode() + b"." * 500)
    assert list(stores.files(tmp_path, CANARIES)) == ["spill"]


def test_a_planted_leak_is_found_in_sqlite(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "prefect.db") as connection:
        connection.execute("CREATE TABLE log (message TEXT)")
        connection.execute("INSERT INTO log VALUES (?)", (base64.b64encode(SURNAME.encode()).decode(),))
    connection.close()
    assert "prefect.db: log.message" in set(stores.files(tmp_path, CANARIES))


def test_a_planted_leak_is_found_in_compressed_parquet_and_duckdb(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "snapshot.duckdb")) as connection:
        connection.execute(f"CREATE TABLE event AS SELECT '{SURNAME}' AS text, i FROM range(5000) AS r(i)")
        connection.execute(f"COPY event TO '{tmp_path / 'event.parquet'}' (FORMAT parquet, COMPRESSION zstd)")
    found = set(stores.files(tmp_path, CANARIES))
    assert {"snapshot.duckdb: event.text", "event.parquet: text"} <= found


def test_a_planted_leak_is_found_in_postgresql(databases: Databases) -> None:
    engine = sa.create_engine(databases.warehouse)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE public.leak (note jsonb, raw bytea)"))
        leak = sa.text("INSERT INTO public.leak VALUES (jsonb_build_object('n', CAST(:name AS text)), :raw)")
        connection.execute(leak, {"name": SURNAME, "raw": SSN})
    try:
        assert set(stores.postgres(databases.warehouse, CANARIES)) == {"public.leak.note", "public.leak.raw"}
    finally:
        with engine.begin() as connection:
            connection.execute(sa.text("DROP TABLE public.leak"))
        engine.dispose()
