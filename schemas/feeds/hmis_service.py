"""Services of a continuum of care (HUD HMIS CSV FY2026)."""

import datetime as dt

from schemas.contract import (
    Code,
    Column,
    Date,
    Decimal,
    Deleted,
    Delimited,
    Event,
    Feed,
    Fixed,
    Full,
    Keep,
    Key,
    Rows,
    Text,
    UpTo,
    Zip,
)

FEED = Feed(
    name="hmis_service",
    title="HMIS: services",
    agency="coc",
    agreement="coc-2022",
    files="*.zip",
    format=Zip("Services.csv", Delimited()),
    delivery=Full(every="once"),
    coverage=UpTo(Fixed(dt.date(2022, 9, 30)), since=dt.date(2019, 10, 1)),
    subject=Key("coc.client"),
    key=("ServicesID",),
    columns=(
        Column("ServicesID", Text(32), "Number of the service", Key("coc.service")),
        Column("EnrollmentID", Text(32), "Number of the enrolment", Key("coc.enrolment")),
        Column("PersonalID", Text(32), "The continuum's number of the client", Key("coc.client")),
        Column("DateProvided", Date("%Y-%m-%d"), "Date of the service", Keep()),
        Column(
            "RecordType",
            Code({
                "141": "path_service", "142": "rhy_service", "143": "hopwa_service", "144": "ssvf_service",
                "151": "hopwa_financial_assistance", "152": "ssvf_financial_assistance", "161": "path_referral",
                "200": "bed_night", "210": "hud_vash_voucher_tracking", "300": "moving_on_assistance",
            }),
            "Record type: which list the type of service is of", Keep(),
        ),
        Column("TypeProvided", Text(3, r"[0-9]{1,3}"), "Type of service, a number in the list of RecordType", Keep()),
        Column("SubTypeProvided", Text(3, r"[0-9]{1,3}"), "Sub-type within the type", Keep(), null=True),
        Column("FAAmount", Decimal(0, 1_000_000), "Amount of financial assistance", Keep(), null=True, unit="USD"),
        Column("DateDeleted", Date("%Y-%m-%d %H:%M:%S"), "When the record was deleted", Keep(), null=True),
    ),
    expects=(Rows(1, 100_000_000),),
    unused=(
        "OtherTypeProvided", "MovingOnOtherType", "FAStartDate", "FAEndDate", "ReferralOutcome", "DateCreated",
        "DateUpdated", "UserID", "ExportID",
    ),
    deleted=Deleted("DateDeleted"),
    timeline=(
        Event(
            "service", date="DateProvided", code="RecordType", text="TypeProvided", record="coc.enrolment",
            detail={"sub_type": "SubTypeProvided", "amount": "FAAmount"},
        ),
    ),
)  # fmt: skip
