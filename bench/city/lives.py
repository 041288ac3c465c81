"""What happens to the people of the city, in days from `calendar.FIRST_DAY`, by hazards that are known.

Re-offending has the hazard ``base · exp(young, priors) · ratio^(enrolled by then)``: the ratio is planted and
time-varying, and enrolment depends on age too, so that a comparison by "ever enrolled" is wrong twice.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from bench.city.calendar import DAYS

Days = np.ndarray[Any, np.dtype[np.float64]]
NEVER = np.inf
FILING_LAG_DAYS = 30
"""No filing takes longer: the maturation lag that the feed of charges declares."""


@dataclass(frozen=True)
class Parameters:
    """The planted truth: hazards a day, ratios and shares; ``reoffence_ratio`` is what enrolment does."""

    reoffence_hazard: float = 0.0008
    reoffence_ratio: float = 0.6
    young_ratio: float = 1.6
    prior_ratio: float = 1.2
    enrolment_hazard: float = 0.0011
    enrolment_young_ratio: float = 0.7
    technical_hazard: float = 0.0004
    death_hazard: float = 0.00004
    transfer_hazard: float = 0.00008
    absconding_hazard: float = 0.00012
    conviction_share: float = 0.72
    reconviction_share: float = 0.62
    probation_share: float = 0.72
    new_offence_revocation_share: float = 0.4

    def as_dict(self) -> dict[str, float]:
        """Name → value, for ``truth/parameters.json``."""
        return asdict(self)


@dataclass(frozen=True)
class Lives:
    """``persons``: one row each, days as Float64 (null: never); ``cases``: one row a person and case."""

    persons: pl.DataFrame
    cases: pl.DataFrame


def live(people: pl.DataFrame, truth: Parameters, rng: np.random.Generator) -> Lives:
    """Live every life up to `calendar.DAYS`; what would happen later does not happen."""
    count = len(people)
    prior_offence = np.sort(np.where(rng.random((count, 3)) < 0.28, rng.uniform(0, 900, (count, 3)), NEVER), axis=1)
    offence = rng.uniform(0, 1_000, count)
    prior_offence = np.where(prior_offence < offence[:, None] - 5, prior_offence, NEVER)
    filed = offence + _lag(count, rng)
    disposed = filed + 15 + rng.gamma(2.0, 55.0, count)
    convicted = rng.random(count) < truth.conviction_share
    supervised = convicted & (rng.random(count) < truth.probation_share) & (disposed < DAYS - 10)
    start = np.where(supervised, np.floor(disposed) + rng.integers(0, 6, count), NEVER)
    priors = np.isfinite(prior_offence).sum(axis=1)
    young = _age(people, np.where(supervised, start, filed)) < 25
    risk = np.exp(np.log(truth.young_ratio) * young + np.log(truth.prior_ratio) * priors)
    origin = np.where(supervised, start, np.floor(disposed))
    enrol_hazard = truth.enrolment_hazard * np.where(supervised, 1, 0.06) * truth.enrolment_young_ratio**young
    joined = np.floor(origin + 1 + rng.exponential(1, count) / enrol_hazard)
    planned_end = start + rng.choice([365, 548, 730, 1_095], count, p=[0.35, 0.25, 0.3, 0.1])
    end, reason, stop = _ends(start, planned_end, truth, rng)
    died = origin + 1 + rng.exponential(1, count) / truth.death_hazard
    end, reason = _earlier(end, reason, died, "DE")
    stop = np.minimum(stop, died)
    reoffence = _reoffences(origin, joined, risk * truth.reoffence_hazard, truth.reoffence_ratio, stop, rng)
    refiled = reoffence + _lag(count, rng)[:, None]
    revoked = np.where(
        supervised & (rng.random(count) < truth.new_offence_revocation_share) & (reoffence[:, 0] < end),
        np.floor(refiled[:, 0] + rng.uniform(5, 60, count)), NEVER,
    )  # fmt: skip
    end, reason = _earlier(end, reason, revoked, "RN")
    reoffence[:, 1] = np.where(reoffence[:, 1] < np.minimum(stop, revoked), reoffence[:, 1], NEVER)
    refiled = np.where(np.isfinite(reoffence), refiled, NEVER)
    cases = _cases(
        count, prior_offence, offence, filed, disposed, convicted, supervised, reoffence, refiled, truth, rng
    )
    persons = pl.DataFrame({
        "person": np.arange(count), "priors": priors, "young": young, "supervised": supervised & (start <= DAYS),
        "origin": np.floor(origin), "supervision_start": _seen(start), "supervision_planned_end": _seen(planned_end),
        "supervision_end": _seen(np.where(supervised & (end <= DAYS), np.floor(end), NEVER)),
        "exit": pl.Series(reason, dtype=pl.String).to_frame("exit")
        .select(pl.when(pl.Series(supervised & (end <= DAYS))).then("exit")).to_series(),
        "joined": _seen(np.where((joined < np.minimum(stop, revoked)) & (joined < DAYS - 3), joined, NEVER)),
        "reoffence": _seen(np.floor(reoffence[:, 0])), "died": _seen(np.where(died <= DAYS, np.floor(died), NEVER)),
        "stop": _seen(np.floor(stop)),
    })  # fmt: skip
    return Lives(persons, cases)


def _lag(count: int, rng: np.random.Generator) -> Days:
    return np.minimum(rng.exponential(8, count) + 1, FILING_LAG_DAYS - 1)


def _seen(days: Days) -> pl.Series:
    return pl.Series(np.where(np.isfinite(days), days, np.nan)).fill_nan(None)


def _age(people: pl.DataFrame, day: Days) -> Days:
    """Year of the day less year of birth: what analysts can know, so that they can adjust for what is planted."""
    days = (people["birth"].cast(pl.Int32).to_numpy(), 18_628 + np.where(np.isfinite(day), day, 0))
    birth, seen = (each.astype(np.int64).astype("datetime64[D]").astype("datetime64[Y]") for each in days)
    age: Days = (seen - birth).astype(np.float64)
    return age


def _earlier(end: Days, reason: np.ndarray[Any, Any], day: Days, code: str) -> tuple[Days, np.ndarray[Any, Any]]:
    first = day < end
    return np.where(first, day, end), np.where(first, code, reason)


def _ends(
    start: Days, planned: Days, truth: Parameters, rng: np.random.Generator
) -> tuple[Days, np.ndarray[Any, Any], Days]:
    """End of supervision, its reason, and the day after which the person cannot re-offend in this city."""
    count = len(start)
    completed = np.where(rng.random(count) < 0.88, "CO", "OU")
    end, reason = planned, completed
    stop: Days = np.full(count, NEVER)
    for hazard, code in (
        (truth.technical_hazard, "RT"), (truth.transfer_hazard, "TR"), (truth.absconding_hazard, "AB"),
    ):  # fmt: skip
        day = np.floor(start + 2 + rng.exponential(1, count) / hazard)
        happens = day < end
        end, reason = _earlier(end, reason, day, code)
        stop = np.where(happens, NEVER if code == "AB" else day, stop)
    return end, reason, stop


def _reoffences(
    origin: Days, joined: Days, hazard: Days, ratio: float, stop: Days, rng: np.random.Generator
) -> Days:  # fmt: skip
    """Days of the first and second re-offence under the piecewise hazard; `NEVER` behind ``stop`` and the end."""
    before = joined - origin
    total = np.cumsum(rng.exponential(1, (len(origin), 2)), axis=1)
    exposed = hazard[:, None] * before[:, None]
    time = np.where(
        total < exposed, total / hazard[:, None],
        before[:, None] + (total - exposed) / (hazard * ratio)[:, None],
    )  # fmt: skip
    day = origin[:, None] + 1 + time
    days: Days = np.where((day < stop[:, None]) & (day <= DAYS), day, NEVER)
    return days


def _cases(
    count: int, prior: Days, offence: Days, filed: Days, disposed: Days, convicted: np.ndarray[Any, Any],
    supervised: np.ndarray[Any, Any], reoffence: Days, refiled: Days, truth: Parameters, rng: np.random.Generator,
) -> pl.DataFrame:  # fmt: skip
    """Every case that is filed by the last day: person, cause, offence, filed, disposed, convicted, probation."""
    person = np.arange(count)
    parts = [_case_part(person, "index", offence, filed, disposed, convicted, supervised)]
    for cause, days, filings in (
        ("prior", prior, prior + _lag(count, rng)[:, None]), ("reoffence", reoffence, refiled),
    ):  # fmt: skip
        for column in range(days.shape[1]):
            happens = np.isfinite(days[:, column])
            filing = filings[happens, column]
            decided = filing + 15 + rng.gamma(2.0, 55.0, happens.sum())
            guilty = rng.random(happens.sum()) < truth.reconviction_share
            none = np.zeros(happens.sum(), dtype=bool)
            parts.append(_case_part(person[happens], cause, days[happens, column], filing, decided, guilty, none))
    cases = pl.concat(parts).filter(pl.col("filed") <= DAYS).sort("filed", "person")
    return cases.with_columns(disposed=pl.when(pl.col("disposed") <= DAYS).then("disposed"))


def _case_part(
    person: np.ndarray[Any, Any], cause: str, offence: Days, filed: Days, disposed: Days,
    convicted: np.ndarray[Any, Any], probation: np.ndarray[Any, Any],
) -> pl.DataFrame:  # fmt: skip
    return pl.DataFrame({
        "person": person, "cause": np.full(len(person), cause), "offence": np.floor(offence),
        "filed": np.floor(filed), "disposed": np.floor(disposed), "convicted": convicted, "probation": probation,
    })  # fmt: skip
