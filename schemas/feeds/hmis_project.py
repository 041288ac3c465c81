"""Projects of a continuum of care (HUD HMIS CSV FY2026); not about persons.

A project's name is left out: it can say what its clients live with.
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
    Keep,
    Key,
    NoSubject,
    Rows,
    Span,
    Text,
    UpTo,
    Zip,
)

FEED = Feed(
    name="hmis_project",
    title="HMIS: projects",
    agency="coc",
    agreement="coc-2022",
    files="*.zip",
    format=Zip("Project.csv", Delimited()),
    delivery=Full(every="once"),
    coverage=UpTo(Fixed(dt.date(2022, 9, 30)), since=dt.date(2019, 10, 1)),
    subject=NoSubject(),
    key=("ProjectID",),
    columns=(
        Column("ProjectID", Text(32), "Number of the project", Key("coc.project")),
        Column("OperatingStartDate", Date("%Y-%m-%d"), "The project starts to operate (2.02)", Keep()),
        Column("OperatingEndDate", Date("%Y-%m-%d"), "It ceases to operate", Keep(), null=True),
        Column(
            "ProjectType",
            Code({
                "0": "housing", "1": "housing", "2": "housing", "3": "housing", "4": "other", "6": "other",
                "7": "other", "8": "housing", "9": "housing", "10": "housing", "11": "other", "12": "housing",
                "13": "housing", "14": "other",
            }),
            "Project type (2.02.6): shelter 0, 1; transitional 2; permanent 3, 9, 10; outreach 4; services only 6; "
            "safe haven 8; day shelter 11; prevention 12; rapid re-housing 13; coordinated entry 14",
            Keep(),
        ),
        Column("DateDeleted", Date("%Y-%m-%d %H:%M:%S"), "When the record was deleted", Keep(), null=True),
    ),
    expects=(Rows(1, 100_000),),
    unused=(
        "OrganizationID", "ProjectName", "ProjectCommonName", "ContinuumProject", "HousingType", "RRHSubType",
        "ResidentialAffiliation", "TargetPopulation", "HOPWAMedAssistedLivingFac", "PITCount", "DateCreated",
        "DateUpdated", "UserID", "ExportID",
    ),
    deleted=Deleted("DateDeleted"),
    timeline=(
        Span(
            "programme", start="OperatingStartDate", end="OperatingEndDate", code="ProjectType", record="coc.project",
        ),
    ),
)  # fmt: skip
