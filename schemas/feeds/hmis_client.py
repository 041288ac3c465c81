"""Clients of a continuum of care (HUD HMIS CSV FY2026): who they are and nothing about them.

The file dates nothing, so nothing of it is kept: it gives its clients' numbers their identifiers. Names and
SSN may be hashed by the exporting system; the linker treats a value that everyone shares as no value.
"""

import datetime as dt

from schemas.contract import (
    Code,
    Column,
    Date,
    Deleted,
    Delimited,
    Feed,
    Fixed,
    Full,
    Identify,
    Keep,
    Key,
    Rows,
    Text,
    UpTo,
    Zip,
)

FEED = Feed(
    name="hmis_client",
    title="HMIS: clients",
    agency="coc",
    agreement="coc-2022",
    files="*.zip",
    format=Zip("Client.csv", Delimited()),
    delivery=Full(every="once"),
    coverage=UpTo(Fixed(dt.date(2022, 9, 30)), since=dt.date(2019, 10, 1)),
    subject=Key("coc.client"),
    key=("PersonalID",),
    columns=(
        Column("PersonalID", Text(32), "The continuum's number of the client", Key("coc.client")),
        Column("FirstName", Text(50), "Given name, or its hash", Identify("given_name"), null=True),
        Column("MiddleName", Text(50), "Middle name, or its hash", Identify("middle_name"), null=True),
        Column("LastName", Text(50), "Surname, or its hash", Identify("surname"), null=True),
        Column("NameSuffix", Text(50), "Suffix, or its hash", Identify("suffix"), null=True),
        Column("SSN", Text(64), "Social security number, or its hash", Identify("ssn"), null=True),
        Column("DOB", Date("%Y-%m-%d"), "Birth date", Identify("birth_date"), null=True),
        Column(
            "Sex", Code({"0": "F", "1": "M", "8": "U", "9": "U", "99": "U"}), "Sex (3.06)", Identify("sex"), null=True,
        ),
        Column("DateDeleted", Date("%Y-%m-%d %H:%M:%S"), "When the record was deleted", Keep(), null=True),
    ),
    expects=(Rows(1, 10_000_000),),
    unused=(
        "NameDataQuality", "SSNDataQuality", "DOBDataQuality", "AmIndAKNative", "Asian", "BlackAfAmerican",
        "HispanicLatinao", "MidEastNAfrican", "NativeHIPacific", "White", "RaceNone", "AdditionalRaceEthnicity",
        "VeteranStatus", "YearEnteredService", "YearSeparated", "WorldWarII", "KoreanWar", "VietnamWar",
        "DesertStorm", "AfghanistanOEF", "IraqOIF", "IraqOND", "OtherTheater", "MilitaryBranch",
        "DischargeStatus", "DateCreated", "DateUpdated", "UserID", "ExportID",
    ),
    deleted=Deleted("DateDeleted"),
    timeline=(),
)  # fmt: skip
