"""Hearings of the Metro court: scheduled settings and whether the defendant appeared; no name."""

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
    Integer,
    Keep,
    Key,
    Refers,
    Rows,
    Text,
    UpTo,
    Via,
)

FEED = Feed(
    name="metro_court_hearings",
    title="Metro court: hearings",
    agency="metro_court",
    agreement="metro-2025",
    files="hearings_{date:%Y%m%d}.txt",
    format=Delimited(encoding="cp1252", separator="|", quote=None),
    delivery=Full(every="week"),
    coverage=UpTo(FileDate(), since=dt.date(2021, 1, 1), lag_days=7),
    subject=Via("metro_court.case_party"),
    key=("CASE_NO", "DEF_NO", "SETTING_NO"),
    columns=(
        Column("CASE_NO", Text(20), "Case number", Key("metro_court.case"), Key("metro_court.case_party", 1)),
        Column("DEF_NO", Text(4, r"D[0-9]{2}"), "Defendant within the case", Key("metro_court.case_party", 2)),
        Column("SETTING_NO", Integer(1, 999), "Setting within case and defendant", Keep()),
        Column("HEARING_DT", Date("%Y%m%d"), "Date scheduled", Keep()),
        Column(
            "HEARING_TYPE",
            Code({
                "ARR": "arraignment", "PTC": "pre-trial conference", "MOT": "motion", "TRL": "trial",
                "SEN": "sentencing", "REV": "review",
            }),
            "Kind of hearing", Keep(),
        ),
        Column(
            "APPEARED", Code({"Y": "yes", "N": "no", "E": "excused", "U": "unknown"}),
            "Whether the defendant appeared; N is a failure to appear without excuse", Keep(),
        ),
    ),
    expects=(Rows(0, 50_000_000), Accepted(0.85), Refers("metro_court.case_party", 0.95)),
    unused=("COURTROOM",),
    timeline=(
        Event(
            "hearing", date="HEARING_DT", code="APPEARED", text="HEARING_TYPE", record="metro_court.case",
            detail={"setting_number": "SETTING_NO"},
        ),
    ),
)  # fmt: skip
