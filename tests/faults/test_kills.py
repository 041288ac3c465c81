"""A real child process is killed at each failpoint and at random times; whoever comes next ends the work."""

import signal
import time
from collections import Counter
from random import Random
from typing import NamedTuple

import pytest
import sqlalchemy as sa

from bench.kills import STATES, Kill, Outcome, drop, empty, outcome, problems, reap, run, start, undisturbed, work
from bench.torture import take_batch
from flows.link import link
from flows.stores import Stores
from flows.verify import verify
from identity.orders import order_person, orders
from schemas.failpoint import FAILPOINTS
from tests.faults.fault import withstands

BEFORE = {
    "receipt.stated": (Kill("arrival.removed", len(STATES)),),
    "sweep.confirmed": (Kill("extract.confirm"),),
    "quarantine.adopted": (Kill("split.staged"),),
    "sweep.discarded": (Kill("split.staged"), Kill("quarantine.adopted")),
}
"""Deaths without which nobody comes to a failpoint."""
GIVEN_UP = ("quarantine.adopted", "sweep.discarded")
"""Reached only for a file that is given up: after one attempt here."""
EXPIRED = "retention.removed"
WHOLLY = tuple(name for name in FAILPOINTS if name.startswith(("link.", "publish.")))
EXPUNGING = tuple(name for name in FAILPOINTS if name.startswith("expunge."))
INGESTING = tuple(name for name in FAILPOINTS if name not in (*WHOLLY, *EXPUNGING, *GIVEN_UP, *BEFORE, EXPIRED))
ROUNDS = 8
TOGETHER = [*([Kill(name) for name in INGESTING[first::ROUNDS]] for first in range(ROUNDS)),
            *([*BEFORE[name], Kill(name)] for name in BEFORE if name not in GIVEN_UP)]  # fmt: skip
"""Each failpoint in a round with some that come later, so that a child that was killed is followed by one that is."""


class Undisturbed(NamedTuple):
    outcome: Outcome
    met: Counter[str]
    seconds: float


@pytest.fixture(scope="module")
def calm(opened: Stores) -> Undisturbed:
    """What the files come to when nobody is killed, and the seconds a child takes for them."""
    found, met = undisturbed(opened)
    assert problems(opened) == []
    assert tuple(sorted(one.state for one in opened.ledger.extracts())) == STATES
    empty(opened)
    drop(opened)
    begun = time.monotonic()
    assert run(opened, Kill()) == 0
    seconds = time.monotonic() - begun
    assert outcome(opened) == found
    return Undisturbed(found, met, seconds)


@pytest.fixture(scope="module")
def calm_wholly(opened: Stores) -> Outcome:
    return undisturbed(opened, wholly=True)[0]


def check(stores: Stores, expected: Outcome) -> None:
    """Nothing is lost, doubled, out of balance or left lying."""
    assert problems(stores) == []
    found = outcome(stores)
    assert (found.lost(expected), found.doubled(expected)) == (0, 0)
    assert found.digest == expected.digest


@withstands("SIGKILL at every named failpoint", "resumes; digest equal to an undisturbed run", "CIAT")
@pytest.mark.parametrize("kills", TOGETHER, ids=lambda kills: "+".join(kill.point for kill in kills))
def test_kills_at_failpoints_change_nothing(kills: list[Kill], calm: Undisturbed, stores: Stores) -> None:
    drop(stores)
    for kill in kills:
        assert run(stores, kill) == -signal.SIGKILL, kill
    work(stores)
    check(stores, calm.outcome)


@withstands("SIGKILL while linking or publishing", "resumes; digest equal to an undisturbed run", "IA")
@pytest.mark.parametrize("point", WHOLLY)
def test_a_kill_while_linking_or_publishing_changes_nothing(point: str, calm_wholly: Outcome, stores: Stores) -> None:
    drop(stores)
    assert run(stores, Kill(point), wholly=True) == -signal.SIGKILL
    work(stores, wholly=True)
    check(stores, calm_wholly)


@withstands(
    "a worker that dies of one file each time", "quarantined after N tries; the files behind it go on", "CT", "poison"
)
@pytest.mark.parametrize("point", GIVEN_UP)
def test_a_file_that_kills_its_worker_is_quarantined(point: str, stores: Stores) -> None:
    settings = stores.settings.model_copy(update={"attempts": 1})
    drop(stores)
    assert run(stores, Kill("split.staged", 2), settings=settings) == -signal.SIGKILL
    assert run(stores, Kill(point), settings=settings) == -signal.SIGKILL
    assert run(stores, Kill(), settings=settings) == 0
    assert problems(stores) == []
    ends = Counter((one.state, one.code) for one in stores.ledger.extracts())
    assert ends["quarantined", "worker_lost"] == 1
    assert ends.total() == len(STATES)
    assert not any(one.state == "loaded" and one.counts.loaded == 0 for one in stores.ledger.extracts())


@withstands("SIGKILL while expired files are erased", "they are erased; the ledger keeps what it knows", "AT")
def test_a_kill_while_erasing_leaves_no_bytes(calm: Undisturbed, stores: Stores) -> None:
    drop(stores)
    work(stores)
    with stores.warehouse.begin() as connection:
        connection.execute(sa.text("UPDATE ledger.extract SET finished_at = finished_at - interval '20 years'"))
    assert run(stores, Kill(EXPIRED)) == -signal.SIGKILL
    work(stores)
    # What is held is kept until somebody has decided.
    held = {one.digest for one in stores.ledger.held()}
    assert {*stores.landing.digests(), *stores.quarantine.digests()} == held
    with stores.warehouse.connect() as connection:
        assert (
            connection.scalar(
                sa.text("SELECT count(*) FROM ledger.extract WHERE expunged_at IS NULL AND state <> 'held'")
            )
            == 0
        )
    check(stores, calm.outcome)


def order(stores: Stores) -> None:
    """Take everything in, and order that the first probationer goes."""
    drop(stores)
    work(stores)
    link(stores)
    with stores.warehouse.connect() as connection:
        key = connection.scalar(sa.text("SELECT participant_key FROM warehouse.span ORDER BY row_number LIMIT 1"))
    order_person(stores.vault, stores.project, key, None, "court order 1", "clerk")


@pytest.fixture(scope="module")
def calm_expunged(opened: Stores) -> Outcome:
    """What an order comes to when nobody is killed."""
    empty(opened)
    order(opened)
    work(opened, wholly=True)
    assert problems(opened) == []
    return outcome(opened)


@withstands("SIGKILL while an order is carried out", "the next one finishes it, then publishes", "CIAP", "rotation")
@pytest.mark.parametrize("point", EXPUNGING)
def test_a_kill_while_expunging_leaves_nothing_behind(point: str, calm_expunged: Outcome, stores: Stores) -> None:
    order(stores)
    assert run(stores, Kill(point), wholly=True) == -signal.SIGKILL
    work(stores, wholly=True)
    check(stores, calm_expunged)
    assert [one.state for one in orders(stores.vault)] == ["done"]
    assert all(not one.faults for one in verify(stores))


@withstands("SIGKILL at random times", "resumes; digest equal to an undisturbed run", "CIAT")
@pytest.mark.parametrize("seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(3, 30))])
def test_kills_at_random_times_change_nothing(seed: int, calm: Undisturbed, stores: Stores) -> None:
    random = Random(seed)
    drop(stores)
    for _ in range(2):
        child = start(stores.settings)
        child.join(random.uniform(0, calm.seconds))
        reap(stores, child)
    work(stores)
    check(stores, calm.outcome)


def test_every_failpoint_is_killed_at_by_a_test_here() -> None:
    killed = {kill.point for kills in TOGETHER for kill in kills} | {*WHOLLY, *EXPUNGING, *GIVEN_UP, EXPIRED}
    assert killed == set(FAILPOINTS)


@withstands("hostile files of every kind", "one end and one receipt each; the counts add up", "CT", "text")
def test_generated_files_are_all_accounted_for(stores: Stores) -> None:
    assert take_batch(stores, 100, seed=1)[1] == []
