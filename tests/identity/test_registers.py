"""Feeds that hold each person once, and a model for a population of another size."""

import random
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from identity import basis
from identity import model as models
from identity.clusters import DECIDED, IDENTITIES, group
from identity.compare import SCORED
from identity.keys import ProjectKey
from identity.link import is_due
from identity.model import parse, shipped
from identity.registers import HELD, barred
from identity.vault import Vault
from schemas.codes import Identifier
from schemas.contract import EachRow
from schemas.errors import ContractError
from schemas.specification import specification
from tests.identity.feeds import known_by
from tests.identity.test_regroup import RECORDS, emptied, empty, small_limits
from tests.identity.town import Record, Town

__all__ = ["emptied", "small_limits"]

FIELDS: tuple[Identifier, ...] = ("given_name", "surname", "suffix", "birth_date", "sex", "state_id", "phone", "zip")
JAIL = replace(known_by("jail", *FIELDS), register=True)
PRISON = replace(known_by("prison", *FIELDS), register=True)
CLINIC = known_by("clinic", *FIELDS)
ANN: Record = {"given_name": "Ann", "surname": "Thorvaldsen", "birth_date": "1980-02-03", "sex": "F", "zip": "60601"}


@pytest.fixture
def town(vault: Vault, project: ProjectKey) -> Town:
    return Town(vault, project)


def grouped(
    *pairs: tuple[int, int, float], numbers: dict[int, int], decided: tuple[tuple[int, int, bool], ...] = ()
) -> set[frozenset[int]]:
    """Identities 1, 2, … of one register and 11, 12, … of another; ``numbers``: identity → its number."""
    identities = pl.DataFrame([(i, number, i) for i, number in numbers.items()], schema=IDENTITIES, orient="row")
    edges = pl.DataFrame([(*pair, False, False, False) for pair in pairs], schema=SCORED, orient="row")
    held = pl.DataFrame([(i, 1 + i // 10) for i in numbers], schema=HELD, orient="row")
    found = group(identities, edges, pl.DataFrame(decided, schema=DECIDED, orient="row"), held)
    return {frozenset(part["identity_id"]) for part in found.partition_by("group")}


def sets(*groups: set[int]) -> set[frozenset[int]]:
    return {frozenset(members) for members in groups}


def test_two_numbers_of_one_register_are_two_people_whatever_they_weigh() -> None:
    assert grouped((1, 2, 40.0), numbers={1: 101, 2: 102}) == sets({1}, {2})
    assert grouped((1, 2, 40.0), numbers={1: 101, 2: 101}) == sets({1, 2})
    assert grouped((1, 11, 40.0), numbers={1: 101, 11: 111}) == sets({1, 11})


def test_not_through_a_third_either_and_the_surest_pair_is_taken_first() -> None:
    pairs = ((1, 11, 30.0), (2, 11, 25.0), (1, 12, 20.0), (2, 12, 3.0), (1, 2, 9.0), (11, 12, 9.0))
    assert grouped(*pairs, numbers={1: 101, 2: 102, 11: 111, 12: 112}) == sets({1, 11}, {2, 12})


def test_a_reviewer_overrules_a_register() -> None:
    assert grouped((1, 2, 40.0), numbers={1: 101, 2: 102}, decided=((1, 2, True),)) == sets({1, 2})


def test_a_pair_under_two_numbers_of_one_register_is_shown_as_vetoed() -> None:
    edges = pl.DataFrame([(1, 2, 9.0), (1, 3, 9.0), (1, 4, 9.0)], schema={n: SCORED[n] for n in list(SCORED)[:3]},
                         orient="row").with_columns(vetoed=False, contradicts=False, rivals=False)  # fmt: skip
    numbers = pl.DataFrame({"identity_id": [1, 2, 3, 4], "number_id": [101, 102, 101, 104]})
    held = pl.DataFrame([(1, 1), (2, 1), (3, 1), (4, 2)], schema=HELD, orient="row")
    assert barred(edges, numbers, held)["vetoed"].to_list() == [True, False, False]


def test_namesakes_of_a_register_stay_apart_and_each_finds_its_record_elsewhere(town: Town) -> None:
    town.deliver(CLINIC, {"Number": "1", **ANN}, {"Number": "2", **ANN, "phone": "312-555-0101"})
    town.link()
    assert len(set(town.who(1))) == 1
    town.deliver(JAIL, {"Number": "1", **ANN}, {"Number": "2", **ANN, "phone": "312-555-0101"})
    town.link()
    assert len(set(town.who(2))) == 2


def test_what_becomes_a_register_is_linked_anew(town: Town) -> None:
    twice: tuple[Record, ...] = ({"Number": "1", **ANN}, {"Number": "2", **ANN, "zip": "60602"})
    town.deliver(replace(JAIL, register=False), *twice)
    town.link()
    assert len(set(town.who(1))) == 1
    town.deliver(JAIL, {"Number": "3", "given_name": "Otto", "surname": "Mbeki", "birth_date": "1991-12-24"})
    batch = town.link()
    assert batch is not None
    assert batch.moves["reason"].to_pylist() == ["records and register"]
    assert len(set(town.who(1))) == 2


def test_a_vault_that_passes_a_step_is_linked_anew_and_one_that_never_kept_its_size_once(
    vault: Vault, town: Town, project: ProjectKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "FEWEST", 4)
    otto: Record = {"given_name": "Otto", "surname": "Mbeki", "birth_date": "1991-12-24"}
    town.deliver(CLINIC, *({"Number": str(number), **ANN} for number in range(5)))
    town.link()
    town.deliver(CLINIC, {"Number": "9", **otto})
    town.link()
    with vault.transaction() as cursor:
        cursor.execute("SELECT reason, identities FROM batch ORDER BY batch_id")
        assert cursor.fetchall() == [("records", 5), ("records and size", 6)]
        assert basis.model(cursor) == shipped().sized(6) != shipped().sized(5)
        cursor.execute("UPDATE batch SET identities = NULL")
    assert is_due(vault, project)
    batch = town.link([])
    assert batch is not None
    assert (batch.merges, batch.splits) == (0, 0)
    assert town.link([]) is None


def test_a_sheet_says_what_a_register_is() -> None:
    said = dict(specification(JAIL).facts)
    assert said["Register"].startswith("each person has one number (`Number`)")
    assert "Register" not in dict(specification(CLINIC).facts)


def test_a_register_needs_numbers() -> None:
    with pytest.raises(ContractError, match="who have no number"):
        replace(CLINIC, subject=EachRow(), register=True)


STORY = st.lists(st.tuples(st.sampled_from([JAIL, PRISON, CLINIC]), RECORDS, st.booleans()), min_size=2, max_size=18)


@pytest.mark.usefixtures("small_limits")
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=STORY, seed=st.integers(0, 1 << 16))
def test_registers_and_a_growing_vault_give_the_partition_of_one_batch(
    emptied: Vault, monkeypatch: pytest.MonkeyPatch, story: list[tuple[Any, Record, bool]], seed: int
) -> None:
    monkeypatch.setattr(models, "FEWEST", 4)
    order = list(range(len(story)))
    random.Random(seed).shuffle(order)
    assert delivered(emptied, story, order, by_turns=True) == delivered(
        emptied, story, range(len(story)), by_turns=False
    )


def delivered(vault: Vault, story: list[tuple[Any, Record, bool]], order: Any, *, by_turns: bool) -> Any:
    """Who is who among the records of a story, linked where it says so or all in one batch."""
    town: Town = empty(vault)
    place = {}
    for at in order:
        feed, record, then_link = story[at]
        place[(town.deliver(feed, record), 0)] = at
        if by_turns and then_link:
            town.link()
    town.link()
    return {frozenset(place[member] for member in members) for members in town.partition()}


def test_a_record_has_as_many_mates_in_a_small_population_as_in_a_large_one() -> None:
    model = shipped()
    assert model.sized(1_000_000).prior * 1_048_576 == pytest.approx(model.prior * 1_000_000)
    assert model.sized(65_000).prior == pytest.approx(16 * model.sized(1_000_000).prior)
    assert model.sized(65_000).kin == pytest.approx(4 + model.sized(1_000_000).kin)


def test_the_prior_goes_by_steps_and_not_at_all_in_a_small_vault() -> None:
    sized = {records: shipped().sized(records).prior for records in (0, 2, 11_585, 11_586, 23_170, 23_171)}
    assert sized[0] == sized[2] == sized[11_585] == 2 * sized[11_586] == 2 * sized[23_170] == 4 * sized[23_171]


def test_a_sized_model_can_be_kept_and_sized_again() -> None:
    small = shipped().sized(100)
    assert parse(small.content) == small
    assert small.sized(5_000_000) == shipped().sized(5_000_000)
