"""Dumps of a PostgreSQL database, by its own programs, as streams: nothing of them is written in clear."""

import os
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
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
    process = subprocess.Popen(
        [str(programs() / _DUMP[0]), *_DUMP[1:]],
        env=_environment(url), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        with process.stdout:
            yield process.stdout
    except BaseException:
        process.kill()
        raise
    finally:
        code = process.wait()
    if code != 0:
        raise StoreError("a database cannot be dumped (pg_dump)")


def restore(url: str, pieces: Iterable[bytes]) -> None:
    """Restore a dump into the empty database at a SQLAlchemy URL, all or nothing; what is there belongs to its role."""
    environment = _environment(url)
    process = subprocess.Popen(
        [str(programs() / _RESTORE[0]), *_RESTORE[1:], f"--dbname={environment['PGDATABASE']}"],
        env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdin is not None
    try:
        with process.stdin as stream:
            for piece in pieces:
                stream.write(piece)
    except BrokenPipeError:
        pass
    except BaseException:
        process.kill()
        raise
    finally:
        code = process.wait()
    if code != 0:
        raise StoreError("a dump cannot be restored (pg_restore)")


def _environment(url: str) -> dict[str, str]:
    """The address for libpq; a password on the command line would be shown to everybody on the machine."""
    parsed = make_url(url)
    values = {variable: getattr(parsed, name) for name, variable in _VARIABLES.items()}
    values |= {f"PG{name.upper()}": value for name, value in parsed.query.items()}
    return {"PATH": os.defpath, "LC_ALL": "C", **{name: str(value) for name, value in values.items() if value}}
