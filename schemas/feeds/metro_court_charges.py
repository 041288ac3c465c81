"""Charges filed with the Metro court: one row a count, with the defendant as the clerk wrote them down."""

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
    Filled,
    Full,
    Identify,
    Integer,
    Keep,
    Key,
    Ordered,
    Rows,
    Text,
    UpTo,
)

FEED = Feed(
    name="metro_court_charges",
    title="Metro court: charges filed",
    agency="metro_court",
    agreement="metro-2025",
    files="charges_{date:%Y%m%d}.txt",
    format=Delimited(encoding="cp1252", separator="|", quote=None),
    delivery=Full(every="week"),
    coverage=UpTo(FileDate(), since=dt.date(2021, 1, 1), lag_days=30),
    subject=Key("metro_court.party"),
    key=("CASE_NO", "DEF_NO", "COUNT_NO"),
    columns=(
        Column(
            "CASE_NO", Text(20), "Case number; co-defendants share it",
            Key("metro_court.case"), Key("metro_court.case_party", 1),
        ),
        Column("DEF_NO", Text(4, r"D[0-9]{2}"), "Defendant within the case", Key("metro_court.case_party", 2)),
        Column("PARTY_ID", Text(12), "The court's own number of the person", Key("metro_court.party")),
        Column("COUNT_NO", Integer(1, 99), "Charge within case and defendant", Keep()),
        Column("DEFENDANT", Text(60), "Name as SURNAME, GIVEN MIDDLE SUFFIX", Identify("full_name")),
        Column("DOB", Date("%Y%m%d"), "Birth date", Identify("birth_date"), Keep(as_="birth_year"), null=True),
        Column("SEX", Code({"M": "M", "F": "F", "U": "U"}), "Sex as recorded at filing", Identify("sex"), Keep()),
        Column("SID", Text(10, r"[A-Z]{2}[0-9]{7}"), "State identification number", Identify("state_id"), null=True),
        Column("ADDRESS", Text(60), "Street address at filing", Identify("address"), null=True),
        Column("ZIP", Text(5, r"[0-9]{5}"), "ZIP code at filing", Identify("zip"), null=True),
        Column("OFFENSE", Text(40, r"[0-9]{4} .+"), "Offence charged: NCIC code and its text", Keep()),
        Column("GRADE", Code({"F": "FE", "M": "MI", "U": "UU"}), "Grade of the charge", Keep()),
        Column("OFFENSE_DT", Date("%Y%m%d"), "Date of the alleged offence", Keep()),
        Column("FILED_DT", Date("%Y%m%d"), "Date of filing", Keep()),
    ),
    expects=(Rows(1, 20_000_000), Accepted(0.85), Filled("DOB", 0.95)),
    rules=(Ordered("OFFENSE_DT", "FILED_DT"),),
    timeline=(
        Event(
            "charge", date="FILED_DT", code="OFFENSE", text="GRADE", record="metro_court.case",
            detail={"offence_date": "OFFENSE_DT", "charge_number": "COUNT_NO", "birth_year": "DOB", "sex": "SEX"},
        ),
    ),
)  # fmt: skip
