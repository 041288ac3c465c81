"""Linking over time: batches, numbers, aliases, stable keys, the journal."""

import uuid

import polars as pl
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.postgres import Databases
from identity.keys import ProjectKey, VaultKeys
from identity.link import batch, link
from identity.vault import Vault
from schemas.contract import Column, Identify, Key, Text, Via
from tests.identity.conftest import MASTER
from tests.identity.feeds import COURT, PEER, PROBATION, feed, known_by
from tests.identity.town import Record, Town

ANN = {"full_name": "THORVALDSEN, ANN", "birth_date": "1980-02-03", "sex": "F"}
ANN_ON_PROBATION = {"given_name": "Ann", "surname": "Thorvaldsen", "birth_date": "1980-02-03", "sex": "F"}
BO = {"full_name": "MBEKI, BO", "birth_date": "1991-12-24", "sex": "M"}

CHARGES = feed(
    "court",
    "charges",
    (
        Column("Case", Text(), "Case", Key("court.case_party", 1)),
        Column("Party", Text(), "Party of the case", Key("court.case_party", 2)),
        Column("Number", Text(), "Number", Key("court.number")),
        Column("full_name", Text(), "Name", Identify("full_name")),
    ),
    Key("court.number"),
    ("Case", "Party"),
)
HEARINGS = feed(
    "court",
    "hearings",
    (
        Column("Case", Text(), "Case", Key("court.case_party", 1)),
        Column("Party", Text(), "Party of the case", Key("court.case_party", 2)),
    ),
    Via("court.case_party"),
    ("Case", "Party"),
)
VIA = {"court.case_party"}


@pytest.fixture
def town(vault: Vault, project: ProjectKey) -> Town:
    return Town(vault, project)


def test_three_agencies_that_know_different_things_meet(town: Town) -> None:
    town.deliver(COURT, {"Number": "1", **ANN, "state_id": "CA0012345"})
    town.deliver(PROBATION, {"Number": "1", **ANN_ON_PROBATION, "state_id": "CA0012345", "ssn_last4": "4321"})
    peer = {"given_name": "Annie", "surname": "Thorvaldsen", "birth_date": "1980-02-03", "phone": "312-555-0101"}
    town.deliver(PEER, {"Number": "1", **peer})
    found = town.link()
    assert found is not None
    assert found.extracts == (1, 2, 3)
    assert town.who(1) == town.who(2) == town.who(3)
    assert all(uuid.UUID(key) for key in town.who(1) if key)


def test_co_defendants_do_not_mix_and_hearings_wait_for_their_case(town: Town) -> None:
    hearings = [{"Case": "C1", "Party": "1"}, {"Case": "C1", "Party": "2"}, {"Case": "C2", "Party": "1"}]
    town.deliver(HEARINGS, *hearings, via=VIA)
    town.link()
    assert town.statuses(1) == ["waiting"] * 3
    assert town.who(1) == [None] * 3
    parties = [
        {"Case": "C1", "Party": "1", "Number": "1", "full_name": ANN["full_name"]},
        {"Case": "C1", "Party": "2", "Number": "2", "full_name": BO["full_name"]},
    ]
    town.deliver(CHARGES, *parties, via=VIA)
    town.link()
    assert town.who(1)[:2] == town.who(2)
    assert len(set(town.who(2))) == 2
    assert town.statuses(1) == ["linked", "linked", "waiting"]


def test_a_reused_number_assigns_nothing_to_anybody(town: Town) -> None:
    town.deliver(COURT, {"Number": "1", **ANN}, {"Number": "1"})
    town.link()
    assert town.who(1)[0] == town.who(1)[1]
    town.deliver(COURT, {"Number": "1", **BO})
    town.link()
    assert town.statuses(1) == ["linked", "ambiguous_subject"]
    assert town.who(1)[1] is None
    assert town.who(1)[0] != town.who(2)[0]


def test_a_number_of_one_person_with_a_changed_name_stays_one(town: Town) -> None:
    married = {**ANN, "full_name": "ROSENBERG, ANN"}
    town.deliver(COURT, {"Number": "1", **ANN}, {"Number": "1", **married}, {"Number": "1"})
    town.link()
    assert len(set(town.who(1))) == 1


def test_a_number_without_names_keeps_its_participant_when_they_arrive(town: Town) -> None:
    town.deliver(COURT, {"Number": "1"})
    town.link()
    assert town.statuses(1) == ["unlinked"]
    before = town.who(1)
    town.deliver(COURT, {"Number": "1", **ANN})
    town.link()
    assert town.statuses(1) == ["linked"]
    assert town.who(1) == before == town.who(2)


def test_a_bridge_merges_and_the_larger_person_keeps_its_key(town: Town) -> None:
    town.deliver(COURT, {"Number": "1", **ANN, "zip": "60601"}, {"Number": "1", **ANN, "zip": "60602"})
    town.deliver(PROBATION, {"Number": "7", "given_name": "Anne-Lise", "surname": "Rosenberg", "ssn_last4": "4321"})
    town.link()
    larger, smaller = town.who(1)[0], town.who(2)[0]
    assert larger != smaller
    both = {**ANN_ON_PROBATION, "alias": "Rosenberg, Anne-Lise", "ssn_last4": "4321"}
    town.deliver(PROBATION, {"Number": "7", **both})
    found = town.link()
    assert found is not None
    assert (found.merges, found.splits) == (1, 0)
    assert {*town.who(1), *town.who(2), *town.who(3)} == {larger}


def test_what_a_number_held_together_splits_when_it_turns_out_reused(town: Town) -> None:
    vague = {"Number": "1", "full_name": "SMITH, JAMES"}
    town.deliver(COURT, vague, {**vague, "zip": "60601"})
    town.link()
    assert len(set(town.who(1))) == 1
    town.deliver(COURT, {"Number": "1", **ANN})
    found = town.link()
    assert found is not None
    assert found.splits >= 1
    assert town.who(2)[0] not in town.who(1)


def test_clients_with_one_hashed_name_and_ssn_stay_apart(town: Town) -> None:
    clients = known_by("coc", "given_name", "surname", "ssn", "birth_date", "sex")
    hashed: Record = {"given_name": "a3" * 32, "surname": "b4" * 32, "ssn": "c5" * 32}
    people = [
        {"Number": str(i), **hashed, "birth_date": f"19{60 + i // 4}-0{1 + i % 2}-11", "sex": "M"} for i in range(120)
    ]
    town.deliver(clients, *people[:40])
    town.link()
    town.deliver(clients, *people[40:])
    town.link()
    assert len({*town.who(1), *town.who(2)}) == 120


def test_nothing_new_gives_no_batch(town: Town) -> None:
    town.deliver(COURT, {"Number": "1", **ANN})
    assert town.link() is not None
    assert town.link() is None


def test_only_loaded_extracts_are_linked(town: Town) -> None:
    one = town.deliver(COURT, {"Number": "1", **ANN})
    town.deliver(COURT, {"Number": "2", **BO})
    found = town.link([one])
    assert found is not None
    assert found.rows.num_rows == 1
    assert town.vault.staged() == (2,)


def test_a_batch_waits_until_the_warehouse_has_it(town: Town, project: ProjectKey) -> None:
    town.deliver(COURT, {"Number": "1", **ANN})
    made = link(town.vault, [1], project)
    assert made is not None
    (waiting,) = town.vault.pending_batches()
    assert waiting.rows.equals(made.rows)
    assert waiting.batch_id == made.batch_id
    town.vault.applied(made.batch_id)
    town.vault.applied(made.batch_id)
    assert town.vault.pending_batches() == ()


def test_projects_know_a_person_under_different_keys(town: Town) -> None:
    town.deliver(COURT, {"Number": "1", **ANN})
    made = town.link()
    assert made is not None
    other = batch(town.vault, made.batch_id, ProjectKey.from_master(MASTER, "other"))
    newer = batch(town.vault, made.batch_id, ProjectKey.from_master(MASTER, "test", version=2))
    keys = {b.rows["participant_key"][0].as_py() for b in (made, other, newer)}
    assert len(keys) == 3


PEOPLE: list[tuple[str, Record]] = [
    ("court", {"Number": "1", **ANN}),
    ("court", {"Number": "1", **ANN, "zip": "60601"}),
    ("court", {"Number": "2", **BO}),
    ("court", {"Number": "2"}),
    ("court", {"Number": "3", "full_name": "THORVALDSEN, EVA", "birth_date": "1980-02-03"}),
    ("court", {"Number": "4", "full_name": "OYELARAN, KUNLE JR", "birth_date": "1990-07-07"}),
    ("court", {"Number": "5", "full_name": "OYELARAN, KUNLE", "birth_date": "1961-01-09"}),
    ("court", {"Number": "6", **ANN, "state_id": "CA0012345"}),
    ("probation", {"Number": "1", **ANN_ON_PROBATION, "state_id": "CA0012345"}),
    ("probation", {"Number": "1", "given_name": "Kunle", "surname": "Oyelaran", "birth_date": "1990-07-07"}),
    ("probation", {"Number": "3", "given_name": "Eva", "surname": "Thorvaldsen", "birth_date": "1980-03-02"}),
    ("probation", {"Number": "4", "given_name": "Kunle", "surname": "Oyelaran", "suffix": "JR"}),
]


def partition(databases: Databases, order: list[int], cuts: set[int]) -> set[frozenset[int]]:
    """Deliver the people in an order, linking after each place in ``cuts`` and at the end."""
    vault = Vault(databases.vault, VaultKeys.from_master(MASTER))
    with vault.engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA IF EXISTS vault CASCADE"))
    vault.migrate()
    town = Town(vault, ProjectKey.from_master(MASTER, "test"))
    for step, place in enumerate(order):
        agency, record = PEOPLE[place]
        town.deliver({"court": COURT, "probation": PROBATION}[agency], record)
        if step in cuts:
            town.link()
    town.link()
    vault.close()
    return {frozenset(order[extract - 1] for extract, _ in group) for group in town.partition()}


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(len(PEOPLE))), cuts=st.sets(st.integers(0, len(PEOPLE) - 1), max_size=3))
def test_neither_order_nor_batches_change_who_is_who(
    fresh_databases: Databases, order: list[int], cuts: set[int]
) -> None:
    assert partition(fresh_databases, order, cuts) == partition(fresh_databases, list(range(len(PEOPLE))), set())


def test_the_model_is_not_taught_by_what_it_links(town: Town) -> None:
    town.deliver(COURT, *({"Number": str(i), **ANN} for i in range(5)))
    made = town.link()
    assert made is not None
    probability = pl.DataFrame(pl.from_arrow(made.rows))["probability"]
    assert probability.n_unique() == 1
