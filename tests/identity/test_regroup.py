"""Batch and increment give one partition, whatever fills up, is shared or is decided on the way."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.postgres import Databases
from identity import blocks, clusters, decisions, shared
from identity.keys import ProjectKey, VaultKeys
from identity.vault import Vault
from tests.identity.conftest import MASTER
from tests.identity.feeds import known_by
from tests.identity.town import Record, Town

CLINIC = known_by("clinic", "given_name", "surname", "suffix", "birth_date", "sex", "state_id", "phone", "zip")

RECORDS = st.fixed_dictionaries(
    {"Number": st.sampled_from(["1", "2", "3", "4", "5", "6", "7", "8"])},
    optional={
        "given_name": st.sampled_from(["Ann", "Anna", "Otto", "Bo"]),
        "surname": st.sampled_from(["Thorvaldsen", "Thorwaldsen", "Mbeki", "Ruiz Montoya", "Ruiz"]),
        "suffix": st.sampled_from(["JR", "SR"]),
        "birth_date": st.sampled_from(["1980-02-03", "1980-03-02", "1991-12-24", "1955-07-01"]),
        "sex": st.sampled_from(["F", "M"]),
        "state_id": st.sampled_from(["CA0012345", "CA0099999"]),
        "phone": st.sampled_from(["312-555-0101", "312-555-0199"]),
        "zip": st.sampled_from(["60601", "60602"]),
    },
)
STEP = st.one_of(
    st.tuples(st.just("deliver"), st.lists(RECORDS, min_size=1, max_size=6)),
    st.tuples(st.just("link"), st.none()),
    st.tuples(st.just("decide"), st.tuples(st.integers(0, 99), st.integers(0, 99), st.booleans())),
    st.tuples(st.just("undo"), st.integers(0, 9)),
)


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks, numbers, values and components fill up with a handful of records."""
    for module, name, value in (
        (blocks, "FULL", 5), (clusters, "WHOLE", 5), (clusters, "FULL_NUMBER", 4), (shared, "SHARED_BIRTHS", 2),
        (shared, "SHARED_NAMES", 2), (shared, "SHARED_PROFILES", 3), (shared, "SHARED_NAME_SHARE", 0.2),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, value)


@pytest.fixture
def emptied(fresh_databases: Databases) -> Iterator[Vault]:
    vault = Vault(fresh_databases.vault, VaultKeys.from_master(MASTER))
    vault.migrate()
    yield vault
    vault.close()


def empty(vault: Vault) -> Town:
    """A town that nothing has been delivered to."""
    with vault.engine.begin() as connection:
        found = connection.execute(
            sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'vault' AND tablename <> 'alembic_version'")
        )
        names = ", ".join(f"vault.{name}" for name in found.scalars() if name not in ("seal", "audit", "audit_head"))
        connection.execute(sa.text(f"TRUNCATE {names} CASCADE"))
    return Town(vault, ProjectKey.from_master(MASTER, "test"))


class Story:
    """Deliveries, links and decisions, one after the other; ``delivered``: the records in their order."""

    def __init__(self, vault: Vault) -> None:
        self.town = empty(vault)
        self.delivered: list[Record] = []
        self.places: list[tuple[int, int]] = []
        self.decided: dict[int, tuple[int, int, bool]] = {}

    def deliver(self, records: list[Record]) -> None:
        extract = self.town.deliver(CLINIC, *records)
        self.places += [(extract, place) for place in range(len(records))]
        self.delivered += records

    def subject(self, place: int) -> int | None:
        extract, row = self.places[place]
        return self.town.subjects[extract][row]

    def decide(self, left: int, right: int, together: bool) -> None:
        subjects = self.subject(left), self.subject(right)
        if subjects[0] is None or subjects[1] is None:
            return
        try:
            number = decisions.decide(self.town.vault, subjects[0], subjects[1], together, "reviewer", "seen")
        except decisions.DecisionRefused:
            return
        self.decided[number] = (left, right, together)

    def undo(self, place: int) -> None:
        if self.decided:
            number = sorted(self.decided)[place % len(self.decided)]
            decisions.undo(self.town.vault, number, "reviewer", "mistaken")
            del self.decided[number]

    def play(self, step: tuple[str, Any]) -> None:
        match step:
            case ("deliver", records):
                self.deliver(records)
            case ("link", _):
                self.town.link()
            case ("decide", (left, right, together)) if self.delivered:
                self.decide(left % len(self.delivered), right % len(self.delivered), together)
            case ("undo", place):
                self.undo(place)

    def partition(self) -> set[frozenset[int]]:
        groups = self.town.partition()
        return {frozenset(self.places.index(member) for member in group) for group in groups}


def at_once(vault: Vault, records: list[Record], decided: list[tuple[int, int, bool]]) -> set[frozenset[int]]:
    """The partition of all records in one delivery and one batch, with the decisions that are in force."""
    story = Story(vault)
    if records:
        story.deliver(records)
    story.town.link()
    for left, right, together in decided:
        story.decide(left, right, together)
    assert len(story.decided) == len(decided)
    story.town.link()
    return story.partition()


@pytest.mark.usefixtures("small_limits")
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=2, max_size=12))
def test_increments_and_decisions_give_the_partition_of_one_batch(emptied: Vault, steps: list[tuple[str, Any]]) -> None:
    story = Story(emptied)
    for step in steps:
        story.play(step)
    story.town.link()
    found = story.partition()
    assert found == at_once(emptied, story.delivered, [story.decided[number] for number in sorted(story.decided)])


@pytest.mark.usefixtures("small_limits")
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=st.lists(RECORDS, min_size=4, max_size=24), seed=st.integers(0, 1 << 16))
def test_the_order_of_arrival_does_not_matter(emptied: Vault, records: list[Record], seed: int) -> None:
    order = list(range(len(records)))
    random.Random(seed).shuffle(order)
    story = Story(emptied)
    for place in order:
        story.deliver([records[place]])
        if place % 3 == 0:
            story.town.link()
    story.town.link()
    shuffled = {frozenset(order[member] for member in group) for group in story.partition()}
    assert shuffled == at_once(emptied, records, [])
