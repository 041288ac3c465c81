"""What the Metro peer-support provider delivers; attendance, scales and referrals know only a member number."""

import datetime as dt

import numpy as np
import polars as pl

from bench.city.calendar import DAYS, as_dates
from bench.city.lives import Lives
from bench.city.parts import Delivery, numbered, one_of, pick, repeated
from bench.city.record import PEER, recorded

AGAIN_SHARE = 0.2
OUTSIDE_SHARE = 0.03
REUSED_SHARE = 0.02
UNUSED_DAYS = 365
"""A member number may be given again after a year without use."""
FIRST_DELTA = dt.date(2024, 12, 31)
CORRECTED_SHARE = 0.01
SCALES = {"WHO5": (13.0, 4.0, 0, 25), "BARC10": (38.0, 8.0, 10, 60), "K6": (10.0, 4.0, 0, 24)}
"""Scale → mean at the start, standard deviation, lowest and highest score."""
CONTENTS = (
    "Sharing circle", "Know your rights", "Study hour", "My commitments", "Life skills", "Social", "Resources",
    "Speaking up",
)  # fmt: skip
NEEDS = ("Housing", "Work", "Substance use", "Mental health", "Schooling", "Legal", "Transport", "Benefits", "Other")


def deliver(people: pl.DataFrame, lives: Lives, rng: np.random.Generator) -> list[Delivery]:
    """The five files of the provider: attendance comes as two deltas, the second with corrections."""
    spells = _spells(lives, rng)
    attendance = _attendance(spells, rng)
    early = attendance.filter(pl.col("SessionDate") <= FIRST_DELTA)
    late = pl.concat([_corrected(early, rng), attendance.filter(pl.col("SessionDate") > FIRST_DELTA)])
    return [
        Delivery("metro_peer_enrolments", "enrolments_2025-06-30.xlsx", _enrolments(people, spells, rng)),
        Delivery("metro_peer_attendance", "attendance_20241231.txt", early),
        Delivery("metro_peer_attendance", "attendance_20250630.txt", late),
        Delivery("metro_peer_assessments", "assessments_20250630.csv", _assessments(spells, rng)),
        Delivery("metro_peer_referrals", "referrals_20250630.csv", _referrals(spells, rng)),
    ]


def _spells(lives: Lives, rng: np.random.Generator) -> pl.DataFrame:
    """One row an enrolment: person, member, start, end (null: still a member), seen, planned end."""
    joined = lives.persons.filter(pl.col("joined").is_not_null()).sort("joined", "person")
    limit = pl.min_horizontal(pl.col("died").fill_null(DAYS + 1), pl.lit(DAYS + 1))
    size = len(joined)
    first = joined.select("person", "died", start="joined", length=pl.Series(20 + rng.gamma(2.0, 100.0, size)).floor())
    again = first.filter(pl.Series(rng.random(size) < AGAIN_SHARE))
    gap = pl.Series(rng.integers(40, 300, len(again)))
    again = again.with_columns(start=pl.col("start") + pl.col("length") + gap, length=pl.col("length") * 0.6 // 1 + 8)
    again = again.filter(pl.col("start") < limit - 3)
    spells = pl.concat([first, again]).with_columns(planned=pl.col("start") + pl.col("length"), limit=limit)
    spells = spells.with_columns(
        end=pl.when(pl.col("planned") < pl.col("limit")).then("planned")
        .when(pl.col("died") <= DAYS).then("died"),
    ).sort("start", "person")  # fmt: skip
    spells = spells.with_columns(seen=pl.col("end").fill_null(DAYS))
    return spells.with_columns(member=_members(spells, rng))


def _members(spells: pl.DataFrame, rng: np.random.Generator) -> pl.Series:
    """Member numbers; some newcomers get the number of somebody who left over a year before."""
    by_person = spells.group_by("person").agg(pl.col("start").min(), pl.col("seen").max(), pl.col("end").count(),
                                              pl.len()).sort("start", "person")  # fmt: skip
    gone = by_person.filter(pl.col("end") == pl.col("len")).sort("seen")
    wanted = max(1, round(REUSED_SHARE * len(by_person)))
    givers = gone.head(wanted)
    takers = by_person.sort("start", descending=True).head(wanted).reverse()
    pairs = pl.DataFrame({"giver": givers["person"], "left": givers["seen"]}).with_columns(
        taker=takers["person"].head(len(givers)), begins=takers["start"].head(len(givers))
    )  # fmt: skip
    pairs = pairs.filter((pl.col("begins") > pl.col("left") + UNUSED_DAYS) & (pl.col("giver") != pl.col("taker")))
    own = dict(zip(by_person["person"], rng.permutation(len(by_person)) + 1, strict=True))
    own.update({taker: own[giver] for giver, taker in pairs.select("giver", "taker").iter_rows()})
    return numbered("", spells["person"].replace_strict(own, return_dtype=pl.Int64), 6)


def _enrolments(people: pl.DataFrame, spells: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    told = recorded(people[spells["person"]], as_dates(spells["start"]), PEER, rng)
    size = len(spells)
    phone = pl.col("phone")
    given = pl.concat_str("given", "middle", separator=" ", ignore_nulls=True)
    reason = pick({"Completed": 45, "Left early": 38, "Moved away": 6, "Asked to leave": 4, "Unknown": 7}, size, rng)
    sources = {"Court": 20, "Probation": 45, "Jail": 8, "Self": 15, "Family": 6, "Other agency": 3, "9": 1, "99": 2}
    return told.select(
        "person", numbered("E", np.arange(size) + 1, 7).alias("Enrolment ID"), spells["member"].alias("Member No"),
        given.alias("Given names"), pl.col("surname").alias("Family name"), pl.col("alias").alias("Known as"),
        pl.col("birth").alias("Born"), pl.col("sex").replace_strict({"M": "m", "F": "f"}).alias("Sex"),
        (phone.str.slice(0, 3) + "-" + phone.str.slice(3, 3) + "-" + phone.str.slice(6, 4)).alias("Phone"),
        pl.col("email").alias("Email"), pl.col("zip").alias("Zip"), pick(sources, size, rng).alias("Referred by"),
        as_dates(spells["start"]).alias("Joined"), as_dates(spells["end"]).alias("Left"),
        pl.when(spells["end"].is_not_null()).then(reason).alias("Completion"),
        pl.when(pl.Series(rng.random(size) < 0.2)).then(pl.lit("welcome pack given; tea & cake")).alias("Remarks"),
    )  # fmt: skip


def _attendance(spells: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Weekly sessions inside the enrolment, and a few before it, after it and between two."""
    groups = max(3, len(spells) // 40)
    weeks = ((spells["seen"] - spells["start"]) // 7).to_numpy().astype(np.int64) + 1
    inside = repeated(spells, weeks).with_columns(day=pl.col("start") + 7 * pl.col("nth"))
    inside = inside.filter(pl.col("day") < pl.col("seen"))
    outside = inside.filter(pl.Series(rng.random(len(inside)) < OUTSIDE_SHARE))
    shift = pl.Series(rng.choice([-14, -7, 21, 49], len(outside)))
    edge = pl.when(shift < 0).then("start").otherwise(pl.col("start") + 7 * (pl.col("seen") - pl.col("start") + 7) // 7)
    outside = outside.with_columns(day=edge + shift).filter((pl.col("day") >= 0) & (pl.col("day") < pl.col("limit")))
    rows = pl.concat([inside, outside]).with_columns(group=pl.col("person") % groups)
    rows = rows.unique(["member", "day", "group"], keep="first", maintain_order=True).sort("day", "group", "member")
    return _attendance_rows(rows, rng)


def _attendance_rows(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    size = len(rows)
    session = pl.col("group") * 31 + pl.col("day").cast(pl.Int64) * 17
    cancelled = session % 41 == 0
    status = pick({"P": 62, "L": 8, "LE": 4, "AE": 9, "A": 14, "MU": 2, "?": 1}, size, rng)
    status_or_cancelled = pl.when(cancelled).then(pl.lit("C")).otherwise(status)
    there = pl.col("Status").is_in(["P", "L", "LE", "MU"])
    return rows.with_columns(
        pl.col("member").alias("MemberNo"), as_dates(rows["day"]).alias("SessionDate"),
        numbered("G", rows["group"] % 1_000, 3).alias("GroupID"),
        (session % len(CONTENTS)).replace_strict(dict(enumerate(CONTENTS))).alias("Content"),
        (60 + 15 * (session % 5)).alias("Minutes"), status_or_cancelled.alias("Status"),
        pick({"Y": 80, "N": 8, "99": 12}, size, rng).alias("Complied"),
        (session % 4).replace_strict({0: "Peer", 1: "Peer", 2: "Expert", 3: "Staff"}).alias("LedBy"),
    ).select(
        "person", "MemberNo", "SessionDate", "GroupID", "Content", "Minutes", "Status",
        pl.when(there).then("Complied").alias("Complied"), "LedBy",
    )  # fmt: skip


def _corrected(attendance: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Some earlier sessions as the second delta repeats them, with another status."""
    chosen = attendance.filter(pl.Series(rng.random(len(attendance)) < CORRECTED_SHARE))
    return chosen.with_columns(
        pl.when(pl.col("Status") == "AE").then(pl.lit("A")).otherwise(pl.lit("AE")).alias("Status"),
        pl.lit(None, dtype=pl.String).alias("Complied"),
    )  # fmt: skip


def _assessments(spells: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    size = len(spells)
    rows = repeated(spells, rng.integers(1, 4, size)).with_columns(day=pl.col("start") + 90 * pl.col("nth"))
    rows = rows.filter(pl.col("day") < pl.col("seen"))
    parts: list[pl.DataFrame] = []
    for scale, (mean, spread, low, high) in SCALES.items():
        better = -1 if scale == "K6" else 1
        score = mean + better * 0.15 * spread * rows["nth"] + pl.Series(rng.normal(0, spread, len(rows)))
        parts.append(rows.with_columns(
            pl.lit(scale).alias("Scale"), score.round().clip(low, high).cast(pl.Int64).alias("Score"),
        ))  # fmt: skip
    all_rows = pl.concat(parts).unique(["member", "day", "Scale"], keep="first", maintain_order=True)
    all_rows = all_rows.sort("day", "member", "Scale")
    remark = pl.when(pl.Series(rng.random(len(all_rows)) < 0.1)).then(pl.lit("asked; answered aloud"))
    return all_rows.select(
        "person", pl.col("member").alias("Member"), as_dates(all_rows["day"]).alias("Date"), "Scale",
        pl.lit("1998").alias("Version"), "Score", remark.alias("Comment"),
    )  # fmt: skip


def _referrals(spells: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    rows = repeated(spells, rng.poisson(1.1, len(spells)))
    size = len(rows)

    def later(of: str, within: int, share: float) -> pl.Expr:
        day = pl.col(of) + pl.Series(rng.integers(1, within, size))
        return pl.when((day <= DAYS) & pl.Series(rng.random(size) < share)).then(day)

    rows = rows.with_columns(made=(pl.col("start") + (pl.col("seen") - pl.col("start")) * pl.Series(rng.random(size))))
    rows = rows.with_columns(made=pl.col("made").floor())
    rows = rows.with_columns(accepted=later("made", 30, 0.7)).with_columns(attended=later("accepted", 40, 0.75))
    rows = rows.with_columns(closed=pl.when(pl.col("attended").is_not_null()).then(later("attended", 120, 0.6))
                             .otherwise(later("made", 90, 0.2))).sort("made", "person")  # fmt: skip
    return rows.select(
        "person", numbered("R", np.arange(size) + 1, 7).alias("Referral"), pl.col("member").alias("Member"),
        one_of(NEEDS, size, rng).alias("Need"), as_dates(rows["made"]).alias("Made"),
        as_dates(rows["accepted"]).alias("Accepted"), as_dates(rows["attended"]).alias("First attended"),
        as_dates(rows["closed"]).alias("Closed"),
    )  # fmt: skip


def reused_members(enrolments: pl.DataFrame) -> pl.DataFrame:
    """Member number and person, for the numbers that serve more than one person."""
    pairs = enrolments.select(pl.col("Member No").alias("member"), "person").unique()
    return pairs.filter(pl.len().over("member") > 1).sort("member", "person")
