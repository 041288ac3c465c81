"""What an outcome is, in drawn tables. `python -m tests.spec.outcomes.document` prints them as a document."""

from tests.spec.outcomes.drawing import Case

RECHARGE = (
    Case(
        "An offence after the start of supervision that led to a filing is a re-charge, on the day of the offence",
        """
        what        | date       | offence
        supervision | 2020-01-01 |
        charge      | 2020-04-01 | 2020-03-01
        """,
        """
        outcome  | window_months | value | days | leading_date | event_date
        recharge | 6             | event | 60   | 2020-03-01   | 2020-04-01
        recharge | 12            | event | 60   | 2020-03-01   | 2020-04-01
        """,
    ),
    Case(
        "Who has no filing in a window that is covered with its lag has a no, and the whole window as days",
        """
        what        | date
        supervision | 2020-01-01
        """,
        """
        outcome      | window_months | value    | days
        recharge     | 6             | no_event | 182
        reconviction | 24            | no_event | 731
        """,
    ),
    Case(
        "A filing after the index for an offence before it is an old charge: flagged, not counted",
        """
        what        | date       | offence
        supervision | 2020-01-01 |
        charge      | 2020-02-01 | 2019-12-31
        """,
        """
        outcome  | window_months | value    | flags
        recharge | 6             | no_event | old_offence
        """,
    ),
    Case(
        "An offence on the index day is flagged, not counted",
        """
        what        | date       | offence
        supervision | 2020-01-01 |
        charge      | 2020-02-01 | 2020-01-01
        """,
        """
        outcome  | window_months | value    | same_day | flags
        recharge | 6             | no_event | true     | same_day
        """,
    ),
    Case(
        "A window includes its first day and excludes its last: an offence on the day it ends is outside",
        """
        what        | date       | offence
        supervision | 2020-01-01 |
        charge      | 2020-08-01 | 2020-07-01
        """,
        """
        outcome  | window_months | value    | days
        recharge | 6             | no_event | 182
        recharge | 12            | event    | 182
        """,
    ),
    Case(
        "Windows are calendar arithmetic: six months from 31 August end with February",
        """
        what        | date       | offence
        supervision | 2020-08-31 |
        charge      | 2021-03-15 | 2021-02-27
        """,
        """
        outcome  | window_months | value | days
        recharge | 6             | event | 180
        """,
    ),
    Case(
        "The clock runs to the first offence, also where a later one was filed earlier",
        """
        what        | date       | offence
        supervision | 2020-01-01 |
        charge      | 2020-05-01 | 2020-04-20
        charge      | 2020-06-01 | 2020-02-01
        """,
        """
        outcome  | window_months | value | days | event_date
        recharge | 6             | event | 31   | 2020-06-01
        """,
    ),
    Case(
        "A filing without an offence date is neither a yes nor a no, from its day less the filing lag on",
        """
        what        | date       | offence
        supervision | 2020-01-01 |
        charge      | 2020-09-01 |
        """,
        """
        outcome  | window_months | value          | days | flags
        recharge | 6             | no_event       | 182  |
        recharge | 12            | not_observable | 214  | undated_offence
        """,
    ),
    Case(
        "A filing that came later than the lag allows for counts, and is flagged late",
        """
        what        | date       | offence
        supervision | 2020-01-01 |
        charge      | 2021-06-01 | 2020-06-01
        """,
        """
        outcome  | window_months | value | flags
        recharge | 6             | event | late
        recharge | 24            | event |
        """,
    ),
    Case(
        "An offence dated after its own filing is a slip of the pen: the date is not believed",
        """
        who | what        | date       | offence
        ann | supervision | 2020-01-01 |
        ann | charge      | 2019-12-01 | 2020-02-01
        bob | supervision | 2020-01-01 |
        bob | charge      | 2020-04-01 | 2021-03-01
        """,
        """
        participant_key | outcome  | window_months | value          | flags
        ann             | recharge | 6             | no_event       |
        bob             | recharge | 6             | not_observable | undated_offence
        """,
    ),
)

RECONVICTION = (
    Case(
        "A filing that ends in a conviction is a re-conviction, on the day of the offence; its own date is kept",
        """
        what        | date       | offence    | record | code
        supervision | 2020-01-01 |            |        |
        charge      | 2020-04-01 | 2020-03-01 | 7      |
        disposition | 2020-10-01 |            | 7      | GP
        """,
        """
        outcome      | window_months | value | days | leading_date | event_date
        reconviction | 6             | event | 60   | 2020-03-01   | 2020-10-01
        """,
    ),
    Case(
        "A dismissal is no conviction",
        """
        what        | date       | offence    | record | code
        supervision | 2020-01-01 |            |        |
        charge      | 2020-04-01 | 2020-03-01 | 7      |
        disposition | 2020-10-01 |            | 7      | ND
        """,
        """
        outcome      | window_months | value
        recharge     | 6             | event
        reconviction | 6             | no_event
        """,
    ),
    Case(
        "Of several dispositions of a charge the last one that decides it counts; on one day the conviction",
        """
        who | what        | date       | offence    | record | count | code
        ann | supervision | 2020-01-01 |            |        |       |
        ann | charge      | 2020-04-01 | 2020-03-01 | 7      | 1     |
        ann | disposition | 2020-07-01 |            | 7      | 1     | ND
        ann | disposition | 2020-08-01 |            | 7      | 1     | GP
        bob | supervision | 2020-01-01 |            |        |       |
        bob | charge      | 2020-04-01 | 2020-03-01 | 8      | 1     |
        bob | disposition | 2020-07-01 |            | 8      | 1     | GJ
        bob | disposition | 2020-08-01 |            | 8      | 1     | ND
        cid | supervision | 2020-01-01 |            |        |       |
        cid | charge      | 2020-04-01 | 2020-03-01 | 9      | 1     |
        cid | disposition | 2020-07-01 |            | 9      | 1     | GP
        cid | disposition | 2020-08-01 |            | 9      | 1     | PT
        dan | supervision | 2020-01-01 |            |        |       |
        dan | charge      | 2020-04-01 | 2020-03-01 | 5      | 1     |
        dan | disposition | 2020-07-01 |            | 5      | 1     | GP
        dan | disposition | 2020-07-01 |            | 5      | 1     | DU
        """,
        """
        participant_key | outcome      | window_months | value    | event_date
        ann             | reconviction | 6             | event    | 2020-08-01
        bob             | reconviction | 6             | no_event |
        cid             | reconviction | 6             | event    | 2020-07-01
        dan             | reconviction | 6             | event    | 2020-07-01
        """,
    ),
    Case(
        "A disposition without a number speaks for every charge of its case that has none of its own",
        """
        what        | date       | offence    | record | count | code
        supervision | 2020-01-01 |            |        |       |
        charge      | 2020-04-01 | 2020-03-01 | 7      | 1     |
        disposition | 2020-07-01 |            | 7      |       | GP
        """,
        """
        outcome      | window_months | value | event_date
        reconviction | 6             | event | 2020-07-01
        """,
    ),
    Case(
        "A conviction counts for its own charge: the old count of a case does not make the new one a re-conviction",
        """
        what        | date       | offence    | record | count | code
        supervision | 2020-01-01 |            |        |       |
        charge      | 2020-04-01 | 2019-05-01 | 7      | 1     |
        charge      | 2020-04-01 | 2020-03-01 | 7      | 2     |
        disposition | 2020-10-01 |            | 7      | 1     | GP
        disposition | 2020-10-01 |            | 7      | 2     | ND
        """,
        """
        outcome      | window_months | value    | flags
        recharge     | 6             | event    | old_offence
        reconviction | 6             | no_event | old_offence
        """,
    ),
    Case(
        "The conviction of a co-defendant in the same case is not one's own",
        """
        who | what        | date       | offence    | record | code
        ann | supervision | 2020-01-01 |            |        |
        ann | charge      | 2020-04-01 | 2020-03-01 | 7      |
        ann | disposition | 2020-10-01 |            | 7      | NA
        bob | supervision | 2020-01-01 |            |        |
        bob | charge      | 2020-04-01 | 2020-03-01 | 7      |
        bob | disposition | 2020-10-01 |            | 7      | GJ
        """,
        """
        participant_key | outcome      | window_months | value
        ann             | reconviction | 6             | no_event
        bob             | reconviction | 6             | event
        """,
    ),
    Case(
        "A re-conviction matures over six months: re-charge is observable when re-conviction is not yet",
        """
        what        | date       | offence    | record | code
        supervision | 2023-04-01 |            |        |
        charge      | 2023-06-01 | 2023-05-01 | 7      |
        disposition | 2023-07-01 |            | 7      | GP
        """,
        """
        outcome      | window_months | value          | days
        recharge     | 6             | event          | 30
        reconviction | 6             | not_observable | 92
        """,
    ),
)

OBSERVATION = (
    Case(
        "A window that has not run out is never a no",
        """
        what        | date
        supervision | 2023-03-01
        """,
        """
        outcome  | window_months | value          | days
        recharge | 6             | no_event       | 184
        recharge | 12            | not_observable | 276
        """,
    ),
    Case(
        "An event in an immature window stays out of the numerator",
        """
        what        | date       | offence
        supervision | 2023-08-01 |
        charge      | 2023-09-01 | 2023-08-15
        """,
        """
        outcome  | window_months | value          | event_date
        recharge | 6             | not_observable |
        """,
    ),
    Case(
        "The window plus the lag must end inside coverage: the last day that does, and the first that does not",
        """
        who | what        | date
        ann | supervision | 2023-06-02
        bob | supervision | 2023-06-03
        """,
        """
        participant_key | outcome  | window_months | value
        ann             | recharge | 6             | no_event
        bob             | recharge | 6             | not_observable
        """,
    ),
    Case(
        "A missing delivery is a gap, and nobody is observed across it",
        """
        who | what        | date
        ann | supervision | 2020-01-01
        bob | supervision | 2019-01-01
        """,
        """
        participant_key | outcome  | window_months | value          | days
        ann             | recharge | 6             | not_observable | 61
        bob             | recharge | 6             | no_event       | 181
        """,
        """
        agency    | feed       | kind        | from       | until      | lag
        court     | charges    | charge      | 2018-01-01 | 2020-04-01 | 30
        court     | charges    | charge      | 2020-05-01 | 2024-01-01 | 30
        probation | cases      | supervision | 2018-01-01 | 2024-01-01 | 14
        """,
    ),
    Case(
        "Deliveries that overlap or touch make one interval",
        """
        what        | date
        supervision | 2020-01-01
        """,
        """
        outcome  | window_months | value
        recharge | 24            | no_event
        """,
        """
        agency    | feed       | kind        | from       | until      | lag
        court     | charges    | charge      | 2018-01-01 | 2020-04-01 | 30
        court     | charges    | charge      | 2020-04-01 | 2021-01-01 | 30
        court     | charges    | charge      | 2020-06-01 | 2024-01-01 | 30
        probation | cases      | supervision | 2018-01-01 | 2024-01-01 | 14
        """,
    ),
    Case(
        "Every court must cover the window: a new filing can come from any of them",
        """
        what        | date
        supervision | 2020-01-01
        """,
        """
        outcome  | window_months | value
        recharge | 6             | no_event
        recharge | 12            | not_observable
        """,
        """
        agency    | feed       | kind        | from       | until      | lag
        court     | charges    | charge      | 2018-01-01 | 2024-01-01 | 30
        county    | filings    | charge      | 2018-01-01 | 2020-09-01 | 0
        probation | cases      | supervision | 2018-01-01 | 2024-01-01 | 14
        """,
    ),
    Case(
        "Where the supervision file ends inside the window a death or transfer could hide: no no",
        """
        what        | date
        supervision | 2020-01-01
        """,
        """
        outcome  | window_months | value
        recharge | 6             | no_event
        recharge | 12            | not_observable
        """,
        """
        agency    | feed       | kind        | from       | until      | lag
        court     | charges    | charge      | 2018-01-01 | 2024-01-01 | 30
        probation | cases      | supervision | 2018-01-01 | 2020-09-01 | 14
        """,
    ),
    Case(
        "Without any source of an outcome nobody is observable for it",
        """
        what        | date
        supervision | 2020-01-01
        """,
        """
        outcome           | window_months | value          | days
        recharge          | 6             | not_observable |
        custody_technical | 6             | not_observable |
        """,
        """
        agency    | feed       | kind        | from       | until      | lag
        probation | cases      | supervision | 2018-01-01 | 2024-01-01 | 14
        """,
    ),
    Case(
        "Who is supervised elsewhere as well is seen only as far as that agency is: its revocations would be missed",
        """
        who | what        | date       | end        | code | agency
        ann | supervision | 2020-01-01 | 2020-02-01 | TR   | probation
        ann | supervision | 2020-02-01 |            |      | county
        bob | supervision | 2020-01-01 | 2020-02-01 | TR   | probation
        bob | supervision | 2020-02-01 |            |      | parole
        cid | supervision | 2020-01-01 |            |      | probation
        cid | supervision | 2019-01-01 | 2019-12-01 | CO   | county
        """,
        """
        participant_key | outcome           | window_months | value          | days
        ann             | custody_technical | 6             | not_observable | 31
        ann             | recharge          | 6             | no_event       | 182
        ann             | recharge          | 12            | not_observable | 244
        bob             | custody_technical | 6             | no_event       | 182
        cid             | custody_technical | 24            | no_event       | 731
        """,
        """
        agency    | feed       | kind        | from       | until      | lag
        court     | charges    | charge      | 2018-01-01 | 2024-01-01 | 30
        probation | cases      | supervision | 2018-01-01 | 2024-01-01 | 14
        probation | violations | revocation  | 2018-01-01 | 2024-01-01 | 30
        county    | cases      | supervision | 2019-06-01 | 2020-09-01 | 0
        parole    | cases      | supervision | 2018-01-01 | 2024-01-01 | 0
        parole    | revoked    | revocation  | 2018-01-01 | 2024-01-01 | 0
        """,
    ),
)

COMPETING = (
    Case(
        "A death inside the window is a competing outcome, never a no; outside it is nothing yet",
        """
        what        | date       | end        | code
        supervision | 2020-01-01 | 2020-09-01 | DE
        """,
        """
        outcome  | window_months | value     | days | competing
        recharge | 6             | no_event  | 182  |
        recharge | 12            | competing | 244  | death
        """,
    ),
    Case(
        "What happens before the death counts",
        """
        what        | date       | end        | code | offence
        supervision | 2020-01-01 | 2020-05-01 | DE   |
        charge      | 2020-06-01 |            |      | 2020-05-01
        """,
        """
        outcome  | window_months | value | days
        recharge | 6             | event | 121
        """,
    ),
    Case(
        "A transfer takes a person out of sight, and competes",
        """
        what        | date       | end        | code
        supervision | 2020-01-01 | 2020-02-01 | TR
        """,
        """
        outcome           | window_months | value     | days | competing
        recharge          | 6             | competing | 31   | transfer
        custody_technical | 6             | competing | 31   | transfer
        """,
    ),
    Case(
        "A transfer to another supervision that we see is none",
        """
        what        | date       | end        | code
        supervision | 2020-01-01 | 2020-02-01 | TR
        supervision | 2020-02-01 |            |
        """,
        """
        outcome  | window_months | value    | days
        recharge | 6             | no_event | 182
        """,
    ),
    Case(
        "Technical custody competes with a new offence that comes after it",
        """
        what        | date       | code      | offence
        supervision | 2020-01-01 |           |
        revocation  | 2020-03-01 | technical |
        charge      | 2020-06-01 |           | 2020-05-01
        """,
        """
        outcome  | window_months | value     | days | competing
        recharge | 6             | competing | 60   | custody_technical
        """,
    ),
    Case(
        "An offence before the custody comes first, whenever it is filed",
        """
        what        | date       | code      | offence
        supervision | 2020-01-01 |           |
        revocation  | 2020-03-01 | technical |
        charge      | 2020-06-01 |           | 2020-02-01
        """,
        """
        outcome  | window_months | value | days
        recharge | 6             | event | 31
        """,
    ),
    Case(
        "A death before the index is a contradiction: not observable, and flagged",
        """
        what        | date       | end        | code
        supervision | 2020-01-01 |            |
        death       | 2019-06-01 |            |
        """,
        """
        outcome  | window_months | value          | flags
        recharge | 6             | not_observable | died_before_index
        """,
    ),
)

CUSTODY = (
    Case(
        "Return to custody for a new offence and for technical reasons are two outcomes: each competes with the other",
        """
        what        | date       | code        | incident
        supervision | 2020-01-01 |             |
        revocation  | 2020-04-01 | new_offence | 2020-03-01
        """,
        """
        outcome             | window_months | value     | days | leading_date | event_date | competing
        custody_new_offence | 6             | event     | 60   | 2020-03-01   | 2020-04-01 |
        custody_technical   | 6             | competing | 91   | 2020-04-01   | 2020-04-01 | custody_new_offence
        """,
    ),
    Case(
        "Of several returns the first decides, by the day of custody; on one day the new offence",
        """
        who | what        | date       | code        | incident
        ann | supervision | 2020-01-01 |             |
        ann | revocation  | 2020-04-01 | technical   | 2020-03-01
        ann | revocation  | 2020-05-01 | new_offence | 2020-02-01
        bob | supervision | 2020-01-01 |             |
        bob | revocation  | 2020-05-01 | technical   | 2020-04-20
        bob | revocation  | 2020-05-01 | new_offence | 2020-04-20
        """,
        """
        participant_key | outcome             | window_months | value     | competing
        ann             | custody_technical   | 6             | event     |
        ann             | custody_new_offence | 6             | competing | custody_technical
        bob             | custody_technical   | 6             | competing | custody_new_offence
        bob             | custody_new_offence | 6             | event     |
        """,
    ),
    Case(
        "An exit into custody with a revocation is that revocation; without one it competes with both reasons",
        """
        who | what        | date       | end        | code
        ann | supervision | 2020-01-01 | 2020-04-01 | IN
        ann | revocation  | 2020-03-20 |            | technical
        bob | supervision | 2020-01-01 | 2020-04-01 | IN
        """,
        """
        participant_key | outcome             | window_months | value     | days | competing
        ann             | custody_technical   | 6             | event     | 79   |
        bob             | custody_technical   | 6             | competing | 91   | custody_unknown
        bob             | custody_new_offence | 6             | competing | 91   | custody_unknown
        bob             | recharge            | 6             | competing | 91   | custody_unknown
        """,
    ),
    Case(
        "Custody that an incident before the index led to is no return: it competes",
        """
        what        | date       | code      | incident
        supervision | 2020-01-01 |           |
        revocation  | 2020-02-01 | technical | 2019-12-20
        """,
        """
        outcome           | window_months | value     | competing
        custody_technical | 6             | competing | custody_other
        """,
    ),
    Case(
        "Custody for a new offence from before the index takes the person off the street: it competes everywhere",
        """
        what        | date       | code        | incident
        supervision | 2020-01-01 |             |
        revocation  | 2020-02-01 | new_offence | 2019-12-20
        """,
        """
        outcome             | window_months | value     | days | competing
        recharge            | 6             | competing | 31   | custody_other
        custody_new_offence | 6             | competing | 31   | custody_other
        custody_technical   | 6             | competing | 31   | custody_other
        """,
    ),
    Case(
        "An incident dated after its revocation is a slip of the pen: the clock stops on the revocation",
        """
        what        | date       | code      | incident
        supervision | 2020-01-01 |           |
        revocation  | 2020-04-01 | technical | 2021-03-20
        """,
        """
        outcome           | window_months | value | days | leading_date
        custody_technical | 6             | event | 91   | 2020-04-01
        """,
    ),
    Case(
        "A revocation on the index day is flagged, not counted",
        """
        what        | date       | code
        supervision | 2020-01-01 |
        revocation  | 2020-01-01 | technical
        """,
        """
        outcome           | window_months | value    | same_day
        custody_technical | 6             | no_event | true
        """,
    ),
    Case(
        "Where the incident's date is not known the clock runs to the revocation",
        """
        what        | date       | code
        supervision | 2020-01-01 |
        revocation  | 2020-04-01 | technical
        """,
        """
        outcome           | window_months | value | days
        custody_technical | 6             | event | 91
        """,
    ),
)

COHORT = (
    Case(
        "The index is a person's first supervision start inside coverage; later ones do not count again",
        """
        what        | date       | end        | code
        supervision | 2017-05-01 | 2017-09-01 | CO
        supervision | 2019-05-01 | 2019-09-01 | CO
        supervision | 2020-05-01 |            |
        """,
        """
        outcome  | window_months | index_date | value
        recharge | 6             | 2019-05-01 | no_event
        """,
    ),
    Case(
        "Age at the index is index year minus birth year; without a birth year it is unknown",
        """
        who | what        | date       | born
        ann | supervision | 2020-12-31 | 1996
        bob | supervision | 2020-01-01 | 1995
        cid | supervision | 2020-01-01 |
        """,
        """
        participant_key | outcome  | window_months | age_band
        ann             | recharge | 6             | 18-24
        bob             | recharge | 6             | 25-34
        cid             | recharge | 6             | unknown
        """,
    ),
    Case(
        "Prior filings are cases filed in the two years before the index; two counts of a case are one filing",
        """
        who | what        | date       | record | count
        ann | charge      | 2017-12-31 | 1      | 1
        ann | charge      | 2019-06-01 | 2      | 1
        ann | charge      | 2019-06-01 | 2      | 2
        ann | charge      | 2019-12-31 | 3      | 1
        ann | charge      | 2020-01-01 | 4      | 1
        ann | supervision | 2020-01-01 |        |
        bob | supervision | 2020-01-01 |        |
        """,
        """
        participant_key | outcome  | window_months | prior_filings
        ann             | recharge | 6             | 2
        bob             | recharge | 6             | 0
        """,
    ),
    Case(
        "Where the look-back is not inside coverage prior filings are not observable, also if some are known",
        """
        what        | date       | record
        charge      | 2019-06-01 | 2
        supervision | 2019-12-31 |
        """,
        """
        outcome  | window_months | prior_filings  | value
        recharge | 6             | not_observable | no_event
        """,
    ),
    Case(
        "The last days of coverage are not complete yet: prior filings need the look-back and the filing lag",
        """
        who | what        | date       | record
        ann | charge      | 2019-06-01 | 1
        ann | supervision | 2020-11-01 |
        bob | charge      | 2019-06-01 | 2
        bob | supervision | 2020-11-02 |
        """,
        """
        participant_key | outcome           | window_months | prior_filings  | value
        ann             | custody_technical | 6             | 1              | no_event
        bob             | custody_technical | 6             | not_observable | no_event
        """,
        """
        agency    | feed       | kind        | from       | until      | lag
        court     | charges    | charge      | 2018-01-01 | 2020-12-01 | 30
        probation | cases      | supervision | 2018-01-01 | 2024-01-01 | 14
        probation | violations | revocation  | 2018-01-01 | 2024-01-01 | 30
        """,
    ),
    Case(
        "Who is ambiguous or waits for a person is in no denominator",
        """
        who | what        | date       | status
        ann | supervision | 2020-01-01 | linked
        bob | supervision | 2020-01-01 | ambiguous_subject
        cid | supervision | 2020-01-01 | waiting
        dan | supervision | 2020-01-01 | unlinked
        """,
        """
        participant_key | outcome  | window_months | value
        ann             | recharge | 6             | no_event
        dan             | recharge | 6             | no_event
        """,
    ),
)

CHAPTERS = {
    "Re-charge": RECHARGE,
    "Re-conviction": RECONVICTION,
    "What can be observed": OBSERVATION,
    "What competes": COMPETING,
    "Return to custody": CUSTODY,
    "Who is counted": COHORT,
}
