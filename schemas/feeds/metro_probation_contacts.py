"""Contacts of the Metro probation department: kept, missed or excused."""

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
    Keep,
    Key,
    Rows,
    Text,
    UpTo,
)

FEED = Feed(
    name="metro_probation_contacts",
    title="Metro probation: contacts",
    agency="metro_probation",
    agreement="metro-2025",
    files="contacts_{date:%Y%m%d}.csv",
    format=Delimited(encoding="utf-8-sig"),
    delivery=Full(every="week"),
    coverage=UpTo(FileDate(), since=dt.date(2021, 1, 1), lag_days=7),
    subject=Key("metro_probation.probationer"),
    key=("Contact No",),
    columns=(
        Column("Contact No", Text(14), "Number of the contact", Key("metro_probation.contact")),
        Column("Probationer ID", Text(12), "The department's own number", Key("metro_probation.probationer")),
        Column("Supervision No", Text(14), "Number of the supervision", Key("metro_probation.supervision")),
        Column("Contact Date", Date("%m/%d/%Y"), "Date scheduled", Keep()),
        Column(
            "Contact Type",
            Code({
                "Office": "office", "Home Visit": "home visit", "Field": "field", "Telephone": "telephone",
                "Video": "video",
            }),
            "Kind of contact", Keep(),
        ),
        Column("Result", Code({"Kept": "kept", "Missed": "missed", "Excused": "excused"}), "What came of it", Keep()),
        Column("Officer", Text(50), "Name of the officer: never persisted", Drop(), null=True),
    ),
    expects=(Rows(0, 100_000_000), Accepted(0.85)),
    timeline=(
        Event(
            "contact", date="Contact Date", code="Result", text="Contact Type", record="metro_probation.supervision",
        ),
    ),
)  # fmt: skip
