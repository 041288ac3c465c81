"""What workers do at random, and what a kill leaves behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test
from sqlalchemy import Engine, text

from tests.warehouse.store.deliveries import CONTACTS, Delivery, Surrogates, hour, loaded
from tests.warehouse.store.test_views import DELTAS
from warehouse.store.engine import LeaseLost
from warehouse.store.ledger import Extract, Ledger

ROOT = Path(__file__).parents[3]
CHILD = """
import sys
from random import Random
from tests.warehouse.store.deliveries import CONTACTS, Delivery, Surrogates, loaded
from tests.warehouse.store.test_faults import MANY
from warehouse.store.engine import connect
from warehouse.store.ledger import Ledger
engine = connect(sys.argv[1])
extract = Ledger(engine).claim("child", 0)
loaded(engine, extract, MANY, Surrogates(Random(3)))
"""
MANY = Delivery(CONTACTS, hour(0).date(), [(str(number), "p", hour(0).date(), "kept") for number in range(60_000)])


class Workers(RuleBasedStateMachine):
    """Deliveries come, workers claim, load, refuse, give back, fall asleep; against a plain model."""

    engine: ClassVar[Engine]
    claims = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        with self.engine.begin() as connection:
            connection.execute(
                text("TRUNCATE ledger.extract, ledger.rejection, ledger.decision, timeline.record_block")
            )
        self.ledger, self.surrogate = Ledger(self.engine), Surrogates(Random(5))
        self.delivered: set[tuple[int, int]] = set()
        self.fences: dict[int, int] = {}
        self.ended: dict[int, str] = {}

    @rule(which=st.integers(0, 2), at=st.integers(0, 3))
    def deliver(self, which: int, at: int) -> None:
        file = DELTAS[which]
        self.ledger.register(file.feed.agency, file.feed.name, file.digest, 100, hour(at))
        self.delivered.add((which, at))

    @rule(target=claims, asleep=st.booleans())
    def claim(self, asleep: bool) -> Extract | None:
        claimed = self.ledger.claim("worker", 0 if asleep else 3600)
        if claimed is not None:
            assert claimed.extract_id not in self.ended
            assert claimed.fence > self.fences.get(claimed.extract_id, 0)
            self.fences[claimed.extract_id] = claimed.fence
        return claimed

    @rule(claimed=consumes(claims), end=st.sampled_from(["loaded", "refused", "landed"]))
    def end(self, claimed: Extract | None, end: str) -> None:
        if claimed is None:
            return
        lost = claimed.extract_id in self.ended or self.fences[claimed.extract_id] != claimed.fence
        try:
            self._end(claimed, end)
        except LeaseLost:
            assert lost
            return
        assert not lost
        if end != "landed":
            self.ended[claimed.extract_id] = end

    def _end(self, claimed: Extract, end: str) -> None:
        if end == "loaded":
            file = next(one for one in DELTAS if one.digest == claimed.digest)
            loaded(self.engine, claimed, file, self.surrogate)
        elif end == "refused":
            self.ledger.refuse(claimed.extract_id, claimed.fence, "empty_file", {})
        else:
            self.ledger.release(claimed.extract_id, claimed.fence)

    @invariant()
    def the_ledger_agrees_with_what_happened(self) -> None:
        extracts = self.ledger.extracts()
        assert len(extracts) == len(self.delivered)
        assert all(one.state == state for one in extracts for key, state in self.ended.items() if key == one.extract_id)
        firsts = [one.digest for one in extracts if one.state == "loaded"]
        assert len(firsts) == len(set(firsts))
        followers = [one for one in extracts if one.repeats is not None]
        assert all(one.finished or one.repeats not in self.ended for one in followers)
        with self.engine.connect() as connection:
            stated = connection.scalar(text("SELECT count(*) FROM timeline.record_version"))
        assert stated == sum(one.counts.loaded for one in extracts)


def test_workers_never_load_twice_nor_lose_a_delivery(engine: Engine) -> None:
    Workers.engine = engine
    unhurried = settings(max_examples=25, stateful_step_count=30, deadline=None, derandomize=True,
                         suppress_health_check=list(HealthCheck))  # fmt: skip
    run_state_machine_as_test(Workers, settings=unhurried)


@pytest.mark.parametrize("kills", [3])
def test_a_kill_in_the_middle_of_a_load_leaves_nothing_and_the_next_worker_takes_over(
    engine: Engine, kills: int
) -> None:
    ledger = Ledger(engine)
    ledger.register(MANY.feed.agency, MANY.feed.name, MANY.digest, 100, hour(0))
    for _ in range(kills):
        _kill_while_copying(engine)
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM timeline.event")) == 0
    _until(lambda: not _copying(engine))
    claimed = ledger.claim("survivor", 60)
    assert claimed is not None
    assert claimed.attempts == kills + 1
    loaded(engine, claimed, MANY, Surrogates(Random(3)))
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM timeline.event")) == len(MANY.rows)


def _kill_while_copying(engine: Engine) -> None:
    _until(lambda: not _copying(engine))
    url = engine.url.render_as_string(hide_password=False)
    child = subprocess.Popen([sys.executable, "-c", CHILD, url], cwd=ROOT)
    try:
        _until(lambda: _copying(engine) or child.poll() is not None)
        assert child.poll() is None
        os.kill(child.pid, signal.SIGKILL)
    finally:
        child.kill()
        child.wait()


def _copying(engine: Engine) -> bool:
    with engine.connect() as connection:
        progress = text("SELECT count(*) FROM pg_stat_progress_copy WHERE datname = current_database()")
        return bool(connection.scalar(progress))


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)
