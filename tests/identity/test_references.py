"""References: known where a confirmed delivery leads from the key to somebody, and not merely where it occurs."""

from dataclasses import replace

import polars as pl
import pytest
import sqlalchemy as sa

import identity.references
from identity.keys import ProjectKey
from identity.link import link
from identity.references import resolving
from identity.split import split
from identity.vault import Vault
from schemas.contract import Column, Feed, Identify, Key, NoSubject, Refers, Text, Via
from schemas.errors import StoreError
from tests.identity.feeds import feed, rows

CHARGES = feed(
    "court",
    "charges",
    (
        Column("Case", Text(), "Case", Key("court.case"), Key("court.case_party", 1)),
        Column("Party", Text(), "Party of the case", Key("court.case_party", 2)),
        Column("Number", Text(), "Number", Key("court.number"), null=True),
        Column("Name", Text(), "Name", Identify("full_name"), null=True),
    ),
    Key("court.number"),
    ("Case", "Party"),
)
HEARINGS = feed(
    "court",
    "hearings",
    (
        Column("Case", Text(), "Case", Key("court.case"), Key("court.case_party", 1)),
        Column("Party", Text(), "Party of the case", Key("court.case_party", 2), null=True),
    ),
    Via("court.case_party"),
    ("Case", "Party"),
)
FINES = feed(
    "court",
    "fines",
    (
        Column("Number", Text(), "Number", Key("court.number"), null=True),
        Column("Case", Text(), "Case", Key("court.case")),
    ),
    Key("court.number"),
    ("Case",),
)
PARTY, CASE, NUMBER = "court.case_party", "court.case", "court.number"
CHARGED = [{"Case": f"C{n}", "Party": "1", "Number": str(n), "Name": f"SMITH, ANN{n}"} for n in range(3)]
HEARD = [{"Case": f"C{n}", "Party": party} for n in range(4) for party in "12"]


def deliver(vault: Vault, feed: Feed, extract_id: int, *records: dict[str, str], confirmed: bool = True) -> None:
    split(vault, feed, extract_id, rows(feed, *records), via={PARTY})
    if confirmed:
        vault.confirm(extract_id)


def resolved(vault: Vault, feed: Feed, *records: dict[str, str]) -> dict[str, float]:
    return resolving(vault, feed, [rows(feed, *records)])


def test_where_nothing_is_known_nothing_resolves(vault: Vault) -> None:
    assert resolved(vault, HEARINGS, *HEARD) == {PARTY: 0}


def test_a_delivery_that_refers_to_nothing_is_not_asked_about(vault: Vault) -> None:
    assert resolved(vault, CHARGES, *CHARGED) == {}
    cases = feed("court", "cases", (Column("Case", Text(), "Case", Key(CASE)),), NoSubject(), ("Case",))
    assert resolved(vault, cases, {"Case": "C1"}) == {}


def test_the_share_is_of_the_rows_whose_person_a_confirmed_delivery_names(vault: Vault) -> None:
    deliver(vault, CHARGES, 1, *CHARGED, confirmed=False)
    assert resolved(vault, HEARINGS, *HEARD) == {PARTY: 0}
    vault.confirm(1)
    assert resolved(vault, HEARINGS, *HEARD) == {PARTY: 3 / 8}
    assert resolved(vault, HEARINGS, HEARD[0], HEARD[0], HEARD[1]) == {PARTY: 2 / 3}


def test_what_was_referred_to_before_is_not_known_for_that(vault: Vault) -> None:
    deliver(vault, HEARINGS, 1, *HEARD)
    assert resolved(vault, HEARINGS, *HEARD) == {PARTY: 0}
    deliver(vault, CHARGES, 2, *CHARGED)
    assert resolved(vault, HEARINGS, *HEARD) == {PARTY: 3 / 8}


def test_what_is_linked_is_found_without_reading_all_ties(vault: Vault, project: ProjectKey) -> None:
    deliver(vault, CHARGES, 1, *CHARGED)
    link(vault, [1], project)
    with vault.engine.begin() as connection:
        connection.execute(sa.text("TRUNCATE vault.alias"))
        assert connection.scalar(sa.text("SELECT count(*) FROM vault.tie")) == 3
    fines = replace(FINES, expects=(Refers(NUMBER, 0.9),))
    assert resolved(vault, HEARINGS, *HEARD) == {PARTY: 3 / 8}
    assert resolved(vault, fines, {"Number": "2", "Case": "C1"}, {"Number": "9", "Case": "C1"}) == {NUMBER: 0.5}


def test_a_contract_may_ask_for_its_subjects_number_and_for_other_keys(vault: Vault) -> None:
    fines = replace(FINES, expects=(Refers(NUMBER, 0.9), Refers(CASE, 0.9)))
    fined = [{"Number": "1", "Case": "C1"}, {"Number": "7", "Case": "C2"}, {"Case": "C9"}]
    assert resolved(vault, fines, *fined) == {NUMBER: 0, CASE: 0}
    deliver(vault, CHARGES, 1, *CHARGED)
    deliver(vault, CHARGES, 2, {"Case": "C8", "Party": "1", "Number": "7"})
    # Case C8 names nobody under number 7, so that it leads to no person.
    assert resolved(vault, fines, *fined) == {NUMBER: 1 / 2, CASE: 2 / 3}


def test_rows_without_a_key_refer_to_nothing(vault: Vault) -> None:
    deliver(vault, CHARGES, 1, *CHARGED)
    assert resolved(vault, HEARINGS, {"Case": "C1"}, {"Case": "C2", "Party": " "}) == {PARTY: 1}
    assert resolved(vault, HEARINGS, {"Case": "C1"}, HEARD[0], {"Case": "C9", "Party": "1"}) == {PARTY: 1 / 2}
    assert resolving(vault, HEARINGS, []) == {PARTY: 1}


@pytest.mark.parametrize("size", [1, 3, 8])
def test_batches_say_what_the_whole_says(vault: Vault, size: int) -> None:
    deliver(vault, CHARGES, 1, *CHARGED)
    whole = rows(HEARINGS, *HEARD)
    batches = [whole[start : start + size] for start in range(0, whole.height, size)]
    assert resolving(vault, HEARINGS, batches)[PARTY] == pytest.approx(3 / 8)


def test_of_a_large_delivery_a_sample_is_asked_for(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity.references, "SAMPLE", 500)
    deliver(vault, CHARGES, 1, *({"Case": f"C{n}", "Party": "1", "Number": str(n)} for n in range(600)))
    many = rows(HEARINGS, *({"Case": f"C{n}", "Party": "1"} for n in range(1000)))
    some = rows(HEARINGS, {"Case": "C1", "Party": "1"})
    assert resolving(vault, HEARINGS, [many])[PARTY] == pytest.approx(0.6, abs=0.01)
    assert resolving(vault, HEARINGS, [many, *[some] * 1000])[PARTY] == pytest.approx(0.8, abs=0.01)


def test_nothing_is_left_behind_and_no_error_quotes_a_key(vault: Vault) -> None:
    deliver(vault, CHARGES, 1, *CHARGED)
    resolved(vault, HEARINGS, *HEARD)
    with vault.engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM vault.key WHERE extract_id <> 1")) == 0
    with pytest.raises(StoreError) as raised:
        resolving(vault, HEARINGS, [pl.DataFrame({"Case": ["Qvintus"]})])
    assert "Qvintus" not in str(raised.value)
    assert raised.value.__cause__ is raised.value.__context__ is None
