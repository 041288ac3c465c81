"""One pass without any server: what `throughcare ingest`, `sweep` and the demo run."""

from collections.abc import Iterator

from connectors.receipts import Receipt
from flows.ingest import drain
from flows.loading import Stage
from flows.stores import Stores
from flows.sweep import sweep


def ingest_once(stores: Stores, on_stage: Stage | None = None) -> Iterator[Receipt]:
    """Sweep, so that whatever stands in the intake is landed, and take every pending extract to its receipt."""
    sweep(stores)
    yield from drain(stores, on_stage)


def sweep_once(stores: Stores) -> dict[str, int]:
    """Sweep, then drain what that brought up; counts, with ``extracts_taken``."""
    found = sweep(stores)
    return found | {"extracts_taken": sum(1 for _ in drain(stores))}
