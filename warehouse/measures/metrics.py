"""The figures of each measure: the one list from which table, report and documents are made."""

from collections.abc import Iterator
from typing import Final

from schemas import codes
from warehouse.measures.definitions import DISPOSED, MEANINGFUL, RETENTION_DAYS
from warehouse.measures.equity import GROUPS
from warehouse.measures.metric import Metric, Source, mean, persons, share
from warehouse.outcomes.definitions import OUTCOMES, WINDOWS

_KNOWN: Final = "sessions_offered - sessions_unknown"


def _attended(measure: str, kind: str) -> tuple[Metric, Metric]:
    """Share attended and mean hours of a kind of content."""
    return (
        share(measure, "attended", f"Sessions of {kind} attended, of those offered of which it is known",
              "sessions_attended", _KNOWN, "sessions"),
        mean(measure, "hours", "hours", f"Hours of {kind} attended, by those to whom such a session was offered",
             "hours", "sessions_offered > 0"),
    )  # fmt: skip


def _scale(measure: str, scale: str, prefix: str) -> Iterator[Metric]:
    """Follow-up and change of a scale; who improved where a meaningful change is agreed."""
    follow_up = f"{prefix}_followed_up"
    yield persons(measure, f"{prefix}_followed_up", f"{scale}: scored again with the same version, of those scored "
                  "once whose follow-up is observable", f"{follow_up} = 'yes'",
                  f"{follow_up} <> 'not_observable'")  # fmt: skip
    yield mean(measure, f"{prefix}_change", "points", f"{scale}: last score less first, of those followed up",
               f"{prefix}_change", f"{prefix}_change IS NOT NULL")  # fmt: skip
    if scale in MEANINGFUL:
        yield persons(measure, f"{prefix}_improved", f"{scale}: better by {MEANINGFUL[scale]} points or more, of those "
                      "followed up", f"{prefix}_response = 'improved'", f"{prefix}_response IS NOT NULL")  # fmt: skip


def _retained(days: int) -> Metric:
    kept = f"retained_{days} IN ('retained', 'completed')"
    meaning = f"Still there, or completed, {days} days after the start of the first covered enrolment"
    return persons("emotional_support", f"retained_{days}", meaning, kept, f"retained_{days} <> 'not_observable'")


def _dose(name: str, meaning: str, numerator: str, denominator: str) -> Metric:
    return share("dose", name, meaning, numerator, denominator, "sessions")


DOSE: Final = (
    _dose("attended", "Sessions attended, of those offered of which it is known", "sessions_attended", _KNOWN),
    _dose("cancelled", "Sessions that the programme cancelled, of those scheduled", "sessions_cancelled",
          "sessions_scheduled"),
    _dose("excused", "Sessions missed with excuse, of those offered of which it is known", "sessions_excused", _KNOWN),
    _dose("unknown", "Sessions of which nobody knows whether the person came, of those offered", "sessions_unknown",
          "sessions_offered"),
    _dose("made_up", "Sessions made up on another day, of those attended", "sessions_made_up", "sessions_attended"),
    mean("dose", "hours", "hours", "Hours attended, by those to whom a session was offered", "hours_attended",
         "sessions_offered > 0"),
    *(mean("dose", f"hours_{code}", "hours", f"Of these: {meaning}", f"hours_{code}", "sessions_offered > 0")
      for code, meaning in codes.SESSION_CONTENTS.items()),
)  # fmt: skip

EMOTIONAL_SUPPORT: Final = (
    *_attended("emotional_support", "emotional support"),
    *(_retained(days) for days in RETENTION_DAYS),
    mean("emotional_support", "longest_gap", "days", "Longest time without a session within an enrolment; where it "
         "still grows, as far as it is seen", "longest_gap_days", "longest_gap_days IS NOT NULL"),
    *_scale("emotional_support", "WHO-5", "who5"),
    *_scale("emotional_support", "K6", "k6"),
    *_scale("emotional_support", "PHQ-9", "phq9"),
)  # fmt: skip

INFORMATION: Final = (
    *_attended("information", "legal information and education"),
    mean("information", "expert_led_hours", "hours", "Hours attended that an expert led, by those who attended any",
         "expert_led_hours", "topics > 0"),
    mean("information", "topics", "kinds", "Different kinds of content met, by those who attended any", "topics",
         "topics > 0"),
)  # fmt: skip

ACCOUNTABILITY: Final = (
    share("accountability", "appearances_kept", "Hearings at which the person appeared; excused and unknown taken out",
          "appearances_kept", "appearances_kept + failures_to_appear", "hearings"),
    share("accountability", "contacts_kept", "Supervision contacts kept; excused ones taken out", "contacts_kept",
          "contacts_kept + contacts_missed", "contacts"),
    share("accountability", "negative_tests", "Drug tests that were negative; refused ones count, invalid ones do not",
          "tests_negative", "tests_negative + tests_positive + tests_refused", "tests"),
    Metric("accountability", "violation_incidents", "rate", "incidents per 100 days", "Violation incidents per 100 "
           "supervised days; an incident may bundle several violations", "violation_incidents", "supervised_days",
           "supervised days", 100.0),
    *(persons("accountability", f"exit_{code}", f"Last ended supervision: {meaning}", f"exit_code = '{code}'",
              "exit_code IS NOT NULL", "persons whose supervision ended")
      for code, meaning in codes.SUPERVISION_EXITS.items()),
)  # fmt: skip

LIFE_SKILLS: Final = (
    *_attended("life_skills", "life skills"),
    share("life_skills", "modules_completed", "Life-skills modules attended at three quarters or more, of those "
          "offered", "modules_completed", "modules_offered", "modules"),
    persons("life_skills", "employed", "With a time of employment; nothing where no feed tells it",
            "employment_spans > 0", "employment_spans IS NOT NULL"),
    persons("life_skills", "in_education", "With a time of education; nothing where no feed tells it",
            "education_spans > 0", "education_spans IS NOT NULL"),
)  # fmt: skip

SOCIAL_NETWORKS: Final = (
    mean("social_networks", "co_attendees", "persons", "Different people met in group sessions, by those who were at "
         "any", "co_attendees", "group_sessions > assemblies"),
    share("social_networks", "met_again", "People met who were met again", "co_attendees_again", "co_attendees",
          "people met"),
    share("social_networks", "ties_kept", "Sessions but the first with somebody met before", "sessions_with_known",
          "greatest(group_sessions - assemblies - 1, 0)", "sessions"),
    mean("social_networks", "peer_led_sessions", "sessions", "Sessions attended that a peer led, by those in the "
         "ledger", "peer_led_sessions", "peer_led_sessions IS NOT NULL"),
    *_scale("social_networks", "MSPSS", "mspss"),
)  # fmt: skip

RECIDIVISM: Final = tuple(
    persons(
        "recidivism",
        f"{outcome.name}_{months}",
        f"Within {months} months. {outcome.meaning}",
        f"{outcome.name}_{months} = 'event'",
        f"{outcome.name}_{months} <> 'not_observable'",
    )
    for outcome in OUTCOMES
    for months in WINDOWS
)

_REFERRED: Final = (
    *(share("resources", stage, f"Referrals {words} within 90 days, of those observable", stage, "observable",
            "referrals")
      for stage, words in (("accepted", "accepted"), ("attended", "first attended"), ("closed", "closed"))),
    Metric("resources", "days_to_accepted", "mean", "days", "Days from made to accepted, of those accepted in time",
           "days_to_accepted * accepted", "accepted", "referrals accepted"),
    Metric("resources", "days_to_attended", "mean", "days", "Days from accepted to first attended, of those attended "
           "in time", "days_from_accepted_to_attended * attended",
           "CASE WHEN days_from_accepted_to_attended IS NOT NULL THEN attended END", "referrals attended"),
)  # fmt: skip
RESOURCES: Final = (*_REFERRED, *_scale("resources", "BARC-10", "barc10"))

EQUITY: Final = (
    persons("equity", "access", "Enrolled within 180 days of the first start of supervision", "access = 'yes'",
            "access <> 'not_observable'"),
    mean("equity", "hours", "hours", "Hours attended, by those who were scheduled or enrolled", "hours_attended",
         "hours_attended IS NOT NULL"),
    share("equity", "attended", "Sessions attended, of those offered of which it is known", "sessions_attended",
          "sessions_known", "sessions"),
    persons("equity", "completed", "First enrolment completed within a year", "completion = 'completed'",
            "completion <> 'not_observable'"),
    persons("equity", "recharge_12", "Re-charged within twelve months of the index", "recharge_12 = 'event'",
            "recharge_12 <> 'not_observable'"),
)  # fmt: skip

CASE_OUTCOMES: Final = (
    *(share("case_outcomes", name, f"Charges {name.replace('_', ' ')} ({meaning}), of those disposed of",
            f"charges_{name}", "charges - charges_open", "charges")
      for name, meaning in DISPOSED.items() if name != "open"),
    share("case_outcomes", "open", "Charges without a disposition yet", "charges_open", "charges", "charges"),
    share("case_outcomes", "disposed_in_a_year", "Charges disposed of within a year, of those whose year is covered",
          "charges_disposed_in_a_year", "charges_mature", "charges"),
    Metric("case_outcomes", "days_to_disposition", "mean", "days", "Days from filing to disposition, of those disposed "
           "of within a year", "days_to_disposition * charges_disposed_in_a_year", "charges_disposed_in_a_year",
           "charges"),
    share("case_outcomes", "failure_to_appear", "Hearings missed without excuse; excused and unknown taken out",
          "failures_to_appear", "appearances_kept + failures_to_appear", "hearings"),
    *(share("case_outcomes", f"sentence_{kind}", f"Parts of sentences: {meaning}", f"sentences_{kind}", "sentences",
            "parts of sentences")
      for kind, meaning in codes.SENTENCES.items()),
    Metric("case_outcomes", "custody_days", "mean", "days", "Days of prison or jail imposed, suspended ones taken off, "
           "by part of known length", "custody_days_imposed", "custody_sentences_of_known_length",
           "parts of sentences"),
)  # fmt: skip

SOURCES: Final = (
    Source("dose", DOSE),
    Source("emotional_support", EMOTIONAL_SUPPORT),
    Source("information", INFORMATION),
    Source("accountability", ACCOUNTABILITY),
    Source("life_skills", LIFE_SKILLS),
    Source("social_networks", SOCIAL_NETWORKS),
    Source("recidivism", RECIDIVISM),
    Source("resources", RESOURCES),
    Source("resources_by_need", _REFERRED, ("need_code",), everybody=False),
    Source("equity", EQUITY, GROUPS),
    Source("case_outcomes", CASE_OUTCOMES),
)
"""View → its metrics."""
