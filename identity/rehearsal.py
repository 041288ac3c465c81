"""A full relink in memory, of which nothing is stored; and what would change if it were, in counts."""

import datetime as dt
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from identity import blocks, clusters, leftovers, persons, shared
from identity.compare import PAIRS, score
from identity.model import Model
from identity.registers import HELD
from identity.regroup import KEPT

BEFORE = pl.Schema({"identity_id": pl.Int64(), "person_id": pl.String()})
"""The person of an identity as it is linked now (`linkstore.MEMBERS`)."""

Scorer = Callable[[pl.DataFrame, pl.DataFrame, pl.DataFrame, Model], pl.DataFrame]
"""Identities (`STANDARD`), their block keys, pairs to score whatever blocks say (`PAIRS`), model → `SCORED`: the
pairs that share a block and weigh at least `KEPT`, and those that were to be scored."""

SMALL: Final = 7
"""Counts from 1 to this are not shown for a part of the people."""
_AGES: Final = (18, 25, 35, 45, 55)
_DAYS_OF_A_YEAR: Final = 365.25


@dataclass(frozen=True)
class Records:
    """Linked identities in memory.

    ``standard`` (`STANDARD`), ``numbers`` (`clusters.IDENTITIES`), ``before`` (`BEFORE`), ``decided``
    (`clusters.DECIDED`), ``register`` (`registers.HELD`); ``key`` is that of the blind keys.
    """

    standard: pl.DataFrame = field(repr=False)
    numbers: pl.DataFrame = field(repr=False)
    before: pl.DataFrame = field(repr=False)
    decided: pl.DataFrame = field(repr=False)
    key: bytes = field(repr=False)
    register: pl.DataFrame = field(repr=False, default_factory=HELD.to_frame)

    def usable(self, model: Model) -> pl.DataFrame:
        """`STANDARD` without the values that too many carry."""
        return _judged(self, model)[0]


def edges(records: Records, model: Model, scorer: Scorer | None = None) -> pl.DataFrame:
    """The scored pairs (`SCORED`) of all records, those inside components completely; the model is sized to them."""
    sized = model.sized(records.standard.height)
    usable, keys = _judged(records, sized)
    found = (scorer or by_duckdb)(usable, keys, clusters.mates(records.numbers), sized)
    missing = clusters.unscored(records.numbers, found, records.decided)
    return pl.concat([found, score(usable, missing, sized)])


def _judged(records: Records, model: Model) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The records without the values that too many carry, and the block keys that are left, as `regroup` has them."""
    entered = shared.entries(records.standard, records.key, model)
    return shared.judged(records.standard, records.numbers, entered)


def by_duckdb(standard: pl.DataFrame, keys: pl.DataFrame, wanted: pl.DataFrame, model: Model) -> pl.DataFrame:
    """The `Scorer` of one machine."""
    met = blocks.pairs(keys, standard["identity_id"])
    others = met.join(wanted, on=list(PAIRS), how="anti") if wanted.height else met
    return pl.concat([score(standard, others, model, KEPT), score(standard, wanted, model)])


def partition(records: Records, found: pl.DataFrame, model: Model, decided: pl.DataFrame) -> pl.DataFrame:
    """The persons (`clusters.GROUPED`) that these scored pairs make, those left between registers joined."""
    grouped = clusters.group(records.numbers, found, decided, records.register)
    if records.register["register_id"].n_unique() < 2:
        return grouped
    sized = model.sized(records.standard.height)
    usable = records.usable(sized)
    return leftovers.settled(
        grouped, records.numbers, records.register, decided, lambda pairs: score(usable, pairs, sized), sized
    )


def changes(records: Records, found: pl.DataFrame, model: Model) -> dict[str, Any]:
    """What a relink under the model, with these scored pairs, would change, in counts of people and records.

    ``merges``, ``splits``: pairs of persons, as a link batch counts them; ``moved``: persons of whom a record would
    get another key; ``by``: a row for each agency, sex and age band, counts from 1 to `SMALL` null (and one more
    where it could be told from the rest); ``contradicted``: decisions that bind, against which the model stands.
    """
    after = partition(records, found, model, records.decided)
    both = after.join(records.before, on="identity_id")
    assigned = persons.assign(both.select("group", subject_id="identity_id", before="person_id"))
    events = persons.moves(assigned)
    moved = assigned.filter(pl.col("person_id") != pl.col("before"))
    return {
        "records": both.height,
        "not_linked_yet": after.height - both.height,
        "persons_before": both["person_id"].n_unique(),
        "persons_after": both["group"].n_unique(),
        "merges": events.filter(pl.col("kind") == "merge").height,
        "splits": events.filter(pl.col("kind") == "split").height,
        "moved": moved["before"].n_unique(),
        "moved_records": moved.height,
        "by": _by_part(records, moved["subject_id"]),
        "contradicted": _contradicted(records, found, model),
    }


def _by_part(records: Records, moved: pl.Series) -> list[dict[str, Any]]:
    """People by agency, sex and age band, and how many of them would move."""
    parts = {"agency": pl.col("agency"), "sex": pl.col("sex"), "age": _age_band()}
    people = records.standard.join(records.before, on="identity_id").select(
        "person_id", moved=pl.col("identity_id").is_in(moved.implode()), **parts
    )
    rows: list[dict[str, Any]] = []
    for part in parts:
        counted = people.group_by(value=pl.col(part).fill_null("unknown")).agg(
            pl.col("person_id").n_unique().alias("people"),
            pl.col("person_id").filter("moved").n_unique().alias("moved"),
        )
        counted = counted.sort("value").with_columns(
            pl.lit(part).alias("by"),
            _suppressed(counted.sort("value")["people"]),
            _suppressed(counted.sort("value")["moved"]),
        )
        rows += counted.select("by", "value", "people", "moved").to_dicts()
    return rows


def _suppressed(counts: pl.Series) -> pl.Series:
    """Small counts as null; where one alone would be, the next larger one too: the sum gives nothing away."""
    small = counts.is_between(1, SMALL)
    if small.sum() == 1:
        others = counts.filter(~small & (counts > 0))
        small = small | (counts == others.min()) if len(others) else small
    return counts.to_frame().select(pl.when(~small).then(pl.col(counts.name))).to_series()


def _age_band() -> pl.Expr:
    born = pl.col("birth_date").str.to_date("%Y-%m-%d", strict=False)
    age = (pl.lit(dt.datetime.now(dt.UTC).date()) - born).dt.total_days() / _DAYS_OF_A_YEAR
    between = [f"{low}–{high - 1}" for low, high in itertools.pairwise(_AGES)]
    band = pl.lit(f"under {_AGES[0]}")
    for youngest, label in zip(_AGES, [*between, f"{_AGES[-1]} and over"], strict=True):
        band = pl.when(age >= youngest).then(pl.lit(label)).otherwise(band)
    return pl.when(age.is_not_null()).then(band)


def _contradicted(records: Records, found: pl.DataFrame, model: Model) -> dict[str, int]:
    """Decisions that the partition would not hold by itself."""
    alone = partition(records, found, model, clusters.DECIDED.to_frame()).select("identity_id", "group")
    sides = records.decided.join(alone, left_on="left_id", right_on="identity_id").join(
        alone, left_on="right_id", right_on="identity_id", suffix="_other"
    )
    same = pl.col("group") == pl.col("group_other")
    return {
        "decisions": sides.height,
        "must_link": sides.filter(pl.col("together") & ~same).height,
        "cannot_link": sides.filter(~pl.col("together") & same).height,
    }
