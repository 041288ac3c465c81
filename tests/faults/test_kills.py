"""A real child process is killed at stages and at random times; whoever comes next ends the work."""

import signal
import time
from random import Random

import pytest
import sqlalchemy as sa

from flows.once import ingest_once
from flows.stores import Stores
from flows.sweep import sweep
from schemas.feeds.metro_probation_contacts import FEED as CONTACTS_FEED
from tests.faults.child import start
from tests.faults.conftest import empty, files_of
from tests.faults.fault import withstands
from tests.flows.conftest import content, deliver
from warehouse.store.digest import logical_digest

STAGES = ("open", "read", "rows", "delivery", "split", "load", "confirm", "receipt")
CONTACTS = CONTACTS_FEED.name
FILES = 4
PATIENCE = 60.0


def drop(stores: Stores) -> None:
    """Two full deliveries of one feed, one of another, and a file that is refused."""
    deliver(stores.settings, "supervision_20250601.csv", content(size=30, seed=1))
    deliver(stores.settings, "supervision_20250608.csv", content(size=31, seed=2))
    deliver(stores.settings, "contacts_20250608.csv", content(CONTACTS, 40, 3), CONTACTS)
    deliver(stores.settings, "supervision_20250615.csv", content(size=5).rename({"Gender": "Sex"}))


@pytest.fixture(scope="module")
def undisturbed(opened: Stores) -> tuple[str, float]:
    """The logical digest of the files when nobody is killed, and the seconds a child takes for them."""
    empty(opened)
    drop(opened)
    begun = time.monotonic()
    child = start(opened.settings)
    child.join(PATIENCE)
    assert child.exitcode == 0
    taken = time.monotonic() - begun
    check(opened)
    return logical_digest(opened.warehouse), taken


def survive(stores: Stores) -> None:
    """What the next run finds: the leases of the dead have run out."""
    with stores.warehouse.begin() as connection:
        connection.execute(sa.text("UPDATE ledger.extract SET lease_until = lease_until - interval '1 day'"))
    for _ in ingest_once(stores):
        pass
    sweep(stores)


def check(stores: Stores) -> None:
    """Nothing is lost, doubled, or left lying."""
    extracts = stores.ledger.extracts()
    assert len(extracts) == FILES
    assert sorted(one.state for one in extracts) == ["loaded", "loaded", "loaded", "refused"]
    for one in extracts:
        counts = one.counts
        assert counts.received == counts.loaded + counts.rejected + counts.duplicate + counts.quarantined
    receipts = {path.name for path in stores.settings.intake.glob("*/receipts/*")}
    assert receipts == {f"{one.extract_id}.{kind}" for one in extracts for kind in ("json", "txt")}
    assert files_of(stores) == []
    assert stores.vault.staged() == ()


@withstands("SIGKILL at a named stage", "resumes; digest equal to an undisturbed run", "CIAT")
@pytest.mark.parametrize("stage", STAGES)
def test_a_kill_at_the_beginning_of_a_stage_changes_nothing(
    stage: str, undisturbed: tuple[str, float], stores: Stores
) -> None:
    drop(stores)
    child = start(stores.settings, stage, 1 + STAGES.index(stage) % 2)
    child.join(PATIENCE)
    assert child.exitcode == -signal.SIGKILL
    survive(stores)
    check(stores)
    assert logical_digest(stores.warehouse) == undisturbed[0]


@withstands("SIGKILL at random times", "resumes; digest equal to an undisturbed run", "CIAT")
@pytest.mark.parametrize("seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(3, 100))])
def test_kills_at_random_times_change_nothing(seed: int, undisturbed: tuple[str, float], stores: Stores) -> None:
    random = Random(seed)
    drop(stores)
    for _ in range(2):
        child = start(stores.settings)
        child.join(random.uniform(0, undisturbed[1]))
        child.kill()
        child.join(PATIENCE)
        with stores.warehouse.begin() as connection:
            connection.execute(sa.text("UPDATE ledger.extract SET lease_until = lease_until - interval '1 day'"))
    survive(stores)
    check(stores)
    assert logical_digest(stores.warehouse) == undisturbed[0]


@withstands("a worker that dies of one file each time", "quarantined after N tries; the files behind it go on", "CT")
def test_a_file_that_kills_its_worker_is_quarantined(stores: Stores) -> None:
    settings = stores.settings.model_copy(update={"attempts": 1})
    drop(stores)
    child = start(settings, "rows", 1)
    child.join(PATIENCE)
    assert child.exitcode == -signal.SIGKILL
    with stores.warehouse.begin() as connection:
        connection.execute(sa.text("UPDATE ledger.extract SET lease_until = lease_until - interval '1 day'"))
    child = start(settings)
    child.join(PATIENCE)
    assert child.exitcode == 0
    states = [(one.state, one.code) for one in stores.ledger.extracts()]
    assert states.count(("quarantined", "worker_lost")) == 1
    assert sorted(state for state, _ in states) == ["loaded", "loaded", "quarantined", "refused"]
    assert len(list(stores.settings.intake.glob("*/receipts/*.json"))) == FILES
