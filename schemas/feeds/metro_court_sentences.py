"""Sentences of the Metro court: one row a part of a sentence; case and defendant only, no name."""

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
    name="metro_court_sentences",
    title="Metro court: sentences",
    agency="metro_court",
    agreement="metro-2025",
    files="sentences_{date:%Y%m%d}.txt",
    format=Delimited(encoding="cp1252", separator="|", quote=None),
    delivery=Full(every="week"),
    coverage=UpTo(FileDate(), since=dt.date(2021, 1, 1), lag_days=14),
    subject=Via("metro_court.case_party"),
    key=("CASE_NO", "DEF_NO", "COUNT_NO", "PART_NO"),
    columns=(
        Column("CASE_NO", Text(20), "Case number", Key("metro_court.case"), Key("metro_court.case_party", 1)),
        Column("DEF_NO", Text(4, r"D[0-9]{2}"), "Defendant within the case", Key("metro_court.case_party", 2)),
        Column("COUNT_NO", Integer(1, 99), "Charge within case and defendant", Keep()),
        Column("PART_NO", Integer(1, 9), "Part within the sentence", Keep()),
        Column("SENTENCE_DT", Date("%Y%m%d"), "Date of sentence", Keep()),
        Column(
            "SENTENCE_TYPE",
            Code({
                "PRISON": "prison", "JAIL": "jail", "PROBATION": "probation", "FINE": "fine",
                "COMM SVC": "community_service", "SUSPENDED": "suspended", "OTHER": "other",
            }),
            "Kind of sentence", Keep(),
        ),
        Column("DAYS", Integer(0, 36_500), "Days imposed", Keep(), null=True, unit="day"),
        Column("SUSPENDED_DAYS", Integer(0, 36_500), "Days suspended of those imposed", Keep(), null=True, unit="day"),
    ),
    expects=(Rows(0, 20_000_000), Accepted(0.85), Refers("metro_court.case_party", 0.95)),
    timeline=(
        Event(
            "sentence", date="SENTENCE_DT", code="SENTENCE_TYPE", number="DAYS", record="metro_court.case",
            detail={"suspended_days": "SUSPENDED_DAYS", "charge_number": "COUNT_NO", "part_number": "PART_NO"},
        ),
    ),
)  # fmt: skip
