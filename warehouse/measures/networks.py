"""Social networks: who sat in one session with whom, and whether the same people met again.

Pairs are made within one session of one group only, so their number is the sum of the squares of the sessions'
sizes: 250,000 sessions of twelve make some 17 million. A session of more than `LARGEST_SESSION` people makes none.
"""

from typing import Final

from warehouse.measures.definitions import FOLLOW_UP, LARGEST_SESSION
from warehouse.measures.scales import pivoted
from warehouse.measures.view import PARTICIPANT, Described, MeasureView, counted, share

SITTING: Final = MeasureView(
    "sitting",
    "Who was there at each session of a group; a group is one of its provider, a session one of its day and content",
    f"""
WITH there AS (
    SELECT DISTINCT participant_key, agency, group_id, session_date, coalesce(content_code, '') AS content_code
    FROM session_ledger WHERE present AND group_id IS NOT NULL
), met AS (
    SELECT agency, group_id, session_date, content_code, count(*) AS people,
           row_number() OVER (ORDER BY session_date, agency, group_id, content_code) AS session_number
    FROM there GROUP BY agency, group_id, session_date, content_code
), known AS (
    SELECT participant_key, row_number() OVER (ORDER BY participant_key) AS person
    FROM (SELECT DISTINCT participant_key FROM there) AS each
)
SELECT there.participant_key, CAST(known.person AS INTEGER) AS person,
       CAST(met.session_number AS INTEGER) AS session_number, there.session_date, CAST(met.people AS INTEGER) AS people,
       met.people > {LARGEST_SESSION} AS assembly
FROM there
JOIN met ON met.agency = there.agency AND met.group_id = there.group_id AND met.session_date = there.session_date
 AND met.content_code = there.content_code
JOIN known ON known.participant_key = there.participant_key
""",
    (
        PARTICIPANT,
        counted("person", "The participant as a number, in this table only", "number"),
        counted("session_number", "The session, numbered by date, in this table only", "number"),
        Described("session_date", "Its day"),
        counted("people", "How many were there", "persons"),
        Described("assembly", f"Whether there were more than {LARGEST_SESSION}: then nobody is said to have met"),
    ),
    "warehouse/measures/networks.py",
)

CO_ATTENDANCE: Final = MeasureView(
    "co_attendance",
    "Each two participants who were in one session of a group together; the smaller number stands first",
    """
WITH seat AS (SELECT person, session_number FROM sitting WHERE NOT assembly)
SELECT one.person, other.person AS other_person, count(*) AS sessions_together,
       min(one.session_number) AS first_session
FROM seat AS one
JOIN seat AS other ON other.session_number = one.session_number AND other.person > one.person
GROUP BY one.person, other.person
""",
    (
        counted("person", "The one, as sitting numbers them", "number"),
        counted("other_person", "The other", "number"),
        counted("sessions_together", "Sessions at which both were", "sessions"),
        counted("first_session", "The first of them, as sitting numbers it", "number"),
    ),
    "warehouse/measures/networks.py",
)

SOCIAL_NETWORKS: Final = MeasureView(
    "social_networks",
    "Whom a participant met in group sessions, whether they met again, peer-led sessions, and MSPSS",
    f"""
WITH seat AS (SELECT participant_key, person, session_number, assembly FROM sitting
), pair AS (SELECT * FROM co_attendance
), tie AS (
    SELECT person, sessions_together FROM pair
    UNION ALL
    SELECT other_person, sessions_together FROM pair
), ties AS (
    SELECT person, count(*) AS co_attendees, count(CASE WHEN sessions_together > 1 THEN 1 END) AS co_attendees_again
    FROM tie GROUP BY person
), again AS (
    SELECT one.session_number, one.person, other.person AS other_person
    FROM seat AS one
    JOIN seat AS other ON other.session_number = one.session_number AND other.person > one.person
    JOIN pair AS known ON known.person = one.person AND known.other_person = other.person
    WHERE NOT one.assembly AND NOT other.assembly AND known.sessions_together > 1
      AND known.first_session < one.session_number
), familiar AS (
    SELECT person, count(DISTINCT session_number) AS sessions_with_known FROM (
        SELECT person, session_number FROM again UNION ALL SELECT other_person, session_number FROM again
    ) AS side GROUP BY person
), sat AS (
    SELECT participant_key, person, count(*) AS group_sessions, count(CASE WHEN assembly THEN 1 END) AS assemblies
    FROM seat GROUP BY participant_key, person
), led AS (
    SELECT participant_key, count(CASE WHEN attended AND led_by = 'peer' THEN 1 END) AS peer_led_sessions,
           coalesce(sum(CASE WHEN led_by = 'peer' THEN hours END), 0) AS peer_led_hours
    FROM session_ledger GROUP BY participant_key
), scored AS (
    SELECT participant_key, {pivoted("MSPSS", "mspss", ("first_score", "last_score", "change", "followed_up"))}
    FROM scale_change GROUP BY participant_key
), who AS (
    SELECT participant_key FROM led
    UNION SELECT participant_key FROM scored WHERE mspss_first_score IS NOT NULL
)
SELECT who.participant_key, coalesce(sat.group_sessions, 0) AS group_sessions,
       coalesce(sat.assemblies, 0) AS assemblies,
       coalesce(ties.co_attendees, 0) AS co_attendees, coalesce(ties.co_attendees_again, 0) AS co_attendees_again,
       coalesce(familiar.sessions_with_known, 0) AS sessions_with_known,
       CASE WHEN sat.group_sessions - sat.assemblies > 1
            THEN coalesce(familiar.sessions_with_known, 0) * 1.0 / (sat.group_sessions - sat.assemblies - 1) END
           AS ties_kept_share,
       coalesce(led.peer_led_sessions, 0) AS peer_led_sessions, coalesce(led.peer_led_hours, 0) AS peer_led_hours,
       scored.mspss_first_score, scored.mspss_last_score, scored.mspss_change, scored.mspss_followed_up
FROM who
LEFT JOIN sat ON sat.participant_key = who.participant_key
LEFT JOIN ties ON ties.person = sat.person
LEFT JOIN familiar ON familiar.person = sat.person
LEFT JOIN led ON led.participant_key = who.participant_key
LEFT JOIN scored ON scored.participant_key = who.participant_key
""",
    (
        PARTICIPANT,
        counted("group_sessions", "Sessions of a group at which the person was there on the day", "sessions"),
        counted("assemblies", f"Of these with more than {LARGEST_SESSION} people: left out below", "sessions"),
        counted("co_attendees", "Different participants who were there too", "persons"),
        counted("co_attendees_again", "Of these: met at two sessions or more", "persons"),
        counted("sessions_with_known", "Sessions with at least one person met at an earlier session", "sessions"),
        share("ties_kept_share", "These ÷ all sessions but the first; empty below two sessions"),
        counted("peer_led_sessions", "Sessions attended that a peer led: contacts with peer mentors", "sessions"),
        counted("peer_led_hours", "Their hours", "hours"),
        Described("mspss_first_score", "MSPSS: first score", "points"),
        Described("mspss_last_score", "MSPSS: last score of the same version", "points"),
        Described("mspss_change", "MSPSS: last less first", "points"),
        Described("mspss_followed_up", "MSPSS: what became of the second score", codes=FOLLOW_UP),
    ),
    "warehouse/measures/networks.py; MSPSS: Zimet et al. 1988",
)  # fmt: skip
