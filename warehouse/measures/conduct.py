"""Accountability: appearances, contacts, tests, violation incidents per supervised day, exits."""

from typing import Final

from schemas import codes
from warehouse.measures.view import PARTICIPANT, Described, MeasureView, counted, share

SUPERVISED: Final = MeasureView(
    "supervised_time",
    "Times under supervision in which the agency's violations are told; what overlaps is one time",
    """
WITH held AS (
    SELECT participant_key, agency, start_date, end_date FROM span
    WHERE kind = 'supervision' AND participant_key IS NOT NULL
), seen AS (
    SELECT held.participant_key, held.agency,
           greatest(held.start_date, s.covered_from, v.covered_from) AS from_date,
           least(coalesce(held.end_date, s.observed_until), s.observed_until, v.observed_until) AS until_date,
           held.start_date >= greatest(s.covered_from, v.covered_from) AS begins
    FROM held
    JOIN kind_coverage AS s ON s.agency = held.agency AND s.kind = 'supervision'
     AND held.start_date < s.observed_until AND (held.end_date IS NULL OR held.end_date > s.covered_from)
    JOIN kind_coverage AS v ON v.agency = held.agency AND v.kind = 'violation'
     AND held.start_date < v.observed_until AND (held.end_date IS NULL OR held.end_date > v.covered_from)
), reached AS (
    SELECT participant_key, from_date, until_date, begins, max(until_date) OVER (
               PARTITION BY participant_key ORDER BY from_date, until_date
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM seen WHERE from_date < until_date
), numbered AS (
    SELECT participant_key, from_date, until_date, begins AND (before IS NULL OR from_date > before) AS begins,
           sum(CASE WHEN before IS NULL OR from_date > before THEN 1 ELSE 0 END) OVER (
               PARTITION BY participant_key ORDER BY from_date, until_date
               ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS place
    FROM reached
)
SELECT participant_key, CAST(place AS INTEGER) AS place, min(from_date) AS from_date, max(until_date) AS until_date,
       max(until_date) - min(from_date) AS days, bool_or(begins) AS begins
FROM numbered GROUP BY participant_key, place
""",
    (
        PARTICIPANT,
        counted("place", "Which of the person's times, the first is 1", "order"),
        Described("from_date", "First day that is seen"),
        Described("until_date", "First day after"),
        Described("days", "Its length; days in custody are in it", "days"),
        Described("begins", "Whether supervision began on its first day; where not, coverage did"),
    ),
    "warehouse/measures/conduct.py",
)

_INCIDENTS: Final = """
    SELECT event.participant_key, event.agency, coalesce(CAST(event.record_id AS VARCHAR), CAST(event.event_date AS
           VARCHAR)) AS incident, min(event.event_date) AS incident_date, count(*) AS violations,
           max(CASE WHEN event.code = 'technical' THEN 1 ELSE 0 END) AS technical,
           max(CASE WHEN event.code = 'absconding' THEN 1 ELSE 0 END) AS absconding,
           max(CASE WHEN event.code = 'new_offence' THEN 1 ELSE 0 END) AS new_offence
    FROM event WHERE event.kind = 'violation' AND event.participant_key IS NOT NULL
    GROUP BY event.participant_key, event.agency, incident"""


def _answers(kind: str, counts: dict[str, str]) -> str:
    """A subquery that counts the codes of a kind of event by participant."""
    columns = ", ".join(f"count(CASE WHEN code IN ({codes_}) THEN 1 END) AS {name}" for name, codes_ in counts.items())
    return f"""SELECT participant_key, {columns} FROM event
    WHERE kind = '{kind}' AND participant_key IS NOT NULL GROUP BY participant_key"""


_HEARINGS: Final = {
    "appearances_kept": "'yes'", "failures_to_appear": "'no'", "appearances_excused": "'excused'",
}  # fmt: skip
_CONTACTS: Final = {"contacts_kept": "'kept'", "contacts_missed": "'missed'", "contacts_excused": "'excused'"}
_TESTS: Final = {
    "tests_negative": "'negative'", "tests_positive": "'positive'", "tests_refused": "'refused'",
    "tests_invalid": "'invalid'",
}  # fmt: skip
_COUNTS: Final = (*_HEARINGS, *_CONTACTS, *_TESTS)

ACCOUNTABILITY: Final = MeasureView(
    "accountability",
    "Appearances and contacts kept, negative tests, violation incidents per 100 supervised days, exit type",
    f"""
WITH heard AS ({_answers("hearing", _HEARINGS)}
), contacted AS ({_answers("contact", _CONTACTS)}
), tested AS ({_answers("drug_test", _TESTS)}
), incident AS ({_INCIDENTS}
), time AS (
    SELECT participant_key, sum(days) AS supervised_days, min(CASE WHEN place = 1 AND begins THEN from_date END)
           AS first_date, min(CASE WHEN place = 1 AND begins THEN until_date END) AS first_until
    FROM supervised_time GROUP BY participant_key
), during AS (
    SELECT incident.participant_key, count(*) AS violation_incidents, sum(incident.violations) AS violations,
           sum(incident.technical) AS incidents_technical, sum(incident.absconding) AS incidents_absconding,
           sum(incident.new_offence) AS incidents_new_offence,
           min(CASE WHEN supervised.place = 1 AND supervised.begins THEN incident.incident_date END) AS first_violation
    FROM incident JOIN supervised_time AS supervised
      ON supervised.participant_key = incident.participant_key
     AND incident.incident_date >= supervised.from_date AND incident.incident_date < supervised.until_date
    GROUP BY incident.participant_key
), ended AS (
    SELECT participant_key, coalesce(code, 'UU') AS exit_code FROM span
    WHERE kind = 'supervision' AND participant_key IS NOT NULL AND end_date IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY participant_key ORDER BY end_date DESC, start_date DESC, code) = 1
), who AS (
    SELECT participant_key FROM heard UNION SELECT participant_key FROM contacted
    UNION SELECT participant_key FROM tested UNION SELECT participant_key FROM incident
    UNION SELECT participant_key FROM span WHERE kind = 'supervision' AND participant_key IS NOT NULL
)
SELECT who.participant_key, {", ".join(f"coalesce({name}, 0) AS {name}" for name in _COUNTS)},
       appearances_kept * 1.0 / nullif(appearances_kept + failures_to_appear, 0) AS appearances_kept_share,
       contacts_kept * 1.0 / nullif(contacts_kept + contacts_missed, 0) AS contacts_kept_share,
       tests_negative * 1.0 / nullif(tests_negative + tests_positive + tests_refused, 0) AS negative_share,
       time.supervised_days,
       CASE WHEN time.supervised_days > 0 THEN coalesce(during.violation_incidents, 0) END AS violation_incidents,
       CASE WHEN time.supervised_days > 0 THEN coalesce(during.violations, 0) END AS violations,
       CASE WHEN time.supervised_days > 0 THEN coalesce(during.incidents_technical, 0) END AS incidents_technical,
       CASE WHEN time.supervised_days > 0 THEN coalesce(during.incidents_absconding, 0) END AS incidents_absconding,
       CASE WHEN time.supervised_days > 0 THEN coalesce(during.incidents_new_offence, 0) END AS incidents_new_offence,
       CASE WHEN time.supervised_days > 0
            THEN 100.0 * coalesce(during.violation_incidents, 0) / time.supervised_days END AS incidents_per_100_days,
       during.first_violation - time.first_date AS days_to_first_violation,
       coalesce(during.first_violation, time.first_until) - time.first_date AS days_free_of_violation,
       ended.exit_code
FROM who
LEFT JOIN heard ON heard.participant_key = who.participant_key
LEFT JOIN contacted ON contacted.participant_key = who.participant_key
LEFT JOIN tested ON tested.participant_key = who.participant_key
LEFT JOIN time ON time.participant_key = who.participant_key
LEFT JOIN during ON during.participant_key = who.participant_key
LEFT JOIN ended ON ended.participant_key = who.participant_key
""",
    (
        PARTICIPANT,
        counted("appearances_kept", "Hearings at which the person appeared", "hearings"),
        counted("failures_to_appear", "Hearings at which the person did not appear, without excuse", "hearings"),
        counted("appearances_excused", "Hearings missed with excuse: no failure, and in no share", "hearings"),
        counted("contacts_kept", "Supervision contacts kept", "contacts"),
        counted("contacts_missed", "Supervision contacts missed", "contacts"),
        counted("contacts_excused", "Supervision contacts missed with excuse: in no share", "contacts"),
        counted("tests_negative", "Drug tests, negative", "tests"),
        counted("tests_positive", "Drug tests, positive", "tests"),
        counted("tests_refused", "Drug tests refused: a test that was not negative", "tests"),
        counted("tests_invalid", "Drug tests without a valid result: they say nothing, and are in no share", "tests"),
        share("appearances_kept_share", "Appeared ÷ (appeared + failed to appear); excused and unknown taken out"),
        share("contacts_kept_share", "Kept ÷ (kept + missed); excused taken out"),
        share("negative_share", "Negative ÷ (negative + positive + refused); invalid taken out"),
        counted("supervised_days", "Days under supervision in which violations are told; empty where none is", "days"),
        counted("violation_incidents", "Incidents on these days; one can bundle several violations", "incidents"),
        counted("violations", "Violations in them", "violations"),
        counted("incidents_technical", "Incidents with a technical violation", "incidents"),
        counted("incidents_absconding", "Incidents with absconding", "incidents"),
        counted("incidents_new_offence", "Incidents with a new offence", "incidents"),
        Described("incidents_per_100_days", "Incidents per 100 supervised days", "incidents per 100 days"),
        Described("days_to_first_violation", "From the first start of supervision to the first incident; empty without",
                  "days"),
        Described("days_free_of_violation", "The same, or to where supervision or coverage ends: censored there",
                  "days"),
        Described("exit_code", "How the last ended supervision ended (APPA/BJS)", codes=codes.SUPERVISION_EXITS),
    ),
    "warehouse/measures/conduct.py; terms after APPA/BJS and Justice Counts",
)  # fmt: skip
