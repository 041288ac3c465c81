"""Scales scored by members of the Metro peer-support provider."""

import datetime as dt

from schemas.contract import (
    Accepted,
    Code,
    Column,
    Date,
    Decimal,
    Delimited,
    Drop,
    Event,
    Feed,
    FileDate,
    Full,
    InScale,
    Keep,
    Key,
    Rows,
    Text,
    UpTo,
)

FEED = Feed(
    name="metro_peer_assessments",
    title="Metro peer support: assessments",
    agency="metro_peer",
    agreement="metro-2025",
    files="assessments_{date:%Y%m%d}.csv",
    format=Delimited(encoding="utf-8", separator=";"),
    delivery=Full(every="month"),
    coverage=UpTo(FileDate(), since=dt.date(2021, 1, 1), lag_days=14),
    subject=Key("metro_peer.member"),
    key=("Member", "Date", "Scale"),
    columns=(
        Column("Member", Text(8, r"[0-9]{6}"), "The provider's own number", Key("metro_peer.member")),
        Column("Date", Date("%d.%m.%Y"), "Date of scoring", Keep()),
        Column(
            "Scale",
            Code({"WHO5": "WHO-5", "BARC10": "BARC-10", "K6": "K6", "PHQ9": "PHQ-9", "MSPSS": "MSPSS"}),
            "Scale", Keep(),
        ),
        Column("Version", Text(10), "Version of the scale's wording", Keep(), null=True),
        Column("Score", Decimal(0, 100), "Raw score; the mean for MSPSS", Keep(), unit="point"),
        Column("Comment", Text(300), "Free text: never persisted", Drop(), null=True),
    ),
    expects=(Rows(0, 50_000_000), Accepted(0.85)),
    rules=(InScale("Scale", "Score"),),
    timeline=(
        Event("assessment", date="Date", code="Scale", number="Score", detail={"scale_version": "Version"}),
    ),
)  # fmt: skip
