"""Scales, life skills, networks, conduct and referrals, drawn."""

from tests.spec.measures.drawing import Case

SCALES = (
    Case(
        "WHO-5 is read times four; ten points of a hundred are a meaningful change, PHQ-9 goes down to get better",
        "scale_change",
        """
        who | what       | date       | code  | score
        ann | assessment | 2020-01-01 | WHO-5 | 10
        ann | assessment | 2020-06-01 | WHO-5 | 13
        ann | assessment | 2020-01-01 | PHQ-9 | 12
        ann | assessment | 2020-06-01 | PHQ-9 | 7
        bob | assessment | 2020-01-01 | WHO-5 | 10
        bob | assessment | 2020-06-01 | WHO-5 | 12
        bob | assessment | 2020-01-01 | PHQ-9 | 7
        bob | assessment | 2020-06-01 | PHQ-9 | 12
        """,
        """
        participant_key | scale | first_score | last_score | change | response  | first_over_cut_off
        ann             | PHQ-9 | 12          | 7          | -5     | improved  | true
        ann             | WHO-5 | 40          | 52         | 12     | improved  |
        bob             | PHQ-9 | 7           | 12         | 5      | worsened  | false
        bob             | WHO-5 | 40          | 48         | 8      | unchanged |
        """,
    ),
    Case(
        "K6 has a cut-off and no agreed change: nobody is said to have improved",
        "scale_change",
        """
        what       | date       | code | score
        assessment | 2020-01-01 | K6   | 15
        assessment | 2020-06-01 | K6   | 8
        """,
        """
        change | response | first_over_cut_off | last_over_cut_off
        -7     |          | true               | false
        """,
    ),
    Case(
        "Scores of two versions of a scale are not compared; the last one of the first version is",
        "scale_change",
        """
        who | what       | date       | code | score | version
        ann | assessment | 2020-01-01 | K6   | 15    | 1
        ann | assessment | 2020-06-01 | K6   | 8     | 2
        bob | assessment | 2020-01-01 | K6   | 15    | 1
        bob | assessment | 2020-03-01 | K6   | 12    | 1
        bob | assessment | 2020-06-01 | K6   | 8     | 2
        """,
        """
        participant_key | first_score | last_date  | last_score | change | followed_up
        ann             | 15          |            |            |        | other_version
        bob             | 15          | 2020-03-01 | 12         | -3     | yes
        """,
    ),
    Case(
        "A second score that is missing is said, and where there was no time for it, it is not observable",
        "scale_change",
        """
        who | what       | date       | code  | score
        ann | assessment | 2020-01-01 | WHO-5 | 10
        bob | assessment | 2023-12-01 | WHO-5 | 10
        cid | assessment | 2020-01-01 | WHO-5 | 10
        cid | assessment | 2020-01-01 | WHO-5 | 20
        """,
        """
        participant_key | first_score | last_score | followed_up
        ann             | 40          |            | no
        bob             | 40          |            | not_observable
        cid             | 40          |            | no
        """,
    ),
    Case(
        "Emotional support: its hours, who stayed, and the scales side by side; what was never scored is empty",
        "emotional_support",
        """
        what       | date       | code         | minutes | content           | score | record
        enrolment  | 2020-01-01 | peer_support |         |                   |       | 1
        attendance | 2020-01-20 | attended     | 90      | emotional_support |       |
        attendance | 2020-01-27 | attended     | 60      | education         |       |
        assessment | 2020-01-02 | WHO-5        |         |                   | 10    |
        assessment | 2020-05-02 | WHO-5        |         |                   | 15    |
        """,
        """
        sessions_attended | hours | retained_30 | who5_change | who5_response | k6_first_score | k6_followed_up
        1                 | 1.5   | retained    | 20          | improved      |                |
        """,
    ),
)

SKILLS = (
    Case(
        "Information: attended of those offered, hours that an expert led, and kinds of content met",
        "information",
        """
        what       | date       | code                   | minutes | content           | led
        attendance | 2020-01-06 | attended               | 60      | legal_information | expert
        attendance | 2020-01-13 | absent_unexcused       |         | education         | staff
        attendance | 2020-01-20 | cancelled_by_programme |         | education         | expert
        attendance | 2020-01-27 | attended               | 90      | social            | expert
        """,
        """
        sessions_offered | sessions_attended | attended_share | hours | expert_led_hours | topics
        2                | 1                 | 0.5            | 1     | 2.5              | 2
        """,
    ),
    Case(
        "A module is the life-skills sessions of a group; it is completed at three quarters of those known",
        "life_skills",
        """
        what       | date       | code             | content     | group
        attendance | 2020-01-06 | attended         | life_skills | G1
        attendance | 2020-01-13 | attended         | life_skills | G1
        attendance | 2020-01-20 | attended         | life_skills | G1
        attendance | 2020-01-27 | absent_unexcused | life_skills | G1
        attendance | 2020-02-03 | unknown          | life_skills | G1
        attendance | 2020-01-07 | attended         | life_skills | G2
        attendance | 2020-01-14 | absent_excused   | life_skills | G2
        attendance | 2020-01-21 | attended         | social      | G2
        """,
        """
        sessions_offered | sessions_attended | modules_offered | modules_completed | employment_spans
        7                | 4                 | 2               | 1                 |
        """,
    ),
    Case(
        "Times of employment are counted where a feed tells them; where none does, the view is empty",
        "life_skills",
        """
        what       | date       | code     | content
        attendance | 2020-01-06 | attended | life_skills
        employment | 2020-02-01 | job      |
        """,
        """
        sessions_attended | employment_spans | education_spans
        1                 | 1                | 0
        """,
    ),
)

NETWORKS = (
    Case(
        "People meet in the same session: of one group, on one day, of one provider; numbers of groups are used again",
        "social_networks",
        """
        who | what       | agency | date       | code     | group
        ann | attendance | peer   | 2020-01-06 | attended | G1
        bob | attendance | peer   | 2020-01-06 | late     | G1
        cid | attendance | peer   | 2020-01-13 | attended | G1
        dan | attendance | other  | 2020-01-06 | attended | G1
        eve | attendance | peer   | 2020-01-06 | attended | G2
        """,
        """
        participant_key | group_sessions | co_attendees
        ann             | 1              | 1
        bob             | 1              | 1
        cid             | 1              | 0
        dan             | 1              | 0
        eve             | 1              | 0
        """,
    ),
    Case(
        "Whoever was absent, or made the session up later, met nobody there",
        "social_networks",
        """
        who | what       | date       | code             | group
        ann | attendance | 2020-01-06 | attended         | G1
        bob | attendance | 2020-01-06 | absent_unexcused | G1
        cid | attendance | 2020-01-06 | make_up          | G1
        dan | attendance | 2020-01-06 | unknown          | G1
        """,
        """
        participant_key | group_sessions | co_attendees
        ann             | 1              | 0
        bob             | 0              | 0
        cid             | 0              | 0
        dan             | 0              | 0
        """,
    ),
    Case(
        "Ties are kept where, at a later session, somebody is there whom one has met before",
        "social_networks",
        """
        who | what       | date       | code     | group
        ann | attendance | 2020-01-06 | attended | G1
        bob | attendance | 2020-01-06 | attended | G1
        ann | attendance | 2020-01-13 | attended | G1
        cid | attendance | 2020-01-13 | attended | G1
        ann | attendance | 2020-01-20 | attended | G1
        bob | attendance | 2020-01-20 | attended | G1
        """,
        """
        participant_key | group_sessions | co_attendees | co_attendees_again | sessions_with_known | ties_kept_share
        ann             | 3              | 2            | 1                  | 1                   | 0.5
        bob             | 2              | 1            | 1                  | 1                   | 1
        cid             | 1              | 1            | 0                  | 0                   |
        """,
    ),
    Case(
        "Sessions that a peer led are contacts with peer mentors, where they were attended",
        "social_networks",
        """
        what       | date       | code           | led    | minutes
        attendance | 2020-01-06 | attended       | peer   | 90
        attendance | 2020-01-13 | absent_excused | peer   |
        attendance | 2020-01-20 | attended       | expert | 60
        """,
        """
        group_sessions | peer_led_sessions | peer_led_hours
        0              | 1                 | 1.5
        """,
    ),
)

CONDUCT = (
    Case(
        "A failure to appear is a no without excuse; excused and unknown hearings are in no share",
        "accountability",
        """
        what    | date       | code
        hearing | 2020-01-06 | yes
        hearing | 2020-02-06 | no
        hearing | 2020-03-06 | excused
        hearing | 2020-04-06 | unknown
        """,
        """
        appearances_kept | failures_to_appear | appearances_excused | appearances_kept_share
        1                | 1                  | 1                   | 0.5
        """,
    ),
    Case(
        "A refused test is a test that was not negative; an invalid one says nothing",
        "accountability",
        """
        what      | date       | code
        drug_test | 2020-01-06 | negative
        drug_test | 2020-02-06 | negative
        drug_test | 2020-03-06 | refused
        drug_test | 2020-04-06 | positive
        drug_test | 2020-05-06 | invalid
        """,
        """
        tests_negative | tests_positive | tests_refused | tests_invalid | negative_share
        2              | 1              | 1             | 1             | 0.5
        """,
    ),
    Case(
        "Contacts that were excused are neither kept nor missed",
        "accountability",
        """
        what    | date       | code
        contact | 2020-01-06 | kept
        contact | 2020-02-06 | missed
        contact | 2020-03-06 | excused
        """,
        """
        contacts_kept | contacts_missed | contacts_excused | contacts_kept_share
        1             | 1               | 1                | 0.5
        """,
    ),
    Case(
        "An incident that bundles several violations is one incident, per 100 supervised days",
        "accountability",
        """
        what        | date       | end        | code        | record
        supervision | 2020-01-01 | 2020-07-19 |             | 1
        violation   | 2020-03-01 |            | technical   | 70
        violation   | 2020-03-01 |            | new_offence | 70
        violation   | 2020-04-01 |            | technical   | 71
        """,
        """
        supervised_days | violation_incidents | violations | incidents_per_100_days | days_to_first_violation
        200             | 2                   | 3          | 1                      | 60
        """,
    ),
    Case(
        "Days under two supervisions at once count once, and incidents outside them or outside coverage do not count",
        "accountability",
        """
        who | what        | date       | end        | code      | record
        ann | supervision | 2020-01-01 | 2020-03-01 |           | 1
        ann | supervision | 2020-02-01 | 2020-04-10 |           | 2
        ann | violation   | 2020-06-01 |            | technical | 70
        bob | supervision | 2023-11-22 |            |           | 3
        bob | violation   | 2023-12-20 |            | technical | 71
        cid | violation   | 2020-06-01 |            | technical | 72
        """,
        """
        participant_key | supervised_days | violation_incidents | days_to_first_violation | days_free_of_violation
        ann             | 100             | 0                   |                         | 100
        bob             | 10              | 0                   |                         | 10
        cid             |                 |                     |                         |
        """,
    ),
    Case(
        "A supervision that began before coverage has days, but no first day to count from",
        "accountability",
        """
        what        | date       | end        | code      | record
        supervision | 2017-01-01 | 2018-04-11 | CO        | 1
        violation   | 2018-02-01 |            | technical | 70
        """,
        """
        supervised_days | violation_incidents | days_to_first_violation | exit_code
        100             | 1                   |                         | CO
        """,
    ),
    Case(
        "The exit is that of the supervision that ended last; open ones have none",
        "accountability",
        """
        who | what        | date       | end        | code | record
        ann | supervision | 2019-01-01 | 2019-06-01 | IN   | 1
        ann | supervision | 2020-01-01 | 2020-06-01 | CO   | 2
        ann | supervision | 2021-01-01 |            |      | 3
        bob | supervision | 2021-01-01 |            |      | 4
        """,
        """
        participant_key | exit_code
        ann             | CO
        bob             |
        """,
    ),
)

RESOURCES = (
    Case(
        "A referral runs from made to accepted to first attended to closed, in one row or in several",
        "referral_chain",
        """
        who | what     | date       | code    | record | accepted   | attended   | closed
        ann | referral | 2020-01-01 | housing | 1      | 2020-01-11 | 2020-01-31 | 2020-03-01
        bob | referral | 2020-01-01 | housing | 2      |            |            |
        bob | referral | 2020-01-01 | housing | 2      | 2020-01-11 |            |
        bob | referral | 2020-01-01 | housing | 2      |            | 2020-01-31 |
        """,
        """
        participant_key | days_to_accepted | days_from_accepted_to_attended | accepted | first_attended | closed
        ann             | 10               | 20                             | yes      | yes            | yes
        bob             | 10               | 20                             | yes      | yes            | no
        """,
    ),
    Case(
        "A referral has 90 days; what came later is a no, and where they are not covered nothing can be said",
        "referral_chain",
        """
        who | what     | date       | code    | record | accepted
        ann | referral | 2020-01-01 | housing | 1      | 2020-03-30
        bob | referral | 2020-01-01 | housing | 2      | 2020-03-31
        cid | referral | 2023-11-01 | housing | 3      | 2023-11-05
        """,
        """
        participant_key | accepted       | days_to_accepted
        ann             | yes            | 89
        bob             | no             | 90
        cid             | not_observable | 4
        """,
    ),
    Case(
        "A stage dated before the one that it must follow is flagged, and no days are counted of it",
        "referral_chain",
        """
        what     | date       | code    | record | accepted   | attended
        referral | 2020-02-01 | housing | 1      | 2020-01-01 | 2020-02-11
        """,
        """
        out_of_order | accepted       | days_to_accepted | days_to_attended
        true         | not_observable |                  | 10
        """,
    ),
    Case(
        "By need, a person has one row each",
        "resources_by_need",
        """
        what     | date       | code    | record | accepted
        referral | 2020-01-01 | housing | 1      | 2020-01-05
        referral | 2020-02-01 | housing | 2      |
        referral | 2020-01-01 | legal   | 3      |
        """,
        """
        need_code | referrals | observable | accepted
        housing   | 2         | 2          | 1
        legal     | 1         | 1          | 0
        """,
    ),
)
