"""People released from Maryland prisons and followed for a year (Rossi, Berk & Lenihan 1980).

The public file counts weeks from release and gives no calendar date: release is dated 1972-01-03 for all, a
Monday, and week w ends 7·w days later. The follow-up ends the day after week 52, since ends are exclusive.
"""

import datetime as dt

from schemas.contract import (
    Code,
    Column,
    Date,
    Delimited,
    Feed,
    Fixed,
    Full,
    Integer,
    Keep,
    Key,
    Rows,
    Span,
    Text,
    UpTo,
)

FEED = Feed(
    name="rossi_release",
    title="Rossi: releases",
    agency="rossi_prison",
    agreement="rossi-1980",
    files="release*.csv",
    format=Delimited(),
    delivery=Full(every="once"),
    coverage=UpTo(Fixed(dt.date(1973, 1, 2)), since=dt.date(1972, 1, 3)),
    subject=Key("rossi_prison.participant"),
    key=("participant",),
    columns=(
        Column("participant", Text(6), "Number of the participant", Key("rossi_prison.participant")),
        Column("released", Date("%Y-%m-%d"), "Release from prison", Keep()),
        Column("followed_until", Date("%Y-%m-%d"), "The follow-up ends", Keep()),
        Column("age", Integer(0, 120), "Age at release", Keep(), unit="year"),
        Column("race", Code({"0": "other", "1": "black"}), "Race as recorded by the study", Keep()),
        Column("wexp", Code({"0": "no", "1": "yes"}), "Full-time work experience before prison", Keep()),
        Column("mar", Code({"0": "no", "1": "yes"}), "Married at release", Keep()),
        Column("paro", Code({"0": "no", "1": "yes"}), "Released on parole", Keep()),
        Column("prio", Integer(0, 100), "Convictions before this one", Keep(), unit="conviction"),
    ),
    expects=(Rows(1, 1_000),),
    shares=("rossi_prison.participant",),
    timeline=(
        Span(
            "study", start="released", end="followed_until",
            detail={
                "age": "age", "race": "race", "work_experience": "wexp", "married": "mar", "parole": "paro",
                "prior_convictions": "prio",
            },
        ),
    ),
)  # fmt: skip
