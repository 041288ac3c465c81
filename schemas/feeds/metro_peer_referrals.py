"""Referrals that the Metro peer-support provider makes for its members, from need to closure."""

import datetime as dt

from schemas.contract import (
    Accepted,
    Code,
    Column,
    Date,
    Delimited,
    Event,
    Feed,
    FileDate,
    Full,
    Keep,
    Key,
    Ordered,
    Rows,
    Text,
    UpTo,
)

FEED = Feed(
    name="metro_peer_referrals",
    title="Metro peer support: referrals",
    agency="metro_peer",
    agreement="metro-2025",
    files="referrals_{date:%Y%m%d}.csv",
    format=Delimited(encoding="utf-8", separator=";"),
    delivery=Full(every="month"),
    coverage=UpTo(FileDate(), since=dt.date(2021, 1, 1), lag_days=14),
    subject=Key("metro_peer.member"),
    key=("Referral",),
    columns=(
        Column("Referral", Text(12), "Number of the referral", Key("metro_peer.referral")),
        Column("Member", Text(8, r"[0-9]{6}"), "The provider's own number", Key("metro_peer.member")),
        Column(
            "Need",
            Code({
                "Housing": "housing", "Work": "employment", "Substance use": "substance_use",
                "Mental health": "mental_health", "Schooling": "education", "Legal": "legal",
                "Transport": "transport", "Benefits": "benefits", "Other": "other",
            }),
            "Need that the referral is for", Keep(),
        ),
        Column("Made", Date("%d.%m.%Y"), "Date the referral is made", Keep()),
        Column("Accepted", Date("%d.%m.%Y"), "Date the other side accepts", Keep(), null=True),
        Column("First attended", Date("%d.%m.%Y"), "Date of the first attendance", Keep(), null=True),
        Column("Closed", Date("%d.%m.%Y"), "Date of closure", Keep(), null=True),
    ),
    expects=(Rows(0, 50_000_000), Accepted(0.85)),
    rules=(Ordered("Made", "Accepted"), Ordered("Accepted", "First attended"), Ordered("Made", "Closed")),
    timeline=(
        Event(
            "referral", date="Made", code="Need", record="metro_peer.referral",
            detail={
                "accepted_date": "Accepted", "first_attended_date": "First attended", "closed_date": "Closed",
            },
        ),
    ),
)  # fmt: skip
