"""What becomes of the subjects that are no identities: bare numbers and aliases take their person from these.

A *target* is where a subject belongs: ``g:<group>`` for a group that is clustered in this batch, otherwise
the id of a person; null where it belongs to nobody.
"""

from dataclasses import dataclass

import polars as pl

from identity.linkstore import LinkStore
from identity.members import MEMBERS

_TARGETS = pl.Schema({"subject_id": pl.Int64(), "target": pl.String(), "probability": pl.Float64()})
_RESOLVED = pl.Schema({**_TARGETS, "status": pl.String(), "number_only": pl.Boolean()})


@dataclass(frozen=True)
class Subjects:
    """All subjects that a batch states.

    ``voters``: ``subject_id``, ``group``, ``before`` of all that have a say in which person id a group
    inherits; ``dropped``: persons of bare numbers that turned out to serve several people.
    """

    identities: pl.DataFrame
    others: pl.DataFrame
    voters: pl.DataFrame
    dropped: tuple[str, ...]

    def stated(self, assigned: pl.DataFrame) -> pl.DataFrame:
        """`MEMBERS`, once the groups have their persons (`persons.ASSIGNED`)."""
        persons = assigned.select(target=_target("group"), person="person_id").unique("target")
        rows = pl.concat([self.identities, self.others.with_columns(number_id=pl.lit(0, pl.Int64))], how="diagonal")
        rows = rows.join(persons, on="target", how="left")
        return rows.with_columns(person_id=pl.coalesce("person", "target")).select(list(MEMBERS))


def resolve(store: LinkStore, grouped: pl.DataFrame, sighted: pl.DataFrame, tied: pl.Series) -> Subjects:
    """Find all subjects that the clustered identities and the sightings touch, and where they belong.

    ``grouped``: `clusters.GROUPED` with ``number_id``, ``component_id`` and ``before``; ``sighted``: ``subject_id``,
    ``kind``; ``tied``: aliases with a new member.
    """
    numbers, before = _numbers(store, grouped, sighted.filter(pl.col("kind") == 2)["subject_id"])
    aliases = _aliases(store, grouped, numbers, sighted.filter(pl.col("kind") == 3)["subject_id"], tied)
    identities = grouped.select(
        "number_id", "probability", "component_id", subject_id="identity_id", target=_target("group"),
        status=pl.lit("linked"), number_only=pl.lit(value=False),
    )  # fmt: skip
    inherited = numbers.filter(pl.col("target").str.starts_with("g:")).join(before, on="subject_id", how="left")
    inherited = inherited.filter(pl.col("before").is_not_null() | pl.col("number_only"))
    group = pl.col("target").str.slice(2).cast(pl.Int64).alias("group")
    voters = [
        grouped.select("group", "before", subject_id="identity_id"),
        inherited.select(group, "before", "subject_id"),
    ]
    dropped = before.join(numbers.filter(pl.col("target").is_null()), on="subject_id", how="semi")["before"]
    return Subjects(identities, pl.concat([numbers, aliases]), pl.concat(voters), tuple(dropped.drop_nulls()))


def _numbers(store: LinkStore, grouped: pl.DataFrame, bare: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The numbers to state, resolved, and the persons that they were on their own before."""
    met = grouped.filter(pl.col("number_id") != 0)["number_id"]
    present = store.members("subject_id", pl.concat([bare, met]).unique())
    touched = pl.concat([bare, present["subject_id"]]).unique()
    resolved = _resolved(touched, _under_numbers(store, grouped, touched))
    alone = pl.col("status") == "waiting"
    resolved = resolved.with_columns(
        target=pl.when(alone).then(_target("subject_id")).otherwise("target"),
        probability=pl.when(alone).then(1.0).otherwise("probability"),
        status=pl.when(alone).then(pl.lit("unlinked")).otherwise("status"),
        number_only=alone,
    )
    before = present.filter("number_only").select("subject_id", before="person_id")
    return resolved.cast(_RESOLVED), before


def _aliases(
    store: LinkStore, grouped: pl.DataFrame, numbers: pl.DataFrame, sighted: pl.Series, tied: pl.Series
) -> pl.DataFrame:
    members = pl.concat([grouped["identity_id"], numbers["subject_id"]])
    related = pl.concat([store.ties(members=members)["alias_id"], tied]).unique()
    present = store.members("subject_id", related)["subject_id"]
    touched = pl.concat([sighted, present]).unique()
    # A number that is a participant of its own stays one, where a row only refers to it.
    alone = store.members("subject_id", touched).filter("number_only")["subject_id"]
    touched = touched.filter(~touched.is_in(pl.concat([numbers["subject_id"], alone]).implode()))
    ties = store.ties(aliases=touched)
    here = pl.concat([_of(grouped, "identity_id"), numbers.select(list(_TARGETS))])
    away = store.members("subject_id", ties["member_id"].filter(~ties["member_id"].is_in(here["subject_id"].implode())))
    found = pl.concat([here, away.select("subject_id", "probability", target="person_id").select(list(_TARGETS))])
    targets = ties.join(found, left_on="member_id", right_on="subject_id")
    own = _under_numbers(store, grouped, touched)
    targets = pl.concat([targets.select(subject_id="alias_id", target="target", probability="probability"), own])
    return _resolved(touched, targets)


def _under_numbers(store: LinkStore, grouped: pl.DataFrame, numbers: pl.Series) -> pl.DataFrame:
    """`_TARGETS` of the identities under these numbers; ``subject_id`` is the number."""
    here = _of(grouped.filter(pl.col("number_id").is_in(numbers.implode())), "number_id")
    away = store.members("number_id", numbers)
    away = away.filter(~pl.col("subject_id").is_in(grouped["identity_id"].implode()))
    return pl.concat([here, away.select(subject_id="number_id", target="person_id", probability="probability")])


def _resolved(subjects: pl.Series, targets: pl.DataFrame) -> pl.DataFrame:
    """One target: linked; several, or one that is nobody's: ambiguous; none: waiting."""
    found = targets.group_by("subject_id").agg(
        pl.col("target").n_unique().alias("targets"), pl.col("target").first(), pl.col("probability").min()
    )
    joined = pl.DataFrame({"subject_id": subjects}, schema={"subject_id": pl.Int64}).join(
        found, on="subject_id", how="left"
    )
    one = (pl.col("targets") == 1) & pl.col("target").is_not_null()
    status = pl.when(pl.col("targets").is_null()).then(pl.lit("waiting")).when(one).then(pl.lit("linked"))
    return joined.select(
        "subject_id",
        target=pl.when(one).then("target"),
        probability=pl.when(one).then("probability").otherwise(0.0),
        status=status.otherwise(pl.lit("ambiguous_subject")),
        number_only=pl.lit(value=False),
    ).cast(_RESOLVED)


def _of(grouped: pl.DataFrame, subject: str) -> pl.DataFrame:
    return grouped.select("probability", subject_id=subject, target=_target("group")).select(list(_TARGETS))


def _target(column: str) -> pl.Expr:
    return pl.concat_str(pl.lit("g:"), pl.col(column).cast(pl.String))
