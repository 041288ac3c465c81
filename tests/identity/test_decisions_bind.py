"""Whatever was decided holds in every later link, and what is undone leaves no trace in who is who."""

import polars as pl
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.postgres import Databases
from identity.decisions import DECIDED, DecisionRefused, decide, undo
from identity.evidence import Evidence
from identity.keys import ProjectKey, VaultKeys
from identity.vault import Vault
from schemas.contract import Feed
from tests.identity.conftest import MASTER
from tests.identity.feeds import COURT, PROBATION
from tests.identity.town import Record, Town

ANN = {"full_name": "THORVALDSEN, ANN", "birth_date": "1980-02-03", "sex": "F"}
PEOPLE: tuple[tuple[Feed, Record], ...] = (
    (COURT, {"Number": "1", **ANN}),
    (COURT, {"Number": "1", **ANN, "zip": "60601"}),
    (COURT, {"Number": "2", "full_name": "MBEKI, BO", "birth_date": "1991-12-24"}),
    (COURT, {"Number": "3", **ANN, "state_id": "CA0012345"}),
    (PROBATION, {"Number": "1", "given_name": "Ann", "surname": "Thorvaldsen", "state_id": "CA0012345"}),
    (PROBATION, {"Number": "2", "given_name": "Ann", "surname": "Thorvaldsen", "birth_date": "1981-02-07"}),
    (PROBATION, {"Number": "3", "given_name": "Bo", "surname": "Mbeki", "birth_date": "1991-12-24"}),
)
LATER: tuple[tuple[Feed, Record], ...] = (
    (PROBATION, {"Number": "4", "given_name": "Ann", "surname": "Thorvaldsen", "birth_date": "1980-02-03"}),
    (COURT, {"Number": "2", "full_name": "MBEKI, BO", "birth_date": "1991-12-24", "zip": "60602"}),
)
Choice = tuple[int, int, bool]


def settled(databases: Databases) -> Town:
    vault = Vault(databases.vault, VaultKeys.from_master(MASTER))
    with vault.engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA IF EXISTS vault CASCADE"))
    vault.migrate()
    town = Town(vault, ProjectKey.from_master(MASTER, "test"))
    for feed, record in PEOPLE:
        town.deliver(feed, record)
    town.link()
    return town


def subject(town: Town, place: int) -> int:
    found = town.subjects[place + 1][0]
    assert found is not None
    return found


def made(town: Town, choices: list[Choice]) -> list[tuple[int, Choice]]:
    """Decide what does not contradict what was decided before."""
    numbers = []
    for left, right, together in choices:
        try:
            number = decide(town.vault, subject(town, left), subject(town, right), together, "kim", "x")
        except DecisionRefused:
            continue
        numbers.append((number, (left, right, together)))
    return numbers


def assert_holds(town: Town, decided: list[tuple[int, Choice]]) -> None:
    for _, (left, right, together) in decided:
        assert (town.who(left + 1) == town.who(right + 1)) is together


choices = st.lists(
    st.tuples(st.integers(0, len(PEOPLE) - 1), st.integers(0, len(PEOPLE) - 1), st.booleans()), min_size=1, max_size=6
)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=choices)
def test_decisions_hold_whatever_comes_and_undoing_them_restores_who_is_who(
    fresh_databases: Databases, wanted: list[Choice]
) -> None:
    town = settled(fresh_databases)
    decided = made(town, wanted)
    town.link()
    assert_holds(town, decided)
    for feed, record in LATER:
        town.deliver(feed, record)
        town.link()
        assert_holds(town, decided)
    for number, _ in decided:
        undo(town.vault, number, "kim", "x")
    town.link()
    old = set(range(1, len(PEOPLE) + 1))
    now = {frozenset(row for row in group if row[0] in old) for group in town.partition()} - {frozenset()}
    town.vault.close()
    fresh = settled(fresh_databases)
    for feed, record in LATER:
        fresh.deliver(feed, record)
    fresh.link()
    without = {frozenset(row for row in group if row[0] in old) for group in fresh.partition()} - {frozenset()}
    fresh.vault.close()
    assert now == without


def test_undoing_alone_restores_the_partition(fresh_databases: Databases) -> None:
    town = settled(fresh_databases)
    before = town.partition()
    decided = made(town, [(0, 1, False), (0, 2, True), (3, 4, False)])
    assert len(decided) == 3
    town.link()
    assert_holds(town, decided)
    assert town.partition() != before
    for number, _ in reversed(decided):
        undo(town.vault, number, "kim", "x")
    found = town.link()
    assert found is not None
    assert town.partition() == before
    assert town.link() is None
    town.vault.close()


def foreseen(town: Town, choice: Choice | None) -> set[frozenset[int]]:
    """The persons that would come of one more decision, as a reviewer is told before making it."""
    everybody = pl.Series([subject(town, place) for place in range(len(PEOPLE))])
    also = None
    if choice:
        low, high = sorted(subject(town, place) for place in choice[:2])
        also = pl.DataFrame([(low, high, choice[2])], schema=DECIDED, orient="row")
    with town.vault.transaction() as cursor:
        evidence = Evidence(cursor, town.vault.keys)
        grouped = evidence.regrouped(evidence.identities(everybody), also)
    return {frozenset(ids) for ids in grouped.group_by("group").agg("identity_id")["identity_id"].to_list()}


def present(town: Town) -> set[frozenset[int]]:
    groups = town.partition()
    return {frozenset(subject(town, extract - 1) for extract, _ in group) for group in groups}


def test_what_a_reviewer_is_told_of_a_decision_is_what_the_link_makes_of_it(fresh_databases: Databases) -> None:
    town = settled(fresh_databases)
    assert foreseen(town, None) == present(town)
    wanted: list[Choice] = [(0, 1, False), (2, 5, True), (3, 5, True), (2, 6, False)]
    for choice in wanted:
        told = foreseen(town, choice)
        assert made(town, [choice])
        town.link()
        assert present(town) == told
    town.vault.close()
