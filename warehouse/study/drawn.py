"""Partitions drawn from the probabilities of links, and what a study says over all of them.

A link of a participant stands or falls. Each draw takes, for every participant whom stricter thresholds take apart,
one threshold at random: with the chance that those links are right (`RIGHT`) it leaves them be, else it takes the next
partition. Each draw is a town in which somebody may live; the spread of the
estimate over draws is what the links leave open. Links below the main threshold are never made: what those would add
is told in ``link_quality`` as ``false_negative_model``.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import exp
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from warehouse.estimate.e_value import e_value
from warehouse.estimate.rubin import Combined, rubin
from warehouse.study.contract import Study
from warehouse.study.models import EXPOSED, RARE, Models
from warehouse.study.tables import EFFECT

RIGHT: Final[Mapping[float, float]] = {0.5: 0.62, 0.9: 0.93}
"""Threshold → share of the participants whom the next threshold takes apart that are one person all the same.

Measured by ``python -m bench.linkage.calibration`` on cities that no parameter was fitted to; see docs/linkage.md.
"""
DRAWS: Final = 10
"""Partitions drawn: with a tenth of the variance due to links, Rubin's efficiency is 1 / (1 + .1 / 10), 99 %."""
_TURN: Final = (5**0.5 - 1) / 2
"""The golden section: steps of it spread evenly over a circle, however many are taken (Weyl 1916)."""


@dataclass(frozen=True)
class Apart:
    """The rows at risk of those whom a threshold takes apart.

    ``risk``: as in `Collected`, with the participants of the threshold; ``of``: ``participant_key`` of these →
    ``main_key``, the participant of the main threshold; ``people``: see `drawn_rates.people`.
    """

    threshold: float
    risk: pl.DataFrame = field(repr=False)
    of: pl.DataFrame = field(repr=False)
    people: pl.DataFrame = field(repr=False, default_factory=pl.DataFrame)


def combined(study: Study, risk: pl.DataFrame, parts: Sequence[Apart], threshold: float) -> pl.DataFrame:
    """The rows ``combined`` of ``study_effect``: exposure, adjusted, over `DRAWS` partitions, by Rubin's rules.

    ``risk``: the rows at risk at the main ``threshold``; ``parts``: of each stricter one. An outcome that some
    draw cannot be fitted for is left out.
    """
    fits = pl.concat(
        Models(study, drawn(risk, parts, draw), threshold, []).effects(full=False) for draw in range(DRAWS)
    ).filter(pl.col("term") == EXPOSED)
    rows = []
    for outcome in (outcome.name for outcome in study.outcomes):
        of = fits.filter(pl.col("outcome") == outcome)
        if of.height == DRAWS:
            rows.append(_row(study, of))
    return pl.DataFrame(rows, schema=EFFECT)


def drawn(risk: pl.DataFrame, parts: Sequence[Apart], draw: int) -> pl.DataFrame:
    """The rows at risk of one drawn partition; the same draw of the same participants gives the same rows."""
    taken = chosen(parts, draw)
    if taken.is_empty():
        return risk
    pieces = [risk.filter(~pl.col("participant_key").is_in(taken["main_key"].implode()))]
    for part in parts:
        keys = part.of.join(taken.filter(threshold=part.threshold), on="main_key", how="semi")["participant_key"]
        pieces.append(part.risk.filter(pl.col("participant_key").is_in(keys.implode())))
    return pl.concat(pieces)


def chosen(parts: Sequence[Apart], draw: int) -> pl.DataFrame:
    """``main_key``, ``threshold``: those who are taken apart in this draw, and at which threshold.

    A participant whom a threshold leaves whole has no link below it to lose, and none to lose there. The chance is
    that of the participant's key, so it does not hang on who else is there; draw by draw it goes once round.
    """
    keys = pl.concat([part.of["main_key"] for part in parts]).unique().sort()
    draws = pl.DataFrame({"main_key": keys, "chance": (_first(keys) + draw * _TURN) % 1})
    found = pl.DataFrame(schema={"main_key": keys.dtype, "threshold": pl.Float64})
    for limit, part in zip(_limits([part.threshold for part in parts]), parts, strict=True):
        mine = draws.filter(pl.col("chance") >= limit).join(part.of, on="main_key", how="semi")
        taken = mine.select("main_key", threshold=pl.lit(part.threshold))
        found = pl.concat([found.join(taken, on="main_key", how="anti"), taken])
    return found


def _first(keys: pl.Series) -> NDArray[np.float64]:
    """For each key a number from 0 to 1, the same wherever and whenever it is asked for: those apart are few."""
    digests = b"".join(hashlib.sha256(key.encode()).digest()[:4] for key in keys.cast(pl.String).to_list())
    return np.frombuffer(digests, ">u4") / 2.0**32


def _limits(thresholds: Sequence[float]) -> list[float]:
    """For each stricter threshold, ascending, the chance from which on its partition is taken.

    A link weaker than the threshold, and not than the one before, is kept with the chance that it is right. Where a
    study leaves a threshold out, its links count as the weaker ones below: the interval is rather too wide.
    """
    known = sorted(RIGHT)
    return [RIGHT[known[place]] for place, _ in enumerate(thresholds)]


def _row(study: Study, fits: pl.DataFrame) -> dict[str, object]:
    found = rubin(fits["coefficient"].to_list(), (fits["se"] ** 2).to_list())
    ratio, low, high = exp(found.value), exp(found.low), exp(found.high)
    persons, events = (round(fits[name].sum() / fits.height) for name in ("persons", "events"))
    chosen = study.exposure.assignment != "random"
    strength = e_value(ratio, low, high, events <= RARE * persons) if chosen else (None, None)
    return {**fits.row(0, named=True), **_numbers(found), "method": "combined", "ratio": ratio, "ratio_low": low,
            "ratio_high": high, "persons": persons, "events": events, "log_likelihood": None,
            "e_value": strength[0], "e_value_limit": strength[1]}  # fmt: skip


def _numbers(found: Combined) -> dict[str, float]:
    return {"coefficient": found.value, "se": found.se, "low": found.low, "high": found.high, "p": found.p}
