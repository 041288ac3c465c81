"""Which identities are compared: blind block keys; and which values are carried by too many to identify.

Keys are 63-bit keyed hashes of rule and value. They leak equality and frequency: vault only.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from identity.compare import PAIRS
from identity.keys import blind_keys

FULL: Final = 200
"""A block of more identities than this says too little to compare them all (a million people: 0.02 %)."""

SHARED_BIRTHS: Final = 4
SHARED_NAMES: Final = 4
SHARED_PROFILES: Final = 60
"""An id carried by at least four birth dates and four names, or by more than sixty people, is no id."""
SHARED_NAME_SHARE: Final = 0.01
"""A name carried by more than sixty people and one in a hundred of an agency's records is a placeholder or a
hash: the commonest full names of a country reach one in a thousand."""

IDS: Final = ("ssn", "state_id", "fbi_number", "licence", "phone", "email")

TRAITS = pl.Schema({
    "identity_id": pl.Int64(), "value_key": pl.Int64(), "profile_key": pl.Int64(), "name_key": pl.Int64(),
    "birth_key": pl.Int64(), "agency_key": pl.Int64(), "kind": pl.Int16(),
})  # fmt: skip
"""One row per identity and value; ``kind`` 0 is a name, otherwise the place of the field in `IDS`, from 1.
``profile_key`` is name, birth date and number; a key is 0 where there is nothing."""

_BLANK = " "


def block_keys(standard: pl.DataFrame, key: bytes) -> pl.DataFrame:
    """``identity_id``, ``block_key``: under which blocks each identity is found."""
    names = _name_pairs(standard)
    born = pl.col("birth_date")
    tables = [
        *(_rule(standard, field, pl.col(field)) for field in IDS),
        _rule(standard, "ssn4 birth", pl.col("ssn4"), born),
        _rule(standard.explode("givens"), "birth given", born, pl.col("givens").str.slice(0, 2)),
        _rule(standard.explode("surnames"), "birth surname", born, pl.col("surnames").str.slice(0, 3)),
        _rule(standard.explode("givens"), "ssn4 given", pl.col("ssn4"), pl.col("givens")),
        _rule(standard.explode("surnames"), "ssn4 surname", pl.col("ssn4"), pl.col("surnames")),
        _rule(standard, "address", pl.col("address"), pl.col("given").str.slice(0, 1)),
        _rule(names, "name birth year", pl.col("name"), born.str.slice(0, 4)),
        _rule(names, "name zip", pl.col("name"), pl.col("zip")),
        _rule(names, "name", pl.col("name")),
    ]
    rows = pl.concat(tables).unique()
    return rows.select("identity_id", pl.Series("block_key", blind_keys(key, "block", rows["value"])))


def traits(standard: pl.DataFrame, numbers: pl.DataFrame, key: bytes) -> pl.DataFrame:
    """The values that could turn out to be carried by too many, as `TRAITS`.

    ``numbers``: ``identity_id``, ``number_id`` (0: none). Rows of one person, under one number or alike in
    name and birth date without one, count once.
    """
    profile = [pl.col(name).cast(pl.String).fill_null("") for name in ("full_name", "birth_date", "number_id")]
    plain = standard.select("identity_id", "agency", "birth_date", "full_name", *IDS)
    plain = plain.join(numbers, on="identity_id", how="left", maintain_order="left")
    plain = plain.with_columns(profile=pl.concat_str(profile, separator=_BLANK))
    hashed = plain.with_columns(
        _hashed(plain, "profile", key).alias("profile_key"),
        _hashed(plain, "full_name", key).alias("name_key"),
        _hashed(plain, "birth_date", key).alias("birth_key"),
        pl.Series("agency_key", agency_keys(key, plain["agency"].to_list())),
    )
    fields = dict(enumerate(("full_name", *IDS)))
    tables = [
        hashed.filter(pl.col(field).is_not_null()).with_columns(
            _hashed(hashed.filter(pl.col(field).is_not_null()), field, key, field).alias("value_key"),
            pl.lit(kind, pl.Int16).alias("kind"),
        )
        for kind, field in fields.items()
    ]
    return pl.concat(tables).select(pl.col(name).cast(dtype) for name, dtype in TRAITS.items())


def agency_keys(key: bytes, agencies: list[str]) -> npt.NDArray[np.int64]:
    """Agencies as numbers that fit beside the other keys."""
    return blind_keys(key, "agency", pl.Series(agencies, dtype=pl.String))


def shared_values(carried: pl.DataFrame, agency_records: Mapping[int, int]) -> pl.Series:
    """The value keys, among all carriers of some values (`TRAITS`), that are carried by too many."""
    counts = carried.group_by("value_key").agg(
        pl.col("kind").first(),
        births=pl.col("birth_key").filter(pl.col("birth_key") != 0).n_unique(),
        names=pl.col("name_key").filter(pl.col("name_key") != 0).n_unique(),
        profiles=pl.col("profile_key").n_unique(),
    )
    share = (
        carried.group_by("value_key", "agency_key")
        .len()
        .with_columns(
            pl.col("len") / pl.col("agency_key").replace_strict(dict(agency_records), default=1, return_dtype=pl.Int64)
        )
    )
    counts = counts.join(share.group_by("value_key").agg(share=pl.col("len").max()), on="value_key")
    ids = ((pl.col("births") >= SHARED_BIRTHS) & (pl.col("names") >= SHARED_NAMES)) | (
        pl.col("profiles") > SHARED_PROFILES
    )
    names = (pl.col("profiles") > SHARED_PROFILES) & (pl.col("share") > SHARED_NAME_SHARE)
    return counts.filter(pl.when(pl.col("kind") == 0).then(names).otherwise(ids))["value_key"].sort()


def without(standard: pl.DataFrame, shared: pl.DataFrame) -> pl.DataFrame:
    """The identities without the values that are shared; ``shared``: ``identity_id`` and ``kind``."""
    if shared.is_empty():
        return standard
    flags = shared.group_by("identity_id").agg(pl.col("kind"))
    joined = standard.join(flags, on="identity_id", how="left", maintain_order="left")
    cleared = joined.with_columns(
        pl.when(pl.col("kind").list.contains(kind).fill_null(value=False))
        .then(None)
        .otherwise(pl.col(field))
        .alias(field)
        for kind, fields in enumerate((("full_name", "given", "surname", "givens", "surnames"), *((f,) for f in IDS)))
        for field in fields
    )
    return cleared.drop("kind")


def pairs(blocks: pl.DataFrame, of: pl.Series) -> pl.DataFrame:
    """`PAIRS` of identities that share a block that is not over-full, with at least one of each pair in ``of``."""
    usable = blocks.filter(pl.len().over("block_key").is_between(2, FULL))
    left = usable.filter(pl.col("identity_id").is_in(of.implode()))
    met = left.join(usable, on="block_key", suffix="_other").filter(
        pl.col("identity_id") != pl.col("identity_id_other")
    )
    return ordered(met["identity_id"], met["identity_id_other"])


def ordered(one: pl.Series, other: pl.Series) -> pl.DataFrame:
    """Distinct `PAIRS` of two columns of identities."""
    both = pl.DataFrame({"a": one, "b": other}, schema={"a": pl.Int64, "b": pl.Int64})
    lower, higher = pl.min_horizontal("a", "b"), pl.max_horizontal("a", "b")
    return both.select(left_id=lower, right_id=higher).cast(PAIRS).unique()


def _name_pairs(standard: pl.DataFrame) -> pl.DataFrame:
    """A row for each given name × surname token of an identity: ``name`` is the two in alphabetical order."""
    rows = standard.select("identity_id", "givens", "surnames", "birth_date", "zip")
    rows = rows.explode("givens").explode("surnames").drop_nulls(["givens", "surnames"])
    low, high = pl.min_horizontal("givens", "surnames"), pl.max_horizontal("givens", "surnames")
    return rows.with_columns(name=pl.concat_str(low, high, separator=_BLANK))


def _rule(rows: pl.DataFrame, rule: str, *parts: pl.Expr) -> pl.DataFrame:
    value = pl.concat_str(pl.lit(rule), *parts, separator="\x1f")
    return rows.select("identity_id", value=value).drop_nulls("value")


def _hashed(rows: pl.DataFrame, column: str, key: bytes, label: str = "") -> pl.Series:
    texts = rows[column]
    keys = blind_keys(key, f"trait {label or column}", texts.fill_null(""))
    return pl.Series(np.where(texts.is_null().to_numpy(), 0, keys))
