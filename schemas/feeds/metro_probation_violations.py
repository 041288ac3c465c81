"""Violation incidents of the Metro probation department; an incident bundles violations and may end in revocation."""

import datetime as dt

from schemas.contract import (
    Accepted,
    Code,
    Column,
    Date,
    Delimited,
    Drop,
    Event,
    Feed,
    FileDate,
    Full,
    Integer,
    Keep,
    Key,
    Ordered,
    Rows,
    Text,
    UpTo,
)

FEED = Feed(
    name="metro_probation_violations",
    title="Metro probation: violations and revocations",
    agency="metro_probation",
    agreement="metro-2025",
    files="violations_{date:%Y%m%d}.csv",
    format=Delimited(encoding="utf-8-sig"),
    delivery=Full(every="week"),
    coverage=UpTo(FileDate(), since=dt.date(2021, 1, 1), lag_days=30),
    subject=Key("metro_probation.probationer"),
    key=("Incident No", "Violation No"),
    columns=(
        Column("Incident No", Text(14), "Number of the incident", Key("metro_probation.incident")),
        Column("Violation No", Integer(1, 99), "Violation within the incident", Keep()),
        Column("Probationer ID", Text(12), "The department's own number", Key("metro_probation.probationer")),
        Column("Supervision No", Text(14), "Number of the supervision", Key("metro_probation.supervision")),
        Column("Incident Date", Date("%m/%d/%Y"), "Date of the incident", Keep()),
        Column(
            "Violation Type",
            Code({"Technical": "technical", "Absconding": "absconding", "New Offense": "new_offence"}),
            "Kind of violation", Keep(),
        ),
        Column("Description", Text(300), "Free text: never persisted", Drop(), null=True),
        Column(
            "Outcome",
            Code({
                "No Action": "no action", "Warning": "warning", "Sanction": "sanction", "Modified": "modified",
                "Revoked": "revoked", "Pending": "pending",
            }),
            "What the department or court did", Keep(),
        ),
        Column("Revocation Date", Date("%m/%d/%Y"), "Date of revocation, on one row of the incident", Keep(),
               null=True),
        Column(
            "Revocation Type",
            Code({"Technical": "technical", "New Offense": "new_offence", "Other": "other"}),
            "Ground of revocation", Keep(), null=True,
        ),
    ),
    expects=(Rows(0, 50_000_000), Accepted(0.85)),
    rules=(Ordered("Incident Date", "Revocation Date"),),
    timeline=(
        Event(
            "violation", date="Incident Date", code="Violation Type", text="Outcome",
            record="metro_probation.incident", detail={"violation_number": "Violation No"},
        ),
        Event(
            "revocation", date="Revocation Date", code="Revocation Type", record="metro_probation.supervision",
            detail={"incident_date": "Incident Date"},
        ),
    ),
)  # fmt: skip
