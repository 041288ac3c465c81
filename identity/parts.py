"""The parts of persons at thresholds stricter than the main one."""

from typing import Final

import polars as pl

from identity.linkstore import STRICT, LinkStore

_COLUMNS: Final = {90: "group_90", 99: "group_99"}


def parts(grouped: pl.DataFrame, stated: pl.DataFrame, store: LinkStore) -> pl.DataFrame:
    """Which stated subjects are in a part of their person that is not its largest, as `STRICT`.

    ``grouped``: `clusters.GROUPED` with ``number_id`` and ``rank``; ``stated``: `MEMBERS`. A number or
    an alias goes with its identities where they are all in one part: those of the batch, or those that stand as they
    were, where it was only sighted.
    """
    linked = stated.filter(pl.col("status") == "linked")["subject_id"]
    return pl.concat([_here(grouped, linked, store), _elsewhere(grouped, linked, store)]).cast(STRICT)


def _here(grouped: pl.DataFrame, linked: pl.Series, store: LinkStore) -> pl.DataFrame:
    """Of the grouped identities, and of the numbers and aliases that go with them."""
    broken = grouped.filter((pl.col("group_99") != pl.col("group")) | (pl.col("group_90") != pl.col("group")))
    touched = grouped.join(broken.select("group").unique(), on="group", how="semi")
    if touched.is_empty():
        return STRICT.to_frame()
    identities = pl.concat(_apart(touched, percent, column) for percent, column in _COLUMNS.items())
    followers = _followers(touched, linked, store)
    return pl.concat([identities, _following(followers, identities)]).cast(STRICT)


def _elsewhere(grouped: pl.DataFrame, linked: pl.Series, store: LinkStore) -> pl.DataFrame:
    """Of the numbers and aliases none of whose identities is grouped: as the strict parts of these stand."""
    beside = linked.filter(~linked.is_in(pl.concat([grouped["identity_id"], grouped["number_id"]]).implode()))
    if beside.is_empty():
        return STRICT.to_frame()
    ties = store.ties(aliases=beside).select(subject_id="alias_id", member_id="member_id")
    own = pl.DataFrame({"subject_id": beside, "member_id": beside})
    members = pl.concat([own, ties.cast(own.schema)])
    under = store.members("number_id", members["member_id"].unique()).select("number_id", identity_id="subject_id")
    through = members.join(under, left_on="member_id", right_on="number_id").select("subject_id", "identity_id")
    followers = pl.concat([through, members.select("subject_id", identity_id="member_id")]).unique()
    known = store.members("subject_id", followers["identity_id"].unique()).filter(pl.col("component_id").is_not_null())
    followers = followers.join(known.select(identity_id="subject_id"), on="identity_id", how="semi")
    mine = followers.join(grouped.select("identity_id"), on="identity_id", how="semi")["subject_id"]
    followers = followers.filter(~pl.col("subject_id").is_in(mine.implode()))
    return _following(followers, store.strict_of(followers["identity_id"].unique())).cast(STRICT)


def _apart(touched: pl.DataFrame, percent: int, column: str) -> pl.DataFrame:
    """The identities outside the largest part of their group; of equal parts the one of lowest rank is the largest."""
    sized = touched.group_by("group", column).agg(size=pl.len(), lead=pl.col("rank").min())
    largest = sized.sort(["size", "lead"], descending=[True, False]).unique("group", keep="first", maintain_order=True)
    other = sized.join(largest.select("group", column), on=["group", column], how="anti")
    apart = touched.join(other.select("group", column, "lead"), on=["group", column])
    return apart.select(pl.col("identity_id").alias("subject_id"), pl.lit(percent, pl.Int64).alias("percent"), "lead")


def _followers(touched: pl.DataFrame, linked: pl.Series, store: LinkStore) -> pl.DataFrame:
    """``subject_id``, ``identity_id``: the linked numbers and aliases, each with the identities that it stands for."""
    numbers = touched.filter(pl.col("number_id") != 0).select("identity_id", subject_id="number_id")
    members = pl.concat([touched["identity_id"], numbers["subject_id"]]).unique()
    ties = store.ties(members=members).rename({"alias_id": "subject_id"})
    direct = ties.select("subject_id", identity_id="member_id").join(touched, on="identity_id", how="semi")
    through = ties.join(numbers, left_on="member_id", right_on="subject_id").select("subject_id", "identity_id")
    both = pl.concat([numbers.select("subject_id", "identity_id"), direct, through]).unique()
    return both.filter(pl.col("subject_id").is_in(linked.implode()))


def _following(followers: pl.DataFrame, identities: pl.DataFrame) -> pl.DataFrame:
    percents = identities.select("percent").unique()
    of = followers.join(percents, how="cross")
    of = of.join(identities.rename({"subject_id": "identity_id"}), on=["identity_id", "percent"], how="left")
    agreed = of.group_by("subject_id", "percent").agg(pl.col("lead").first(), leads=pl.col("lead").n_unique())
    return agreed.filter((pl.col("leads") == 1) & pl.col("lead").is_not_null()).select("subject_id", "percent", "lead")
