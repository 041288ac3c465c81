"""A figure of the table ``measure``: what is divided by what, and over whom it is summed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["share", "mean", "rate"]

KINDS: Final[Mapping[str, str]] = {
    "share": "a part of a whole",
    "mean": "a sum divided by how many it is summed over",
    "rate": "a count divided by time",
}
INTERVALS: Final[Mapping[str, str]] = {
    "wilson": "Wilson's score interval (1927), for a share of persons",
    "wilson_effective": "Wilson's interval at the effective size: what one person tells often counts as correlated "
    "(Dean and Pagano 2015)",
    "t": "Student's t; the variance is that of a ratio, by person (Cochran 1977)",
    "log_normal": "normal on the log scale, the variance that of a ratio, by person; where nothing happened, "
    "Poisson's upper limit",
    "kaplan_meier": "Greenwood's variance on the complementary log-log scale",
    "mover": "difference of two estimates from their own limits (Zou and Donner 2008; for shares Newcombe 1998)",
    "link_quality": "as link_quality has it",
}
"""How low and high were made; all are 95 %."""


@dataclass(frozen=True)
class Metric:
    """``numerator`` and ``denominator`` are expressions over a row of the source; both are summed.

    Where the denominator is empty or 0 the row counts nowhere. ``basis`` says what the denominator counts.
    """

    measure: str
    name: str
    kind: Kind
    unit: str
    meaning: str
    numerator: str
    denominator: str
    basis: str
    scale: float = 1.0


@dataclass(frozen=True)
class Source:
    """A view with one row a person (and group): its metrics, and the columns to divide by beside everybody."""

    view: str
    metrics: tuple[Metric, ...]
    groups: tuple[str, ...] = ()
    everybody: bool = True


def share(measure: str, name: str, meaning: str, numerator: str, denominator: str, basis: str) -> Metric:
    """A share of events or things that a person has several of."""
    return Metric(measure, name, "share", "share of 1", meaning, numerator, denominator, basis)


def persons(measure: str, name: str, meaning: str, whether: str, of: str, basis: str = "persons") -> Metric:
    """A share of persons: those of whom ``whether`` holds, of those of whom ``of`` holds."""
    numerator, denominator = f"CASE WHEN {whether} THEN 1 ELSE 0 END", f"CASE WHEN {of} THEN 1 ELSE 0 END"
    return Metric(measure, name, "share", "share of 1", meaning, numerator, denominator, basis)


def mean(measure: str, name: str, unit: str, meaning: str, value: str, of: str, basis: str = "persons") -> Metric:
    """A mean over the persons of whom ``of`` holds."""
    return Metric(measure, name, "mean", unit, meaning, value, f"CASE WHEN {of} THEN 1 ELSE 0 END", basis)
