"""Sessions, retention and gaps, drawn."""

from tests.spec.measures.drawing import Case

LEDGER = (
    Case(
        "A session that the programme cancelled was not offered: it is in no share",
        "dose",
        """
        what       | date       | code                   | minutes
        attendance | 2020-01-06 | attended               | 60
        attendance | 2020-01-13 | cancelled_by_programme |
        attendance | 2020-01-20 | absent_unexcused       |
        """,
        """
        sessions_scheduled | sessions_cancelled | sessions_offered | sessions_attended | attended_share | hours_attended
        3                  | 1                  | 2                | 1                 | 0.5            | 1
        """,
    ),
    Case(
        "An excused absence stays in what was offered, and is shown apart",
        "dose",
        """
        what       | date       | code             | minutes
        attendance | 2020-01-06 | attended         | 60
        attendance | 2020-01-13 | absent_excused   |
        attendance | 2020-01-20 | absent_excused   |
        attendance | 2020-01-27 | absent_unexcused |
        """,
        """
        sessions_offered | sessions_excused | sessions_unexcused | attended_share | attended_share_excused_out
        4                | 2                | 1                  | 0.25           | 0.5
        """,
    ),
    Case(
        "Late and left early are attended; a session made up later is too, for its hours were received",
        "dose",
        """
        what       | date       | code       | minutes
        attendance | 2020-01-06 | late       | 90
        attendance | 2020-01-13 | left_early | 30
        attendance | 2020-01-20 | make_up    | 60
        """,
        """
        sessions_attended | sessions_made_up | attended_share | hours_attended
        3                 | 1                | 1              | 3
        """,
    ),
    Case(
        "Unknown attendance is neither a yes nor a no: it is in no share, and no hour is made up for it",
        "dose",
        """
        what       | date       | code             | minutes
        attendance | 2020-01-06 | attended         | 60
        attendance | 2020-01-13 | unknown          | 60
        attendance | 2020-01-20 | absent_unexcused |
        attendance | 2020-01-27 |                  |
        """,
        """
        sessions_offered | sessions_unknown | sessions_attended | attended_share | hours_attended
        4                | 2                | 1                 | 0.5            | 1
        """,
    ),
    Case(
        "A length that is not told is said, never guessed",
        "dose",
        """
        what       | date       | code     | minutes
        attendance | 2020-01-06 | attended | 60
        attendance | 2020-01-13 | attended |
        """,
        """
        sessions_attended | hours_attended | sessions_without_length
        2                 | 1              | 1
        """,
    ),
    Case(
        "Attendance and compliance are two facts: attended but did not comply, absent but complied",
        "dose",
        """
        what       | date       | code           | complied
        attendance | 2020-01-06 | attended       | yes
        attendance | 2020-01-13 | attended       | no
        attendance | 2020-01-20 | absent_excused | yes
        attendance | 2020-01-27 | attended       | 99
        """,
        """
        sessions_attended | attended_not_complied | absent_complied | compliance_told
        3                 | 1                     | 1               | 3
        """,
    ),
    Case(
        "Hours are told by kind of content; a kind that is not told has a column of its own",
        "dose",
        """
        what       | date       | code     | minutes | content
        attendance | 2020-01-06 | attended | 60      | emotional_support
        attendance | 2020-01-13 | attended | 90      | life_skills
        attendance | 2020-01-20 | attended | 30      |
        """,
        """
        hours_attended | hours_emotional_support | hours_life_skills | hours_other
        3              | 1                       | 1.5               | 0.5
        """,
    ),
    Case(
        "A session dated after what its feed covers is planned: not due, and counted nowhere",
        "dose",
        """
        what       | date       | code
        attendance | 2023-12-27 | attended
        attendance | 2024-01-03 | unknown
        """,
        """
        sessions_scheduled | sessions_offered | sessions_unknown
        1                  | 1                | 0
        """,
    ),
    Case(
        "With overlapping enrolments a session counts once, for the one that began last",
        "session_ledger",
        """
        what       | date       | end        | code         | record
        enrolment  | 2020-01-01 | 2020-12-01 | peer_support | 1
        enrolment  | 2020-03-01 | 2020-06-01 | education    | 2
        attendance | 2020-02-03 |            | attended     |
        attendance | 2020-04-06 |            | attended     |
        attendance | 2020-07-06 |            | attended     |
        """,
        """
        session_date | enrolment_id | programme_kind | enrolments
        2020-02-03   | 1            | peer_support   | 1
        2020-04-06   | 2            | education      | 2
        2020-07-06   | 1            | peer_support   | 1
        """,
    ),
    Case(
        "The sessions of overlapping enrolments add up to the person's, none is counted twice",
        "enrolment_dose",
        """
        what       | date       | end        | code         | record
        enrolment  | 2020-01-01 | 2020-12-01 | peer_support | 1
        enrolment  | 2020-03-01 | 2020-06-01 | education    | 2
        attendance | 2020-02-03 |            | attended     |
        attendance | 2020-04-06 |            | attended     |
        attendance | 2020-07-06 |            | attended     |
        """,
        """
        enrolment_id | sessions_attended
        1            | 2
        2            | 1
        """,
    ),
    Case(
        "A session outside every enrolment is the person's, and no enrolment's; the day of exit is inside",
        "dose",
        """
        what       | date       | end        | code         | record
        enrolment  | 2020-01-01 | 2020-03-02 | peer_support | 1
        attendance | 2020-03-02 |            | attended     |
        attendance | 2020-03-09 |            | attended     |
        """,
        """
        enrolments | sessions_attended | sessions_outside_enrolment
        1          | 2                 | 1
        """,
    ),
    Case(
        "An enrolment with another provider does not take a session in",
        "session_ledger",
        """
        what       | agency | date       | code         | record
        enrolment  | other  | 2020-01-01 | peer_support | 1
        attendance | peer   | 2020-02-03 | attended     |
        """,
        """
        session_date | enrolment_id | enrolments
        2020-02-03   |              | 0
        """,
    ),
    Case(
        "Who stands twice on one list, under two numbers of the provider, sat there once; the attended row is kept",
        "session_ledger",
        """
        what       | member | date       | code             | group
        attendance | 11     | 2020-02-03 | absent_unexcused | G1
        attendance | 12     | 2020-02-03 | attended         | G1
        attendance | 12     | 2020-02-10 | attended         | G1
        attendance | 11     | 2020-02-10 | attended         | G2
        """,
        """
        session_date | group_id | session_status
        2020-02-03   | G1       | attended
        2020-02-10   | G1       | attended
        2020-02-10   | G2       | attended
        """,
    ),
    Case(
        "Two rows of one number on one day are two sessions, and two people with equal rows are two people",
        "dose",
        """
        who | what       | date       | code     | group | minutes
        ann | attendance | 2020-02-03 | attended | G1    | 60
        ann | attendance | 2020-02-03 | attended | G1    | 60
        bob | attendance | 2020-02-03 | attended | G1    | 60
        """,
        """
        participant_key | sessions_attended | hours_attended
        ann             | 2                 | 2
        bob             | 1                 | 1
        """,
    ),
    Case(
        "A session of a subject that is nobody's yet is in no dose",
        "dose",
        """
        who | status  | what       | date       | code
        ann |         | attendance | 2020-02-03 | attended
        bob | waiting | attendance | 2020-02-03 | attended
        """,
        """
        participant_key | sessions_attended
        ann             | 1
        """,
    ),
    Case(
        "Who was enrolled and never scheduled has no session, and no share",
        "dose",
        """
        what      | date       | code         | record
        enrolment | 2020-01-01 | peer_support | 1
        """,
        """
        enrolments | sessions_scheduled | attended_share | hours_attended
        1          | 0                  |                | 0
        """,
    ),
)

RETENTION = (
    Case(
        "Retained on a day is who is enrolled on it and attended in the 30 days up to it",
        "enrolment_dose",
        """
        who | what       | date       | end | code         | record
        ann | enrolment  | 2020-01-01 |     | peer_support | 1
        ann | attendance | 2020-01-31 |     | attended     |
        ann | attendance | 2020-03-15 |     | attended     |
        """,
        """
        participant_key | retained_30 | retained_90 | retained_180
        ann             | retained    | retained    | lapsed
        """,
    ),
    Case(
        "Leaving, completing and dying are three things",
        "enrolment_dose",
        """
        who | what      | date       | end        | code         | exit       | record
        ann | enrolment | 2020-01-01 | 2020-01-20 | peer_support | left early | 1
        bob | enrolment | 2020-01-01 | 2020-01-20 | peer_support | completed  | 2
        cid | enrolment | 2020-01-01 | 2020-01-20 | peer_support |            | 3
        cid | death     | 2020-01-20 |            |              |            |
        """,
        """
        participant_key | retained_30 | retained_90
        ann             | left        | left
        bob             | completed   | completed
        cid             | died        | died
        """,
    ),
    Case(
        "A day outside coverage is not observable, even for who has left already",
        "enrolment_dose",
        """
        who | what       | date       | end        | code         | record
        ann | enrolment  | 2023-11-01 |            | peer_support | 1
        ann | attendance | 2023-11-20 |            | attended     |
        bob | enrolment  | 2023-11-01 | 2023-11-10 | peer_support | 2
        """,
        """
        participant_key | observed_until | retained_30 | retained_90
        ann             | 2023-12-18     | retained    | not_observable
        bob             | 2023-12-18     | left        | not_observable
        """,
    ),
    Case(
        "Coverage is what all feeds of the provider tell together, and a gap between deliveries ends it",
        "enrolment_dose",
        """
        who | what      | date       | code         | record
        ann | enrolment | 2020-01-01 | peer_support | 1
        bob | enrolment | 2020-06-01 | peer_support | 2
        """,
        """
        participant_key | observed_until | retained_30    | retained_90
        ann             | 2020-02-23     | lapsed         | not_observable
        bob             | 2020-12-18     | lapsed         | lapsed
        """,
        """
        agency | feed       | kind       | from       | until      | lag
        peer   | attendance | attendance | 2018-01-01 | 2020-03-01 | 7
        peer   | attendance | attendance | 2020-05-01 | 2024-01-01 | 7
        peer   | enrolments | enrolment  | 2018-01-01 | 2021-01-01 | 14
        """,
    ),
    Case(
        "A provider that tells no attendance cannot say who was retained",
        "enrolment_dose",
        """
        what      | agency | date       | code    | record
        enrolment | other  | 2020-01-01 | housing | 1
        """,
        """
        observed_until | longest_gap_days | retained_30
                       |                  | not_observable
        """,
        """
        agency | feed       | kind       | from       | until      | lag
        other  | enrolments | enrolment  | 2018-01-01 | 2024-01-01 | 0
        peer   | attendance | attendance | 2018-01-01 | 2024-01-01 | 7
        """,
    ),
    Case(
        "Nobody lapses for sessions that the programme cancelled: with nothing offered, nothing can be said",
        "enrolment_dose",
        """
        what       | date       | code                   | record
        enrolment  | 2020-01-01 | peer_support           | 1
        attendance | 2020-01-08 | cancelled_by_programme |
        attendance | 2020-01-15 | cancelled_by_programme |
        """,
        """
        retained_30    | retained_90
        not_observable | lapsed
        """,
    ),
)

GAPS = (
    Case(
        "The longest gap runs from the start, between sessions, or to the end, whichever is longest",
        "enrolment_dose",
        """
        who | what       | date       | end        | code         | record
        ann | enrolment  | 2020-01-01 | 2020-03-01 | peer_support | 1
        ann | attendance | 2020-02-10 |            | attended     |
        ann | attendance | 2020-02-20 |            | attended     |
        bob | enrolment  | 2020-01-01 | 2020-03-01 | peer_support | 2
        bob | attendance | 2020-01-05 |            | attended     |
        bob | attendance | 2020-02-04 |            | attended     |
        bob | attendance | 2020-02-10 |            | absent_excused |
        cid | enrolment  | 2020-01-01 | 2020-03-01 | peer_support | 3
        cid | attendance | 2020-01-05 |            | attended     |
        """,
        """
        participant_key | longest_gap_days | longest_gap_censored
        ann             | 40               | false
        bob             | 30               | false
        cid             | 56               | false
        """,
    ),
    Case(
        "A gap that still grows where coverage ends is at least as long, and says so",
        "enrolment_dose",
        """
        who | what       | date       | end | code         | record
        ann | enrolment  | 2023-10-01 |     | peer_support | 1
        ann | attendance | 2023-10-08 |     | attended     |
        bob | enrolment  | 2023-10-01 |     | peer_support | 2
        bob | attendance | 2023-12-10 |     | attended     |
        """,
        """
        participant_key | longest_gap_days | longest_gap_censored
        ann             | 71               | true
        bob             | 70               | false
        """,
    ),
)
