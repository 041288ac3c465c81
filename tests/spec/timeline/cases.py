"""What a timeline is, in drawn tables. `python -m tests.spec.timeline.document` prints them as a document."""

from tests.spec.timeline.drawing import Case

TOGETHER = (
    Case(
        "One span is one episode; the end is the first day after",
        """
        what        | date       | end
        supervision | 2020-01-01 | 2020-07-01
        """,
        """
        kind        | start_date | end_date   | open  | spans | how
        supervision | 2020-01-01 | 2020-07-01 | false | 1     |
        """,
    ),
    Case(
        "Spans of one kind that overlap are one episode, whoever told them",
        """
        what        | date       | end        | agency
        supervision | 2020-01-01 | 2020-07-01 | county
        supervision | 2020-05-01 | 2020-12-01 | state
        """,
        """
        start_date | end_date   | spans | agencies     | how
        2020-01-01 | 2020-12-01 | 2     | county state | overlap
        """,
    ),
    Case(
        "Two agencies that tell the same span tell one episode",
        """
        what        | date       | end        | agency
        supervision | 2020-01-01 | 2020-07-01 | county
        supervision | 2020-01-01 | 2020-07-01 | state
        """,
        """
        start_date | end_date   | spans | how
        2020-01-01 | 2020-07-01 | 2     | nested
        """,
    ),
    Case(
        "A span that starts on the day on which the last one ends goes on: no day lies between them",
        """
        what    | date       | end
        custody | 2020-01-01 | 2020-02-01
        custody | 2020-02-01 | 2020-03-01
        """,
        """
        start_date | end_date   | spans | how
        2020-01-01 | 2020-03-01 | 2     | touching
        """,
    ),
    Case(
        "A long span holds together what a short one inside it does not reach",
        """
        what        | date       | end
        supervision | 2020-01-01 | 2020-12-01
        supervision | 2020-02-01 | 2020-03-01
        supervision | 2020-11-01 | 2021-02-01
        """,
        """
        start_date | end_date   | spans | how
        2020-01-01 | 2021-02-01 | 3     | nested overlap
        """,
    ),
    Case(
        "An open span keeps its episode open",
        """
        what        | date       | end
        supervision | 2020-01-01 |
        supervision | 2020-03-01 | 2020-06-01
        """,
        """
        start_date | end_date | open | spans
        2020-01-01 |          | true | 2
        """,
    ),
)
APART = (
    Case(
        "A gap is kept, be it of one day: nobody claims that day",
        """
        what        | date       | end
        supervision | 2020-01-01 | 2020-07-01
        supervision | 2020-07-02 | 2020-12-01
        """,
        """
        start_date | end_date   | spans
        2020-01-01 | 2020-07-01 | 1
        2020-07-02 | 2020-12-01 | 1
        """,
    ),
    Case(
        "A re-opened supervision is the same record with a later start: an episode of its own, and marked",
        """
        what        | date       | end        | record
        supervision | 2020-01-01 | 2020-07-01 | 7
        supervision | 2020-09-01 |            | 7
        """,
        """
        start_date | end_date   | open  | how
        2020-01-01 | 2020-07-01 | false |
        2020-09-01 |            | true  | reopened
        """,
    ),
    Case(
        "A record of the same number at another agency is another record",
        """
        what        | date       | end        | record | agency
        supervision | 2020-01-01 | 2020-07-01 | 7      | county
        supervision | 2020-09-01 |            | 7      | state
        """,
        """
        start_date | how
        2020-01-01 |
        2020-09-01 |
        """,
    ),
    Case(
        "Persons are never mixed, and spans of nobody are in no episode",
        """
        who    | what        | date       | end
        ann    | supervision | 2020-01-01 | 2020-07-01
        bob    | supervision | 2020-05-01 | 2020-12-01
        nobody | supervision | 2020-05-01 | 2020-12-01
        """,
        """
        participant_key | start_date | end_date
        ann             | 2020-01-01 | 2020-07-01
        bob             | 2020-05-01 | 2020-12-01
        """,
    ),
)
KINDS = (
    Case(
        "Custody inside a supervision keeps both: the supervision goes on, and the person is in custody",
        """
        what        | date       | end
        supervision | 2020-01-01 | 2020-12-01
        custody     | 2020-03-01 | 2020-04-01
        """,
        """
        kind        | start_date | end_date   | how
        custody     | 2020-03-01 | 2020-04-01 |
        supervision | 2020-01-01 | 2020-12-01 |
        """,
    ),
    Case(
        "Custody within custody is one: a transfer between facilities is no release",
        """
        what    | date       | end        | agency
        custody | 2020-01-01 | 2020-06-01 | state
        custody | 2020-02-01 | 2020-03-01 | county
        """,
        """
        kind    | start_date | end_date   | spans | how
        custody | 2020-01-01 | 2020-06-01 | 2     | nested
        """,
    ),
    Case(
        "Enrolments of different kinds of programme are different things, however they overlap",
        """
        what      | date       | end        | code
        enrolment | 2020-01-01 | 2020-06-01 | peer_support
        enrolment | 2020-02-01 | 2020-03-01 | housing
        enrolment | 2020-05-01 | 2020-09-01 | peer_support
        """,
        """
        programme    | start_date | end_date   | spans
        housing      | 2020-02-01 | 2020-03-01 | 1
        peer_support | 2020-01-01 | 2020-09-01 | 2
        """,
    ),
    Case(
        "A span that ends before it starts is in no episode",
        """
        what        | date       | end
        supervision | 2020-01-01 | 2020-07-01
        supervision | 2021-01-01 | 2020-12-01
        """,
        """
        start_date | end_date
        2020-01-01 | 2020-07-01
        """,
    ),
)
PROGRAMMES = (
    Case(
        "A session outside every enrolment with the provider is flagged; on the day of exit it is not",
        """
        what       | date       | end        | agency | record
        enrolment  | 2020-01-01 | 2020-06-01 | peers  | 7
        attendance | 2020-03-01 |            | peers  |
        attendance | 2020-06-01 |            | peers  |
        attendance | 2020-06-02 |            | peers  |
        """,
        """
        kind       | date       | flag                         | row_number
        attendance | 2020-06-02 | attendance_outside_enrolment | 5
        """,
        "timeline_flag",
    ),
    Case(
        "A session while enrolled elsewhere only is flagged; who is nobody yet has no order to be judged by",
        """
        who    | what       | date       | end        | agency
        ann    | enrolment  | 2020-01-01 | 2020-06-01 | homes
        ann    | attendance | 2020-03-01 |            | peers
        nobody | attendance | 2020-03-01 |            | peers
        """,
        """
        flag                         | row_number
        attendance_outside_enrolment | 3
        """,
        "timeline_flag",
    ),
    Case(
        "A service is held against its own enrolment: another one with the same provider does not cover it",
        """
        what      | date       | end        | record
        enrolment | 2020-01-01 | 2020-06-01 | 7
        enrolment | 2020-07-01 | 2020-09-01 | 8
        service   | 2020-08-01 |            | 7
        service   | 2020-08-01 |            | 8
        """,
        """
        flag                      | row_number
        service_outside_enrolment | 4
        """,
        "timeline_flag",
    ),
    Case(
        "A referral that is answered before it is made",
        """
        what     | date       | accepted_date | first_attended_date
        referral | 2020-03-01 | 2020-02-01    |
        referral | 2020-03-01 | 2020-03-01    | 2020-03-08
        """,
        """
        flag                   | row_number
        answer_before_referral | 2
        """,
        "timeline_flag",
    ),
)
COURTS = (
    Case(
        "An offence dated after its own filing",
        """
        what   | date       | offence_date
        charge | 2020-04-01 | 2020-04-02
        charge | 2020-04-01 | 2020-04-01
        """,
        """
        kind   | date       | flag                 | row_number
        charge | 2020-04-01 | offence_after_filing | 2
        """,
        "timeline_flag",
    ),
    Case(
        "A disposition before its charge was filed, also where another charge of the case was filed earlier",
        """
        what        | date       | record | charge_number
        charge      | 2020-01-01 | 7      | 1
        charge      | 2020-06-01 | 7      | 2
        disposition | 2020-03-01 | 7      | 1
        disposition | 2020-03-01 | 7      | 2
        """,
        """
        flag                      | row_number
        disposition_before_filing | 5
        """,
        "timeline_flag",
    ),
    Case(
        "A disposition without a number is held against the first filing of its case, and of its own person",
        """
        who | what        | date       | record
        ann | charge      | 2020-01-01 | 7
        bob | charge      | 2020-06-01 | 7
        ann | disposition | 2020-03-01 | 7
        bob | disposition | 2020-03-01 | 7
        """,
        """
        participant_key | flag                      | row_number
        bob             | disposition_before_filing | 5
        """,
        "timeline_flag",
    ),
    Case(
        "A sentence before anything was decided, and a hearing before anything was filed",
        """
        what        | date       | record
        charge      | 2020-03-01 | 7
        hearing     | 2020-02-01 | 7
        disposition | 2020-06-01 | 7
        sentence    | 2020-05-01 | 7
        sentence    | 2020-06-01 | 7
        """,
        """
        kind     | flag                        | row_number
        hearing  | hearing_before_filing       | 3
        sentence | sentence_before_disposition | 5
        """,
        "timeline_flag",
    ),
    Case(
        "Of a case of which no filing is told nothing can be said",
        """
        what        | date       | record
        disposition | 2020-06-01 | 7
        hearing     | 2020-02-01 |
        """,
        """
        flag
        """,
        "timeline_flag",
    ),
)
LIVES = (
    Case(
        "A revocation for an incident after it",
        """
        what       | date       | incident_date
        revocation | 2020-04-01 | 2020-05-01
        revocation | 2020-04-01 | 2020-03-01
        """,
        """
        flag                      | row_number
        incident_after_revocation | 2
        """,
        "timeline_flag",
    ),
    Case(
        "What happens after a death is flagged; that the court then closes the case is not",
        """
        what        | date       | end        | code
        death       | 2020-04-01 |            |
        contact     | 2020-04-01 |            |
        contact     | 2020-04-02 |            |
        disposition | 2020-05-01 |            |
        custody     | 2020-06-01 | 2020-07-01 |
        """,
        """
        kind    | date       | flag        | row_number
        contact | 2020-04-02 | after_death | 4
        custody | 2020-06-01 | after_death | 6
        """,
        "timeline_flag",
    ),
    Case(
        "A supervision that ends by death tells the death as well",
        """
        what        | date       | end        | code
        supervision | 2020-01-01 | 2020-04-01 | DE
        contact     | 2020-05-01 |            |
        """,
        """
        kind    | flag        | row_number
        contact | after_death | 3
        """,
        "timeline_flag",
    ),
    Case(
        "Something from before the year of birth",
        """
        what   | date       | born
        charge | 1989-12-31 | 1990
        charge | 1990-01-01 | 1990
        """,
        """
        date       | flag         | row_number
        1989-12-31 | before_birth | 2
        """,
        "timeline_flag",
    ),
    Case(
        "A span that ends before it starts",
        """
        what        | date       | end
        supervision | 2021-01-01 | 2020-12-01
        supervision | 2021-01-01 | 2021-01-01
        """,
        """
        kind        | date       | flag             | row_number
        supervision | 2021-01-01 | end_before_start | 2
        """,
        "timeline_flag",
    ),
)
GAPS = (
    Case(
        "Between deliveries that neither overlap nor touch lie days of which nothing is known",
        """
        feed    | kind   | from       | until
        charges | charge | 2020-01-01 | 2020-04-01
        charges | charge | 2020-04-01 | 2020-05-01
        charges | charge | 2020-07-01 | 2020-09-01
        """,
        """
        feed    | kind   | gap_from   | gap_until
        charges | charge | 2020-05-01 | 2020-07-01
        """,
        "coverage_gap",
    ),
    Case(
        "A delivery that reaches further back closes the gap; another feed does not",
        """
        feed    | kind   | from       | until
        charges | charge | 2020-01-01 | 2020-04-01
        charges | charge | 2020-07-01 | 2020-09-01
        charges | charge | 2020-02-01 | 2020-08-01
        filings | charge | 2020-01-01 | 2020-03-01
        filings | charge | 2020-04-01 | 2020-05-01
        """,
        """
        feed    | gap_from   | gap_until
        filings | 2020-03-01 | 2020-04-01
        """,
        "coverage_gap",
    ),
)
CHAPTERS = {
    "Spans that belong together": TOGETHER,
    "Spans that do not": APART,
    "Kinds": KINDS,
    "Impossible in a programme": PROGRAMMES,
    "Impossible in a court": COURTS,
    "Impossible in a life": LIVES,
    "Gaps of coverage": GAPS,
}
