"""Dispositions of the Metro court: how each charge was decided; case and defendant only, no name."""

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
    Refers,
    Rows,
    Text,
    UpTo,
    Via,
)

FEED = Feed(
    name="metro_court_dispositions",
    title="Metro court: dispositions",
    agency="metro_court",
    agreement="metro-2025",
    files="dispositions_{date:%Y%m%d}.txt",
    format=Delimited(encoding="cp1252", separator="|", quote=None),
    delivery=Full(every="week"),
    coverage=UpTo(FileDate(), since=dt.date(2021, 1, 1), lag_days=14),
    subject=Via("metro_court.case_party"),
    key=("CASE_NO", "DEF_NO", "COUNT_NO"),
    columns=(
        Column("CASE_NO", Text(20), "Case number", Key("metro_court.case"), Key("metro_court.case_party", 1)),
        Column("DEF_NO", Text(4, r"D[0-9]{2}"), "Defendant within the case", Key("metro_court.case_party", 2)),
        Column("COUNT_NO", Integer(1, 99), "Charge within case and defendant", Keep()),
        Column("DISP_DT", Date("%Y%m%d"), "Date of disposition", Keep()),
        Column(
            "DISPOSITION",
            Code({
                "PLED GUILTY": "GP", "GUILTY BY JURY": "GJ", "GUILTY BY COURT": "GC", "GUILTY OTHER": "GU",
                "ACQUITTED": "NA", "DISMISSED": "ND", "NOLLE PROSEQUI": "ND", "MISTRIAL": "NM",
                "DIVERTED": "DU", "TRANSFERRED": "PT", "UNKNOWN": "UU",
            }),
            "How the charge was disposed of", Keep(),
        ),
        Column("DISP_OFFENSE", Text(40, r"[0-9]{4} .+"), "Offence as disposed: NCIC code and its text", Keep()),
        Column("JUDGE", Text(40), "Presiding judge: never persisted", Drop(), null=True),
    ),
    expects=(Rows(0, 20_000_000), Accepted(0.85), Refers("metro_court.case_party", 0.95)),
    timeline=(
        Event(
            "disposition", date="DISP_DT", code="DISPOSITION", text="DISP_OFFENSE", record="metro_court.case",
            detail={"charge_number": "COUNT_NO"},
        ),
    ),
)  # fmt: skip
