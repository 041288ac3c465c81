"""Enrolments of the Metro peer-support provider, kept in a workbook; a member number may be given again."""

import datetime as dt

from schemas.contract import (
    Accepted,
    Code,
    Column,
    Const,
    Date,
    Drop,
    Excel,
    Feed,
    FileDate,
    Full,
    Identify,
    Keep,
    Key,
    Ordered,
    Rows,
    Span,
    Text,
    UpTo,
)

FEED = Feed(
    name="metro_peer_enrolments",
    title="Metro peer support: enrolments",
    agency="metro_peer",
    agreement="metro-2025",
    files="enrolments_{date:%Y-%m-%d}.xlsx",
    format=Excel(sheet="Enrolments"),
    delivery=Full(every="month"),
    coverage=UpTo(FileDate(), since=dt.date(2021, 1, 1), lag_days=14),
    subject=Key("metro_peer.member"),
    key=("Enrolment ID",),
    columns=(
        Column("Enrolment ID", Text(12), "Number of the enrolment", Key("metro_peer.enrolment")),
        Column("Member No", Text(8, r"[0-9]{6}"), "The provider's own number; given again after a year without use",
               Key("metro_peer.member")),
        Column("Given names", Text(60), "Given names as the member gives them", Identify("given_name")),
        Column("Family name", Text(50), "Family name", Identify("surname")),
        Column("Known as", Text(60), "Name the member goes by", Identify("alias"), null=True),
        Column("Born", Date("%Y-%m-%d"), "Birth date", Identify("birth_date"), null=True),
        Column("Sex", Code({"m": "M", "f": "F", "not said": "U"}), "Sex as the member gives it", Identify("sex"),
               null=True),
        Column("Phone", Text(20, r"[0-9]{3}-[0-9]{3}-[0-9]{4}"), "Telephone", Identify("phone"), null=True),
        Column("Email", Text(80, r"[^@ ]+@[^@ ]+"), "E-mail address", Identify("email"), null=True),
        Column("Zip", Text(5, r"[0-9]{5}"), "ZIP code", Identify("zip"), null=True),
        Column(
            "Referred by",
            Code({
                "Court": "court", "Probation": "probation", "Jail": "jail", "Self": "self", "Family": "family",
                "Other agency": "other agency", "9": "9", "99": "99",
            }),
            "Source of the referral; 9 prefers not to say, 99 not collected", Keep(), null=True,
        ),
        Column("Joined", Date("%Y-%m-%d"), "Enrolment starts", Keep()),
        Column("Left", Date("%Y-%m-%d"), "Enrolment ends; empty while a member", Keep(), null=True),
        Column(
            "Completion",
            Code({
                "Completed": "completed", "Left early": "left early", "Moved away": "moved away",
                "Asked to leave": "asked to leave", "Unknown": "unknown",
            }),
            "Completion status", Keep(), null=True,
        ),
        Column("Remarks", Text(300), "Free text: never persisted", Drop(), null=True),
    ),
    expects=(Rows(1, 1_048_575), Accepted(0.85)),
    rules=(Ordered("Joined", "Left"),),
    timeline=(
        Span(
            "enrolment", start="Joined", end="Left", code=Const("peer_support"), text="Completion",
            record="metro_peer.enrolment", detail={"referral_source": "Referred by"},
        ),
    ),
)  # fmt: skip
