"""What no study may do: contradict itself, or take anything from after its time zero. Dates decide, not names."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from schemas import codes
from warehouse.study.designs import SAFE, Exposure, IntentionToTreat, Landmark, SingleArm, TimeVarying, moment_of
from warehouse.study.facts import Age, Before, Fact, OnTheDay, Recorded, Sex, Within
from warehouse.study.moments import Happens, Index, Moment, Start

if TYPE_CHECKING:
    from warehouse.study.contract import Study

Problem = tuple[str, str]
"""Part of the study, and what is wrong with it."""


def refusals(study: "Study") -> Iterator[Problem]:
    """Everything for which a study is refused, the gravest first."""
    yield from _index(study)
    yield from _exposure(study)
    for condition in study.population:
        yield from _from_later("population", condition.fact, study, study.landmark)
    for covariate in study.covariates:
        part = "strata" if covariate.name in study.strata else "covariates"
        yield from _from_later(part, covariate.fact, study, study.landmark)
    yield from _contradictions(study)


def _index(study: "Study") -> Iterator[Problem]:
    """The index must be told apart on its own day."""
    late = study.index.hindsight
    if late:
        yield "index", f"{study.index.words} is picked by its {late}, which is known only {_end(study.index)}; {_use()}"


def _exposure(study: "Study") -> Iterator[Problem]:
    exposure = study.exposure
    if isinstance(exposure, SingleArm):
        return
    moment = moment_of(exposure)
    if isinstance(exposure, TimeVarying):
        if exposure.start.hindsight:
            yield (
                "exposure",
                (
                    f"{exposure.start.words} is picked by its {exposure.start.hindsight}, which is known only "
                    f"{_end(exposure.start)}, but exposes from the start; {_use()}"
                ),
            )
    elif isinstance(exposure, IntentionToTreat):
        yield from _from_later("exposure", exposure.by.fact, study, 0)
    elif exposure.days < 1:
        yield "exposure", "a landmark lies at least one day after the index"
    else:
        yield from _from_later("exposure", exposure.by.fact, study, exposure.days)
    if moment is not None and not _looks_elsewhere(exposure) and _is_index(moment, study.index):
        yield (
            "exposure",
            (
                f"{moment.words} is the index itself: only the exposed have that time zero. {_use()}; "
                "two arms need an index common to both"
            ),
        )


def _from_later(part: str, fact: Fact, study: "Study", limit: float) -> Iterator[Problem]:
    """Refuse a fact that is known only after day ``limit``."""
    known = fact.known(study.index)
    if known > limit:
        when = _when(fact, known, study.index)
        zero = f"the landmark (day {limit:g})" if limit else f"time zero ({study.index.words})"
        yield part, f"takes {fact.words}, which is known only {when}, after {zero}; {_use()}"


def _when(fact: Fact, known: float, index: Index) -> str:
    """From when on a fact is known, in words."""
    if isinstance(fact, Within):
        late = fact.of.hindsight
        return _end(fact.of) if late else "in the end" if fact.days is None else f"on day {known:g}"
    if isinstance(fact, Before | OnTheDay):
        return _end(fact.of)
    return _end(index)


def _end(moment: Moment) -> str:
    return "when the span ends" if isinstance(moment, Start) else "later than its day"


def _use() -> str:
    return f"use {SAFE}"


def _looks_elsewhere(exposure: Exposure) -> bool:
    """Whether exposure is told by other days than that of the index."""
    return isinstance(exposure, Landmark) or (
        isinstance(exposure, IntentionToTreat) and isinstance(exposure.by.fact, Before)
    )


def _is_index(moment: Moment, index: Index) -> bool:
    """Whether every index is such a moment."""
    same = isinstance(index, type(moment)) and moment.kind == index.kind
    return same and (not moment.codes or (set(index.codes) <= set(moment.codes) and bool(index.codes)))


def _contradictions(study: "Study") -> Iterator[Problem]:
    yield from _kinds(study)
    names = Counter(covariate.name for covariate in study.covariates)
    yield from (("covariates", f"{name} is stated {times} times") for name, times in names.items() if times > 1)
    yield from (("strata", f"{name} is no covariate") for name in study.strata if name not in names)
    outcomes = Counter(outcome.name for outcome in study.outcomes)
    yield from (("outcomes", f"{name} is stated {times} times") for name, times in outcomes.items() if times > 1)
    for part, stated in (("outcomes", study.outcomes), ("windows", study.windows), ("thresholds", study.thresholds)):
        if not stated:
            yield part, "are not stated"
    if any(months < 1 for months in study.windows) or list(study.windows) != sorted(set(study.windows)):
        yield "windows", "are months, in ascending order"
    if study.windows and study.horizon < max(study.windows):
        yield "follow_up", "ends before the longest window"
    if any(not 0 < threshold <= 1 for threshold in study.thresholds):
        yield "thresholds", "are probabilities"
    yield from _bands(study)


def _bands(study: "Study") -> Iterator[Problem]:
    """A fact that counts needs bands or a number; a stratum needs levels."""
    for covariate in study.covariates:
        counted = isinstance(covariate.fact, Age | Before | OnTheDay | Within)
        if covariate.bands and covariate.number:
            yield "covariates", f"{covariate.name} has bands and is a number"
        if counted and not covariate.bands and not covariate.number:
            yield "covariates", f"{covariate.name} counts: it needs bands, or is a number"
        if isinstance(covariate.fact, Sex) and (covariate.bands or covariate.number):
            yield "covariates", f"{covariate.name} is no number"
        if covariate.number and covariate.name in study.strata:
            yield "strata", f"{covariate.name} is a number: strata need bands"


def _kinds(study: "Study") -> Iterator[Problem]:
    """Every kind must be of the closed vocabulary, as span or as event."""
    facts = [condition.fact for condition in study.population] + [covariate.fact for covariate in study.covariates]
    moments = [("index", study.index), ("exposure", moment_of(study.exposure))]
    moments += [("covariates", fact.of) for fact in facts if not isinstance(fact, Age | Sex | Recorded)]
    moments += [("outcomes", outcome.moment) for outcome in study.outcomes]
    for part, moment in moments:
        if moment is None:
            continue
        is_event = isinstance(moment, Happens)
        if moment.kind not in (codes.EVENT_KINDS if is_event else codes.SPAN_KINDS):
            yield part, f"{moment.kind} is no kind of {'event' if is_event else 'span'}"
