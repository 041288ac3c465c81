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

KEPT: Final = -4.25
"""Pairs of at least this weight (probability .05) are kept."""
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
    usable, pairs = _candidates(standard, model, clock)
    floor = None if registers else KEPT
    edges = clock.time("score", lambda: score(usable, pairs, model, floor))
    if registers:
        held = standard.select("identity_id", register="agency")
        if set(held["register"]) != set(registers):
            raise ValueError("records of agencies that are not the registers")
        edges = clock.time("registers", lambda: matched(edges, held, model))
    identities = standard.select("identity_id", number_id=pl.lit(0, pl.Int64), rank=_rank(standard))
    if not registers:
        missing = clock.time("components", lambda: clusters.unscored(identities, edges))
        edges = pl.concat([edges, clock.time("score inside", lambda: score(usable, missing, model))])
    grouped = clock.time("group", lambda: clusters.group(identities, edges))
    return Linked(grouped, edges, clock)


def _candidates(standard: pl.DataFrame, model: Model, clock: Clock) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The identities without the values that too many carry, and the pairs that share a block."""
    all_keys = clock.time("block", lambda: blocks.block_keys(standard, _KEY, model))
    usable = clock.time("shared values", lambda: _usable(standard, all_keys))
    keys = clock.time("block", lambda: _rekeyed(all_keys, standard, usable, model))
    return usable, clock.time("pairs", lambda: blocks.pairs(keys.select("identity_id", "block_key")))


def _rekeyed(keys: pl.DataFrame, standard: pl.DataFrame, usable: pl.DataFrame, model: Model) -> pl.DataFrame:
    """The keys, anew for the identities that lost a value."""
    if usable is standard:
        return keys
    fields = ("full_name", *blocks.IDS)
    lost = pl.any_horizontal(usable[name].is_null() != standard[name].is_null() for name in fields)
    changed = usable.filter(pl.select(lost).to_series())
    kept = keys.join(changed, on="identity_id", how="anti")
    return pl.concat([kept, blocks.block_keys(changed, _KEY, model)])


def _rank(standard: pl.DataFrame) -> pl.Series:
    content = standard.select(pl.exclude("identity_id", "givens", "surnames"))
    return content.hash_rows(seed=0).reinterpret(signed=True)


def _usable(standard: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """The identities without the values that too many carry."""
    named = shared.names(standard, _KEY).with_columns(kind=pl.lit(shared.NAME, pl.Int16))
    numbers = keys.filter(pl.col("rule") < len(blocks.IDS))
    numbers = numbers.select("identity_id", "block_key", kind=(pl.col("rule") + 1).cast(pl.Int16))
    values = pl.concat([named, numbers])
    found = shared.judge(values, pl.DataFrame(schema=shared.SHARED), _Everybody(standard, values))
    return shared.without(standard, values, found.shared)


class _Everybody:
    """`shared.Carriers` of identities that are all at hand."""

    def __init__(self, standard: pl.DataFrame, values: pl.DataFrame) -> None:
        self._standard, self._values = standard, values

    def find(self, keys: pl.Series) -> pl.DataFrame:
        """All that carry these values."""
        return self._values.select("identity_id", "block_key").join(
            keys.to_frame("block_key"), on="block_key", how="semi"
        )

    def standard(self, identities: pl.Series) -> pl.DataFrame:
        """The identities in standard form."""
        return self._standard.join(identities.to_frame("identity_id"), on="identity_id", how="semi")

    def numbers(self, identities: pl.Series) -> pl.DataFrame:
        """Nobody stands under a number."""
        return identities.to_frame("identity_id").with_columns(number_id=pl.lit(0, pl.Int64))

    def by_agency(self, carried: pl.DataFrame) -> pl.DataFrame:
        """The agency with the largest share of a value's carriers."""
        records = self._standard.group_by("agency").agg(records=pl.len())
        of = carried.join(self._standard.select("identity_id", "agency"), on="identity_id")
        counted = of.group_by("block_key", "agency").agg(carriers=pl.len()).join(records, on="agency")
        share = pl.col("carriers") / pl.col("records")
        return counted.sort(share, descending=True).unique("block_key", keep="first", maintain_order=True)
