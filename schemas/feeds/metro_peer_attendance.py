"""Attendance at the sessions of the Metro peer-support provider; a row knows only a member number."""

import datetime as dt

from schemas.contract import (
    Accepted,
    Code,
    Column,
    Date,
    Delimited,
    Delta,
    Event,
    Feed,
    FileDate,
    Integer,
    Keep,
    Key,
    Rows,
    Text,
    UpTo,
)

FEED = Feed(
    name="metro_peer_attendance",
    title="Metro peer support: attendance",
    agency="metro_peer",
    agreement="metro-2025",
    files="attendance_{date:%Y%m%d}.txt",
    format=Delimited(encoding="utf-16", separator="\t", quote=None),
    delivery=Delta(every="half_year"),
    coverage=UpTo(FileDate(), since=dt.date(2021, 1, 1), lag_days=7),
    subject=Key("metro_peer.member"),
    key=("MemberNo", "SessionDate", "GroupID"),
    columns=(
        Column("MemberNo", Text(8, r"[0-9]{6}"), "The provider's own number", Key("metro_peer.member")),
        Column("SessionDate", Date("%d.%m.%Y"), "Date of the session", Keep()),
        Column("GroupID", Text(6, r"G[0-9]{3}"), "Group", Keep()),
        Column(
            "Content",
            Code({
                "Sharing circle": "emotional_support", "Know your rights": "legal_information",
                "Study hour": "education", "My commitments": "accountability", "Life skills": "life_skills",
                "Social": "social", "Resources": "resources", "Speaking up": "advocacy",
            }),
            "Kind of content of the session", Keep(),
        ),
        Column("Minutes", Integer(0, 600), "Length of the session", Keep(), null=True, unit="minute"),
        Column(
            "Status",
            Code({
                "P": "attended", "L": "late", "LE": "left_early", "AE": "absent_excused", "A": "absent_unexcused",
                "C": "cancelled_by_programme", "MU": "make_up", "?": "unknown",
            }),
            "Attendance", Keep(),
        ),
        Column(
            "Complied", Code({"Y": "yes", "N": "no", "99": "99"}),
            "Whether the member kept to what the session asked; 99 not collected", Keep(), null=True,
        ),
        Column("LedBy", Code({"Peer": "peer", "Expert": "expert", "Staff": "staff"}), "Who led the session", Keep()),
    ),
    expects=(Rows(0, 100_000_000), Accepted(0.85)),
    timeline=(
        Event(
            "attendance", date="SessionDate", code="Status", number="Minutes", text="Content",
            detail={"compliance": "Complied", "led_by": "LedBy", "group_id": "GroupID"},
        ),
    ),
)  # fmt: skip
