"""Case outcomes, equity and figures, drawn."""

from tests.spec.measures.drawing import Case

CASES = (
    Case(
        "Charges are mixed by how they were disposed of; an open one is open, a transfer procedural",
        "case_outcomes",
        """
        what        | date       | code | record | count
        charge      | 2020-01-01 | 1200 | 1      | 1
        charge      | 2020-01-01 | 1300 | 1      | 2
        charge      | 2020-01-01 | 1400 | 1      | 3
        charge      | 2020-01-01 | 1500 | 1      | 4
        disposition | 2020-04-10 | GP   | 1      | 1
        disposition | 2020-04-10 | DU   | 1      | 2
        disposition | 2020-04-10 | PT   | 1      | 3
        """,
        """
        charges | charges_convicted | charges_diverted | charges_procedural | charges_open | days_to_disposition
        4       | 1                 | 1                | 1                  | 1            | 100
        """,
    ),
    Case(
        "Time to disposition is asked only of charges whose first year is covered: quick ones do not stand alone",
        "case_outcomes",
        """
        who | what        | date       | code | record | count
        ann | charge      | 2023-06-01 | 1200 | 1      | 1
        ann | disposition | 2023-07-01 | GP   | 1      | 1
        bob | charge      | 2020-01-01 | 1200 | 2      | 1
        bob | disposition | 2021-06-01 | GP   | 2      | 1
        """,
        """
        participant_key | charges_convicted | charges_mature | charges_disposed_in_a_year | days_to_disposition
        ann             | 1                 | 0              | 0                          |
        bob             | 1                 | 1              | 0                          |
        """,
    ),
    Case(
        "Days of prison and jail have the suspended ones taken off; a length that is not told is not a zero",
        "case_outcomes",
        """
        what     | date       | code      | days | suspended
        sentence | 2020-01-01 | jail      | 90   | 60
        sentence | 2020-01-01 | prison    |      |
        sentence | 2020-01-01 | probation | 365  |
        """,
        """
        sentences | sentences_jail | sentences_prison | custody_sentences_of_known_length | custody_days_imposed
        3         | 1              | 1                | 1                                 | 30
        """,
    ),
    Case(
        "A failure to appear that was excused is none",
        "case_outcomes",
        """
        what    | date       | code
        hearing | 2020-01-06 | yes
        hearing | 2020-02-06 | excused
        """,
        """
        appearances_kept | failures_to_appear
        1                | 0
        """,
    ),
    Case(
        "Recidivism is what the outcome tables say, side by side",
        "recidivism",
        """
        who | what    | date       | code
        ann | outcome | 2020-01-01 | event
        bob | outcome | 2020-02-01 | not_observable
        """,
        """
        participant_key | index_date | recharge_12    | recharge_6
        ann             | 2020-01-01 | event          |
        bob             | 2020-02-01 | not_observable |
        """,
    ),
)

EQUITY = (
    Case(
        "Access is an enrolment within 180 days of the first start of supervision, where that can be seen",
        "equity",
        """
        who | what        | date       | code         | record | sex
        ann | supervision | 2020-01-01 |              | 1      | F
        ann | enrolment   | 2020-06-28 | peer_support | 2      |
        bob | supervision | 2020-01-01 |              | 3      | M
        bob | enrolment   | 2020-06-29 | peer_support | 4      |
        cid | supervision | 2023-08-01 |              | 5      |
        dan | enrolment   | 2020-01-01 | peer_support | 6      |
        """,
        """
        participant_key | sex     | access
        ann             | F       | yes
        bob             | M       | no
        cid             | unknown | not_observable
        dan             | unknown |
        """,
    ),
    Case(
        "An enrolment from before the supervision is not the access that is asked for",
        "equity",
        """
        what        | date       | code         | record
        enrolment   | 2019-06-01 | peer_support | 1
        supervision | 2020-01-01 |              | 2
        """,
        """
        index_date | access
        2020-01-01 | no
        """,
    ),
    Case(
        "Completion is asked after a year of everybody: who is still enrolled has not completed, nor left",
        "equity",
        """
        who | what      | date       | end        | code         | exit       | record
        ann | enrolment | 2020-01-01 | 2020-06-01 | peer_support | completed  | 1
        bob | enrolment | 2020-01-01 | 2020-06-01 | peer_support | left early | 2
        cid | enrolment | 2020-01-01 |            | peer_support |            | 3
        dan | enrolment | 2023-06-01 | 2023-07-01 | peer_support | completed  | 4
        """,
        """
        participant_key | completion
        ann             | completed
        bob             | ended
        cid             | enrolled
        dan             | not_observable
        """,
    ),
    Case(
        "Race is what a span tells, the most frequent where records differ",
        "participant_group",
        """
        what        | date       | record | race
        supervision | 2020-01-01 | 1      | black
        supervision | 2021-01-01 | 2      | white
        supervision | 2022-01-01 | 3      | white
        """,
        """
        sex     | birth_years | race
        unknown | unknown     | white
        """,
    ),
)

FIGURES_DRAWN = (
    Case(
        "A share of persons has Wilson's interval",
        "measure",
        """
        who | what       | date       | code         | record
        ann | enrolment  | 2020-01-01 | peer_support | 1
        ann | attendance | 2020-01-20 | attended     |
        bob | enrolment  | 2020-01-01 | peer_support | 2
        cid | enrolment  | 2020-01-01 | peer_support | 3
        cid | attendance | 2020-01-20 | attended     |
        dan | enrolment  | 2023-12-10 | peer_support | 4
        """,
        """
        measure           | metric      | n | with_it | value | low   | high  | interval
        emotional_support | retained_30 | 3 | 2       | 0.667 | 0.208 | 0.939 | wilson
        """,
    ),
    Case(
        "Many sessions of one person are not many draws: the interval is that of persons",
        "measure",
        """
        who | what       | date       | code
        ann | attendance | 2020-01-06 | attended
        ann | attendance | 2020-01-13 | attended
        ann | attendance | 2020-01-20 | attended
        ann | attendance | 2020-01-27 | attended
        bob | attendance | 2020-01-06 | absent_unexcused
        bob | attendance | 2020-01-13 | absent_unexcused
        bob | attendance | 2020-01-20 | absent_unexcused
        bob | attendance | 2020-01-27 | absent_unexcused
        """,
        """
        measure | metric   | n | numerator | denominator | value | low   | high  | interval
        dose    | attended | 2 | 4         | 8           | 0.5   | 0.055 | 0.945 | wilson_effective
        """,
    ),
    Case(
        "A mean has Student's interval, and none where one person tells all",
        "measure",
        """
        who | what       | date       | code     | minutes | content
        ann | attendance | 2020-01-06 | attended | 60      | life_skills
        bob | attendance | 2020-01-06 | attended | 120     | life_skills
        cid | attendance | 2020-01-06 | attended | 180     | life_skills
        ann | attendance | 2020-01-13 | attended | 60      | education
        """,
        """
        measure     | metric | n | value | low    | high  | interval
        life_skills | hours  | 3 | 2     | -0.484 | 4.484 | t
        information | hours  | 1 | 1     |        |       | t
        """,
    ),
    Case(
        "A rate at which nothing happened has an upper limit",
        "measure",
        """
        what        | date       | end        | record
        supervision | 2020-01-01 | 2020-07-19 | 1
        """,
        """
        measure        | metric              | n | with_it | denominator | value | low | high  | interval
        accountability | violation_incidents | 1 | 0       | 200         | 0     | 0   | 1.844 | log_normal
        """,
    ),
    Case(
        "What no feed tells has no value, and its row says of how many: of none",
        "measure",
        """
        what       | date       | code     | content
        attendance | 2020-01-06 | attended | life_skills
        """,
        """
        measure     | metric   | n | value
        life_skills | employed | 0 |
        """,
    ),
    Case(
        "A gap is the group less all others that are known, by persons; the unknown are in neither",
        "measure",
        """
        who | what        | date       | code         | record | sex
        ann | supervision | 2020-01-01 |              | 1      | F
        ann | enrolment   | 2020-02-01 | peer_support | 2      |
        bob | supervision | 2020-01-01 |              | 3      | M
        cid | supervision | 2020-01-01 |              | 4      | M
        cid | enrolment   | 2020-02-01 | peer_support | 5      |
        dan | supervision | 2020-01-01 |              | 6      |
        """,
        """
        measure | metric     | group_kind | grp     | n | value
        equity  | access     | all        | all     | 4 | 0.5
        equity  | access     | sex        | F       | 1 | 1
        equity  | access     | sex        | M       | 2 | 0.5
        equity  | access     | sex        | unknown | 1 | 0
        equity  | access_gap | sex        | F       | 1 | 0.5
        equity  | access_gap | sex        | M       | 1 | -0.5
        """,
    ),
    Case(
        "The first violation is Kaplan and Meier's: who was supervised for a short time is censored, not free",
        "measure",
        """
        who | what        | date       | end        | code      | record
        ann | supervision | 2020-01-01 | 2021-01-01 |           | 1
        ann | violation   | 2020-02-01 |            | technical | 70
        bob | supervision | 2020-01-01 | 2020-01-11 |           | 2
        cid | supervision | 2020-01-01 | 2021-01-01 |           | 3
        dan | supervision | 2020-01-01 | 2021-01-01 |           | 4
        """,
        """
        measure        | metric          | n | with_it | value | interval
        accountability | first_violation | 4 | 1       | 0.333 | kaplan_meier
        """,
    ),
)
