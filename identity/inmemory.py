"""The linker without a vault: all identities at once, in memory, by the same steps; for benches and rehearsals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter, process_time
from typing import Final, TypeVar

import polars as pl

from identity import blocks, clusters, shared
from identity.compare import score
from identity.model import Model
from identity.registers import matched
from identity.regroup import KEPT

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
    """``grouped``: `clusters.GROUPED`; ``edges``: the scored pairs of at least `KEPT` and all inside components."""

    grouped: pl.DataFrame
    edges: pl.DataFrame
    clock: Clock


def link(standard: pl.DataFrame, model: Model, clock: Clock | None = None, registers: Sequence[str] = ()) -> Linked:
    """Link identities (`STANDARD`) that stand under no agency numbers; ranks follow their content.

    ``registers``: the two agencies of all records, if it is declared that each holds each person once
    (`registers.matched`); `ValueError` where other agencies are among the records.
    """
    clock = clock or Clock()
    identities = standard.select("identity_id", number_id=pl.lit(0, pl.Int64), rank=_rank(standard))
    usable, pairs = _candidates(standard, identities, model, clock)
    floor = None if registers else KEPT
    edges = clock.time("score", lambda: score(usable, pairs, model, floor))
    if registers:
        held = standard.select("identity_id", register="agency")
        if set(held["register"]) != set(registers):
            raise ValueError("records of agencies that are not the registers")
        edges = clock.time("registers", lambda: matched(edges, held, model))
    if not registers:
        missing = clock.time("components", lambda: clusters.unscored(identities, edges))
        edges = pl.concat([edges, clock.time("score inside", lambda: score(usable, missing, model))])
    grouped = clock.time("group", lambda: clusters.group(identities, edges))
    return Linked(grouped, edges, clock)


def _candidates(
    standard: pl.DataFrame, identities: pl.DataFrame, model: Model, clock: Clock
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The identities without the values that too many carry, and the pairs that share a block."""
    entered = clock.time("block", lambda: shared.entries(standard, _KEY, model))
    usable, keys = clock.time("shared values", lambda: shared.judged(standard, identities, entered))
    return usable, clock.time("pairs", lambda: blocks.pairs(keys))


def _rank(standard: pl.DataFrame) -> pl.Series:
    content = standard.select(pl.exclude("identity_id", "givens", "surnames"))
    return content.hash_rows(seed=0).reinterpret(signed=True)
