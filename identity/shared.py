"""Values that too many carry to identify anybody: placeholders, hashes, the telephone of an office.

What counts is who carries a value, whenever and in whatever order the records came.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import polars as pl

from identity.blocks import IDS, SHARED_BIRTHS, SHARED_NAME_SHARE, SHARED_NAMES, SHARED_PROFILES
from identity.encode import column
from identity.keys import blind_keys

NAME: Final = 0
"""Kind of a full name; the others are the places of the fields in `blocks.IDS`, from 1."""
KINDS: Final = ("full_name", *IDS)
CLEARED: Final[Mapping[str, tuple[str, ...]]] = {"full_name": ("full_name", "given", "surname", "givens", "surnames")}
"""The columns that say nothing where a value is shared; of the others their own."""

VALUES = pl.Schema({"identity_id": pl.Int64(), "block_key": pl.Int64(), "kind": pl.Int16()})
"""Which identity carries which value."""
SHARED = pl.Schema({"block_key": pl.Int64(), "kind": pl.Int16()})


class Carriers(Protocol):
    """What judging needs to know of other identities."""

    def find(self, keys: pl.Series) -> pl.DataFrame:
        """All ``identity_id``, ``block_key`` under these keys."""
        ...

    def standard(self, identities: pl.Series) -> pl.DataFrame:
        """The identities in standard form, all values left in."""
        ...

    def numbers(self, identities: pl.Series) -> pl.DataFrame:
        """``identity_id``, ``number_id``."""
        ...

    def by_agency(self, carried: pl.DataFrame) -> pl.DataFrame:
        """``block_key``, ``carriers``, ``records``: the agency with the largest share of carriers, and its records."""
        ...


@dataclass(frozen=True)
class Judgement:
    """``shared``: the values (`SHARED`) that are shared now; ``changed``: the keys that were not, or are no longer."""

    shared: pl.DataFrame
    changed: pl.Series


def names(standard: pl.DataFrame, key: bytes) -> pl.DataFrame:
    """Under which key each full name is counted: ``identity_id``, ``block_key``; compared are blocks, not these."""
    coded = column(standard["full_name"])
    keys = pl.Series(blind_keys(key, "full name", coded.texts), dtype=pl.Int64)
    named = pl.Series(coded.codes)
    found = standard.select("identity_id").with_columns(code=named).filter(pl.col("code") >= 0)
    return found.select("identity_id", block_key=keys.gather(found["code"]))


def judge(values: pl.DataFrame, known: pl.DataFrame, carriers: Carriers) -> Judgement:
    """Judge the values (`VALUES`) of new identities, and the names that were shared before; ``known``: `SHARED`.

    A number once shared stays so, since its carriers only grow in number; a name may cease to be where its agency
    grows.
    """
    numbers = known.filter(pl.col("kind") != NAME)
    again = known.filter(pl.col("kind") == NAME)
    asked = pl.concat([values.select(list(SHARED)), again]).unique("block_key")
    asked = asked.join(numbers, on="block_key", how="anti")
    carried = carriers.find(asked["block_key"]).join(asked, on="block_key")
    least = pl.when(pl.col("kind") == NAME).then(SHARED_PROFILES + 1).otherwise(min(SHARED_BIRTHS, SHARED_NAMES))
    carried = carried.filter(pl.len().over("block_key") >= least)
    many = pl.concat([carried.filter(pl.col("kind") != NAME), _common(carried, carriers)])
    shared = pl.concat([numbers, _too_many(many, carriers)])
    changed = pl.concat([
        shared.join(known, on="block_key", how="anti")["block_key"],
        known.join(shared, on="block_key", how="anti")["block_key"],
    ])  # fmt: skip
    return Judgement(shared, changed)


def without(standard: pl.DataFrame, values: pl.DataFrame, shared: pl.DataFrame) -> pl.DataFrame:
    """The identities without what is shared; ``values``: `VALUES` of theirs."""
    if shared.is_empty():
        return standard
    flags = values.join(shared, on="block_key", how="semi").group_by("identity_id").agg(shared_kinds=pl.col("kind"))
    if flags.is_empty():
        return standard
    joined = standard.join(flags, on="identity_id", how="left", maintain_order="left")
    cleared = [
        pl.when(pl.col("shared_kinds").list.contains(kind).fill_null(value=False)).then(None).otherwise(pl.col(name))
        .alias(name)
        for kind, field in enumerate(KINDS)
        for name in CLEARED.get(field, (field,))
    ]  # fmt: skip
    return joined.with_columns(cleared).drop("shared_kinds")


def _common(carried: pl.DataFrame, carriers: Carriers) -> pl.DataFrame:
    """Of the names those that are too large a share of one agency's records."""
    named = carried.filter(pl.col("kind") == NAME)
    if named.is_empty():
        return named
    share = carriers.by_agency(named)
    common = share.filter(pl.col("carriers") > SHARED_NAME_SHARE * pl.col("records"))
    return named.join(common, on="block_key", how="semi")


def _too_many(carried: pl.DataFrame, carriers: Carriers) -> pl.DataFrame:
    """The values (`SHARED`) that are carried by too many, among all carriers of some.

    Rows of one person, under one number or alike in name and birth date without one, count once.
    """
    if carried.is_empty():
        return SHARED.to_frame()
    people = carried["identity_id"].unique()
    plain = carriers.standard(people).select("identity_id", "birth_date", "full_name")
    rows = carried.join(plain, on="identity_id").join(carriers.numbers(people), on="identity_id")
    profile = pl.struct("full_name", "birth_date", "number_id")
    counted = rows.group_by("block_key", "kind").agg(
        births=pl.col("birth_date").drop_nulls().n_unique(),
        names=pl.col("full_name").drop_nulls().n_unique(),
        profiles=profile.n_unique(),
    )
    crowd = pl.col("profiles") > SHARED_PROFILES
    various = (pl.col("births") >= SHARED_BIRTHS) & (pl.col("names") >= SHARED_NAMES)
    return counted.filter(crowd | (various & (pl.col("kind") != NAME))).select(list(SHARED))
