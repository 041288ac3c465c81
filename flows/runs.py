"""The Prefect flows: tracked, retried, limited wrappers around the plain functions beside this module.

Parameters, results, states and artifacts hold extract ids and counts only; every failure is `RunFailed`.
"""

from functools import partial
from itertools import chain
from typing import Any, Final

from prefect import flow, task
from prefect.concurrency.sync import concurrency

from flows import ingest as ingesting
from flows import link as linking
from flows import publish as publishing
from flows import sweep as sweeping
from flows.artifacts import show_batch, show_receipts, show_snapshot, show_sweep
from flows.errors import only_codes
from flows.stores import process_stores

RETRY_SECONDS: Final = [2.0, 10.0, 60.0]
"""A store that is away is waited for; what a contract or a broken file says is never retried here."""

EXTRACT_SECONDS: Final = 3_600
TOGETHER_SECONDS: Final = 2.0
"""How long a task goes on taking extracts: tracking a task costs what taking a small extract costs."""
RUN_SECONDS: Final = 6 * 3_600

_TASK: Final[dict[str, Any]] = {
    "retries": len(RETRY_SECONDS), "retry_delay_seconds": RETRY_SECONDS, "persist_result": False,
}  # fmt: skip
_FLOW: Final[dict[str, Any]] = {"timeout_seconds": RUN_SECONDS, "persist_result": False, "log_prints": False}


@task(name="take the next extracts", timeout_seconds=EXTRACT_SECONDS, **_TASK)
@only_codes
def take_next(until: int | None = None) -> list[dict[str, Any]]:
    """Bring the oldest pending extracts, up to the extract ``until``, to their receipts; empty when there is none.

    After `TOGETHER_SECONDS` it ends with what it has: a large extract is a task of its own, many small ones share one.
    """
    with process_stores() as stores:
        return [receipt.to_json() for receipt in ingesting.take_for(stores, TOGETHER_SECONDS, until)]


@flow(name="ingest", description="Takes every pending extract to its receipt.", **_FLOW)
@only_codes
def ingest(extract_id: int | None = None) -> int:
    """Take what is pending, up to the extract whose landing asked for it; the number of receipts.

    What lands later is left to its own event: its watcher is faster than a worker that has just begun.
    """
    with process_stores(), concurrency("throughcare-ingest", occupy=1, strict=True):
        receipts = list(chain.from_iterable(iter(partial(take_next, extract_id), [])))
        show_receipts(receipts)
    return len(receipts)


@task(name="link new records", timeout_seconds=RUN_SECONDS, **_TASK)
@only_codes
def link_records() -> dict[str, int] | None:
    """Link what has been loaded since the last batch; None when there was nothing to link."""
    with process_stores() as stores:
        return linking.link(stores)


@flow(name="link", description="Links new records to persons, and applies batches left unapplied.", **_FLOW)
@only_codes
def link() -> dict[str, int] | None:
    """Bring the link table up to date with the timeline."""
    with process_stores(), concurrency("throughcare-single", occupy=1, strict=True):
        batch = link_records()
        show_batch(batch)
    return batch


@task(name="publish a snapshot", timeout_seconds=RUN_SECONDS, **_TASK)
@only_codes
def publish_snapshot() -> dict[str, Any]:
    """Recompute outcomes, swap in a new snapshot, write the report."""
    with process_stores() as stores:
        return publishing.publish(stores).to_json()


@flow(name="publish", description="Recomputes outcomes and swaps in a new snapshot and report.", **_FLOW)
@only_codes
def publish() -> dict[str, Any]:
    """Publish the project as it stands."""
    with process_stores(), concurrency("throughcare-single", occupy=1, strict=True):
        published = publish_snapshot()
        show_snapshot(published)
    return published


@task(name="find what was missed", timeout_seconds=RUN_SECONDS, **_TASK)
@only_codes
def find_missed() -> dict[str, int]:
    """Land files nobody announced, erase abandoned staging, render missing receipts."""
    with process_stores() as stores:
        return sweeping.sweep(stores)


@flow(name="sweep", description="Finds what was missed and takes it.", **_FLOW)
@only_codes
def sweep() -> dict[str, int]:
    """Find what was missed, then drain the ledger."""
    with process_stores(), concurrency("throughcare-ingest", occupy=1, strict=True):
        found = find_missed()
        receipts = list(chain.from_iterable(iter(take_next, [])))
        show_sweep(found)
        show_receipts(receipts)
    return found
