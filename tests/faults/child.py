"""A process of its own that ingests, and is killed: forked from a server that has imported everything before."""

import multiprocessing
import os
import signal
from multiprocessing.process import BaseProcess
from typing import Final

from flows.once import ingest_once
from flows.settings import Settings
from flows.stores import open_stores
from warehouse.store.extract import Extract

CONTEXT: Final = multiprocessing.get_context("forkserver")
IMPORTED: Final = ["tests.faults.child", "great_expectations", "pandera.polars", "connectors.readers"]


def start(settings: Settings, stage: str = "", nth: int = 0) -> BaseProcess:
    """A child that ingests what there is; it dies when its ``nth`` extract enters ``stage``."""
    CONTEXT.set_forkserver_preload(IMPORTED)
    child = CONTEXT.Process(target=_ingest, args=(settings, stage, nth))
    child.start()
    return child


def _ingest(settings: Settings, stage: str, nth: int) -> None:
    seen: list[int] = []

    def watch(extract: Extract, entered: str) -> None:
        if entered == stage:
            seen.append(extract.extract_id)
            if len(seen) == nth:
                os.kill(os.getpid(), signal.SIGKILL)

    with open_stores(settings) as stores:
        for _ in ingest_once(stores, watch):
            pass
