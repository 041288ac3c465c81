"""People released from North Carolina prisons in 1977 and 1978 (Chung, Schmidt & Witte 1991).

The public file counts months from release and gives no calendar date: release is dated 1977-07-01 for all, and
month m is m calendar months later. The follow-up, of 70 to 81 months, ends the day after its last month, since ends
are exclusive. Column names are those of the public file.
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
    name="recid_nc_release",
    title="North Carolina: releases",
    agency="recid_nc_prison",
    agreement="recid-nc-1977",
    files="release*.csv",
    format=Delimited(),
    delivery=Full(every="once"),
    coverage=UpTo(Fixed(dt.date(1984, 4, 2)), since=dt.date(1977, 7, 1)),
    subject=Key("recid_nc_prison.participant"),
    key=("participant",),
    columns=(
        Column("participant", Text(6), "Number of the participant", Key("recid_nc_prison.participant")),
        Column("released", Date("%Y-%m-%d"), "Release from prison", Keep()),
        Column("followed_until", Date("%Y-%m-%d"), "The follow-up ends", Keep()),
        Column("black", Code({"0": "other", "1": "black"}), "Race as recorded by the study", Keep()),
        Column("alcohol", Code({"0": "no", "1": "yes"}), "Alcohol problems", Keep()),
        Column("drugs", Code({"0": "no", "1": "yes"}), "History of drug use", Keep()),
        Column("super", Code({"0": "no", "1": "yes"}), "The release was supervised", Keep()),
        Column("married", Code({"0": "no", "1": "yes"}), "Married when imprisoned", Keep()),
        Column("felon", Code({"0": "no", "1": "yes"}), "The sentence was for a felony", Keep()),
        Column("workprg", Code({"0": "no", "1": "yes"}), "Took part in the prison work programme", Keep()),
        Column("property", Code({"0": "no", "1": "yes"}), "The crime was against property", Keep()),
        Column("person", Code({"0": "no", "1": "yes"}), "The crime was against a person", Keep()),
        Column("priors", Integer(0, 200), "Convictions before this one", Keep(), unit="conviction"),
        Column("educ", Integer(0, 30), "Years of schooling", Keep(), unit="year"),
        Column("rules", Integer(0, 1_000), "Rules broken in prison", Keep(), unit="violation"),
        Column("age", Integer(120, 1_400), "Age at release", Keep(), unit="month"),
        Column("tserved", Integer(0, 900), "Time served, rounded", Keep(), unit="month"),
    ),
    expects=(Rows(1, 5_000),),
    shares=("recid_nc_prison.participant",),
    timeline=(
        Span(
            "study", start="released", end="followed_until",
            detail={
                "race": "black", "alcohol_problems": "alcohol", "drug_history": "drugs", "supervised": "super",
                "married": "married", "felony": "felon", "work_programme": "workprg", "property_crime": "property",
                "person_crime": "person", "prior_convictions": "priors", "schooling_years": "educ",
                "rule_violations": "rules", "age_months": "age", "served_months": "tserved",
            },
        ),
    ),
)  # fmt: skip
