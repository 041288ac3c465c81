"""Any sequence of drops, crashes and decisions ends as a simple model says."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from bench.kills import empty, let_expire
from flows.deliveries import accept, refuse
from flows.ingest import drain
from flows.stores import Stores
from flows.sweep import sweep
from schemas.failpoint import FAILPOINTS, armed
from tests.faults.fault import withstands
from tests.faults.steps import check, csv, current, put

DAYS = range(1, 7)
SIZES = (10, 12, 15)
CONTENTS = {(day, size): csv(size, seed=10 * day + size) for day in DAYS for size in SIZES}
CRASHES = tuple(name for name in FAILPOINTS if name.startswith(("arrival.", "landing.", "extract.", "split.", "load.")))


class Crash(BaseException):
    """The process dies here, as far as one that lives on can."""


@dataclass
class Model:
    """Day → content that is current on it, all that was ever loaded or held, and what waits for a person."""

    loaded: dict[int, bytes]
    seen: set[bytes]
    held: dict[bytes, int]
    refused: set[bytes]

    def deliver(self, day: int, content: bytes) -> None:
        """Bytes that were loaded are a copy; bytes that are held are tried again for the day they now state."""
        if content in self.seen and content not in self.held:
            return
        self.seen.add(content)
        if day in self.loaded:
            self.held.setdefault(content, day)
        else:
            self.held.pop(content, None)
            self.loaded[day] = content

    @property
    def current(self) -> int:
        return self.loaded[max(self.loaded)].count(b"\n") - 1 if self.loaded else 0


class Deliveries(RuleBasedStateMachine):
    """One feed of full deliveries, each of a day; ``stores`` is set by the test."""

    stores: Stores

    def __init__(self) -> None:
        super().__init__()
        self.model = Model({}, set(), {}, set())
        self.waiting: list[tuple[int, bytes]] = []
        self.corrupt = 0

    @initialize()
    def begin(self) -> None:
        empty(self.stores)

    def settle(self) -> None:
        """Whatever was left lying is done; one file at a time, so that the model knows the order."""
        let_expire(self.stores)
        sweep(self.stores)
        for _ in drain(self.stores):
            pass
        sweep(self.stores)

    def drop(self, day: int, content: bytes, crash: str | None = None) -> None:
        put(self.stores, f"supervision_202506{day:02}.csv", content)
        if crash is not None:
            with suppress(Crash), armed(dying(crash)):
                sweep(self.stores)
                list(drain(self.stores))
        self.settle()
        self.model.deliver(day, content)

    @rule(day=st.sampled_from(DAYS), size=st.sampled_from(SIZES))
    def deliver(self, day: int, size: int) -> None:
        self.drop(day, CONTENTS[day, size])

    @rule(day=st.sampled_from(DAYS), size=st.sampled_from(SIZES), crash=st.sampled_from(CRASHES))
    def deliver_and_crash(self, day: int, size: int, crash: str) -> None:
        self.drop(day, CONTENTS[day, size], crash)

    @rule(data=st.data())
    def deliver_a_renamed_copy(self, data: st.DataObject) -> None:
        if self.model.seen:
            self.drop(data.draw(st.sampled_from(DAYS)), data.draw(st.sampled_from(sorted(self.model.seen))))

    @rule(day=st.sampled_from(DAYS))
    def deliver_a_corrupt_file(self, day: int) -> None:
        self.corrupt += 1
        put(self.stores, f"supervision_202506{day:02}.csv", b'"' + bytes([self.corrupt % 120 + 1]) + os.urandom(20))
        self.settle()

    @rule(accepted=st.booleans())
    def decide(self, accepted: bool) -> None:
        held = self.stores.ledger.held()
        if not held:
            return
        one = held[0]
        ((content, day),) = [(text, day) for text, day in self.model.held.items() if len(text) == one.size_bytes]
        del self.model.held[content]
        if accepted:
            accept(self.stores, one.extract_id, "it is right")
            self.model.loaded[day] = content
        else:
            refuse(self.stores, one.extract_id, "it is wrong")
            self.model.refused.add(content)
            self.model.seen.discard(content)

    @invariant()
    def everything_is_as_the_model_says(self) -> None:
        check(self.stores)
        assert len(self.stores.ledger.held()) == len(self.model.held)
        assert current(self.stores) == self.model.current
        assert self.stores.vault.staged() == ()


def dying(point: str) -> Any:
    def die(name: str) -> None:
        if name == point:
            raise Crash

    return die


@pytest.fixture
def machine(stores: Stores) -> Iterator[type[Deliveries]]:
    yield type("Machine", (Deliveries,), {"stores": stores})


@withstands("any sequence of drops, copies, corrupt files, crashes and decisions", "as a model says", "CIATO")
@pytest.mark.parametrize("examples", [5, pytest.param(200, marks=pytest.mark.slow)])
def test_any_sequence_ends_as_the_model_says(examples: int, machine: type[Deliveries]) -> None:
    run_state_machine_as_test(machine, settings=settings(
        max_examples=examples, stateful_step_count=8, deadline=None, print_blob=True,
        suppress_health_check=list(HealthCheck),
    ))  # fmt: skip
