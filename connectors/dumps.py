"""Dumps of a PostgreSQL database, by its own programs, as streams: nothing of them is written in clear."""

import os
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Final

from sqlalchemy.engine import make_url

from connectors.postgres import programs
from schemas.errors import StoreError

_VARIABLES: Final = {"host": "PGHOST", "port": "PGPORT", "username": "PGUSER", "password": "PGPASSWORD",
                     "database": "PGDATABASE"}  # fmt: skip
_DUMP: Final = ("pg_dump", "--format=custom", "--compress=1")
_RESTORE: Final = ("pg_restore", "--no-owner", "--exit-on-error", "--single-transaction")


@contextmanager
def dumped(url: str) -> Iterator[IO[bytes]]:
    """The dump of the database at a SQLAlchemy URL, to be read to its end inside; `StoreError` where it fails."""
    with _running(_DUMP, _environment(url), "a database cannot be dumped", stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        with process.stdout:
            yield process.stdout


def restore(url: str, pieces: Iterable[bytes]) -> None:
    """Restore a dump into the empty database at a SQLAlchemy URL, all or nothing; what is there belongs to its role."""
    environment = _environment(url)
    command = (*_RESTORE, f"--dbname={environment['PGDATABASE']}")
    with _running(command, environment, "a dump cannot be restored", stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        # A program that ends before it has read everything says why by its exit code.
        with suppress(BrokenPipeError), process.stdin as stream:
            for piece in pieces:
                stream.write(piece)


@contextmanager
def _running(
    command: tuple[str, ...],
    environment: dict[str, str],
    problem: str,
    stdin: int = subprocess.DEVNULL,
    stdout: int = subprocess.DEVNULL,
) -> Iterator[subprocess.Popen[bytes]]:
    """A program of PostgreSQL's until it ends; killed where what is done inside fails, `StoreError` where it does."""
    process = subprocess.Popen(
        [str(programs() / command[0]), *command[1:]],
        env=environment, stdin=stdin, stdout=stdout, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    except BaseException:
        process.kill()
        raise
    finally:
        code = process.wait()
    if code != 0:
        raise StoreError(f"{problem} ({command[0]})")


def _environment(url: str) -> dict[str, str]:
    """The address for libpq; a password on the command line would be shown to everybody on the machine."""
    parsed = make_url(url)
    values = {variable: getattr(parsed, name) for name, variable in _VARIABLES.items()}
    values |= {f"PG{name.upper()}": value for name, value in parsed.query.items()}
    return {"PATH": os.defpath, "LC_ALL": "C", **{name: str(value) for name, value in values.items() if value}}
