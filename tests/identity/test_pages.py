"""Ids of digests in rows and pages: the same whichever way they are kept, restarted, discarded or referred to."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import numpy as np
import polars as pl
import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import identity.book
import identity.surrogates
from connectors.postgres import Databases
from identity import pages, tables, vault
from identity.book import IDENTITIES, Book, numbers
from identity.cmac import CODE, Codes
from identity.keys import VaultKeys, digests
from identity.met import Ids, Met, Part, halves
from identity.references import resolving
from identity.split import split, split_batches
from identity.surrogates import Allocation
from identity.transfer import copy_in
from identity.vault import Vault
from schemas.errors import StoreError
from tests.identity.conftest import MASTER
from tests.identity.feeds import PROBATION, rows
from tests.identity.test_references import CHARGED, CHARGES, HEARD, HEARINGS, PARTY

PEOPLE = [{"Number": f"{n}", "given_name": "ANN", "surname": f"SMITH{n}"} for n in range(40)]
_extracts = count(1)


@pytest.fixture
def paged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages for whatever brings more than five digests, of three entries on average."""
    monkeypatch.setattr(identity.book, "MANY", 5)
    monkeypatch.setattr(pages, "ENTRIES", 3)


def codes(*numbers: int) -> Codes:
    return digests(b"k" * 32, "test", pl.Series([str(number) for number in numbers], dtype=pl.String))


def counted(vault: Vault, table: str) -> int:
    with vault.engine.connect() as connection:
        return int(connection.scalar(sa.text(f"SELECT count(*) FROM vault.{table}")) or 0)


def allocated(vault: Vault, book: Book, *batches: list[int]) -> list[list[int]]:
    """The ids that one extract gets for its batches of numbers."""
    with vault.transaction() as writer, vault.transaction() as reader:
        allocation = Allocation(reader, book)
        ids = [allocation.ids(codes(*batch)).tolist() for batch in batches]
        allocation.write(writer, next(_extracts))
    return ids


def known(vault: Vault, book: Book, wanted: Codes) -> Ids:
    with vault.transaction() as cursor:
        return book.ids(cursor, wanted)


batch = st.lists(st.integers(0, 60), max_size=30)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    deliveries=st.lists(st.lists(batch, min_size=1, max_size=3), min_size=1, max_size=5), share=st.sampled_from((0, 16))
)
@pytest.mark.usefixtures("paged")
def test_ids_are_those_of_a_dictionary(
    vault: Vault, monkeypatch: pytest.MonkeyPatch, deliveries: list[list[list[int]]], share: int
) -> None:
    monkeypatch.setattr(identity.surrogates, "_SHARE", share)
    book, model = numbers(next(_extracts)), dict[int, int]()
    for delivery in deliveries:
        for asked, ids in zip(delivery, allocated(vault, book, *delivery), strict=True):
            model |= {number: id for number, id in zip(asked, ids, strict=True) if number not in model}
            assert ids == [model[number] for number in asked]
    assert len(set(model.values())) == len(model)
    assert known(vault, book, codes(*range(61))).tolist() == [model.get(number, 0) for number in range(61)]


@pytest.mark.usefixtures("paged")
def test_rows_and_several_runs_are_asked_alike(vault: Vault) -> None:
    book = numbers(1)
    first, few, second = (
        allocated(vault, book, [*range(20)]),
        allocated(vault, book, [20, 21]),
        allocated(vault, book, [*range(22, 90)]),
    )
    expected = [*first[0], *few[0], *second[0]]
    assert known(vault, book, codes(*range(90), 999)).tolist() == [*expected, 0]
    assert allocated(vault, book, [*range(90)])[0] == expected
    assert (counted(vault, "key"), counted(vault, "page_run")) == (2, 2)
    assert not known(vault, numbers(2), codes(*range(90))).any()


def test_few_keys_touch_few_pages(vault: Vault) -> None:
    many = codes(*range(60_000))
    ids = np.arange(1, 60_001)
    met = Met()
    met.add(Part.sorted(*halves(many), ids))
    with vault.transaction() as cursor:
        IDENTITIES.write(cursor, 1, met.take())
    with vault.transaction() as cursor:
        lengths = pages.runs(cursor, 0)
        found = pages.read(cursor, 0, lengths, many["high"][:5].astype(np.uint64))
        sizes = cursor.execute("SELECT max(length(entries)), avg(length(entries)) FROM page").fetchone()
    assert lengths == {10: 60_000}
    assert 5 <= len(found) < 5 * 2 * pages.ENTRIES
    assert sizes is not None
    assert sizes[0] < 8000
    assert sizes[1] < 24 * pages.ENTRIES
    assert known(vault, IDENTITIES, many[::7]).tolist() == ids[::7].tolist()


def test_digests_that_share_their_first_half_are_told_apart() -> None:
    twins = np.array([(7, low) for low in (3, 1, 2)] + [(9, 1)], CODE)
    met = Met()
    for place in range(4):
        met.add(Part.of(twins[place : place + 1], np.array([place + 1])))
    ids = np.zeros(6, np.int64)
    met.fill(ids, *halves(np.array([(7, 1), (7, 2), (7, 3), (7, 4), (8, 1), (9, 1)], CODE)))
    assert ids.tolist() == [2, 3, 1, 0, 0, 4]
    assert len(met) == len(met.take()) == 4
    assert len(met) == 0


@pytest.mark.usefixtures("paged")
def test_a_staged_extract_that_is_split_again_gets_the_same_ids(vault: Vault) -> None:
    table = rows(PROBATION, *PEOPLE)
    first = split(vault, PROBATION, 1, table, via=())
    found = [counted(vault, name) for name in ("page", "page_run", "record", "key", "record_digest")]
    assert found[1:] == [2, 40, 0, 0]
    assert split(vault, PROBATION, 1, table, via=()).equals(first)
    assert [counted(vault, name) for name in ("page", "page_run", "record", "key", "record_digest")] == found


@pytest.mark.usefixtures("paged")
@pytest.mark.parametrize("size", [1, 7, 40])
def test_batches_make_one_run(vault: Vault, size: int) -> None:
    table = rows(PROBATION, *PEOPLE)
    parts = [table[start : start + size] for start in range(0, 40, size)]
    content = pl.concat(split_batches(vault, PROBATION, 1, parts, via=()))
    assert counted(vault, "page_run") == 2
    assert split(vault, PROBATION, 2, table, via=()).equals(content)


@pytest.mark.usefixtures("paged")
def test_what_is_discarded_is_unknown_and_its_numbers_stay(vault: Vault) -> None:
    table = rows(PROBATION, *PEOPLE)
    first = split(vault, PROBATION, 1, table, via=())
    vault.discard(1)
    assert (counted(vault, "record"), counted(vault, "record_digest")) == (0, 0)
    assert counted(vault, "page_run") == 1
    again = split(vault, PROBATION, 2, table, via=())
    assert counted(vault, "record") == 40
    assert not set(again["subject_id"]) & set(first["subject_id"])
    assert again["key:probation.number"].equals(first["key:probation.number"])


@pytest.mark.usefixtures("paged")
def test_what_another_extract_carries_survives_its_first_bringer(vault: Vault) -> None:
    first = split(vault, PROBATION, 1, rows(PROBATION, *PEOPLE), via=())
    some = split(vault, PROBATION, 2, rows(PROBATION, *PEOPLE[:9]), via=())
    vault.discard(1)
    assert (counted(vault, "record"), counted(vault, "record_digest")) == (9, 9)
    assert split(vault, PROBATION, 3, rows(PROBATION, *PEOPLE[:9]), via=()).equals(some)
    vault.discard(3)
    vault.discard(2)
    assert (counted(vault, "record"), counted(vault, "record_digest"), counted(vault, "extract")) == (0, 0, 0)
    assert not set(split(vault, PROBATION, 4, rows(PROBATION, *PEOPLE), via=())["subject_id"]) & set(
        first["subject_id"]
    )


@pytest.mark.usefixtures("paged")
def test_references_are_found_in_pages_once_they_are_confirmed(vault: Vault) -> None:
    charged = [*CHARGED, *({"Case": f"D{n}", "Party": "1", "Number": f"D{n}", "Name": f"LEE, D{n}"} for n in range(20))]
    split(vault, CHARGES, 1, rows(CHARGES, *charged), via={PARTY})
    assert counted(vault, "key") == 0
    assert resolving(vault, HEARINGS, [rows(HEARINGS, *HEARD)]) == {PARTY: 0}
    vault.confirm(1)
    assert resolving(vault, HEARINGS, [rows(HEARINGS, *HEARD)]) == {PARTY: 3 / 8}


@pytest.mark.usefixtures("paged")
def test_pages_hold_no_clear_text(vault: Vault) -> None:
    split(vault, PROBATION, 1, rows(PROBATION, *PEOPLE), via=())
    with vault.engine.connect() as connection:
        entries = b"".join(map(bytes, connection.scalars(sa.text("SELECT entries FROM vault.page"))))
    assert len(entries) == 24 * 80
    assert not any(text in entries for text in (b"SMITH", b"ANN", b"534d495448"))


def test_what_goes_wrong_in_the_writing_thread_leaves_nothing(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[pl.DataFrame] = []

    def failing(cursor: psycopg.Cursor, table: str, columns: Any) -> None:
        copy_in(cursor, table, columns)
        if table == "sighting":
            raise psycopg.OperationalError("SMITH0")

    monkeypatch.setattr("identity.staging.copy_in", failing)
    table = rows(PROBATION, *PEOPLE)
    with pytest.raises(StoreError) as raised:
        taken.extend(split_batches(vault, PROBATION, 1, [table[:20], table[20:]], via=()))
    assert "SMITH" not in str(raised.value)
    assert raised.value.__cause__ is raised.value.__context__ is None
    assert len(taken) <= 1
    assert counted(vault, "extract") == counted(vault, "record") == counted(vault, "key") == 0


def test_what_goes_wrong_in_the_encrypting_thread_leaves_nothing(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> None:
        raise ValueError("SMITH0")

    monkeypatch.setattr("identity.split.encrypt_all", failing)
    table = rows(PROBATION, *PEOPLE)
    with pytest.raises(StoreError) as raised:
        list(split_batches(vault, PROBATION, 1, [table[:20], table[20:]], via=()))
    assert "SMITH" not in str(raised.value)
    assert raised.value.__cause__ is raised.value.__context__ is None
    assert counted(vault, "extract") == counted(vault, "record") == counted(vault, "sighting") == 0


def test_what_goes_wrong_with_the_last_batch_is_known_before_the_end(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> None:
        raise psycopg.OperationalError

    monkeypatch.setattr("identity.book.copy_in", failing)
    contents = split_batches(vault, PROBATION, 1, [rows(PROBATION, *PEOPLE)], via=())
    assert next(contents).height == 40
    with pytest.raises(StoreError):
        next(contents)
    assert counted(vault, "extract") == 0


@pytest.fixture
def unmigrated(bare_databases: Databases) -> Iterator[Vault]:
    unmigrated = Vault(bare_databases.vault, VaultKeys.from_master(MASTER))
    yield unmigrated
    unmigrated.close()


def migrated(unmigrated: Vault, revision: str, *, down: bool = False) -> None:
    config = Config()
    config.set_main_option("script_location", str(vault._MIGRATIONS))
    with unmigrated.engine.begin() as connection:
        connection.execute(sa.schema.CreateSchema(tables.SCHEMA, if_not_exists=True))
        config.attributes["connection"] = connection
        (command.downgrade if down else command.upgrade)(config, revision)


@pytest.mark.usefixtures("paged")
def test_an_older_vault_keeps_its_ids_and_could_go_back(unmigrated: Vault) -> None:
    migrated(unmigrated, "0002")
    one, *_ = codes(1).view("V16").tolist()
    with unmigrated.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO vault.record VALUES (11, encode(%(digest)s, 'hex')::uuid, null, 1, 2, '')", {"digest": one}
        )
    migrated(unmigrated, "0003")
    assert known(unmigrated, IDENTITIES, codes(1, 2)).tolist() == [11, 0]
    book = numbers(3)
    ids = allocated(unmigrated, book, [*range(30)])[0]
    assert (counted(unmigrated, "key"), counted(unmigrated, "page_run")) == (0, 1)
    migrated(unmigrated, "0002", down=True)
    with unmigrated.transaction() as cursor:
        assert book.ids_in_rows(cursor, codes(*range(30))).tolist() == ids
