"""Studies that must be refused: each breaks one rule, most of them by looking past time zero."""

from dataclasses import dataclass, replace
from typing import Any

from warehouse.study.contract import (
    AGE_BANDS,
    RECHARGE,
    Age,
    AtLeast,
    AtMost,
    Before,
    Covariate,
    End,
    FirstEvent,
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
)

PEER = Start("enrolment", codes=("peer_support",))
COMPLETED = Start("enrolment", texts=("completed",))
ATTENDED = Happens("attendance", codes=("attended", "late"))

SOUND = Study(
    name="sound", title="Sound", question="Is it?", index=FirstStart("supervision"), exposure=TimeVarying(start=PEER),
    outcomes=(RECHARGE,), windows=(6, 12), covariates=(Covariate("age_band", Age(), bands=AGE_BANDS),),
    strata=("age_band",),
)  # fmt: skip


@dataclass(frozen=True)
class Refused:
    """What the study does, how it differs from a sound one, and words that the error must say."""

    does: str
    change: dict[str, Any]
    part: str
    says: tuple[str, ...]


IMMORTAL = (
    Refused(
        "exposed is who enrols at any time after the start: those who enrol have lived to do so",
        {"exposure": IntentionToTreat(by=AtLeast(1, Within(PEER, days=None)))},
        "exposure",
        ("known only in the end", "time zero", "TimeVarying", "Landmark"),
    ),
    Refused(
        "exposed is who enrols within ninety days, and the clock starts before these are over",
        {"exposure": IntentionToTreat(by=AtLeast(1, Within(PEER, days=90)))},
        "exposure",
        ("on day 90", "time zero", "Landmark"),
    ),
    Refused(
        "exposed is who completes the programme, counted from the start",
        {"exposure": TimeVarying(start=Start("enrolment", codes=("peer_support",), texts=("completed",)))},
        "exposure",
        ("picked by its text", "when the span ends", "exposes from the start"),
    ),
    Refused(
        "exposed is who attends twelve sessions in half a year, from a landmark of ninety days on",
        {"exposure": Landmark(days=90, by=AtLeast(12, Within(ATTENDED, days=180)))},
        "exposure",
        ("on day 180", "the landmark (day 90)"),
    ),
    Refused(
        "exposed is whose supervision was completed: the code of its exit",
        {"exposure": IntentionToTreat(by=Is(Recorded("code"), ("CO",)))},
        "exposure",
        ("'code' of the index's record", "when the span ends"),
    ),
    Refused(
        "the index is the enrolment, and so is the exposure: nobody else has that time zero",
        {"index": FirstStart("enrolment", codes=("peer_support",)),
         "exposure": IntentionToTreat(by=AtLeast(1, OnTheDay(PEER)))},
        "exposure",
        ("is the index itself", "SingleArm", "common to both"),
    ),
    Refused(
        "the index is the first supervision that was completed",
        {"index": FirstStart("supervision", codes=("CO",))},
        "index",
        ("picked by its code", "when the span ends"),
    ),
    Refused(
        "the population is who attends at least one session",
        {"population": (AtLeast(1, Within(ATTENDED, days=None)),)},
        "population",
        ("attendance (attended, late) at any time after", "known only in the end"),
    ),
    Refused(
        "the population is whose supervision has an exit",
        {"population": (AtLeast(1, Within(End("supervision"), days=None)),)},
        "population",
        ("the end of supervision", "known only in the end"),
    ),
    Refused(
        "the population leaves out who is charged within thirty days",
        {"population": (AtMost(0, Within(Happens("charge"), days=30)),)},
        "population",
        ("on day 30",),
    ),
    Refused(
        "the population is whose supervision ended in completion, by the record of the index",
        {"population": (Is(Recorded("code"), ("CO",)),)},
        "population",
        ("'code' of the index's record", "when the span ends"),
    ),
    Refused(
        "a stratum is the number of sessions attended during follow-up",
        {"covariates": (Covariate("sessions", Within(ATTENDED, days=None), bands=((0, "0"), (1, "some"))),),
         "strata": ("sessions",)},
        "strata",
        ("known only in the end",),
    ),
    Refused(
        "a covariate is the number of contacts kept in the first month",
        {"covariates": (Covariate("kept", Within(Happens("contact", codes=("kept",)), days=30), number=True),),
         "strata": ()},
        "covariates",
        ("on day 30",),
    ),
    Refused(
        "a covariate is a detail of the span that nobody says is known when it starts",
        {"covariates": (Covariate("sessions", Recorded("sessions_attended"), number=True),), "strata": ()},
        "covariates",
        ("'sessions_attended' of the index's record", "when the span ends"),
    ),
    Refused(
        "a covariate is earlier enrolments of which only those count that will be completed",
        {"covariates": (Covariate("earlier", Before(COMPLETED, months=24), number=True),), "strata": ()},
        "covariates",
        ("when the span ends",),
    ),
    Refused(
        "a covariate is when a referral, the index, was first attended",
        {"index": FirstEvent("referral"),
         "covariates": (Covariate("attended", Recorded("first_attended_date")),), "strata": ()},
        "covariates",
        ("'first_attended_date' of the index's record", "later than its day"),
    ),
)  # fmt: skip

CONTRADICTIONS = (
    Refused("a stratum is no covariate", {"strata": ("sex",)}, "strata", ("sex is no covariate",)),
    Refused("a covariate is stated twice", {"covariates": SOUND.covariates * 2}, "covariates", ("2 times",)),
    Refused("an outcome is stated twice", {"outcomes": (RECHARGE, RECHARGE)}, "outcomes", ("2 times",)),
    Refused("there is no outcome", {"outcomes": ()}, "outcomes", ("are not stated",)),
    Refused("windows are not in order", {"windows": (12, 6)}, "windows", ("ascending",)),
    Refused("follow-up ends before a window does", {"follow_up": 9}, "follow_up", ("before the longest window",)),
    Refused("a threshold is no probability", {"thresholds": (0.5, 1.5)}, "thresholds", ("probabilities",)),
    Refused("a kind is not of the vocabulary", {"index": FirstStart("parole")}, "index", ("no kind of span",)),
    Refused("an event is no span", {"exposure": TimeVarying(start=Start("arrest"))}, "exposure", ("no kind of span",)),
    Refused("age has neither bands nor is a number", {"covariates": (Covariate("age", Age()),), "strata": ()},
            "covariates", ("needs bands",)),
    Refused("a landmark lies on the index day", {"exposure": Landmark(days=0, by=AtLeast(1, OnTheDay(PEER)))},
            "exposure", ("one day after",)),
)  # fmt: skip

SOUND_TOO = {
    "everybody is counted": {"exposure": SingleArm()},
    "the index is an enrolment, and nobody is compared": {
        "index": FirstStart("enrolment", codes=("peer_support",)), "exposure": SingleArm(),
    },
    "arms are told apart on the day of the index": {"exposure": IntentionToTreat(by=AtLeast(1, OnTheDay(PEER)))},
    "arms are told apart by what came before": {
        "exposure": IntentionToTreat(by=AtLeast(1, Before(Happens("referral"), months=6)))
    },
    "arms are told apart by what the landmark has seen": {
        "exposure": Landmark(days=90, by=AtLeast(3, Within(ATTENDED, days=90)))
    },
    "the population of a landmark study may be chosen by what the landmark has seen": {
        "exposure": Landmark(days=90, by=AtLeast(3, Within(ATTENDED, days=90))),
        "population": (AtLeast(1, Within(Happens("contact"), days=60)),),
    },
    "an earlier enrolment that had ended in completion is known": {
        "covariates": (
            Covariate("earlier", Before(End("enrolment", texts=("completed",)), months=24), bands=((0, "0"), (1, "1"))),
        ),
        "strata": ("earlier",),
    },
    "the kind of supervision is known when it starts": {"population": (Is(Recorded("text"), ("parole",)),)},
    "what a research follow-up says of a person is known at its start": {
        "index": FirstStart("study"), "covariates": (Covariate("tested", Recorded("whatever"), number=True),),
        "strata": (),
    },
}  # fmt: skip


def built(change: dict[str, Any]) -> Study:
    """The sound study with the change."""
    return replace(SOUND, **change)
