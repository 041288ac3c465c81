"""The linker without a vault: a full relink of identities at hand, by the functions that rehearse one; for benches."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter, process_time
from typing import Final, TypeVar

import polars as pl

from identity import rehearsal
from identity.clusters import DECIDED
from identity.model import Model
from identity.registers import HELD
from identity.rehearsal import BEFORE, Records

_KEY: Final = bytes(32)
_Found = TypeVar("_Found")


@dataclass
class Clock:
    """Seconds of wall and processor time of each step."""

    wall: dict[str, float] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)

    def time(self, step: str, work: Callable[[], _Found]) -> _Found:
        """Do the work of a step."""
        began, used = perf_counter(), process_time()
        found = work()
        self.wall[step] = self.wall.get(step, 0.0) + perf_counter() - began
        self.cpu[step] = self.cpu.get(step, 0.0) + process_time() - used
        return found


@dataclass(frozen=True)
class Linked:
    """``grouped``: `clusters.GROUPED`; ``edges``: the scored pairs that matter, and all inside components."""

    grouped: pl.DataFrame
    edges: pl.DataFrame


def link(standard: pl.DataFrame, model: Model, clock: Clock, register: pl.DataFrame | None = None) -> Linked:
    """Link identities (`STANDARD`) as `link.link` would that found them all in one batch; ranks follow their content.

    ``register`` (`registers.HELD`): those in it have a number of their own there. Nobody else has a number.
    """
    held = HELD.to_frame() if register is None else register
    own = pl.when(pl.col("identity_id").is_in(held["identity_id"].implode())).then(pl.col("identity_id") + 1)
    numbers = standard.select("identity_id", number_id=own.otherwise(0), rank=_rank(standard))
    records = Records(standard, numbers, BEFORE.to_frame(), DECIDED.to_frame(), _KEY, held)
    edges = clock.time("compare", lambda: rehearsal.edges(records, model))
    return Linked(clock.time("group", lambda: rehearsal.partition(records, edges, model, records.decided)), edges)


def _rank(standard: pl.DataFrame) -> pl.Series:
    content = standard.select(pl.exclude("identity_id", "givens", "surnames"))
    return content.hash_rows(seed=0).reinterpret(signed=True)
