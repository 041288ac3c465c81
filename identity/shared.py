"""Values that too many carry to identify anybody: placeholders, hashes, the telephone of an office.

What counts is who carries a value, whenever and in whatever order the records came.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import polars as pl

from identity import worth
from identity.blocks import IDS, block_keys
from identity.encode import column
from identity.keys import blind_keys
from identity.model import Model

SHARED_BIRTHS: Final = 4
SHARED_NAMES: Final = 4
SHARED_PROFILES: Final = 60
"""An id carried by at least four birth dates and four names, or by more than sixty people, is no id."""
SHARED_NAME_SHARE: Final = 0.01
"""A name carried by more than sixty people and one in a hundred of an agency's records is a placeholder or a
hash: the commonest full names of a country reach one in a thousand."""

NAME: Final = 0
"""Kind of a full name; the others are the places of the fields in `blocks.IDS`, from 1."""
KINDS: Final = ("full_name", *IDS)
CLEARED: Final[Mapping[str, tuple[str, ...]]] = {"full_name": ("full_name", "given", "surname", "givens", "surnames")}
"""The columns that say nothing where a value is shared; of the others their own."""

ENTRIES = pl.Schema({"identity_id": pl.Int64(), "block_key": pl.Int64(), "rule": pl.Int16()})
"""Under which keys an identity stands: those of its blocks, and that of its full name, by which nobody is compared."""
_COUNTED: Final = -1
"""The rule of entries by which nobody is compared."""

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


def entries(standard: pl.DataFrame, key: bytes, model: Model) -> pl.DataFrame:
    """All under which identities stand (`ENTRIES`): it follows from each record alone."""
    keys, names = block_keys(standard, key, model), _names(standard, key)
    return pl.concat([frame.select(list(ENTRIES)).cast(ENTRIES) for frame in (keys, names)])


def values(entered: pl.DataFrame) -> pl.DataFrame:
    """The values (`VALUES`) among `ENTRIES`."""
    kind = pl.when(pl.col("rule") == _COUNTED).then(NAME).otherwise(pl.col("rule") + 1)
    found = entered.filter(pl.col("rule") < len(IDS))
    return found.select("identity_id", "block_key", kind=kind.cast(pl.Int16))


def compared(entered: pl.DataFrame, shared: pl.DataFrame) -> pl.DataFrame:
    """``identity_id``, ``block_key`` of `ENTRIES` by which identities are compared: none of a shared value."""
    found = entered.filter(pl.col("rule") != _COUNTED)
    if shared.height:
        found = found.filter(~pl.col("block_key").is_in(shared["block_key"].implode()))
    return found.select("identity_id", "block_key")


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


def judged(standard: pl.DataFrame, numbers: pl.DataFrame, entered: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Of all records at once: the identities without what is shared, and the `compared` entries that are left."""
    found = values(entered)
    shared = judge(found, SHARED.to_frame(), Everybody(standard, numbers, found)).shared
    return without(standard, found, shared), compared(entered, shared)


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


class Everybody:
    """`Carriers` that are all at hand: ``standard``, ``numbers`` (``identity_id``, ``number_id``) and `VALUES`."""

    def __init__(self, standard: pl.DataFrame, numbers: pl.DataFrame, values: pl.DataFrame) -> None:
        """Nothing is looked at yet."""
        self._standard, self._numbers, self._values = standard, numbers, values

    def find(self, keys: pl.Series) -> pl.DataFrame:
        """All that carry these values."""
        return self._values.filter(pl.col("block_key").is_in(keys.implode())).select("identity_id", "block_key")

    def standard(self, identities: pl.Series) -> pl.DataFrame:
        """The identities in standard form."""
        return self._standard.filter(pl.col("identity_id").is_in(identities.implode()))

    def numbers(self, identities: pl.Series) -> pl.DataFrame:
        """The numbers under which they stand."""
        return self._numbers.filter(pl.col("identity_id").is_in(identities.implode()))

    def by_agency(self, carried: pl.DataFrame) -> pl.DataFrame:
        """The agency with the largest share of a value's carriers."""
        agencies = self._standard.select("identity_id", "agency")
        counted = carried.join(agencies, on="identity_id").group_by("block_key", "agency").agg(carriers=pl.len())
        counted = counted.join(agencies.group_by("agency").agg(records=pl.len()), on="agency")
        share = pl.col("carriers") / pl.col("records")
        return counted.sort(share, descending=True).unique("block_key", keep="first", maintain_order=True)


def _names(standard: pl.DataFrame, key: bytes) -> pl.DataFrame:
    """Under which key each full name is counted, with ``rule``."""
    coded = column(standard["full_name"])
    keys = pl.Series(blind_keys(key, "full name", coded.texts), dtype=pl.Int64)
    named = standard.select("identity_id", code=pl.Series(coded.codes)).filter(pl.col("code") >= 0)
    return named.select("identity_id", block_key=keys.gather(named["code"]), rule=pl.lit(_COUNTED))


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
    plain = carriers.standard(people).select("identity_id", "birth_date", "full_name", "vouched")
    rows = carried.join(plain, on="identity_id").join(carriers.numbers(people), on="identity_id")
    profile = pl.struct("full_name", "birth_date", "number_id")
    # Where an agency vouches for it, other names and birth dates are errors of writing.
    doubted = ~worth.is_unique(dict(enumerate(KINDS)))
    counted = rows.group_by("block_key", "kind").agg(
        births=pl.col("birth_date").filter(doubted).drop_nulls().n_unique(),
        names=pl.col("full_name").filter(doubted).drop_nulls().n_unique(),
        profiles=profile.n_unique(),
    )
    crowd = pl.col("profiles") > SHARED_PROFILES
    various = (pl.col("births") >= SHARED_BIRTHS) & (pl.col("names") >= SHARED_NAMES)
    return counted.filter(crowd | (various & (pl.col("kind") != NAME))).select(list(SHARED))
