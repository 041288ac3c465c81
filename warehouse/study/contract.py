"""The contract of a study: one declaration from which its SQL, its tables and its page are derived.

A study module in ``warehouse/studies`` holds literals only and imports from here. What contradicts itself, or takes
anything from after time zero, fails when the study is built: `warehouse.study.refusals`.
"""

from dataclasses import dataclass, field
from typing import Literal

from schemas.errors import StudyError
from warehouse.outcomes.definitions import (
    AGE_BANDS,
    CUSTODY_NEW_OFFENCE,
    CUSTODY_TECHNICAL,
    FILING_BANDS,
    RECHARGE,
    RECONVICTION,
    Outcome,
    occurs,
)
from warehouse.study.designs import Exposure, IntentionToTreat, Landmark, SingleArm, TimeVarying
from warehouse.study.facts import (
    Age,
    AtLeast,
    AtMost,
    Before,
    Condition,
    Covariate,
    Is,
    OnTheDay,
    Recorded,
    Sex,
    Within,
)
from warehouse.study.moments import End, FirstEnd, FirstEvent, FirstStart, Happens, Index, Start
from warehouse.study.refusals import refusals

__all__ = [
    "AGE_BANDS",
    "CUSTODY_NEW_OFFENCE",
    "CUSTODY_TECHNICAL",
    "FILING_BANDS",
    "RECHARGE",
    "RECONVICTION",
    "Age",
    "AtLeast",
    "AtMost",
    "Before",
    "Covariate",
    "End",
    "FirstEnd",
    "FirstEvent",
    "FirstStart",
    "Happens",
    "IntentionToTreat",
    "Is",
    "Landmark",
    "OnTheDay",
    "Outcome",
    "Recorded",
    "Sex",
    "SingleArm",
    "Start",
    "Study",
    "TimeVarying",
    "Unit",
    "Within",
    "occurs",
]

Unit = Literal["day", "week", "month"]


@dataclass(frozen=True, kw_only=True)
class Study:
    """Who is counted from when, what is compared, and what is waited for; see `warehouse/studies` for examples.

    ``population``: conditions, tried in their order. ``windows``: calendar months. ``follow_up``: the months that
    curve and Cox model look at, at most; the longest window unless stated. ``until``: the kind of span whose end ends
    the follow-up too. ``unit``: in which time is counted. ``strata``: covariates by which rates are given too.
    ``thresholds``: probabilities of a link from which on it counts; the first is that of the published participants.
    """

    name: str
    title: str
    question: str
    index: Index
    exposure: Exposure
    outcomes: tuple[Outcome, ...]
    windows: tuple[int, ...]
    population: tuple[Condition, ...] = ()
    covariates: tuple[Covariate, ...] = ()
    strata: tuple[str, ...] = ()
    unit: Unit = "day"
    until: Literal["study"] | None = None
    follow_up: int = 0
    thresholds: tuple[float, ...] = field(default=(0.5, 0.9, 0.99))

    def __post_init__(self) -> None:
        """Refuse a study that contradicts itself or looks into the future."""
        problem = next(refusals(self), None)
        if problem:
            raise StudyError(self.name, *problem)

    @property
    def horizon(self) -> int:
        """The months that curve and Cox model look at, at most."""
        return self.follow_up or max(self.windows)

    @property
    def compares(self) -> bool:
        """Whether there is an exposure."""
        return not isinstance(self.exposure, SingleArm)

    @property
    def landmark(self) -> int:
        """Days from the index to the start of the clock."""
        return self.exposure.days if isinstance(self.exposure, Landmark) else 0

    @property
    def estimand(self) -> str:
        """What the Cox models of the study estimate."""
        return {
            "single_arm": "cumulative incidence",
            "intention_to_treat": "hazard ratio by intention to treat",
            "landmark": "hazard ratio from the landmark on",
            "time_varying": "hazard ratio of as-treated association",
        }[self.exposure.kind]
