"""Fixtures for all rooms: one embedded server a test session, whole databases or fresh ones on it."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.databases import drop_databases
from connectors.postgres import Databases, EmbeddedServer

UNSAFE_AND_FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "shared_buffers": "64MB"}
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedServer]:
    home = Path(tempfile.mkdtemp(prefix="tc-"))
    try:
        with EmbeddedServer(home, UNSAFE_AND_FAST) as server:
            yield server
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def databases(postgres: EmbeddedServer) -> Databases:
    """The warehouse and the vault of the session: what a test leaves there, the next one finds."""
    return postgres.databases


@pytest.fixture
def fresh_databases(postgres: EmbeddedServer) -> Iterator[Databases]:
    """An empty warehouse and an empty vault for one test."""
    fresh = postgres.more_databases(f"_{os.getpid()}_{next(_numbers)}")
    yield fresh
    drop_databases(fresh)
