"""Exits of a continuum of care (HUD HMIS CSV FY2026): the ends of the enrolments."""

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
    Rows,
    SpanEnd,
    Text,
    UpTo,
    Zip,
)

FEED = Feed(
    name="hmis_exit",
    title="HMIS: exits",
    agency="coc",
    agreement="coc-2022",
    files="*.zip",
    format=Zip("Exit.csv", Delimited()),
    delivery=Full(every="once"),
    coverage=UpTo(Fixed(dt.date(2022, 9, 30)), since=dt.date(2019, 10, 1)),
    subject=Key("coc.client"),
    key=("ExitID",),
    columns=(
        Column("ExitID", Text(32), "Number of the exit", Key("coc.exit")),
        Column("EnrollmentID", Text(32), "Number of the enrolment", Key("coc.enrolment")),
        Column("PersonalID", Text(32), "The continuum's number of the client", Key("coc.client")),
        Column("ExitDate", Date("%Y-%m-%d"), "Project exit date (3.11)", Keep()),
        Column(
            "Destination",
            Code({
                "116": "place not meant for habitation", "101": "emergency shelter", "118": "safe haven",
                "215": "foster care", "206": "psychiatric hospital", "207": "jail, prison or detention",
                "204": "hospital", "205": "substance-use treatment", "225": "long-term care",
                "302": "transitional housing", "329": "halfway house", "314": "hotel or motel",
                "332": "host home", "312": "with family, temporary", "313": "with friends, temporary",
                "327": "moved between HOPWA projects", "336": "friend's room", "335": "family member's room",
                "422": "with family, permanent", "423": "with friends, permanent", "426": "HOPWA permanent housing",
                "410": "rental, no subsidy", "435": "rental, with subsidy", "421": "owned, with subsidy",
                "411": "owned, no subsidy", "30": "no exit interview", "17": "other", "24": "deceased",
                "37": "worker unable to determine", "8": "8", "9": "9", "99": "99",
            }),
            "Destination (3.12); 8 does not know, 9 prefers not to say, 99 not collected", Keep(),
        ),
        Column(
            "ProjectCompletionStatus",
            Code({"1": "completed", "2": "left early", "3": "asked to leave"}),
            "Project completion status (R17)", Keep(), null=True,
        ),
        Column("DateDeleted", Date("%Y-%m-%d %H:%M:%S"), "When the record was deleted", Keep(), null=True),
    ),
    expects=(Rows(1, 10_000_000),),
    unused=(
        "DestinationSubsidyType", "OtherDestination", "HousingAssessment", "SubsidyInformation",
        "EarlyExitReason", "ExchangeForSex", "ExchangeForSexPastThreeMonths", "CountOfExchangeForSex",
        "AskedOrForcedToExchangeForSex", "AskedOrForcedToExchangeForSexPastThreeMonths",
        "WorkplaceViolenceThreats", "WorkplacePromiseDifference", "CoercedToContinueWork",
        "LaborExploitPastThreeMonths", "CounselingReceived", "IndividualCounseling", "FamilyCounseling",
        "GroupCounseling", "SessionCountAtExit", "PostExitCounselingPlan", "SessionsInPlan",
        "DestinationSafeClient", "DestinationSafeWorker", "PosAdultConnections", "PosPeerConnections",
        "PosCommunityConnections", "AftercareDate", "AftercareProvided", "EmailSocialMedia", "Telephone",
        "InPersonIndividual", "InPersonGroup", "CMExitReason", "DateCreated", "DateUpdated", "UserID",
        "ExportID",
    ),
    deleted=Deleted("DateDeleted"),
    timeline=(
        SpanEnd(
            "enrolment", date="ExitDate", code="Destination", text="ProjectCompletionStatus", record="coc.enrolment",
        ),
    ),
)  # fmt: skip
