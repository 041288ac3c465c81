"""The embedded server: never trusting, found again after a kill, stopped by the last to leave."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from connectors.databases import Databases, libpq
from connectors.postgres import EmbeddedServer, discard_wal, embedded_databases
from schemas.errors import StoreError

FAST = {"fsync": "off"}

OWNER = """
import sys, pathlib
from connectors.postgres import EmbeddedServer
with EmbeddedServer(pathlib.Path(sys.argv[1]), {"fsync": "off"}) as server:
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="tc-"))
    yield folder
    shutil.rmtree(folder)


def ask(url: str, query: str) -> object:
    with psycopg.connect(libpq(url), autocommit=True) as connection:
        cursor = connection.execute(query)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def start_owner(home: Path) -> subprocess.Popen[str]:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    assert owner.stdout.readline() == "ready\n"
    return owner


def close(owner: subprocess.Popen[str]) -> None:
    for stream in (owner.stdin, owner.stdout):
        if stream is not None:
            stream.close()
    owner.wait(60)


def test_each_role_comes_into_its_own_database(databases: Databases) -> None:
    who = "SELECT current_user || ' ' || regexp_replace(current_database(), '_.*', '')"
    assert ask(databases.warehouse, who) == "throughcare_loader warehouse"
    assert ask(databases.vault, who) == "throughcare_identity vault"
    assert ask(databases.analyst, who) == "throughcare_analyst warehouse"


@pytest.mark.parametrize("role", ["warehouse", "analyst"])
def test_only_identity_comes_into_the_vault(databases: Databases, role: str) -> None:
    url = getattr(databases, role).replace("/warehouse", "/vault")
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        ask(url, "SELECT 1")


def test_identity_does_not_come_into_the_warehouse(databases: Databases) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        ask(databases.vault.replace("/vault", "/warehouse"), "SELECT 1")


def test_a_wrong_or_missing_password_is_refused(databases: Databases) -> None:
    address = libpq(databases.analyst)
    before, _, after = address.partition("@")
    for credentials in ("throughcare_analyst:wrong", "throughcare_analyst", "postgres"):
        with pytest.raises(psycopg.OperationalError, match="password"):
            ask(before.split("//")[0] + "//" + credentials + "@" + after, "SELECT 1")


def test_no_rule_of_the_server_trusts_anybody(postgres: EmbeddedServer) -> None:
    methods = "SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules"
    assert ask(postgres.databases.admin, methods) == "scram-sha-256"
    assert ask(postgres.databases.admin, "SHOW listen_addresses") == ""


def test_the_analyst_only_reads(databases: Databases) -> None:
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        ask(databases.analyst, "CREATE TEMPORARY TABLE mine (a int)")


def test_passwords_show_in_no_representation_and_are_private(postgres: EmbeddedServer) -> None:
    files = list((postgres.home / "secrets").iterdir())
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert not any(path.read_text() in repr(postgres.databases) for path in files)


def test_the_servers_log_holds_no_value_of_a_row(postgres: EmbeddedServer, fresh_databases: Databases) -> None:
    with psycopg.connect(libpq(fresh_databases.warehouse), autocommit=True) as connection:
        connection.execute("CREATE TABLE person (name text PRIMARY KEY, number int)")
        connection.execute("INSERT INTO person VALUES ('Zqxjkvalda', 1)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO person VALUES (%s, 1)", ("Zqxjkvalda",))
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            connection.execute("SELECT 'Zqxjkvalda'::int")
        with pytest.raises(psycopg.errors.DataError), connection.cursor().copy("COPY person FROM STDIN") as copy:
            copy.write("x\tZqxjkvalda\n")
    assert "Zqxjkvalda" not in (postgres.data / "server.log").read_text()


def test_a_server_is_stopped_by_the_last_to_leave(home: Path) -> None:
    owner = start_owner(home)
    with EmbeddedServer(home, FAST) as guest:
        close(owner)
        assert ask(guest.databases.warehouse, "SELECT 1") == 1
    with pytest.raises(psycopg.OperationalError):
        ask(embedded_databases(home).warehouse, "SELECT 1")


@pytest.mark.parametrize("server_too", [False, True], ids=["owner killed", "owner and server killed"])
def test_after_a_kill_the_next_start_finds_the_server_and_what_it_held(home: Path, server_too: bool) -> None:
    owner = start_owner(home)
    ask(embedded_databases(home).warehouse, "CREATE TABLE kept AS SELECT 42 AS n")
    owner.kill()
    close(owner)
    if server_too:
        server = int((home / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(server, signal.SIGKILL)
    with EmbeddedServer(home, FAST) as adopted:
        assert ask(adopted.databases.warehouse, "SELECT n FROM kept") == 42
    assert not (home / "postgres" / "data" / "postmaster.pid").exists()


def test_a_deep_home_gets_a_short_socket(home: Path) -> None:
    deep = home / ("d" * 60) / ("e" * 60)
    with EmbeddedServer(deep, FAST) as server:
        assert ask(server.databases.warehouse, "SELECT 1") == 1
        assert ask(embedded_databases(deep).warehouse, "SELECT 1") == 1
        socket_folder = Path((deep / "postgres" / "socket").read_text())
    assert not socket_folder.is_relative_to(home)
    socket_folder.rmdir()


def test_lost_passwords_are_not_silently_replaced(home: Path) -> None:
    with EmbeddedServer(home, FAST):
        pass
    (home / "secrets" / "postgres.password").unlink()
    with pytest.raises(StoreError, match="passwords"), EmbeddedServer(home, FAST):
        pass


def test_what_a_kill_during_the_first_start_left_is_made_anew(home: Path) -> None:
    (home / "postgres" / "new-half" / "data").mkdir(parents=True)
    with EmbeddedServer(home, FAST) as server:
        assert ask(server.databases.vault, "SELECT 1") == 1
    assert not (home / "postgres" / "new-half").exists()


def test_a_home_without_a_server_has_no_databases(home: Path) -> None:
    with pytest.raises(StoreError):
        embedded_databases(home)


def _holding(data: Path, text: bytes) -> list[str]:
    """The files of a server's folder in whose bytes a text stands."""
    return sorted(
        str(path.relative_to(data)) for path in data.rglob("*") if path.is_file() and text in path.read_bytes()
    )


def test_what_was_deleted_is_in_no_file_of_the_server_once_tables_and_log_are_written_anew(home: Path) -> None:
    marked = b"zqxjkv deleted for good"
    with EmbeddedServer(home) as server:
        owner = server.databases.vault
        ask(owner, "CREATE TABLE told (text text)")
        for _ in range(3):
            ask(owner, f"INSERT INTO told SELECT '{marked.decode()}' FROM generate_series(1, 400000)")
            ask(server.databases.admin, "CHECKPOINT")
        ask(owner, "DELETE FROM told")
        ask(server.databases.admin, "CHECKPOINT")
        found = _holding(server.data, marked)
        assert {name.split("/")[0] for name in found} == {"base", "pg_wal"}
        ask(owner, "VACUUM FULL told")
        discard_wal(home)
        assert _holding(server.data, marked) == []
        assert ask(server.databases.admin, "SHOW wal_recycle") == "on"
