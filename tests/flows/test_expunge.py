"""Orders to expunge beside all else that goes on: loads, held deliveries, records, pages of digests, refusals."""

import json
import uuid
from collections.abc import Callable

import polars as pl
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from flows import expunge
from flows.certificate import is_genuine
from flows.cli import app
from flows.expunge import carry_out
from flows.link import link
from flows.once import ingest_once
from flows.stores import Stores
from flows.sweep import sweep
from flows.verify import verify
from identity import book
from identity.orders import OrderRefused, authority, order_person, order_record, orders
from schemas.failpoint import armed
from tests.flows.conftest import content, deliver

SUPERVISION, CONTACTS = "metro_probation_supervision", "metro_probation_contacts"
FIRST, SECOND = "supervision_20250601.csv", "supervision_20250608.csv"
SUPERVISION_NO = "metro_probation.supervision"
PEOPLE = content(SUPERVISION, 20)


def take(stores: Stores, name: str, cells: pl.DataFrame, feed: str = SUPERVISION) -> str:
    """How a delivery ends."""
    deliver(stores.settings, name, cells, feed)
    return [receipt.state for receipt in ingest_once(stores)][-1]


def asked(stores: Stores, query: str) -> list[tuple[object, ...]]:
    with stores.warehouse.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(query))]


def who(stores: Stores, row_number: int) -> uuid.UUID:
    """The participant of a row of the first file."""
    query = f"SELECT participant_key FROM warehouse.span WHERE row_number = {row_number} AND feed = '{SUPERVISION}'"
    return uuid.UUID(str(asked(stores, query)[0][0]))


def order(stores: Stores, key: uuid.UUID) -> int:
    return order_person(stores.vault, stores.project, key, None, "court order 7", "clerk")


def rejected(stores: Stores) -> list[tuple[object, ...]]:
    """Extract, row: what was left out by order."""
    return asked(stores, "SELECT extract_id, row_number FROM ledger.rejection WHERE rule = 'expunged' ORDER BY 1, 2")


def sound(stores: Stores) -> bool:
    return all(not one.faults for one in verify(stores))


@pytest.fixture
def loaded(stores: Stores) -> Stores:
    """Twenty people are loaded and linked; the third is the one who goes."""
    assert take(stores, FIRST, PEOPLE) == "loaded"
    link(stores)
    return stores


def test_a_held_delivery_that_names_the_person_is_refused_and_erased(loaded: Stores) -> None:
    assert take(loaded, SECOND, PEOPLE[:5]) == "held"
    order(loaded, who(loaded, 4))
    assert carry_out(loaded) == 1
    held = loaded.ledger.get(2)
    assert (held.state, held.code) == ("refused", "expunged")
    assert list(loaded.landing.digests()) == []
    assert sound(loaded)


def test_a_held_delivery_that_does_not_name_the_person_waits_on(loaded: Stores) -> None:
    assert take(loaded, SECOND, PEOPLE[:2]) == "held"
    order(loaded, who(loaded, 4))
    carry_out(loaded)
    assert loaded.ledger.get(2).state == "held"
    assert list(loaded.landing.digests()) == [loaded.ledger.get(2).digest]


def test_a_record_goes_with_all_that_carries_its_number_and_its_person_stays(stores: Stores) -> None:
    twice = pl.concat([PEOPLE, PEOPLE[2:3].with_columns(pl.lit("777").alias("Supervision No"))])
    take(stores, FIRST, twice)
    seen = content(CONTACTS, 4).with_columns(
        pl.lit(PEOPLE["Probationer ID"][2]).alias("Probationer ID"),
        pl.Series("Supervision No", ["777", "777", PEOPLE["Supervision No"][2], PEOPLE["Supervision No"][2]]),
    )
    assert take(stores, "contacts_20250601.csv", seen, CONTACTS) == "loaded"
    link(stores)
    key = who(stores, 4)
    order_record(stores.vault, SUPERVISION_NO, [" 777 "], None, "court order 8", "clerk")
    assert carry_out(stores) == 1
    assert rejected(stores) == [(1, 22), (2, 2), (2, 3)]
    link(stores)
    assert who(stores, 4) == key
    assert asked(stores, f"SELECT count(*) FROM warehouse.event WHERE participant_key = '{key}'") == [(2,)]
    assert sound(stores)
    later = pl.concat([seen, content(CONTACTS, 1, 9).with_columns(pl.lit("777").alias("Supervision No"))])
    take(stores, "contacts_20250608.csv", later, CONTACTS)
    assert rejected(stores)[3:] == [(3, 2), (3, 3), (3, 6)]


def test_a_person_whose_digests_stand_in_pages_goes_and_stays_away(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book, "MANY", 3)
    take(stores, FIRST, PEOPLE)
    link(stores)
    order(stores, who(stores, 4))
    carry_out(stores)
    (done,) = orders(stores.vault)
    assert done.removed["vault.page"] == 3
    with stores.vault.transaction() as cursor:
        cursor.execute("SELECT sum(entries) = sum((SELECT sum(length(page.entries)) / 24 FROM page WHERE "
                       "page.extract_id = page_run.extract_id AND page.namespace_id = page_run.namespace_id)) "
                       "FROM page_run")  # fmt: skip
        assert cursor.fetchone() == (True,)
    assert take(stores, SECOND, PEOPLE.with_columns(pl.lit("Parole").alias("Supervision Type"))) == "loaded"
    assert rejected(stores) == [(1, 4), (2, 4)]


def test_what_the_ledger_says_is_what_it_would_say_had_the_file_come_later(loaded: Stores) -> None:
    order(loaded, who(loaded, 4))
    carry_out(loaded)
    assert take(loaded, SECOND, PEOPLE.with_columns(pl.lit("Parole").alias("Supervision Type"))) == "loaded"
    first, second = (loaded.ledger.get(extract).counts for extract in (1, 2))
    assert first == second
    sweep(loaded)
    assert list(loaded.landing.digests()) == []


@pytest.mark.parametrize("point", ["expunge.noted", "expunge.rows", "expunge.marked", "expunge.vault"])
def test_what_was_interrupted_is_finished_by_the_next(point: str, loaded: Stores) -> None:
    order(loaded, who(loaded, 4))

    def fail(name: str) -> None:
        if name == point:
            raise KeyboardInterrupt

    with armed(fail), pytest.raises(KeyboardInterrupt):
        carry_out(loaded)
    link(loaded)
    assert rejected(loaded) == [(1, 4)]
    assert asked(loaded, "SELECT count(*) FROM timeline.link") == [(19,)]
    assert sound(loaded)


@pytest.mark.parametrize("point", ["expunge.rows", "expunge.marked", "expunge.files"])
def test_a_record_that_was_all_that_told_of_somebody_takes_them_with_it_after_a_crash_too(
    point: str, loaded: Stores
) -> None:
    order_record(loaded.vault, SUPERVISION_NO, [PEOPLE["Supervision No"][2]], None, "court order 9", "clerk")

    def fail(name: str) -> None:
        if name == point:
            raise KeyboardInterrupt

    with armed(fail), pytest.raises(KeyboardInterrupt):
        carry_out(loaded)
    link(loaded)
    with loaded.vault.transaction() as cursor:
        cursor.execute("SELECT count(*) FROM record")
        assert cursor.fetchone() == (19,)
    assert asked(loaded, "SELECT count(*) FROM timeline.link") == [(19,)]
    assert sound(loaded)


@pytest.mark.parametrize(
    "given",
    [
        lambda stores: order(stores, uuid.uuid4()),
        lambda stores: order_person(stores.vault, stores.project, who(stores, 4), ["metro_court"], "x", "y"),
        lambda stores: order_person(stores.vault, stores.project, who(stores, 4), None, " ", "y"),
        lambda stores: order_record(stores.vault, SUPERVISION_NO, ["no such number"], None, "x", "y"),
        lambda stores: order_record(stores.vault, "nobody.number", ["1"], None, "x", "y"),
        lambda stores: order_record(stores.vault, SUPERVISION_NO, [" "], None, "x", "y"),
    ],
    ids=["nobody", "not from there", "no authority", "no such record", "no such namespace", "an empty number"],
)
def test_an_order_about_nothing_is_refused(given: Callable[[Stores], int], loaded: Stores) -> None:
    with pytest.raises(OrderRefused):
        given(loaded)
    assert orders(loaded.vault) == ()
    assert carry_out(loaded) == 0


def test_the_authority_is_kept_encrypted_and_the_order_is_in_the_audit_trail(loaded: Stores) -> None:
    number = order(loaded, who(loaded, 4))
    assert authority(loaded.vault, number) == "court order 7"
    with loaded.vault.transaction() as cursor:
        cursor.execute("SELECT actor, action FROM audit ORDER BY audit_id DESC LIMIT 1")
        assert cursor.fetchone() == ("clerk", "expunge")
        cursor.execute("SELECT encode(authority, 'escape') LIKE '%%court%%' FROM expungement")
        assert cursor.fetchone() == (False,)
    assert not expunge.is_unpublished(loaded)


def test_an_order_from_the_command_line_ends_in_a_certificate_and_shows_no_number(loaded: Stores) -> None:
    settings = loaded.settings
    assert settings.master_key and settings.warehouse_url and settings.vault_url
    environment = {
        "THROUGHCARE_HOME": str(settings.home),
        "THROUGHCARE_MASTER_KEY": settings.master_key.get_secret_value(),
        "THROUGHCARE_WAREHOUSE_URL": settings.warehouse_url.get_secret_value(),
        "THROUGHCARE_VAULT_URL": settings.vault_url.get_secret_value(),
    }
    number = PEOPLE["Supervision No"][2]

    def run(*arguments: str, given: str | None = None) -> Result:
        return CliRunner().invoke(app, ["expunge", *arguments], env=environment, input=given)

    assert "Nothing was ordered" in run().stdout
    entered = ["record", SUPERVISION_NO, "--authority", "docket 5"]
    assert run(*entered, given=f"{number}\n").exit_code == 1
    done = run(*entered, "--yes", "--json", given=f"{number}\n")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout.splitlines()[-1])
    assert (said["state"], said["removed"]["timeline.span"]) == ("done", 1)
    assert is_genuine(said)
    assert number not in done.output
    assert json.loads(run("certificate", "1").stdout)["order"] == 1
    assert json.loads(run("--json").stdout)["orders"][0]["state"] == "done"
    assert "done" in run().stdout
    assert json.loads(run("finish", "--json").stdout) == {"orders": 0}
    assert run("record", "nobody.number", "--authority", "x", "--yes", given="1\n").exit_code == 2
