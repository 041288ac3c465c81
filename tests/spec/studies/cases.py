"""What studies do, in drawn tables: exposure that starts later, arms, landmarks, units, clocks, what is observed."""

from dataclasses import replace

from tests.spec.studies.drawing import ALL_COVERED, Drawn
from warehouse.studies.peer_support import STUDY as PEER_SUPPORT
from warehouse.studies.rossi import STUDY as ROSSI
from warehouse.studies.supervision_outcomes import STUDY as SUPERVISION
from warehouse.study.contract import (
    AtLeast,
    Before,
    FirstEnd,
    FirstStart,
    Happens,
    IntentionToTreat,
    Is,
    Landmark,
    OnTheDay,
    Recorded,
    SingleArm,
    Start,
    Study,
    TimeVarying,
    Within,
    occurs,
)

ARREST = occurs("arrest", Happens("arrest"), "The first arrest")
RETURN = occurs("return", Start("custody"), "The first return to custody")
STUDY_COVERED = """
agency    | feed       | kind        | from       | until      | lag
prison    | releases   | study       | 2018-01-01 | 2024-01-01 | 0
police    | arrests    | arrest      | 2018-01-01 | 2024-01-01 | 0
jail      | bookings   | custody     | 2018-01-01 | 2024-01-01 | 0
peer      | members    | enrolment   | 2018-01-01 | 2024-01-01 | 0
"""
FOLLOWED = Study(
    name="followed", title="Followed", question="Who is arrested?", index=FirstStart("study"), exposure=SingleArm(),
    outcomes=(ARREST,), windows=(6, 12), until="study",
)  # fmt: skip
REFERRED = replace(
    FOLLOWED, name="referred", exposure=IntentionToTreat(by=AtLeast(1, OnTheDay(Start("enrolment")))),
)  # fmt: skip
SESSIONS = Happens("attendance", codes=("attended",))
AT_NINETY = replace(
    PEER_SUPPORT, name="at_ninety", outcomes=PEER_SUPPORT.outcomes[:1], windows=(6,),
    exposure=Landmark(days=90, by=AtLeast(2, Within(SESSIONS, days=90))),
)  # fmt: skip
WITH_DOSE = replace(
    PEER_SUPPORT, name="with_dose", outcomes=PEER_SUPPORT.outcomes[:1], windows=(6,), covariates=(), strata=(),
    exposure=TimeVarying(start=Start("enrolment", codes=("peer_support",)), dose=SESSIONS),
)  # fmt: skip

SHIPPED = (
    Drawn(
        "supervision_outcomes: everybody under a first supervision, in one arm",
        SUPERVISION,
        """
        what        | date       | offence    | born
        supervision | 2020-01-01 |            | 1990
        charge      | 2020-04-01 | 2020-03-01 |
        """,
        """
        arm | outcome  | window_months | value | days | age_band | prior_filings
        all | recharge | 6             | event | 60   | 25-34    | 0
        """,
    ),
    Drawn(
        "peer_support: a person is unexposed until the day of enrolment, and exposed from the next day on",
        PEER_SUPPORT,
        """
        who | what        | date       | offence    | code
        ann | supervision | 2020-01-01 |            |
        ann | enrolment   | 2020-01-31 |            | peer_support
        ann | charge      | 2020-04-01 | 2020-03-01 |
        bob | supervision | 2020-01-01 |            |
        bob | charge      | 2020-04-01 | 2020-01-11 |
        cid | supervision | 2020-01-01 |            |
        cid | enrolment   | 2019-12-01 |            | peer_support
        cid | charge      | 2020-04-01 | 2020-03-01 |
        dan | supervision | 2020-01-01 |            |
        dan | enrolment   | 2020-01-31 |            | treatment
        dan | charge      | 2020-04-01 | 2020-03-01 |
        """,
        """
        participant_key | outcome  | start | stop | exposed | status
        ann             | recharge | 0     | 30   | 0       | 0
        ann             | recharge | 30    | 60   | 1       | 1
        bob             | recharge | 0     | 10   | 0       | 1
        cid             | recharge | 0     | 60   | 1       | 1
        dan             | recharge | 0     | 60   | 0       | 1
        """,
        of="risk_row",
    ),
    Drawn(
        "peer_support: who offends on the day of enrolment was not exposed yet",
        PEER_SUPPORT,
        """
        who | what        | date       | offence    | code
        ann | supervision | 2020-01-01 |            |
        ann | enrolment   | 2020-03-01 |            | peer_support
        ann | charge      | 2020-04-01 | 2020-03-01 |
        """,
        """
        participant_key | outcome  | start | stop | exposed | status
        ann             | recharge | 0     | 60   | 0       | 1
        """,
        of="risk_row",
    ),
    Drawn(
        "peer_support: nobody is followed beyond what the provider covers: who enrols then would pass for unexposed",
        PEER_SUPPORT,
        """
        who | what        | date       | code
        ann | supervision | 2020-01-01 |
        bob | supervision | 2019-01-01 |
        bob | enrolment   | 2019-02-01 | peer_support
        """,
        """
        participant_key | outcome  | window_months | value          | days
        ann             | recharge | 6             | no_event       | 182
        ann             | recharge | 12            | not_observable | 260
        bob             | recharge | 12            | no_event       | 365
        """,
        coverage=ALL_COVERED.replace(
            "members    | enrolment   | 2018-01-01 | 2024-01-01", "members    | enrolment   | 2018-01-01 | 2020-10-01"
        ),
    ),
    Drawn(
        "rossi: weeks count from release, an arrest on the last day of week 20 lies in week 20, who is not arrested is "
        "followed to the end of week 52",
        ROSSI,
        """
        who | what      | date       | end        | detail                                | agency
        ann | study     | 2020-01-06 | 2021-01-05 | age=27 race=black prior_convictions=3 | rossi_prison
        ann | enrolment | 2020-01-06 | 2020-04-06 |                                       | rossi_aid
        ann | arrest    | 2020-05-25 |            |                                       | rossi_court
        bob | study     | 2020-01-06 | 2021-01-05 | age=18 race=black prior_convictions=8 | rossi_prison
        """,
        """
        participant_key | arm       | start | stop | exposed | status | age | race  | prior_convictions
        ann             | exposed   | 0     | 20   | 1       | 1      | 27  | black | 3
        bob             | unexposed | 0     | 52   | 0       | 0      | 18  | black | 8
        """,
        of="risk_row",
        coverage="""
        agency       | feed     | kind      | from       | until      | lag
        rossi_prison | releases | study     | 2020-01-06 | 2021-01-05 | 0
        rossi_aid    | members  | enrolment | 2020-01-06 | 2021-01-05 | 0
        rossi_court  | arrests  | arrest    | 2020-01-06 | 2021-01-05 | 0
        """,
    ),
)

SIMPLE = (
    Drawn(
        "A simple outcome is the first such moment after the index; one on the index day is flagged, not counted",
        FOLLOWED,
        """
        who | what   | date       | end
        ann | study  | 2020-01-01 | 2021-06-01
        ann | arrest | 2020-01-01 |
        ann | arrest | 2020-03-01 |
        ann | arrest | 2020-04-01 |
        bob | study  | 2020-01-01 | 2021-06-01
        bob | arrest | 2020-01-01 |
        """,
        """
        participant_key | outcome | window_months | value    | days | flags
        ann             | arrest  | 6             | event    | 60   | same_day
        bob             | arrest  | 6             | no_event | 182  | same_day
        """,
        coverage=STUDY_COVERED,
    ),
    Drawn(
        "The end of a research follow-up ends what can be observed",
        FOLLOWED,
        """
        who | what   | date       | end
        ann | study  | 2020-01-01 | 2020-09-01
        ann | arrest | 2020-10-01 |
        """,
        """
        participant_key | outcome | window_months | value          | days
        ann             | arrest  | 6             | no_event       | 182
        ann             | arrest  | 12            | not_observable | 244
        """,
        coverage=STUDY_COVERED,
    ),
    Drawn(
        "Without a feed of arrests nobody is observable for re-arrest, and the study says so instead of failing",
        FOLLOWED,
        """
        what  | date       | end
        study | 2020-01-01 | 2021-06-01
        """,
        """
        study    | outcome | code      | text
        followed |         | no_source | no feed tells of arrest: the study was not run
        """,
        of="study_warning",
        coverage="""
        agency    | feed       | kind        | from       | until      | lag
        prison    | releases   | study       | 2018-01-01 | 2024-01-01 | 0
        """,
    ),
    Drawn(
        "A return to custody is the start of a stay; a stay that goes on at the index is none",
        replace(FOLLOWED, index=FirstEnd("custody"), outcomes=(RETURN,), until=None),
        """
        who | what    | date       | end
        ann | custody | 2019-06-01 | 2020-01-01
        ann | custody | 2020-03-01 | 2020-04-01
        bob | custody | 2019-06-01 | 2020-01-01
        bob | custody | 2019-12-01 | 2020-02-01
        """,
        """
        participant_key | outcome | window_months | value    | days
        ann             | return  | 6             | event    | 60
        bob             | return  | 6             | no_event | 182
        """,
        coverage=STUDY_COVERED,
    ),
    Drawn(
        "Events and persons are counted apart: one person, two arrests within the window",
        FOLLOWED,
        """
        who | what   | date       | end
        ann | study  | 2020-01-01 | 2021-06-01
        ann | arrest | 2020-03-01 |
        ann | arrest | 2020-04-01 |
        bob | study  | 2020-01-01 | 2021-06-01
        """,
        """
        arm | stratum_kind | window_months | basis  | observable | events | rate
        all | overall      | 6             | person | 2          | 1      | 0.5
        all | overall      | 6             | event  | 2          | 2      | 1
        """,
        of="study_rate",
        coverage=STUDY_COVERED,
    ),
    Drawn(
        "Street time leaves out the days in custody, stays that overlap counted once",
        FOLLOWED,
        """
        who | what    | date       | end
        ann | study   | 2020-01-01 | 2021-06-01
        ann | custody | 2020-01-11 | 2020-01-21
        ann | custody | 2020-01-16 | 2020-01-31
        ann | arrest  | 2020-03-01 |
        bob | study   | 2020-01-01 | 2021-06-01
        cid | study   | 2020-01-01 | 2021-06-01
        cid | custody | 2020-12-01 |
        """,
        """
        arm | clock    | time | at_risk | events | value
        all | calendar | 60   | 3       | 1      | 0.333333
        all | street   | 40   | 3       | 1      | 0.333333
        """,
        of="study_curve",
        coverage=STUDY_COVERED,
    ),
)

UNITS = (
    Drawn(
        "Months are those of the calendar: the day of the month of the index ends a month, whatever its length",
        replace(FOLLOWED, unit="month"),
        """
        who | what   | date       | end
        ann | study  | 2020-01-31 | 2021-06-01
        ann | arrest | 2020-02-29 |
        bob | study  | 2020-01-31 | 2021-06-01
        bob | arrest | 2020-03-01 |
        cid | study  | 2020-01-15 | 2021-06-01
        cid | arrest | 2020-03-15 |
        dan | study  | 2020-01-15 | 2021-06-01
        dan | arrest | 2020-03-16 |
        """,
        """
        participant_key | stop | status
        ann             | 1    | 1
        bob             | 2    | 1
        cid             | 2    | 1
        dan             | 3    | 1
        """,
        of="risk_row",
        coverage=STUDY_COVERED,
    ),
    Drawn(
        "Weeks count from the index: days 1 to 7 are week 1",
        replace(FOLLOWED, unit="week"),
        """
        who | what   | date       | end
        ann | study  | 2020-01-01 | 2021-06-01
        ann | arrest | 2020-01-08 |
        bob | study  | 2020-01-01 | 2021-06-01
        bob | arrest | 2020-01-09 |
        """,
        """
        participant_key | stop | status
        ann             | 1    | 1
        bob             | 2    | 1
        """,
        of="risk_row",
        coverage=STUDY_COVERED,
    ),
)

DESIGNS = (
    Drawn(
        "Intention to treat: the arm is that of the index day, whatever happens later",
        REFERRED,
        """
        who | what      | date       | end
        ann | study     | 2020-01-01 | 2021-06-01
        ann | enrolment | 2020-01-01 | 2020-01-02
        bob | study     | 2020-01-01 | 2021-06-01
        bob | enrolment | 2020-01-02 |
        """,
        """
        participant_key | arm       | window_months | value
        ann             | exposed   | 6             | no_event
        bob             | unexposed | 6             | no_event
        """,
        coverage=STUDY_COVERED,
    ),
    Drawn(
        "Whose exposure is not covered is in no arm",
        REFERRED,
        """
        who | what  | date       | end
        ann | study | 2020-01-01 | 2021-06-01
        bob | study | 2018-01-01 | 2021-06-01
        """,
        """
        study    | what                                                  | n
        referred | participants whose first covered study start is the index | 2
        referred | of these exposure is known                            | 1
        """,
        of="study_flow",
        coverage=STUDY_COVERED.replace("enrolment   | 2018-01-01", "enrolment   | 2019-01-01"),
    ),
    Drawn(
        "A landmark study counts what was seen until the landmark, drops who is no longer at risk, and starts there",
        AT_NINETY,
        """
        who | what        | date       | offence    | code
        ann | supervision | 2020-01-01 |            |
        ann | attendance  | 2020-01-15 |            | attended
        ann | attendance  | 2020-03-31 |            | attended
        ann | charge      | 2020-05-01 | 2020-04-10 |
        bob | supervision | 2020-01-01 |            |
        bob | attendance  | 2020-01-15 |            | attended
        bob | attendance  | 2020-04-01 |            | attended
        cid | supervision | 2020-01-01 |            |
        cid | charge      | 2020-05-01 | 2020-03-01 |
        """,
        """
        participant_key | arm       | index_date | value    | days
        ann             | exposed   | 2020-03-31 | event    | 10
        bob             | unexposed | 2020-03-31 | no_event | 183
        """,
    ),
    Drawn(
        "The flow of a landmark study says how many were dropped",
        AT_NINETY,
        """
        who | what        | date       | offence    | code
        ann | supervision | 2020-01-01 |            |
        ann | attendance  | 2020-01-15 |            | attended
        cid | supervision | 2020-01-01 |            |
        cid | charge      | 2020-05-01 | 2020-03-01 |
        """,
        """
        what                                       | n
        of these exposure is known                 | 2
        still at risk of recharge at the landmark  | 1
        """,
        of="study_flow",
    ),
    Drawn(
        "The dose so far is what was attended before the stretch begins",
        WITH_DOSE,
        """
        who | what        | date       | code         | number | offence
        ann | supervision | 2020-01-01 |              |        |
        ann | enrolment   | 2020-01-11 | peer_support |        |
        ann | attendance  | 2020-01-21 | attended     | 90     |
        ann | attendance  | 2020-01-31 | attended     | 60     |
        ann | charge      | 2020-04-01 |              |        | 2020-03-01
        """,
        """
        start | stop | exposed | dose_so_far | status
        0     | 10   | 0       | 0           | 0
        10    | 20   | 1       | 0           | 0
        20    | 30   | 1       | 90          | 0
        30    | 60   | 1       | 150         | 1
        """,
        of="risk_row",
    ),
    Drawn(
        "The population is chosen at time zero, and the flow tells how many each condition leaves",
        replace(
            SUPERVISION, name="drug_court",
            population=(Is(Recorded("text"), ("drug court",)), AtLeast(1, Before(Happens("charge"), months=24))),
        ),
        """
        who | what        | date       | text       | record
        ann | supervision | 2021-01-01 | drug court |
        ann | charge      | 2020-06-01 |            | 1
        bob | supervision | 2021-01-01 | drug court |
        cid | supervision | 2021-01-01 | parole     |
        cid | charge      | 2020-06-01 |            | 2
        """,
        """
        what                                                                       | n
        participants whose first covered supervision start is the index            | 3
        of these 'text' of the index's record is drug court                        | 2
        of these at least 1: an event of kind charge in the 24 months before       | 1
        """,
        of="study_flow",
    ),
)  # fmt: skip

CHAPTERS = {
    "The studies that ship": SHIPPED,
    "Simple outcomes, two clocks, events and persons": SIMPLE,
    "Units of time": UNITS,
    "Designs of exposure": DESIGNS,
}
