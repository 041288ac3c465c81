"""Supervision periods of the Metro probation department, with the probationer as its officers know them."""

import datetime as dt

from schemas.contract import (
    Accepted,
    Code,
    Column,
    Date,
    Delimited,
    Drop,
    Feed,
    FileDate,
    Filled,
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
    name="metro_probation_supervision",
    title="Metro probation: supervision",
    agency="metro_probation",
    agreement="metro-2025",
    files="supervision_{date:%Y%m%d}.csv",
    format=Delimited(encoding="utf-8-sig"),
    delivery=Full(every="week"),
    coverage=UpTo(FileDate(), since=dt.date(2021, 1, 1), lag_days=14),
    subject=Key("metro_probation.probationer"),
    key=("Supervision No",),
    columns=(
        Column("Probationer ID", Text(12), "The department's own number", Key("metro_probation.probationer")),
        Column("Supervision No", Text(14), "Number of the supervision", Key("metro_probation.supervision")),
        Column("SID", Text(10, r"[A-Z]{2}[0-9]{7}"), "State identification number", Identify("state_id"), null=True),
        Column("SSN Last 4", Text(4, r"[0-9]{4}"), "Last four digits of the SSN", Identify("ssn_last4"), null=True),
        Column("Last Name", Text(50), "Surname as sentenced", Identify("surname")),
        Column("First Name", Text(40), "Given name", Identify("given_name")),
        Column("Middle Name", Text(40), "Middle name or initial", Identify("middle_name"), null=True),
        Column("Suffix", Text(4, r"(JR|SR|II|III|IV)"), "Suffix of the name", Identify("suffix"), null=True),
        Column("AKA", Text(80), "A further name in use", Identify("alias"), null=True),
        Column(
            "Date of Birth", Date("%m/%d/%Y"), "Birth date",
            Identify("birth_date"), Keep(as_="birth_year"), null=True,
        ),
        Column("Gender", Code({"Male": "M", "Female": "F", "Unknown": "U"}), "Sex as recorded",
               Identify("sex"), Keep()),
        Column(
            "Race",
            Code({"White": "white", "Black": "black", "Hispanic": "hispanic", "Asian": "asian", "Other": "other"}),
            "Race or ethnicity as recorded: for audit by group, never for matching",
            Identify("race"), Keep(), null=True,
        ),
        Column("Street", Text(60), "Street address", Identify("address"), null=True),
        Column("Zip", Text(5, r"[0-9]{5}"), "ZIP code", Identify("zip"), null=True),
        Column("Phone", Text(14, r"\([0-9]{3}\) [0-9]{3}-[0-9]{4}"), "Telephone", Identify("phone"), null=True),
        Column(
            "Supervision Type",
            Code({
                "Formal Probation": "formal probation", "Summary Probation": "summary probation",
                "Drug Court": "drug court", "Parole": "parole",
            }),
            "Kind of supervision", Keep(),
        ),
        Column("Start Date", Date("%m/%d/%Y"), "Supervision starts", Keep()),
        Column(
            "End Date", Date("%m/%d/%Y", open_end="12/31/9999"),
            "Supervision ends; 12/31/9999 while supervised", Keep(), null=True,
        ),
        Column(
            "Close Reason",
            Code({
                "Completed": "CO", "Revoked - New Offense": "IN", "Revoked - Technical": "IN", "Absconded": "AB",
                "Discharged to Detainer": "DI", "Terminated Unsatisfactorily": "OU", "Transferred Out": "TR",
                "Deceased": "DE", "Other": "OT", "Unknown": "UU",
            }),
            "Why it ended (APPA/BJS)", Keep(), null=True,
        ),
        Column("Officer Notes", Text(500), "Free text: never persisted", Drop(), null=True),
    ),
    expects=(Rows(1, 20_000_000), Accepted(0.85), Filled("Date of Birth", 0.95)),
    rules=(Ordered("Start Date", "End Date"),),
    timeline=(
        Span(
            "supervision", start="Start Date", end="End Date", code="Close Reason", text="Supervision Type",
            record="metro_probation.supervision",
            detail={"birth_year": "Date of Birth", "sex": "Gender", "race": "Race"},
        ),
    ),
)  # fmt: skip
