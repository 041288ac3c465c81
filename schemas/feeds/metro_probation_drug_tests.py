"""Drug tests of the Metro probation department; the worked example of docs/adding-a-feed.md."""

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
    name="metro_probation_drug_tests",
    title="Metro probation: drug tests",
    agency="metro_probation",
    agreement="metro-2025",
    files="drug_tests_{date:%Y%m%d}.csv",
    format=Delimited(encoding="utf-8-sig"),
    delivery=Full(every="week"),
    coverage=UpTo(FileDate(), since=dt.date(2021, 1, 1), lag_days=14),
    subject=Key("metro_probation.probationer"),
    key=("Specimen No",),
    columns=(
        Column("Specimen No", Text(14), "Number of the specimen", Key("metro_probation.specimen")),
        Column("Probationer ID", Text(12), "The department's own number", Key("metro_probation.probationer")),
        Column("Collected", Date("%m/%d/%Y"), "Date the specimen is taken", Keep()),
        Column(
            "Panel", Code({"5": "5 panel", "10": "10 panel", "EtG": "alcohol"}), "What is tested for", Keep(),
        ),
        Column(
            "Result",
            Code({
                "Negative": "negative", "Positive": "positive", "Refused": "refused", "Dilute": "invalid",
                "Invalid": "invalid",
            }),
            "Result; a dilute specimen counts as invalid", Keep(),
        ),
        Column("Laboratory", Text(60), "Name of the laboratory: never persisted", Drop(), null=True),
    ),
    expects=(Rows(0, 50_000_000), Accepted(0.85)),
    timeline=(Event("drug_test", date="Collected", code="Result", text="Panel"),),
)  # fmt: skip
