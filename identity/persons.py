"""Persons keep their keys: who inherits which person id, and what merged or split."""

import uuid

import polars as pl

ASSIGNED = pl.Schema({
    "subject_id": pl.Int64(), "group": pl.Int64(), "person_id": pl.String(), "before": pl.String(),
})  # fmt: skip
EVENTS = pl.Schema({
    "kind": pl.String(), "from_person_id": pl.String(), "to_person_id": pl.String(), "members": pl.Int32(),
})  # fmt: skip
"""``merge``: the person the members came from is no more; ``split``: it lives on without them."""


def assign(groups: pl.DataFrame) -> pl.DataFrame:
    """A person id for each subject, as `ASSIGNED`; ``groups``: ``subject_id``, ``group``, ``before`` (may be null).

    Each old id survives once, with the group to which most of its members went; a group that could have
    several takes the one that most of its members had. The rest get new random ids.
    """
    votes = groups.drop_nulls("before").group_by("group", "before").agg(pl.len().alias("votes"))
    votes = votes.sort(["votes", "before", "group"], descending=[True, False, False])
    kept: dict[int, str] = {}
    taken: set[str] = set()
    for group, before in votes.select("group", "before").rows():
        if group not in kept and before not in taken:
            kept[group] = before
            taken.add(before)
    names = groups["group"].unique().sort().to_list()
    ids = [kept[group] if group in kept else str(uuid.uuid4()) for group in names]
    table = pl.DataFrame({"group": names, "person_id": ids}, schema={"group": pl.Int64, "person_id": pl.String})
    return groups.join(table, on="group").select(list(ASSIGNED)).cast(ASSIGNED)


def moves(assigned: pl.DataFrame) -> pl.DataFrame:
    """What the assignment changed, as `EVENTS`; ``assigned`` states all members of every person it touches."""
    living = assigned["person_id"].unique().implode()
    moved = assigned.filter(pl.col("before").is_not_null() & (pl.col("before") != pl.col("person_id")))
    kind = pl.when(pl.col("before").is_in(living)).then(pl.lit("split")).otherwise(pl.lit("merge"))
    counted = moved.group_by("before", "person_id").agg(pl.len().alias("members"))
    return counted.select(
        kind.alias("kind"), from_person_id="before", to_person_id="person_id", members="members"
    ).cast(EVENTS)
